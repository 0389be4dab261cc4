//! ICMP (RFC 792) and ICMPv6 (RFC 4443). An error quotes the packet that caused it: in a failed call, the quoted STUN request tells which
//! connectivity check a host refused.
//!
//! ```text
//! type 1 · code 1 · checksum 2 · rest of header 4 (identifier+sequence, MTU, pointer …) · for errors: IP header + first bytes of the packet
//! ```

use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::address::Transport;
use crate::vocab::address::TransportAddress;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::ip;
use crate::wire::ip::Protocol;
use crate::wire::read::u8_at;
use crate::wire::read::u16_at;
use crate::wire::read::u32_at;
use crate::wire::span::Span;

/// An ICMP or ICMPv6 message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// ICMP or ICMPv6: their type numbers differ.
    pub version: Version,
    /// Type.
    pub kind: u8,
    /// Code, by type.
    pub code: u8,
    /// Bytes 4..8, by type: identifier and sequence number of an echo, next-hop MTU, pointer.
    pub rest: u32,
    /// What follows the 8-byte header, as far as captured.
    pub body: &'a [u8],
    /// For errors, the packet that caused it.
    pub quote: Option<Quote<'a>>,
}

/// Which of the two protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// ICMP, for IPv4.
    V4,
    /// ICMPv6.
    V6,
}

/// The packet inside an ICMP error, as far as it was quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote<'a> {
    /// Its IP header.
    pub ip: ip::Header,
    /// Source and destination port, when it is UDP or TCP and not a later fragment.
    pub ports: Option<(u16, u16)>,
    /// TCP sequence number, when it is TCP.
    pub sequence: Option<u32>,
    /// The bytes after its UDP or TCP header (after its IP header for other protocols); usually cut.
    pub payload: &'a [u8],
}

impl Quote<'_> {
    /// The quoted packet's conversation, from its sender to its receiver: `a` is the host that the error went to.
    pub fn five_tuple(&self) -> Option<FiveTuple> {
        let transport = match self.ip.protocol {
            Protocol::Udp => Transport::Udp,
            Protocol::Tcp => Transport::Tcp,
            _ => return None,
        };
        let (source, destination) = self.ports?;
        Some(FiveTuple {
            transport,
            a: TransportAddress::new(self.ip.source, source),
            b: TransportAddress::new(self.ip.destination, destination),
        })
    }

    /// Sender of the quoted packet.
    pub fn source(&self) -> Option<TransportAddress> {
        self.five_tuple().map(|t| t.source(Direction::Forward))
    }

    /// Receiver that the quoted packet did not reach.
    pub fn destination(&self) -> Option<TransportAddress> {
        self.five_tuple().map(|t| t.destination(Direction::Forward))
    }
}

impl Message<'_> {
    /// Does it report a packet that failed (and so quotes it)?
    pub const fn is_error(&self) -> bool {
        match self.version {
            Version::V4 => matches!(self.kind, 3 | 4 | 5 | 11 | 12),
            // RFC 4443 §2.1: types below 128 are errors.
            Version::V6 => self.kind < 128,
        }
    }

    /// Kebab-case name of type and code, the same word for both versions where they mean the same: `port-unreachable`.
    pub const fn name(&self) -> &'static str {
        match (self.version, self.kind, self.code) {
            (Version::V4, 0, _) | (Version::V6, 129, _) => "echo-reply",
            (Version::V4, 8, _) | (Version::V6, 128, _) => "echo-request",
            (Version::V4, 3, 0) | (Version::V6, 1, 0) => "network-unreachable",
            (Version::V4, 3, 1) | (Version::V6, 1, 3) => "host-unreachable",
            (Version::V4, 3, 2) | (Version::V6, 4, 1) => "protocol-unreachable",
            (Version::V4, 3, 3) | (Version::V6, 1, 4) => "port-unreachable",
            (Version::V4, 3, 4) | (Version::V6, 2, _) => "packet-too-big",
            (Version::V4, 3, 9 | 10 | 13) | (Version::V6, 1, 1) => "administratively-prohibited",
            (Version::V4, 3, _) | (Version::V6, 1, _) => "destination-unreachable",
            (Version::V4, 4, _) => "source-quench",
            (Version::V4, 5, _) | (Version::V6, 137, _) => "redirect",
            (Version::V4, 9, _) | (Version::V6, 134, _) => "router-advertisement",
            (Version::V4, 10, _) | (Version::V6, 133, _) => "router-solicitation",
            (Version::V4, 11, 1) | (Version::V6, 3, 1) => "reassembly-time-exceeded",
            (Version::V4, 11, _) | (Version::V6, 3, _) => "hop-limit-exceeded",
            (Version::V4, 12, _) | (Version::V6, 4, _) => "parameter-problem",
            (Version::V6, 130, _) => "multicast-listener-query",
            (Version::V6, 131 | 143, _) => "multicast-listener-report",
            (Version::V6, 132, _) => "multicast-listener-done",
            (Version::V6, 135, _) => "neighbor-solicitation",
            (Version::V6, 136, _) => "neighbor-advertisement",
            _ => "other",
        }
    }

    /// Largest packet that the next hop takes, bytes, in a packet-too-big error (RFC 1191 §4, RFC 4443 §3.2). Old routers leave it 0.
    pub const fn next_hop_mtu(&self) -> Option<u32> {
        match (self.version, self.kind, self.code) {
            (Version::V4, 3, 4) => Some(self.rest & 0xffff),
            (Version::V6, 2, _) => Some(self.rest),
            _ => None,
        }
    }
}

/// Reads an ICMP message. Beside it comes a fault that left it readable: `ip-icmp-quote-unreadable`.
///
/// # Errors
///
/// `ip-icmp-truncated`, or `capture-frame-cut`.
pub fn split(version: Version, message: Span<'_>) -> Result<(Message<'_>, Option<Fault>), Fault> {
    let bytes = message.bytes;
    let (Some(kind), Some(code), Some(rest)) = (u8_at(bytes, 0), u8_at(bytes, 1), u32_at(bytes, 4))
    else {
        return Err(message.too_short(HEADER, Layer::Ip, "ip-icmp-truncated"));
    };
    let body = message.skip(HEADER);
    let mut read = Message {
        version,
        kind,
        code,
        rest,
        body: body.bytes,
        quote: None,
    };
    if !read.is_error() {
        return Ok((read, None));
    }
    match quote(version, quoted_length(&read), body.bytes) {
        Ok(quote) => read.quote = Some(quote),
        Err(_) if body.missing() > 0 => {}
        Err(at) => {
            return Ok((
                read,
                Some(Fault::new(
                    Layer::Ip,
                    "ip-icmp-quote-unreadable",
                    HEADER + at,
                )),
            ));
        }
    }
    Ok((read, None))
}

/// Where the quoted packet ends when ICMP extensions follow it (RFC 4884 §3): in 32-bit words for ICMP, 64-bit words for ICMPv6.
const fn quoted_length(message: &Message<'_>) -> Option<usize> {
    let length = match (message.version, message.kind) {
        (Version::V4, 3 | 11 | 12) => (message.rest >> 16 & 0xff) as usize * 4,
        (Version::V6, 1 | 3) => (message.rest >> 24) as usize * 8,
        _ => 0,
    };
    if length == 0 { None } else { Some(length) }
}

fn quote(version: Version, length: Option<usize>, body: &[u8]) -> Result<Quote<'_>, usize> {
    let packet = length.and_then(|length| body.get(..length)).unwrap_or(body);
    // The quote is cut by design, so its own lengths count as being on the wire.
    let span = Span::new(packet, usize::from(u16::MAX));
    let datagram = match version {
        Version::V4 => ip::split_v4(span),
        Version::V6 => ip::split_v6(span),
    }
    .map_err(|fault| fault.offset)?;
    let data = datagram.payload.bytes;
    let first = datagram
        .fragment
        .is_none_or(|fragment| fragment.offset == 0);
    let ports = match (u16_at(data, 0), u16_at(data, 2)) {
        (Some(source), Some(destination)) if first => Some((source, destination)),
        _ => None,
    };
    let (ports, sequence, header) = match datagram.header.protocol {
        Protocol::Udp => (ports, None, 8),
        Protocol::Tcp => {
            let offset = u8_at(data, 12).map_or(20, |byte| usize::from(byte >> 4) * 4);
            (ports, ports.and_then(|_| u32_at(data, 4)), offset.max(20))
        }
        _ => (None, None, 0),
    };
    Ok(Quote {
        ip: datagram.header,
        ports,
        sequence,
        payload: if first {
            data.get(header..).unwrap_or_default()
        } else {
            data
        },
    })
}

/// Length of the ICMP header.
const HEADER: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    /// Port unreachable, quoting a UDP datagram 192.0.2.1:5000 → 192.0.2.2:6000 with 4 of its 100 bytes.
    fn port_unreachable() -> Vec<u8> {
        let mut bytes = vec![3, 3, 0, 0, 0, 0, 0, 0];
        bytes.extend([
            0x45, 0, 0, 128, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
        ]);
        bytes.extend([0x13, 0x88, 0x17, 0x70, 0, 108, 0, 0, 0, 1, 0, 80]);
        bytes
    }

    #[test]
    fn an_error_names_the_conversation_it_is_about() {
        let bytes = port_unreachable();
        let (message, fault) = split(Version::V4, Span::whole(&bytes)).expect("readable");
        assert_eq!((message.name(), fault), ("port-unreachable", None));
        let quote = message.quote.expect("quoted");
        let tuple = quote.five_tuple().expect("UDP");
        assert_eq!(tuple.a.to_string(), "192.0.2.1:5000");
        assert_eq!(
            quote.destination().expect("UDP").to_string(),
            "192.0.2.2:6000"
        );
        assert_eq!(quote.payload, [0, 1, 0, 80]);
    }

    #[test]
    fn extensions_after_the_quote_are_not_part_of_it() {
        let mut bytes = port_unreachable();
        bytes[5] = 8; // 32 bytes of quote
        bytes.extend([0x20, 0, 0, 0]);
        let (message, _) = split(Version::V4, Span::whole(&bytes)).expect("readable");
        assert_eq!(message.quote.expect("quoted").payload, [0, 1, 0, 80]);
    }

    #[test]
    fn a_quote_that_is_no_packet_is_a_fault() {
        let mut bytes = port_unreachable();
        bytes[8] = 0;
        let (message, fault) = split(Version::V4, Span::whole(&bytes)).expect("readable");
        assert_eq!(message.quote, None);
        assert_eq!(fault.map(|f| f.name), Some("ip-icmp-quote-unreadable"));
    }

    #[test]
    fn a_packet_that_is_too_big_tells_the_mtu() {
        let bytes = [2, 0, 0, 0, 0, 0, 5, 0];
        let (message, _) = split(Version::V6, Span::whole(&bytes)).expect("readable");
        assert_eq!(
            (message.name(), message.next_hop_mtu()),
            ("packet-too-big", Some(1280))
        );
    }

    #[test]
    fn echoes_quote_nothing() {
        let (message, fault) =
            split(Version::V4, Span::whole(&[8, 0, 0, 0, 0, 1, 0, 2, 9])).expect("readable");
        assert_eq!((message.quote, fault, message.body), (None, None, &[9][..]));
        assert!(split(Version::V4, Span::whole(&[8, 0, 0, 0])).is_err());
    }
}
