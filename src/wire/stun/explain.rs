//! What an attribute's value means, in words: the value itself and the lines below it.

use crate::vocab::address::TransportAddress;
use crate::vocab::printable::printable_bytes;
use crate::wire::detail::Field;
use crate::wire::detail::Mark;
use crate::wire::detail::hex;
use crate::wire::ip::Protocol;
use crate::wire::read::u8_at;
use crate::wire::read::u16_at;
use crate::wire::read::u32_at;
use crate::wire::read::u64_at;
use crate::wire::stun::address;
use crate::wire::stun::getters::network_info;
use crate::wire::stun::getters::refusal;
use crate::wire::stun::message::Attribute;
use crate::wire::stun::message::Message;
use crate::wire::stun::registry::AttributeType;

/// The attribute's value in words, and what a check of it said.
pub(super) fn value(message: &Message<'_>, attribute: &Attribute<'_>) -> (String, Mark) {
    let bytes = attribute.value;
    let text = || printable_bytes(bytes, TEXT);
    let plain = match attribute.kind {
        kind if is_xored(kind) => address::xored(bytes, message.mask()).map(|a| a.to_string()),
        kind if is_plain_address(kind) => address::plain(bytes).map(|a| a.to_string()),
        AttributeType::Username
        | AttributeType::Realm
        | AttributeType::Nonce
        | AttributeType::Software
        | AttributeType::AlternateDomain
        | AttributeType::ThirdPartyAuthorization
        | AttributeType::GoogLoggingId
        | AttributeType::MsAlternateHostName => Some(text()),
        AttributeType::ErrorCode => refusal(bytes).map(|error| {
            format!(
                "{} {}",
                error.code.code(),
                printable_bytes(error.reason, TEXT)
            )
        }),
        AttributeType::Priority => {
            u32_at(bytes, 0).map(|priority| format!("{priority} = {priority:#010x}"))
        }
        AttributeType::IceControlling | AttributeType::IceControlled => {
            u64_at(bytes, 0).map(|tie_breaker| format!("tie-breaker {tie_breaker:#018x}"))
        }
        AttributeType::UseCandidate => Some("this pair is nominated".into()),
        AttributeType::DontFragment => Some("set DF towards the peer".into()),
        AttributeType::Lifetime => u32_at(bytes, 0).map(|seconds| format!("{seconds} s")),
        AttributeType::ChannelNumber => u16_at(bytes, 0).map(|number| format!("{number:#06x}")),
        AttributeType::RequestedTransport => u8_at(bytes, 0).map(|number| {
            let name = Protocol::from_code(number).name().unwrap_or("unknown");
            format!("{number} {name}")
        }),
        AttributeType::RequestedAddressFamily | AttributeType::AdditionalAddressFamily => {
            u8_at(bytes, 0).map(family)
        }
        AttributeType::EvenPort => u8_at(bytes, 0).map(|flags| {
            if flags & 0x80 == 0 {
                "even port"
            } else {
                "even port, and reserve the next"
            }
            .into()
        }),
        AttributeType::UnknownAttributes => Some(
            bytes
                .chunks_exact(2)
                .filter_map(|pair| u16_at(pair, 0))
                .map(|kind| AttributeType::from_code(kind).label())
                .collect::<Vec<_>>()
                .join(", "),
        ),
        AttributeType::ConnectionId => u32_at(bytes, 0).map(|id| format!("{id:#010x}")),
        AttributeType::Nomination => {
            u32_at(bytes, 0).map(|value| format!("{value}: the highest wins"))
        }
        AttributeType::GoogRetransmitCount => u32_at(bytes, 0).map(|count| count.to_string()),
        AttributeType::TransactionTransmitCounter => match (u8_at(bytes, 2), u8_at(bytes, 3)) {
            (Some(request), Some(response)) => {
                Some(format!("request {request}, response {response}"))
            }
            _ => None,
        },
        AttributeType::GoogNetworkInfo => {
            network_info(bytes).map(|info| format!("network {}, cost {}", info.id, info.cost))
        }
        AttributeType::Data | AttributeType::MetaDtlsInStun | AttributeType::Padding => {
            Some(format!("{} bytes", bytes.len()))
        }
        AttributeType::Fingerprint => return fingerprint(message, bytes),
        _ => None,
    };
    (plain.unwrap_or_else(|| hex(bytes, HEX)), Mark::Plain)
}

fn fingerprint(message: &Message<'_>, bytes: &[u8]) -> (String, Mark) {
    let crc = hex(bytes, 4);
    match message.fingerprint_is_good() {
        Some(true) => (format!("good: 0x{crc}"), Mark::Good),
        Some(false) => (
            format!("wrong: 0x{crc} is not the CRC-32 of this message"),
            Mark::Bad,
        ),
        None => (format!("0x{crc}"), Mark::Plain),
    }
}

/// Lines below an attribute whose value starts at byte `at` of the frame.
pub(super) fn parts(message: &Message<'_>, attribute: &Attribute<'_>, at: usize) -> Vec<Field> {
    let bytes = attribute.value;
    let number = |name: &str, text: String| vec![Field::new(name, text, at..at + bytes.len())];
    match attribute.kind {
        kind if is_xored(kind) => match address::xored(bytes, message.mask()) {
            Some(clear) => xor_parts(clear, bytes, message.mask(), at),
            None => Vec::new(),
        },
        AttributeType::Username => match message.ufrags() {
            Some((receiver, sender)) => {
                let colon = at + receiver.len();
                let shown = |text: &str| printable_bytes(text.as_bytes(), TEXT);
                vec![
                    Field::new("receiver's ufrag", shown(receiver), at..colon),
                    Field::new(
                        "sender's ufrag",
                        shown(sender),
                        colon + 1..colon + 1 + sender.len(),
                    ),
                ]
            }
            None => Vec::new(),
        },
        AttributeType::Priority => {
            u32_at(bytes, 0).map_or_else(Vec::new, |priority| priority_parts(priority, at))
        }
        AttributeType::ErrorCode => refusal(bytes).map_or_else(Vec::new, |error| {
            number("meaning", error.code.meaning().into())
        }),
        AttributeType::MessageIntegrity => number(
            "covers",
            "HMAC-SHA1 of the message up to here, keyed with the password".into(),
        ),
        AttributeType::MessageIntegritySha256 => number(
            "covers",
            "HMAC-SHA256 of the message up to here, keyed with the password".into(),
        ),
        AttributeType::GoogMessageIntegrity32 => number(
            "covers",
            "first 4 bytes of HMAC-SHA1 of the message up to here".into(),
        ),
        _ => Vec::new(),
    }
}

/// The arithmetic of an XOR'd address.
fn xor_parts(clear: TransportAddress, bytes: &[u8], mask: [u8; 16], at: usize) -> Vec<Field> {
    let wire_port = u16_at(bytes, 2).unwrap_or_default();
    let wire_address = bytes.get(4..).unwrap_or_default();
    let mask_used = mask.get(..wire_address.len()).unwrap_or_default();
    let with = if wire_address.len() == 4 {
        ""
    } else {
        " (cookie and transaction id)"
    };
    vec![
        Field::new(
            "family",
            family(u8_at(bytes, 1).unwrap_or_default()),
            at + 1..at + 2,
        ),
        Field::new(
            "port",
            format!(
                "{} = {wire_port:#06x} ⊕ 0x{}",
                clear.port,
                hex(mask.get(..2).unwrap_or_default(), 2)
            ),
            at + 2..at + 4,
        ),
        Field::new(
            "address",
            format!(
                "{} = 0x{} ⊕ 0x{}{with}",
                clear.ip,
                hex(wire_address, 16),
                hex(mask_used, 16)
            ),
            at + 4..at + bytes.len(),
        ),
    ]
}

/// A candidate's priority taken apart by the recommended formula (RFC 8445 §5.1.2.1).
fn priority_parts(priority: u32, at: usize) -> Vec<Field> {
    let preference = priority >> 24;
    // RFC 8445 §5.1.2.2 recommends 126, 110, 100 and 0; webrtc.org tells TCP and the relay's transport apart.
    let kind = match preference {
        126 => "host",
        110 => "peer-reflexive",
        100 => "server-reflexive",
        90 => "host over TCP",
        80 => "peer-reflexive over TCP",
        2 => "relayed, over UDP to the server",
        1 => "relayed, over TCP to the server",
        0 => "relayed",
        _ => "no recommended value",
    };
    vec![
        Field::new(
            "type preference",
            format!("{preference} · 2²⁴: {kind}"),
            at..at + 1,
        ),
        Field::new(
            "local preference",
            format!("{} · 2⁸", priority >> 8 & 0xffff),
            at + 1..at + 3,
        ),
        Field::new(
            "component",
            format!("{} = 256 − {}", 256 - (priority & 0xff), priority & 0xff),
            at + 3..at + 4,
        ),
    ]
}

fn family(number: u8) -> String {
    match number {
        address::IPV4 => "IPv4".into(),
        address::IPV6 => "IPv6".into(),
        other => format!("unknown ({other})"),
    }
}

const fn is_xored(kind: AttributeType) -> bool {
    matches!(
        kind,
        AttributeType::XorMappedAddress
            | AttributeType::MsXorMappedAddress
            | AttributeType::XorPeerAddress
            | AttributeType::XorRelayedAddress
    )
}

const fn is_plain_address(kind: AttributeType) -> bool {
    matches!(
        kind,
        AttributeType::MappedAddress
            | AttributeType::ResponseAddress
            | AttributeType::SourceAddress
            | AttributeType::ChangedAddress
            | AttributeType::ReflectedFrom
            | AttributeType::AlternateServer
            | AttributeType::ResponseOrigin
            | AttributeType::OtherAddress
            | AttributeType::MsDestinationAddress
    )
}

/// Characters of a text value shown.
const TEXT: usize = 256;

/// Bytes of an opaque value shown.
const HEX: usize = 32;
