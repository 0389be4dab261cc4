//! What a value means to the field that it is compared with.

use std::net::IpAddr;
use std::ops::Range;

use crate::filter::catalogue::Field;
use crate::filter::catalogue::Kind;
use crate::filter::catalogue::Unit;
use crate::filter::error::FilterError;
use crate::filter::error::Problem;
use crate::filter::expression::Operator;
use crate::filter::nearest::nearest;
use crate::vocab::address::TransportAddress;

/// A value, understood.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Text, in lower case.
    Text(String),
    /// A number, in the field's unit.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// An address, with any port.
    Ip(IpAddr),
    /// An address with its port.
    Socket(TransportAddress),
    /// All addresses that begin with these bits.
    Network(IpAddr, u8),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Literal {
    /// What `text` means to `field` behind `operator`.
    ///
    /// # Errors
    ///
    /// The field never has such a value, or `operator` says nothing about such a field.
    pub fn new(
        field: &'static Field,
        operator: Operator,
        text: &str,
        span: Range<usize>,
    ) -> Result<Self, FilterError> {
        if operator == Operator::Contains && field.kind != Kind::Bytes {
            return Ok(Self::Text(text.to_lowercase()));
        }
        let wrong = || {
            let problem = Problem::WrongType {
                field: field.name,
                kind: field.kind.words(),
                value: text.to_owned(),
            };
            FilterError::new(span.clone(), problem)
        };
        match field.kind {
            Kind::Text => Ok(Self::Text(text.to_lowercase())),
            Kind::Word(words) => {
                if words.iter().any(|word| word.eq_ignore_ascii_case(text)) {
                    return Ok(Self::Text(text.to_lowercase()));
                }
                let problem = Problem::UnknownWord {
                    field: field.name,
                    value: text.to_owned(),
                    instead: nearest(text, words.iter().copied()).map(str::to_owned),
                    words,
                };
                Err(FilterError::new(span, problem))
            }
            Kind::Flag if text.eq_ignore_ascii_case("true") => Ok(Self::Flag(true)),
            Kind::Flag if text.eq_ignore_ascii_case("false") => Ok(Self::Flag(false)),
            Kind::Flag => Err(wrong()),
            Kind::Number(unit) => number(text, unit).map(Self::Number).ok_or_else(wrong),
            Kind::Address => address(text).ok_or_else(wrong),
            Kind::Bytes => bytes(text).map(Self::Bytes).ok_or_else(wrong),
        }
    }
}

/// Whether `operator` says something about `field`.
///
/// # Errors
///
/// It does not; the error says which ones do.
pub fn check_operator(
    field: &'static Field,
    operator: Operator,
    span: Range<usize>,
) -> Result<(), FilterError> {
    if operators(field.kind).contains(&operator) {
        return Ok(());
    }
    let instead = match field.kind {
        Kind::Number(_) => "use == != < <= > >= or in",
        Kind::Flag => "use == or !=, or the field alone",
        Kind::Text | Kind::Word(_) | Kind::Address => "use == != ~ or in",
        Kind::Bytes => "use ~",
    };
    let problem = Problem::Operator {
        field: field.name,
        kind: field.kind.words(),
        operator: operator.sign(),
        instead,
    };
    Err(FilterError::new(span, problem))
}

/// The operators that say something about such a field.
pub const fn operators(kind: Kind) -> &'static [Operator] {
    match kind {
        Kind::Number(_) => &[
            Operator::Equal,
            Operator::NotEqual,
            Operator::Less,
            Operator::AtMost,
            Operator::Greater,
            Operator::AtLeast,
        ],
        Kind::Flag => &[Operator::Equal, Operator::NotEqual],
        Kind::Bytes => &[Operator::Contains],
        Kind::Text | Kind::Word(_) | Kind::Address => {
            &[Operator::Equal, Operator::NotEqual, Operator::Contains]
        }
    }
}

/// `1.5s` to a field in milliseconds is 1500. Without a unit, it is in the field's; hexadecimal as SSRCs are often written.
fn number(text: &str, unit: Unit) -> Option<f64> {
    if let Some(digits) = text.strip_prefix("0x") {
        return u32::from_str_radix(digits, 16).ok().map(f64::from);
    }
    let end = text
        .find(|c: char| !matches!(c, '0'..='9' | '.' | '-' | '+'))
        .unwrap_or(text.len());
    let (digits, suffix) = text.split_at(end);
    let number: f64 = digits.parse().ok()?;
    let factor = if suffix.is_empty() {
        1.0
    } else {
        factor(suffix, unit)?
    };
    Some(number * factor).filter(|number| number.is_finite())
}

/// From a suffix to a field's unit; none where they measure different things.
fn factor(suffix: &str, unit: Unit) -> Option<f64> {
    let known: &[(&str, f64)] = match unit {
        Unit::None => &[],
        Unit::Seconds => &[("s", 1.0), ("ms", 1e-3), ("us", 1e-6), ("µs", 1e-6)],
        Unit::Milliseconds => &[("s", 1e3), ("ms", 1.0), ("us", 1e-3), ("µs", 1e-3)],
        Unit::Bytes => &[
            ("b", 1.0),
            ("kb", 1e3),
            ("mb", 1e6),
            ("gb", 1e9),
            ("kib", 1024.0),
            ("mib", 1_048_576.0),
        ],
        Unit::BitsPerSecond => &[("bps", 1.0), ("kbps", 1e3), ("mbps", 1e6), ("gbps", 1e9)],
        Unit::Ratio => &[("%", 1e-2)],
    };
    let suffix = suffix.to_lowercase();
    let found = known.iter().find(|(name, _)| *name == suffix);
    found.map(|(_, factor)| *factor)
}

/// An address, one with a port, a network; else a name, which mDNS candidates have in the place of an address.
/// `21:12:a4:42`, `2112a442`, `0x2112a442`, `21-12-a4-42`: pairs of hexadecimal digits.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let text = text.strip_prefix("0x").unwrap_or(text);
    let digits: Vec<u32> = text
        .chars()
        .filter(|c| !matches!(c, ':' | '-' | ' '))
        .map(|c| c.to_digit(16))
        .collect::<Option<_>>()?;
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    });
    pairs
        .collect::<Option<Vec<u8>>>()
        .filter(|bytes| !bytes.is_empty())
}

fn address(text: &str) -> Option<Literal> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    if let Ok(ip) = bare.unwrap_or(text).parse() {
        return Some(Literal::Ip(ip));
    }
    if let Ok(socket) = text.parse::<std::net::SocketAddr>() {
        let address = TransportAddress::new(socket.ip(), socket.port());
        return Some(Literal::Socket(address));
    }
    if let Some((ip, bits)) = text.split_once('/') {
        let ip: IpAddr = ip.parse().ok()?;
        let bits: u8 = bits.parse().ok()?;
        let longest = if ip.is_ipv4() { 32 } else { 128 };
        return (bits <= longest).then_some(Literal::Network(ip, bits));
    }
    // The dots of a mistyped IPv4 address, or colons: no host name.
    let numbers = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    (!numbers && !text.contains(':')).then(|| Literal::Text(text.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_brought_into_its_fields_unit() {
        for (text, unit, expected) in [
            ("10", Unit::None, Some(10.0)),
            ("-1.5", Unit::None, Some(-1.5)),
            ("0xdeadbeef", Unit::None, Some(3_735_928_559.0)),
            ("10ms", Unit::None, None),
            ("20ms", Unit::Seconds, Some(0.02)),
            ("1.5s", Unit::Milliseconds, Some(1500.0)),
            ("300kbps", Unit::BitsPerSecond, Some(300_000.0)),
            ("2Mbps", Unit::BitsPerSecond, Some(2e6)),
            ("2%", Unit::Ratio, Some(0.02)),
            ("1KiB", Unit::Bytes, Some(1024.0)),
            ("1kbps", Unit::Seconds, None),
            ("", Unit::None, None),
            ("ms", Unit::Seconds, None),
            ("inf", Unit::None, None),
            ("0x", Unit::None, None),
            ("1.2.3", Unit::None, None),
        ] {
            assert_eq!(number(text, unit), expected, "{text}");
        }
    }

    #[test]
    fn addresses_come_with_and_without_port_and_as_networks() {
        assert!(matches!(address("203.0.113.10"), Some(Literal::Ip(_))));
        assert!(matches!(address("2001:db8::1"), Some(Literal::Ip(_))));
        assert!(matches!(address("[2001:db8::1]"), Some(Literal::Ip(_))));
        assert!(matches!(
            address("203.0.113.10:80"),
            Some(Literal::Socket(_))
        ));
        assert!(matches!(
            address("[2001:db8::1]:80"),
            Some(Literal::Socket(_))
        ));
        assert!(matches!(
            address("10.0.0.0/8"),
            Some(Literal::Network(_, 8))
        ));
        assert!(matches!(address("4a5b.local"), Some(Literal::Text(_))));
        for wrong in ["203.0.113", "10.0.0.0/33", "10.0.0.0/x", "1.2.3.4:99999"] {
            assert_eq!(address(wrong), None, "{wrong}");
        }
    }
}
