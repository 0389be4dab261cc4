//! Words to an expression, as pcap-filter(7) reads them.

use std::net::IpAddr;
use std::net::Ipv4Addr;

use crate::ingest::live::filter::assemble::MOST_INSTRUCTIONS;
use crate::ingest::live::filter::error::FilterError;
use crate::ingest::live::filter::expression::Asked;
use crate::ingest::live::filter::expression::End;
use crate::ingest::live::filter::expression::Expression;
use crate::ingest::live::filter::expression::Protocol;
use crate::ingest::live::filter::expression::Term;
use crate::ingest::live::filter::lexer::Token;
use crate::ingest::live::filter::lexer::tokens;

/// Reads `text`.
pub(super) fn parse(text: &str) -> Result<Expression, FilterError> {
    let mut parser = Parser {
        text,
        tokens: tokens(text),
        at: 0,
        tags: 0,
        depth: 0,
        terms: 0,
        before: None,
    };
    let expression = parser.expression()?;
    match parser.peek() {
        None => Ok(expression),
        Some(token) => Err(wrong(token, "is not expected here")),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token<'a>>,
    at: usize,
    /// `vlan`s so far.
    tags: u8,
    /// Parentheses and negations open.
    depth: usize,
    /// Conditions so far.
    terms: usize,
    /// The qualifiers of the value before.
    before: Option<Qualifiers>,
}

/// What stands before a value.
#[derive(Debug, Clone, Copy)]
struct Qualifiers {
    within: Option<Protocol>,
    end: End,
    kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Host,
    Net,
    Port,
    PortRange,
}

impl<'a> Parser<'a> {
    /// `and` and `or` bind alike, from left to right.
    fn expression(&mut self) -> Result<Expression, FilterError> {
        let mut left = self.factor()?;
        loop {
            let join = match self.peek().map(|token| token.text) {
                Some("and" | "&&") => Expression::And,
                Some("or" | "||") => Expression::Or,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.factor()?;
            left = join(Box::new(left), Box::new(right));
        }
    }

    fn factor(&mut self) -> Result<Expression, FilterError> {
        let token = self.next("a condition")?;
        if !matches!(token.text, "not" | "!" | "(") {
            self.at -= 1;
            return self.term();
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(wrong(token, "is nested too deeply"));
        }
        let inner = if token.text == "(" {
            let inner = self.expression()?;
            let close = self.next("`)`")?;
            if close.text != ")" {
                return Err(wrong(close, "stands where `)` should"));
            }
            inner
        } else {
            Expression::Not(Box::new(self.factor()?))
        };
        self.depth -= 1;
        Ok(inner)
    }

    fn term(&mut self) -> Result<Expression, FilterError> {
        let first = self.next("a condition")?;
        self.terms += 1;
        if self.terms > MOST_TERMS {
            return Err(FilterError::too_long(self.text));
        }
        if first.text == "vlan" {
            return self.vlan();
        }
        let within = Protocol::of(first.text);
        if within.is_none() {
            self.at -= 1;
        }
        let direction = self.direction()?;
        let kind = self.kind();
        let qualifiers = match (within, direction, kind) {
            (Some(protocol), None, None) => {
                // `udp 53` is a slip that tcpdump refuses too: only an address may follow a protocol at once.
                self.before = None;
                return Ok(self.ask(Asked::Protocol(protocol)));
            }
            (None, None, None) => self.before.unwrap_or(Qualifiers {
                within: None,
                end: End::Either,
                kind: Kind::Host,
            }),
            (_, _, kind) => Qualifiers {
                within,
                end: direction.unwrap_or(End::Either),
                kind: kind.unwrap_or(Kind::Host),
            },
        };
        if let Some(protocol) = qualifiers.within {
            let fits = match qualifiers.kind {
                Kind::Host | Kind::Net => protocol.has_addresses(),
                Kind::Port | Kind::PortRange => protocol.has_ports(),
            };
            if !fits {
                return Err(wrong(first, "does not go with what follows it"));
            }
        }
        let value = self.next("a value")?;
        self.before = Some(qualifiers);
        let Qualifiers { within, end, kind } = qualifiers;
        let asked = match kind {
            Kind::Host => {
                let address = host(value)?;
                let prefix = if address.is_ipv4() { 32 } else { 128 };
                Self::net_of(value, within, end, address, prefix)?
            }
            Kind::Net => {
                let (address, prefix) = self.net(value)?;
                Self::net_of(value, within, end, address, prefix)?
            }
            Kind::Port => {
                let port = port(value, value.text)?;
                Asked::Ports {
                    within,
                    end,
                    first: port,
                    last: port,
                }
            }
            Kind::PortRange => {
                let (first, last) = value
                    .text
                    .split_once('-')
                    .unwrap_or((value.text, value.text));
                let (first, last) = (port(value, first)?, port(value, last)?);
                Asked::Ports {
                    within,
                    end,
                    first: first.min(last),
                    last: first.max(last),
                }
            }
        };
        Ok(self.ask(asked))
    }

    fn vlan(&mut self) -> Result<Expression, FilterError> {
        let id = match self.peek().map(|token| (token, token.text.parse::<u16>())) {
            Some((_, Ok(id))) if id < 4_096 => Some(id),
            Some((token, Ok(_))) => return Err(wrong(token, "is no VLAN: they end at 4095")),
            _ => None,
        };
        self.at += usize::from(id.is_some());
        self.before = None;
        let asked = self.ask(Asked::Vlan(id));
        if usize::from(self.tags) == MOST_TAGS {
            return Err(FilterError::end(
                self.text,
                "fewer VLAN tags inside each other",
            ));
        }
        self.tags += 1;
        Ok(asked)
    }

    const fn ask(&self, asked: Asked) -> Expression {
        Expression::Term(Term {
            tags: self.tags,
            asked,
        })
    }

    /// `src`, `dst`, `src or dst`, `src and dst`.
    fn direction(&mut self) -> Result<Option<End>, FilterError> {
        let end = |token: Token<'_>| match token.text {
            "src" => Some(End::Source),
            "dst" => Some(End::Destination),
            _ => None,
        };
        let Some(first) = self.peek().and_then(end) else {
            return Ok(None);
        };
        self.at += 1;
        let joined = match self.peek().map(|token| token.text) {
            Some("or" | "||") => End::Either,
            Some("and" | "&&") => End::Both,
            _ => return Ok(Some(first)),
        };
        let second = self.tokens.get(self.at + 1).copied();
        match second.and_then(|token| end(token).map(|end| (token, end))) {
            None => Ok(Some(first)),
            Some((token, second)) if second == first => Err(wrong(token, "is there twice")),
            Some(_) => {
                self.at += 2;
                Ok(Some(joined))
            }
        }
    }

    fn kind(&mut self) -> Option<Kind> {
        let kind = match self.peek()?.text {
            "host" => Kind::Host,
            "net" => Kind::Net,
            "port" => Kind::Port,
            "portrange" => Kind::PortRange,
            _ => return None,
        };
        self.at += 1;
        Some(kind)
    }

    /// `10.0.0.0/8`, `10`, `192.168`, `192.168.0.0 mask 255.255.0.0`, `fe80::/10`.
    fn net(&mut self, value: Token<'_>) -> Result<(IpAddr, u8), FilterError> {
        let (text, length) = match value.text.split_once('/') {
            Some((text, length)) => (text, Some(length)),
            None => (value.text, None),
        };
        if let Ok(IpAddr::V6(address)) = text.parse() {
            let prefix = length.map_or(Some(128), |length| length.parse().ok());
            let prefix = prefix.filter(|prefix| *prefix <= 128);
            return prefix
                .map(|prefix| (address.into(), prefix))
                .ok_or_else(|| wrong(value, "has no prefix length between 0 and 128"));
        }
        let (address, octets) = dotted(text).ok_or_else(|| {
            wrong(
                value,
                "is no net: write `10.0.0.0/8`, `192.168` or `fe80::/10`",
            )
        })?;
        let mut prefix = octets * 8;
        if let Some(length) = length {
            let length = length.parse().ok().filter(|length| *length <= 32);
            prefix = length.ok_or_else(|| wrong(value, "has no prefix length between 0 and 32"))?;
        } else if self.peek().is_some_and(|token| token.text == "mask") {
            self.at += 1;
            let mask = self.next("a net mask")?;
            let bits = mask.text.parse::<Ipv4Addr>().map(u32::from);
            prefix = bits
                .ok()
                .filter(|bits| bits.leading_ones() + bits.trailing_zeros() >= 32)
                .map(|bits| bits.leading_ones() as u8)
                .ok_or_else(|| wrong(mask, "is no net mask of ones before zeros"))?;
        }
        Ok((address.into(), prefix))
    }

    /// Host bits that are set are a slip: refused, as tcpdump does.
    fn net_of(
        value: Token<'_>,
        within: Option<Protocol>,
        end: End,
        address: IpAddr,
        prefix: u8,
    ) -> Result<Asked, FilterError> {
        let beyond = match address {
            IpAddr::V4(address) => {
                u32::from(address)
                    .checked_shl(prefix.into())
                    .unwrap_or_default()
                    != 0
            }
            IpAddr::V6(address) => {
                u128::from(address)
                    .checked_shl(prefix.into())
                    .unwrap_or_default()
                    != 0
            }
        };
        if beyond {
            return Err(wrong(value, "has bits set beyond its prefix length"));
        }
        let version_6 = address.is_ipv6();
        if within.is_some_and(|protocol| (protocol == Protocol::Ip6) != version_6) {
            return Err(wrong(value, "is an address of another protocol"));
        }
        Ok(Asked::Net {
            within,
            end,
            address,
            prefix,
        })
    }

    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).copied()
    }

    fn next(&mut self, wanted: &str) -> Result<Token<'a>, FilterError> {
        let token = self
            .peek()
            .ok_or_else(|| FilterError::end(self.text, wanted))?;
        self.at += 1;
        Ok(token)
    }
}

fn wrong(token: Token<'_>, why: &str) -> FilterError {
    FilterError::word(token.at, token.text, why)
}

/// Names are not looked up: a capture filter that asks a server changes what is captured.
fn host(value: Token<'_>) -> Result<IpAddr, FilterError> {
    value.text.parse().or_else(|_no_address| {
        match dotted(value.text) {
            // `host 10.1` is the address 10.1.0.0 to tcpdump and a surprise to everybody else.
            Some((address, 4)) => Ok(address.into()),
            _ => Err(wrong(
                value,
                "is neither a word of the language nor an address (names are not looked up)",
            )),
        }
    })
}

/// One to four octets, and how many.
fn dotted(text: &str) -> Option<(Ipv4Addr, u8)> {
    let mut octets = [0_u8; 4];
    let mut count = 0;
    for part in text.split('.') {
        *octets.get_mut(usize::from(count))? = part.parse().ok()?;
        count += 1;
    }
    Some((octets.into(), count))
}

fn port(value: Token<'_>, text: &str) -> Result<u16, FilterError> {
    text.parse()
        .map_err(|_no_number| wrong(value, "is no port number between 0 and 65535"))
}

/// Parentheses and negations inside each other.
const DEEPEST: usize = 64;
/// Conditions: each compiles to two instructions at least, so that the kernel would refuse more. Joined from left to right they nest as deep.
const MOST_TERMS: usize = MOST_INSTRUCTIONS / 2;
/// VLAN tags inside each other.
const MOST_TAGS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        parse(text).expect_err(text).to_string()
    }

    #[test]
    fn and_and_or_bind_alike_from_the_left() {
        assert_eq!(parse("tcp or udp and ip"), parse("(tcp or udp) and ip"));
        assert_ne!(parse("tcp or udp and ip"), parse("tcp or (udp and ip)"));
        assert_eq!(parse("not tcp and udp"), parse("(!tcp) && udp"));
    }

    #[test]
    fn a_bare_value_takes_the_qualifiers_before_it() {
        assert_eq!(
            parse("udp port 1 or 2 or 3"),
            parse("udp port 1 or udp port 2 or udp port 3")
        );
        assert_eq!(
            parse("src 10.0.0.1 or 10.0.0.2"),
            parse("src host 10.0.0.1 or src host 10.0.0.2")
        );
        assert_eq!(parse("10.0.0.1"), parse("src or dst host 10.0.0.1"));
    }

    #[test]
    fn nets_are_written_in_three_ways() {
        assert_eq!(parse("net 192.168"), parse("net 192.168.0.0/16"));
        assert_eq!(parse("net 10.0.0.0 mask 255.0.0.0"), parse("net 10"));
    }

    #[test]
    fn what_is_wrong_names_its_word() {
        for (text, word) in [
            ("greater 100", "`greater`"),
            ("udp port http", "`http`"),
            ("ether host 1", "`ether`"),
            ("host example.org", "`example.org`"),
            ("net 10.1.2.3/8", "`10.1.2.3/8`"),
            ("icmp port 5", "`icmp`"),
            ("udp host 10.0.0.1", "`udp`"),
            ("udp 53", "`53`"),
            ("(udp", "`(udp` ends"),
            ("udp and", "ends where a condition"),
            ("udp)", "`)`"),
            ("vlan 5000", "`5000`"),
            ("ip host fe80::1", "`fe80::1`"),
            ("src src 10.0.0.1", "`src`"),
            ("udp[8] == 1", "`udp[8]`"),
        ] {
            let said = said(text);
            assert!(
                said.contains(word) && said.contains("portrange"),
                "{text}: {said}"
            );
        }
    }

    #[test]
    fn any_text_is_read_or_refused() {
        let words = [
            "(", ")", "not", "and", "or", "udp", "port", "53", "net", "10/8", "vlan", "src", "é",
            "1-2", "mask", "::/200",
        ];
        let mut seed = 1_u32;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..6 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                text.push_str(words[(seed >> 16) as usize % words.len()]);
                text.push(' ');
            }
            let _ = parse(&text);
        }
        let _ = parse(&"(".repeat(100_000));
        let _ = parse(&"not ".repeat(100_000));
    }
}
