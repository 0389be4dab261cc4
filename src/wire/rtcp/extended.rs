//! Extended reports (RFC 3611): a list of blocks.
//!
//! ```text
//! | block type, 8 | type-specific, 8 |   length in words, 16   |  block …
//! ```

use crate::vocab::fault::Fault;
use crate::vocab::ids::Ssrc;
use crate::wire::rtcp::compound::Packet;
use crate::wire::rtcp::compound::fault;
use crate::wire::rtcp::reader::Reader;

crate::codepoint! {
    /// XR block type (IANA "RTP XR Block Types"), those that WebRTC and SIP endpoints send.
    pub enum BlockType: u8 {
        /// Which packets were lost, run-length encoded.
        LossRunLength = 1 => "Loss RLE",
        /// Which packets came twice.
        DuplicateRunLength = 2 => "Duplicate RLE",
        /// When packets came.
        ReceiptTimes = 3 => "Packet Receipt Times",
        /// A receiver's clock, so that it can measure round trips without sending media.
        ReceiverReferenceTime = 4 => "Receiver Reference Time",
        /// Answer to it: delay since the last receiver reference time.
        Dlrr = 5 => "DLRR",
        /// Loss, duplicates, jitter, time to live.
        StatisticsSummary = 6 => "Statistics Summary",
        /// Quality of a voice call.
        VoipMetrics = 7 => "VoIP Metrics",
        /// Target bit rates of layers (draft-alvestrand-avtext-tbr).
        TargetBitrate = 42 => "Target Bitrate",
    }
}

/// An XR packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendedReport<'a> {
    /// Its sender.
    pub ssrc: Ssrc,
    /// Its blocks, in order.
    pub blocks: Vec<Block<'a>>,
}

/// One block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block<'a> {
    /// What it is.
    pub kind: BlockType,
    /// The byte beside the type.
    pub specific: u8,
    /// Its content.
    pub content: Content<'a>,
}

/// Content of a block, decoded where rtcscope uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content<'a> {
    /// The sender's NTP time (RFC 3611 §4.4).
    ReceiverReferenceTime(u64),
    /// Per receiver: whose clock, its compact NTP time, and the delay since, in 1/65536 s (RFC 3611 §4.5).
    Dlrr(Vec<(Ssrc, u32, u32)>),
    /// Quality of a voice call (RFC 3611 §4.7).
    Voip(VoipMetrics),
    /// The bytes of any other block, or of one too short for its type.
    Raw(&'a [u8]),
}

/// The parts of a `VoIP` Metrics block that are read most (RFC 3611 §4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoipMetrics {
    /// The stream.
    pub ssrc: Ssrc,
    /// Packets lost since the beginning, in 256ths.
    pub loss_rate: u8,
    /// Packets discarded by the jitter buffer, in 256ths.
    pub discard_rate: u8,
    /// Round trip, ms.
    pub round_trip_ms: u16,
    /// Delay inside the endpoint, ms.
    pub end_system_delay_ms: u16,
    /// Transmission rating, 0 to 100; 127 when unavailable.
    pub r_factor: u8,
    /// Mean opinion score, listening, times ten; 127 when unavailable.
    pub mos_lq: u8,
    /// Mean opinion score, conversational, times ten; 127 when unavailable.
    pub mos_cq: u8,
}

impl<'a> ExtendedReport<'a> {
    pub(super) fn decode(packet: &Packet<'a>) -> Option<(Self, Option<Fault>)> {
        let mut reader = Reader::new(packet.body, packet.body_offset());
        let mut report = Self {
            ssrc: Ssrc(reader.u32()?),
            blocks: Vec::new(),
        };
        let mut broken = None;
        while !reader.rest().is_empty() {
            let at = reader.offset();
            let (Some([kind, specific]), Some(words)) = (reader.array(), reader.u16()) else {
                broken = Some(fault("rtcp-xr-block-truncated", at));
                break;
            };
            let content_at = reader.offset();
            let Some(bytes) = reader.take(usize::from(words) * 4) else {
                broken = Some(fault("rtcp-xr-block-overruns", at));
                break;
            };
            let kind = BlockType::from_code(kind);
            let content = Content::read(kind, &mut Reader::new(bytes, content_at));
            if content.is_none() {
                broken = broken.or_else(|| Some(fault("rtcp-xr-block-too-short", content_at)));
            }
            report.blocks.push(Block {
                kind,
                specific,
                content: content.unwrap_or(Content::Raw(bytes)),
            });
        }
        Some((report, broken))
    }
}

impl<'a> Content<'a> {
    /// `None` when too short for its type.
    fn read(kind: BlockType, reader: &mut Reader<'a>) -> Option<Self> {
        Some(match kind {
            BlockType::ReceiverReferenceTime => Self::ReceiverReferenceTime(reader.u64()?),
            BlockType::Dlrr => {
                let mut entries = Vec::new();
                while !reader.rest().is_empty() {
                    entries.push((Ssrc(reader.u32()?), reader.u32()?, reader.u32()?));
                }
                Self::Dlrr(entries)
            }
            BlockType::VoipMetrics => Self::Voip(VoipMetrics::read(reader)?),
            _ => Self::Raw(reader.rest()),
        })
    }
}

impl VoipMetrics {
    /// SSRC · loss, discard, burst and gap density · burst and gap duration · round trip, end system delay ·
    /// signal, noise, RERL, Gmin · R factor, external R, MOS-LQ, MOS-CQ · receiver configuration, jitter buffer.
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let ssrc = Ssrc(reader.u32()?);
        let [loss_rate, discard_rate, _, _] = reader.array()?;
        reader.u32()?;
        let (round_trip_ms, end_system_delay_ms) = (reader.u16()?, reader.u16()?);
        reader.u32()?;
        let [r_factor, _, mos_lq, mos_cq] = reader.array()?;
        Some(Self {
            ssrc,
            loss_rate,
            discard_rate,
            round_trip_ms,
            end_system_delay_ms,
            r_factor,
            mos_lq,
            mos_cq,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::rtcp::body::Body;
    use crate::wire::rtcp::body::decode;
    use crate::wire::rtcp::compound::Compound;

    fn report(blocks: &[u8]) -> (Vec<(BlockType, bool)>, Option<&'static str>) {
        let words = (1 + blocks.len() / 4) as u8;
        let bytes = [&[0x80, 207, 0, words, 0, 0, 0, 1][..], blocks].concat();
        let packet = Compound::new(&bytes).packets().next().unwrap().unwrap();
        let decoded = decode(&packet);
        let Body::ExtendedReport(report) = decoded.body else {
            panic!("no report");
        };
        let blocks = report
            .blocks
            .iter()
            .map(|b| (b.kind, !matches!(b.content, Content::Raw(_))));
        (blocks.collect(), decoded.fault.map(|f| f.name))
    }

    #[test]
    fn blocks_are_walked_by_their_lengths() {
        let blocks = [
            4, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 5, 0, 0, 3, 0, 0, 0, 9, 0, 0, 0, 8, 0, 0, 0, 7, 42,
            0, 0, 0,
        ];
        let expected = vec![
            (BlockType::ReceiverReferenceTime, true),
            (BlockType::Dlrr, true),
            (BlockType::TargetBitrate, false),
        ];
        assert_eq!(report(&blocks), (expected, None));
    }

    #[test]
    fn broken_blocks_are_faults_with_their_bytes_kept() {
        let short = (
            vec![(BlockType::ReceiverReferenceTime, false)],
            Some("rtcp-xr-block-too-short"),
        );
        assert_eq!(report(&[4, 0, 0, 1, 0, 0, 0, 1]), short);
        assert_eq!(
            report(&[4, 0, 0, 9, 0, 0, 0, 1]),
            (vec![], Some("rtcp-xr-block-overruns"))
        );
    }
}
