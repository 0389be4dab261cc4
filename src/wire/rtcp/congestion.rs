//! Bandwidth feedback: transport-wide congestion control, RFC 8888, REMB.
//!
//! ```text
//! transport-wide: base sequence, 16 · packet count, 16 · reference time, 24 signed, × 64 ms · feedback count, 8
//!                 status chunks, 16 each · receive deltas, 8 or 16 signed, × 250 µs
//! RFC 8888:       { SSRC · first sequence, 16 · number, 16 · reports, 16 each, padded to a word } … · report time, 32, NTP middle bits
//! REMB:           "REMB" · number of SSRCs, 8 · exponent, 6 · mantissa, 18 · SSRCs
//! ```

use crate::vocab::fault::Fault;
use crate::vocab::ids::Ssrc;
use crate::wire::rtcp::compound::fault;
use crate::wire::rtcp::feedback::scaled;
use crate::wire::rtcp::reader::Reader;
use crate::wire::rtcp::report::sign_extend_24;

/// Transport-wide feedback: which packets of the transport-wide count arrived, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportWide {
    /// Transport-wide sequence number of the first packet reported on.
    pub base_sequence: u16,
    /// Packets reported on, lost ones included.
    pub packet_count: u16,
    /// Receiver's clock, in units of 64 ms from an origin of its own.
    pub reference_time: i32,
    /// Counts the feedback packets, to see lost ones.
    pub feedback_count: u8,
    /// Packets that arrived, in order.
    pub arrivals: Vec<Arrival>,
}

/// A packet that the receiver saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Its transport-wide sequence number.
    pub sequence: u16,
    /// When, in microseconds from the reference time.
    pub offset_us: i64,
}

/// Status of a packet in a chunk: 0 lost, 1 small delta, 2 large delta, 3 reserved.
type Status = u8;

impl TransportWide {
    /// `None` without the 8 fixed bytes; a fault when chunks or deltas are missing.
    pub(super) fn decode(reader: &mut Reader<'_>) -> Option<(Self, Option<Fault>)> {
        let mut feedback = Self {
            base_sequence: reader.u16()?,
            packet_count: reader.u16()?,
            reference_time: sign_extend_24(reader.u24()?),
            feedback_count: reader.u8()?,
            arrivals: Vec::new(),
        };
        let broken = feedback.read_packets(reader);
        Some((feedback, broken))
    }

    /// Packets that did not arrive.
    pub fn lost(&self) -> usize {
        usize::from(self.packet_count).saturating_sub(self.arrivals.len())
    }

    /// Reads chunks up to the packet count, then one delta for each packet that arrived.
    fn read_packets(&mut self, reader: &mut Reader<'_>) -> Option<Fault> {
        // Only what arrived is kept, so a run of 65535 lost packets in two bytes costs nothing.
        let mut present: Vec<(u16, Status)> = Vec::new();
        let mut done = 0_u16;
        while done < self.packet_count {
            let Some(chunk) = reader.u16() else {
                return Some(fault("rtcp-twcc-chunks-truncated", reader.offset()));
            };
            let left = self.packet_count - done;
            let (statuses, run) = Chunk::read(chunk, left);
            match statuses {
                Chunk::Run(status) if status != 0 => {
                    // Each delta takes a byte at least: more statuses than bytes can't be true.
                    if usize::from(run) + present.len() > reader.rest().len() + CHUNK_SLACK {
                        return Some(fault("rtcp-twcc-deltas-truncated", reader.offset()));
                    }
                    present.extend((0..run).map(|i| (done + i, status)));
                }
                Chunk::Run(_) => {}
                Chunk::Vector { bits, width } => {
                    present.extend((0..run).filter_map(|i| {
                        let shift = 14 - width * (i + 1);
                        let status = (bits >> shift & ((1 << width) - 1)) as Status;
                        (status != 0).then_some((done + i, status))
                    }));
                }
            }
            done += run;
        }
        let mut clock = 0_i64;
        for (index, status) in present {
            let delta = match status {
                1 => reader.u8().map(i64::from),
                2 => reader.u16().map(|raw| i64::from(raw.cast_signed())),
                _ => return Some(fault("rtcp-twcc-status-reserved", reader.offset())),
            };
            let Some(delta) = delta else {
                return Some(fault("rtcp-twcc-deltas-truncated", reader.offset()));
            };
            clock += delta * DELTA_US;
            self.arrivals.push(Arrival {
                sequence: self.base_sequence.wrapping_add(index),
                offset_us: clock,
            });
        }
        None
    }
}

/// One status chunk.
enum Chunk {
    /// All packets of the run have one status.
    Run(Status),
    /// Seven or fourteen statuses in the low 14 bits, highest first.
    Vector { bits: u16, width: u16 },
}

impl Chunk {
    /// The chunk, and how many of the `left` packets it covers.
    fn read(word: u16, left: u16) -> (Self, u16) {
        if word >> 15 == 0 {
            let run = (word & 0x1fff).min(left);
            // A run of zero packets would never end the walk.
            return (Self::Run((word >> 13 & 3) as Status), run);
        }
        let width = if word >> 14 & 1 == 0 { 1 } else { 2 };
        let bits = word & 0x3fff;
        (Self::Vector { bits, width }, (14 / width).min(left))
    }
}

/// RFC 8888 feedback, one block per stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CongestionControl {
    /// Streams reported on.
    pub streams: Vec<StreamArrivals>,
    /// When this was made: middle 32 bits of the receiver's NTP time.
    pub report_timestamp: u32,
}

/// How the packets of one stream arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamArrivals {
    /// The stream.
    pub ssrc: Ssrc,
    /// First sequence number reported on.
    pub first_sequence: u16,
    /// Per packet: `None` when lost, else ECN mark and arrival, 1/1024 s before the report.
    pub packets: Vec<Option<(u8, u16)>>,
}

impl CongestionControl {
    pub(super) fn decode(reader: &mut Reader<'_>) -> (Self, Option<Fault>) {
        let mut feedback = Self::default();
        while reader.rest().len() > 4 {
            match StreamArrivals::read(reader) {
                Some(stream) => feedback.streams.push(stream),
                None => {
                    return (
                        feedback,
                        Some(fault("rtcp-ccfb-block-truncated", reader.offset())),
                    );
                }
            }
        }
        match reader.u32() {
            Some(time) => {
                feedback.report_timestamp = time;
                (feedback, None)
            }
            None => (
                feedback,
                Some(fault("rtcp-ccfb-timestamp-missing", reader.offset())),
            ),
        }
    }
}

impl StreamArrivals {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let (ssrc, first_sequence) = (Ssrc(reader.u32()?), reader.u16()?);
        let number = usize::from(reader.u16()?);
        let (reports, _) = reader
            .take(number.next_multiple_of(2) * 2)?
            .as_chunks::<2>();
        let packets = reports
            .iter()
            .take(number)
            .map(|&report| {
                let word = u16::from_be_bytes(report);
                (word >> 15 == 1).then_some(((word >> 13 & 3) as u8, word & 0x1fff))
            })
            .collect();
        Some(Self {
            ssrc,
            first_sequence,
            packets,
        })
    }
}

/// Receiver estimated maximum bit rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remb {
    /// The estimate for all these streams together, saturating.
    pub bitrate_bps: u64,
    /// Streams it covers.
    pub ssrcs: Vec<Ssrc>,
}

impl Remb {
    /// Starts at the `REMB` identifier. `None` when the fixed 8 bytes are cut.
    pub(super) fn decode(reader: &mut Reader<'_>) -> Option<(Self, Option<Fault>)> {
        let _identifier = reader.u32()?;
        let (number, word) = (reader.u8()?, reader.u24()?);
        let mut remb = Self {
            bitrate_bps: scaled(word & 0x3_ffff, word >> 18),
            ssrcs: Vec::new(),
        };
        for _ in 0..number {
            let Some(ssrc) = reader.u32() else {
                return Some((
                    remb,
                    Some(fault("rtcp-remb-ssrcs-truncated", reader.offset())),
                ));
            };
            remb.ssrcs.push(Ssrc(ssrc));
        }
        Some((remb, None))
    }
}

/// Unit of a receive delta, microseconds.
const DELTA_US: i64 = 250;
/// Statuses of the chunks that follow can't be counted yet; only gross overruns are refused early.
const CHUNK_SLACK: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn twcc(bytes: &[u8]) -> (TransportWide, Option<&'static str>) {
        let (feedback, fault) = TransportWide::decode(&mut Reader::new(bytes, 0)).unwrap();
        (feedback, fault.map(|f| f.name))
    }

    #[test]
    fn runs_and_vectors_give_arrivals_with_their_times() {
        // Base 10, 6 packets, reference −1; run of 2 small; two-bit vector: lost, large, small, lost; deltas 4, 8, −2, 1.
        let vector: u16 = 1 << 15 | 1 << 14 | 0b00_10_01_00 << 6;
        let mut bytes = vec![0, 10, 0, 6, 0xff, 0xff, 0xff, 3, 0x20, 2];
        bytes.extend(vector.to_be_bytes());
        bytes.extend([4, 8, 0xff, 0xfe, 1]);
        let (feedback, None) = twcc(&bytes) else {
            panic!("faulty");
        };
        assert_eq!((feedback.reference_time, feedback.feedback_count), (-1, 3));
        let got: Vec<_> = feedback
            .arrivals
            .iter()
            .map(|a| (a.sequence, a.offset_us))
            .collect();
        assert_eq!(got, [(10, 1_000), (11, 3_000), (13, 2_500), (14, 2_750)]);
        assert_eq!(feedback.lost(), 2);
    }

    #[test]
    fn one_bit_vectors_hold_fourteen() {
        let mut bytes = vec![0, 0, 0, 14, 0, 0, 0, 0];
        bytes.extend((1_u16 << 15 | 1 << 13 | 1).to_be_bytes());
        bytes.extend([1, 2]);
        let got: Vec<_> = twcc(&bytes).0.arrivals.iter().map(|a| a.sequence).collect();
        assert_eq!(got, [0, 13]);
    }

    #[test]
    fn missing_chunks_and_deltas_are_faults() {
        assert_eq!(
            twcc(&[0, 0, 0, 5, 0, 0, 0, 0]).1,
            Some("rtcp-twcc-chunks-truncated")
        );
        assert_eq!(
            twcc(&[0, 0, 0, 5, 0, 0, 0, 0, 0x20, 5, 1]).1,
            Some("rtcp-twcc-deltas-truncated")
        );
        assert_eq!(
            twcc(&[0, 0, 0, 1, 0, 0, 0, 0, 0x60, 1, 1]).1,
            Some("rtcp-twcc-status-reserved")
        );
        let huge = [&[0, 0, 0xff, 0xff, 0, 0, 0, 0][..], &[0x3f, 0xff].repeat(8)].concat();
        assert_eq!(twcc(&huge).1, Some("rtcp-twcc-deltas-truncated"));
    }

    #[test]
    fn runs_of_zero_packets_end_with_the_bytes() {
        let bytes = [&[0, 0, 0, 5, 0, 0, 0, 0][..], &[0, 0].repeat(50)].concat();
        assert_eq!(twcc(&bytes).1, Some("rtcp-twcc-chunks-truncated"));
    }

    #[test]
    fn rfc_8888_reports_are_padded_to_words() {
        let bytes = [
            0, 0, 0, 9, 0, 100, 0, 3, 0x80, 5, 0, 0, 0xe0, 1, 0, 0, 0, 1, 0, 0,
        ];
        let (feedback, None) = CongestionControl::decode(&mut Reader::new(&bytes, 0)) else {
            panic!("faulty");
        };
        assert_eq!(feedback.report_timestamp, 65_536);
        assert_eq!(
            feedback.streams[0].packets,
            [Some((0, 5)), None, Some((3, 1))]
        );
        let (_, cut) = CongestionControl::decode(&mut Reader::new(&bytes[..12], 0));
        assert_eq!(cut.unwrap().name, "rtcp-ccfb-block-truncated");
    }

    #[test]
    fn a_remb_with_a_huge_exponent_saturates() {
        // The packet on whose Display the rtcp crate panics.
        let bytes = [
            b'R', b'E', b'M', b'B', 1, 0xff, 0xf5, 0xf0, 0x8e, 0xd4, 0xb4, 0xff,
        ];
        let (remb, None) = Remb::decode(&mut Reader::new(&bytes, 0)).unwrap() else {
            panic!("faulty");
        };
        assert_eq!(remb.bitrate_bps, u64::MAX);
        let (_, cut) = Remb::decode(&mut Reader::new(&bytes[..8], 0)).unwrap();
        assert_eq!(cut.unwrap().name, "rtcp-remb-ssrcs-truncated");
    }
}
