//! Feedback packets (RFC 4585 §6.1): RTPFB about the transport, PSFB about the payload.
//!
//! ```text
//! |V=2|P|  FMT  |  205 or 206   |             length            |
//! |                     SSRC of packet sender                     |
//! |                     SSRC of media source                      |   0 where the FCI names its own
//! |            feedback control information (FCI) …               |
//! ```

use crate::vocab::fault::Fault;
use crate::vocab::ids::Ssrc;
use crate::wire::rtcp::compound::Packet;
use crate::wire::rtcp::compound::fault;
use crate::wire::rtcp::congestion::CongestionControl;
use crate::wire::rtcp::congestion::Remb;
use crate::wire::rtcp::congestion::TransportWide;
use crate::wire::rtcp::reader::Reader;

/// RTPFB: who says it, about whom, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportFeedback {
    /// The sender of this feedback.
    pub sender: Ssrc,
    /// The stream it is about; 0 where the information names its own.
    pub media: Ssrc,
    /// What is fed back.
    pub what: TransportMessage,
}

/// RTPFB by format (IANA "FMT Values for RTPFB Payload Types").
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransportMessage {
    /// 1, generic NACK: these sequence numbers are missing, in order (RFC 4585 §6.2.1).
    Nack(Vec<u16>),
    /// 3, temporary maximum media bit rate request (RFC 5104 §4.2.1).
    Tmmbr(Vec<BitRateLimit>),
    /// 4, its notification (RFC 5104 §4.2.2).
    Tmmbn(Vec<BitRateLimit>),
    /// 11, congestion control feedback (RFC 8888).
    CongestionControl(CongestionControl),
    /// 15, transport-wide congestion control (draft-holmer-rmcat-transport-wide-cc-extensions-01).
    TransportWide(TransportWide),
    /// Any other format: number and length of its information.
    Other {
        /// FMT.
        format: u8,
        /// Bytes of FCI.
        length: usize,
    },
}

/// One entry of TMMBR or TMMBN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BitRateLimit {
    /// Whom it limits (TMMBR) or who asked (TMMBN).
    pub ssrc: Ssrc,
    /// The limit, saturating.
    pub bitrate_bps: u64,
    /// Measured overhead per packet, bytes.
    pub overhead_bytes: u16,
}

impl TransportFeedback {
    pub(super) fn decode(packet: &Packet<'_>) -> Option<(Self, Option<Fault>)> {
        let mut reader = Reader::new(packet.body, packet.body_offset());
        let (sender, media) = (Ssrc(reader.u32()?), Ssrc(reader.u32()?));
        let (what, broken) = match packet.count {
            1 => {
                let (lost, broken) = nack(&mut reader);
                (TransportMessage::Nack(lost), broken)
            }
            3 | 4 => {
                let (limits, broken) = limits(&mut reader);
                if packet.count == 3 {
                    (TransportMessage::Tmmbr(limits), broken)
                } else {
                    (TransportMessage::Tmmbn(limits), broken)
                }
            }
            11 => {
                // RFC 8888 has no media SSRC: that word already is the first stream's.
                let mut reader = Reader::new(packet.body, packet.body_offset());
                reader.u32()?;
                let (feedback, broken) = CongestionControl::decode(&mut reader);
                (TransportMessage::CongestionControl(feedback), broken)
            }
            15 => {
                let (feedback, broken) = TransportWide::decode(&mut reader)?;
                (TransportMessage::TransportWide(feedback), broken)
            }
            format => (
                TransportMessage::Other {
                    format,
                    length: reader.rest().len(),
                },
                None,
            ),
        };
        let feedback = Self {
            sender,
            media,
            what,
        };
        Some((feedback, broken))
    }
}

/// Sequence numbers of a generic NACK: each entry is one, and a bit mask of the 16 that follow it.
fn nack(reader: &mut Reader<'_>) -> (Vec<u16>, Option<Fault>) {
    let mut lost = Vec::new();
    while !reader.rest().is_empty() {
        let (Some(first), Some(mask)) = (reader.u16(), reader.u16()) else {
            return (
                lost,
                Some(fault("rtcp-nack-entry-truncated", reader.offset())),
            );
        };
        lost.push(first);
        lost.extend(
            (0..16)
                .filter(|bit| mask >> bit & 1 == 1)
                .map(|bit| first.wrapping_add(bit + 1)),
        );
    }
    let broken = lost
        .is_empty()
        .then(|| fault("rtcp-nack-empty", reader.offset()));
    (lost, broken)
}

/// TMMBR and TMMBN entries: SSRC, exponent 6 bits, mantissa 17, overhead 9.
fn limits(reader: &mut Reader<'_>) -> (Vec<BitRateLimit>, Option<Fault>) {
    let mut limits = Vec::new();
    while !reader.rest().is_empty() {
        let (Some(ssrc), Some(word)) = (reader.u32(), reader.u32()) else {
            return (
                limits,
                Some(fault("rtcp-tmmbr-entry-truncated", reader.offset())),
            );
        };
        limits.push(BitRateLimit {
            ssrc: Ssrc(ssrc),
            bitrate_bps: scaled(word >> 9 & 0x1_ffff, word >> 26),
            overhead_bytes: (word & 0x1ff) as u16,
        });
    }
    (limits, None)
}

/// `mantissa · 2^exponent`, saturating: an exponent of 63 is legal and absurd.
pub(super) fn scaled(mantissa: u32, exponent: u32) -> u64 {
    u64::try_from(u128::from(mantissa) << exponent.min(64)).unwrap_or(u64::MAX)
}

/// PSFB: who says it, about whom, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadFeedback<'a> {
    /// The sender of this feedback.
    pub sender: Ssrc,
    /// The stream it is about; 0 where the information names its own.
    pub media: Ssrc,
    /// What is fed back.
    pub what: PayloadMessage<'a>,
}

/// PSFB by format (IANA "FMT Values for PSFB Payload Types").
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayloadMessage<'a> {
    /// 1, picture loss indication: send a key frame (RFC 4585 §6.3.1).
    PictureLoss,
    /// 2, slice loss indication (RFC 4585 §6.3.2).
    SliceLoss(Vec<SliceLoss>),
    /// 3, reference picture selection indication (RFC 4585 §6.3.3).
    ReferencePicture {
        /// RTP payload type whose bit string follows.
        payload_type: u8,
        /// The codec's own bits, the padding bits included.
        bits: &'a [u8],
    },
    /// 4, full intra request: a key frame, from these sources (RFC 5104 §4.3.1).
    FullIntra(Vec<FullIntra>),
    /// 15 with `REMB`: receiver estimated maximum bit rate (draft-alvestrand-rmcat-remb-03).
    Remb(Remb),
    /// 15, any other application layer feedback.
    Application(&'a [u8]),
    /// Any other format: number and length of its information.
    Other {
        /// FMT.
        format: u8,
        /// Bytes of FCI.
        length: usize,
    },
}

/// Lost macroblocks of one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SliceLoss {
    /// First lost macroblock.
    pub first: u16,
    /// How many.
    pub number: u16,
    /// Low six bits of the codec's picture id.
    pub picture_id: u8,
}

/// One entry of a full intra request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FullIntra {
    /// Who should send a key frame.
    pub ssrc: Ssrc,
    /// One more with each new request; a repeat keeps it.
    pub sequence: u8,
}

impl<'a> PayloadFeedback<'a> {
    pub(super) fn decode(packet: &Packet<'a>) -> Option<(Self, Option<Fault>)> {
        let mut reader = Reader::new(packet.body, packet.body_offset());
        let (sender, media) = (Ssrc(reader.u32()?), Ssrc(reader.u32()?));
        let mut broken = None;
        let what = match packet.count {
            1 => PayloadMessage::PictureLoss,
            2 => {
                let slices;
                (slices, broken) = list(&mut reader, "rtcp-sli-entry-truncated", |r| {
                    r.u32().map(SliceLoss::from_word)
                });
                PayloadMessage::SliceLoss(slices)
            }
            3 => {
                let [_padding_bits, payload_type] = reader.array()?;
                PayloadMessage::ReferencePicture {
                    payload_type: payload_type & 0x7f,
                    bits: reader.rest(),
                }
            }
            4 => {
                let entries;
                (entries, broken) = list(&mut reader, "rtcp-fir-entry-truncated", |r| {
                    let ssrc = Ssrc(r.u32()?);
                    let [sequence, ..] = r.array::<4>()?;
                    Some(FullIntra { ssrc, sequence })
                });
                PayloadMessage::FullIntra(entries)
            }
            15 if reader.rest().starts_with(b"REMB") => {
                let remb;
                (remb, broken) = Remb::decode(&mut reader)?;
                PayloadMessage::Remb(remb)
            }
            15 => PayloadMessage::Application(reader.rest()),
            format => PayloadMessage::Other {
                format,
                length: reader.rest().len(),
            },
        };
        let feedback = Self {
            sender,
            media,
            what,
        };
        Some((feedback, broken))
    }
}

impl SliceLoss {
    /// First macroblock 13 bits, number 13, picture id 6.
    const fn from_word(word: u32) -> Self {
        Self {
            first: (word >> 19) as u16,
            number: (word >> 6 & 0x1fff) as u16,
            picture_id: (word & 0x3f) as u8,
        }
    }
}

/// Reads entries up to the end; a cut one is the fault `name`.
fn list<'a, T>(
    reader: &mut Reader<'a>,
    name: &'static str,
    mut read: impl FnMut(&mut Reader<'a>) -> Option<T>,
) -> (Vec<T>, Option<Fault>) {
    let mut entries = Vec::new();
    while !reader.rest().is_empty() {
        let at = reader.offset();
        match read(reader) {
            Some(entry) => entries.push(entry),
            None => return (entries, Some(fault(name, at))),
        }
    }
    (entries, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::rtcp::body::Body;
    use crate::wire::rtcp::body::decode;
    use crate::wire::rtcp::compound::Compound;

    fn transport(bytes: &[u8]) -> (TransportMessage, Option<&'static str>) {
        let packet = Compound::new(bytes).packets().next().unwrap().unwrap();
        let decoded = decode(&packet);
        match decoded.body {
            Body::TransportFeedback(f) => (f.what, decoded.fault.map(|f| f.name)),
            other => panic!("{other:?}"),
        }
    }

    fn payload(bytes: &[u8]) -> (PayloadMessage<'_>, Option<&'static str>) {
        let packet = Compound::new(bytes).packets().next().unwrap().unwrap();
        let decoded = decode(&packet);
        match decoded.body {
            Body::PayloadFeedback(f) => (f.what, decoded.fault.map(|f| f.name)),
            other => panic!("{other:?}"),
        }
    }

    fn packet(kind: u8, format: u8, fci: &[u8]) -> Vec<u8> {
        let words = (2 + fci.len() / 4) as u8;
        let mut bytes = vec![0x80 | format, kind, 0, words, 0, 0, 0, 1, 0, 0, 0, 2];
        bytes.extend(fci);
        bytes
    }

    #[test]
    fn a_nack_lists_the_first_and_its_mask() {
        let (what, None) = transport(&packet(205, 1, &[0xff, 0xff, 0, 0b101])) else {
            panic!("faulty");
        };
        assert_eq!(what, TransportMessage::Nack(vec![0xffff, 0, 2]));
        assert_eq!(transport(&packet(205, 1, &[])).1, Some("rtcp-nack-empty"));
    }

    #[test]
    fn a_bit_rate_limit_is_mantissa_times_power_of_two() {
        let word: u32 = 2 << 26 | 1_000 << 9 | 0x28;
        let fci = [&[0, 0, 0, 9][..], &word.to_be_bytes()].concat();
        let limit = BitRateLimit {
            ssrc: Ssrc(9),
            bitrate_bps: 4_000,
            overhead_bytes: 40,
        };
        assert_eq!(
            transport(&packet(205, 3, &fci)).0,
            TransportMessage::Tmmbr(vec![limit])
        );
        assert_eq!(
            transport(&packet(205, 4, &fci)).0,
            TransportMessage::Tmmbn(vec![limit])
        );
        assert_eq!(scaled(0x1_ffff, 63), u64::MAX);
    }

    #[test]
    fn key_frame_requests_name_their_source() {
        assert_eq!(payload(&packet(206, 1, &[])).0, PayloadMessage::PictureLoss);
        let entry = FullIntra {
            ssrc: Ssrc(9),
            sequence: 3,
        };
        let fir = packet(206, 4, &[0, 0, 0, 9, 3, 0, 0, 0]);
        assert_eq!(
            payload(&fir),
            (PayloadMessage::FullIntra(vec![entry]), None)
        );
        let cut = packet(206, 4, &[0, 0, 0, 9]);
        assert_eq!(payload(&cut).1, Some("rtcp-fir-entry-truncated"));
    }

    #[test]
    fn slices_pictures_and_applications_are_told_apart() {
        let sli = packet(206, 2, &(5_u32 << 19 | 7 << 6 | 9).to_be_bytes());
        let slice = SliceLoss {
            first: 5,
            number: 7,
            picture_id: 9,
        };
        assert_eq!(payload(&sli).0, PayloadMessage::SliceLoss(vec![slice]));
        assert!(matches!(
            payload(&packet(206, 3, &[0, 96, 1, 2])).0,
            PayloadMessage::ReferencePicture {
                payload_type: 96,
                bits: [1, 2]
            }
        ));
        assert_eq!(
            payload(&packet(206, 15, b"goog")).0,
            PayloadMessage::Application(b"goog")
        );
        let other = PayloadMessage::Other {
            format: 7,
            length: 4,
        };
        assert_eq!(payload(&packet(206, 7, &[0; 4])).0, other);
    }
}
