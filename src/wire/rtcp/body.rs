//! Packet → body, by type. The fact path: bodies own their lists.

use crate::vocab::fault::Fault;
use crate::wire::rtcp::compound::Packet;
use crate::wire::rtcp::compound::PacketType;
use crate::wire::rtcp::compound::fault;
use crate::wire::rtcp::description::App;
use crate::wire::rtcp::description::Bye;
use crate::wire::rtcp::description::Chunk;
use crate::wire::rtcp::extended::ExtendedReport;
use crate::wire::rtcp::feedback::PayloadFeedback;
use crate::wire::rtcp::feedback::TransportFeedback;
use crate::wire::rtcp::report::ReceiverReport;
use crate::wire::rtcp::report::SenderReport;

/// What a packet says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body<'a> {
    /// SR.
    SenderReport(SenderReport),
    /// RR.
    ReceiverReport(ReceiverReport),
    /// SDES: one chunk per source.
    SourceDescription(Vec<Chunk<'a>>),
    /// BYE.
    Bye(Bye<'a>),
    /// APP.
    App(App<'a>),
    /// RTPFB.
    TransportFeedback(TransportFeedback),
    /// PSFB.
    PayloadFeedback(PayloadFeedback<'a>),
    /// XR.
    ExtendedReport(ExtendedReport<'a>),
    /// A type without a decoder here: its bytes.
    Other(&'a [u8]),
}

/// A body, and the first rule that it broke: lists hold what could be read before that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// What could be read.
    pub body: Body<'a>,
    /// What could not.
    pub fault: Option<Fault>,
}

/// Decodes one packet of a *plain* (or decrypted) compound.
pub fn decode<'a>(packet: &Packet<'a>) -> Decoded<'a> {
    let decoded = match packet.kind {
        PacketType::SenderReport => {
            SenderReport::decode(packet).map(|(b, f)| (Body::SenderReport(b), f))
        }
        PacketType::ReceiverReport => {
            ReceiverReport::decode(packet).map(|(b, f)| (Body::ReceiverReport(b), f))
        }
        PacketType::SourceDescription => {
            let (chunks, broken) = Chunk::decode_all(packet);
            Some((Body::SourceDescription(chunks), broken))
        }
        PacketType::Bye => {
            let (bye, broken) = Bye::decode(packet);
            Some((Body::Bye(bye), broken))
        }
        PacketType::App => App::decode(packet).map(|b| (Body::App(b), None)),
        PacketType::TransportFeedback => {
            TransportFeedback::decode(packet).map(|(b, f)| (Body::TransportFeedback(b), f))
        }
        PacketType::PayloadFeedback => {
            PayloadFeedback::decode(packet).map(|(b, f)| (Body::PayloadFeedback(b), f))
        }
        PacketType::ExtendedReport => {
            ExtendedReport::decode(packet).map(|(b, f)| (Body::ExtendedReport(b), f))
        }
        _ => Some((Body::Other(packet.body), None)),
    };
    match decoded {
        Some((body, broken)) => Decoded {
            body,
            fault: packet.fault.or(broken),
        },
        None => Decoded {
            body: Body::Other(packet.body),
            fault: Some(fault("rtcp-body-truncated", packet.offset)),
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::rtcp::compound::Compound;

    proptest! {
        #[test]
        fn any_body_is_safe(kind in 192_u8..214, count in 0_u8..32, words in 0_usize..40, noise in proptest::collection::vec(any::<u8>(), 160)) {
            let mut bytes = vec![0x80 | count, kind, 0, words as u8];
            bytes.extend(&noise[..words * 4]);
            for packet in Compound::new(&bytes).packets().flatten() {
                let _ = decode(&packet);
            }
        }
    }

    #[test]
    fn a_short_body_is_a_fault_with_its_bytes() {
        let bytes = [0x81, 200, 0, 1, 0, 0, 0, 7];
        let packet = Compound::new(&bytes).packets().next().unwrap().unwrap();
        let decoded = decode(&packet);
        assert_eq!(decoded.body, Body::Other(&[0, 0, 0, 7]));
        assert_eq!(decoded.fault.unwrap().name, "rtcp-body-truncated");
    }
}
