//! The Data Channel Establishment Protocol (RFC 8832 §5): how a data channel gets its name.
//!
//! ```text
//! DATA_CHANNEL_OPEN   3 · channel type 1 · priority 2 · reliability parameter 4 · label length 2 · protocol length 2 · label · protocol
//! DATA_CHANNEL_ACK    2
//! ```
//!
//! The messages run on the channel's own stream, with payload protocol identifier 50.

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;

/// Payload protocol identifier of these messages (RFC 8831 §8).
pub const PROTOCOL: u32 = 50;

/// A message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message<'a> {
    /// Opens a channel.
    Open(Open<'a>),
    /// Confirms that.
    Ack,
}

/// `DATA_CHANNEL_OPEN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open<'a> {
    /// Are messages delivered in order?
    pub ordered: bool,
    /// What is done about messages that are lost.
    pub reliability: Reliability,
    /// Relative to other channels (RFC 8831 §6.4).
    pub priority: u16,
    /// Its name, as the application gave it.
    pub label: &'a [u8],
    /// Its subprotocol; often empty.
    pub protocol: &'a [u8],
}

/// What is done about messages that are lost (RFC 8832 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reliability {
    /// They are sent until they arrive.
    Reliable,
    /// They are sent again at most so often.
    MaxRetransmits(u32),
    /// They are sent again at most so long, milliseconds.
    MaxPacketLifeTime(u32),
    /// A channel type that is not known.
    Unknown(u8),
}

impl<'a> Message<'a> {
    /// Reads a message.
    ///
    /// # Errors
    ///
    /// `dcep-message-unknown`, `dcep-open-truncated`.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Fault> {
        match bytes {
            [2, ..] => Ok(Self::Ack),
            [3, rest @ ..] => open(rest)
                .map(Self::Open)
                .ok_or_else(|| fault("dcep-open-truncated")),
            _ => Err(fault("dcep-message-unknown")),
        }
    }
}

fn open(rest: &[u8]) -> Option<Open<'_>> {
    let ([kind, p0, p1, r0, r1, r2, r3, l0, l1, n0, n1], rest) = rest.split_first_chunk::<11>()?;
    let (label, rest) = rest.split_at_checked(u16::from_be_bytes([*l0, *l1]).into())?;
    let (protocol, _) = rest.split_at_checked(u16::from_be_bytes([*n0, *n1]).into())?;
    let parameter = u32::from_be_bytes([*r0, *r1, *r2, *r3]);
    Some(Open {
        // The top bit says unordered.
        ordered: kind & 0x80 == 0,
        reliability: match kind & 0x7f {
            0 => Reliability::Reliable,
            1 => Reliability::MaxRetransmits(parameter),
            2 => Reliability::MaxPacketLifeTime(parameter),
            other => Reliability::Unknown(other),
        },
        priority: u16::from_be_bytes([*p0, *p1]),
        label,
        protocol,
    })
}

const fn fault(name: &'static str) -> Fault {
    Fault::new(Layer::Sctp, name, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut bytes = vec![3, 0x81, 1, 0, 0, 0, 0, 5, 0, 4, 0, 3];
        bytes.extend(b"chatxyz");
        bytes
    }

    #[test]
    fn an_open_names_its_channel() {
        let bytes = sample();
        let Ok(Message::Open(open)) = Message::new(&bytes) else {
            panic!("an open");
        };
        assert_eq!((open.label, open.protocol), (&b"chat"[..], &b"xyz"[..]));
        assert_eq!((open.ordered, open.priority), (false, 256));
        assert_eq!(open.reliability, Reliability::MaxRetransmits(5));
        assert_eq!(Message::new(&[2]), Ok(Message::Ack));
    }

    #[test]
    fn cuts_and_flips_are_faults_or_messages() {
        let bytes = sample();
        for length in 0..bytes.len() {
            assert!(Message::new(&bytes[..length]).is_err(), "{length}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let _ = Message::new(&flipped);
        }
    }
}
