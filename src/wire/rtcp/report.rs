//! Sender and receiver reports (RFC 3550 §6.4).
//!
//! ```text
//! SR: SSRC · NTP time, 64 · RTP time · packets · bytes, then `count` blocks     RR: SSRC, then blocks
//! block: SSRC · fraction lost, 8 · cumulative lost, 24 signed · highest sequence, extended · jitter · LSR · DLSR
//! ```

use crate::vocab::fault::Fault;
use crate::vocab::ids::Ssrc;
use crate::wire::rtcp::compound::Packet;
use crate::wire::rtcp::compound::fault;
use crate::wire::rtcp::reader::Reader;

/// What a sender says of its own stream, and of those it receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderReport {
    /// The sender.
    pub ssrc: Ssrc,
    /// Its wall clock when this was sent: seconds since 1900 in the upper half, fraction in the lower.
    pub ntp: u64,
    /// The same instant on the RTP clock.
    pub rtp_timestamp: u32,
    /// Packets it has sent.
    pub packet_count: u32,
    /// Payload bytes it has sent, padding left out.
    pub octet_count: u32,
    /// What it receives from others.
    pub blocks: Vec<ReportBlock>,
}

impl SenderReport {
    /// The middle 32 bits of the NTP time, which receivers send back as LSR.
    pub const fn compact_ntp(&self) -> u32 {
        (self.ntp >> 16) as u32
    }

    /// `None` when the 24 fixed bytes are not there; a fault when a block is not.
    pub(super) fn decode(packet: &Packet<'_>) -> Option<(Self, Option<Fault>)> {
        let mut reader = Reader::new(packet.body, packet.body_offset());
        let mut report = Self {
            ssrc: Ssrc(reader.u32()?),
            ntp: reader.u64()?,
            rtp_timestamp: reader.u32()?,
            packet_count: reader.u32()?,
            octet_count: reader.u32()?,
            blocks: Vec::new(),
        };
        let broken;
        (report.blocks, broken) = blocks(&mut reader, packet.count);
        Some((report, broken))
    }
}

/// What a receiver says of the streams it receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiverReport {
    /// The reporter.
    pub ssrc: Ssrc,
    /// One per stream.
    pub blocks: Vec<ReportBlock>,
}

impl ReceiverReport {
    /// `None` without the reporter's SSRC; a fault when a block is not there.
    pub(super) fn decode(packet: &Packet<'_>) -> Option<(Self, Option<Fault>)> {
        let mut reader = Reader::new(packet.body, packet.body_offset());
        let ssrc = Ssrc(reader.u32()?);
        let (blocks, broken) = blocks(&mut reader, packet.count);
        Some((Self { ssrc, blocks }, broken))
    }
}

/// How one stream arrives at the reporter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportBlock {
    /// The stream reported on.
    pub ssrc: Ssrc,
    /// Loss since the last report, in 256ths.
    pub fraction_lost: u8,
    /// Packets lost since the beginning; duplicates can make it negative.
    pub cumulative_lost: i32,
    /// Highest sequence number received: roll-overs in the upper half.
    pub highest_sequence: u32,
    /// Interarrival jitter, in ticks of the stream's clock.
    pub jitter_ticks: u32,
    /// Compact NTP time of the last sender report received; 0 when none.
    pub last_sender_report: u32,
    /// Time from that report to this one, in 1/65536 s.
    pub delay_since_last: u32,
}

impl ReportBlock {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let mut ahead = *reader;
        let block = Self {
            ssrc: Ssrc(ahead.u32()?),
            fraction_lost: ahead.u8()?,
            cumulative_lost: sign_extend_24(ahead.u24()?),
            highest_sequence: ahead.u32()?,
            jitter_ticks: ahead.u32()?,
            last_sender_report: ahead.u32()?,
            delay_since_last: ahead.u32()?,
        };
        *reader = ahead;
        Some(block)
    }
}

/// Reads `count` blocks; profile-specific extensions may follow and are left alone.
fn blocks(reader: &mut Reader<'_>, count: u8) -> (Vec<ReportBlock>, Option<Fault>) {
    let mut blocks = Vec::new();
    for _ in 0..count {
        match ReportBlock::read(reader) {
            Some(block) => blocks.push(block),
            None => {
                return (
                    blocks,
                    Some(fault("rtcp-report-blocks-overrun", reader.offset())),
                );
            }
        }
    }
    (blocks, None)
}

/// A 24-bit two's complement number.
pub(in crate::wire) const fn sign_extend_24(value: u32) -> i32 {
    (value << 8).cast_signed() >> 8
}

#[cfg(test)]
mod tests {
    use crate::wire::rtcp::body::Body;
    use crate::wire::rtcp::body::decode;
    use crate::wire::rtcp::compound::Compound;

    const SR: [u8; 52] = [
        0x81, 200, 0, 12, 0, 0, 0, 1, 0xe0, 0, 0, 1, 0x80, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 5, 0, 0,
        1, 0, 0, 0, 0, 2, 0x40, 0xff, 0xff, 0xfe, 0, 1, 0, 7, 0, 0, 0, 33, 0, 1, 0x80, 0, 0, 1, 0,
        0,
    ];

    #[test]
    fn a_sender_report_is_read_whole() {
        let packet = Compound::new(&SR).packets().next().unwrap().unwrap();
        let Body::SenderReport(report) = decode(&packet).body else {
            panic!("no sender report");
        };
        assert_eq!((report.packet_count, report.octet_count), (5, 256));
        assert_eq!(report.compact_ntp(), 0x0001_8000);
        let block = report.blocks[0];
        assert_eq!((block.fraction_lost, block.cumulative_lost), (0x40, -2));
        assert_eq!(
            (block.highest_sequence, block.jitter_ticks),
            (0x0001_0007, 33)
        );
        assert_eq!(block.last_sender_report, report.compact_ntp());
        assert_eq!(block.delay_since_last, 65_536);
    }

    #[test]
    fn a_missing_block_is_a_fault_after_the_good_ones() {
        let mut bytes = SR;
        bytes[0] = 0x82;
        let packet = Compound::new(&bytes).packets().next().unwrap().unwrap();
        let decoded = decode(&packet);
        assert_eq!(decoded.fault.unwrap().name, "rtcp-report-blocks-overrun");
        assert!(matches!(decoded.body, Body::SenderReport(r) if r.blocks.len() == 1));
    }
}
