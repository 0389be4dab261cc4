//! The rows of an RTCP flow: plain figures, each with where it was seen.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::vocab::address::Direction;
use crate::vocab::ids::Ssrc;
use crate::vocab::sighting::Sighting;
use crate::wire::rtcp::compound::PacketType;
use crate::wire::rtcp::report::ReportBlock;

/// What ran in one direction.
#[derive(Debug, Clone, Default)]
pub struct RtcpWay {
    /// Datagrams of plain RTCP.
    pub plain_datagrams: u64,
    /// Datagrams of SRTCP.
    pub srtcp_datagrams: u64,
    /// Datagrams of either, whose end was not captured.
    pub cut_datagrams: u64,
    /// Datagrams that are neither.
    pub malformed_datagrams: u64,
    /// Plain (or decrypted) packets by type.
    pub kinds: BTreeMap<PacketType, u64>,
    /// SRTCP datagrams by type and count, subtype or format of their first packet.
    pub openings: BTreeMap<(PacketType, u8), u64>,
    /// First and last SRTCP index.
    pub srtcp_index: Option<(u32, u32)>,
    /// Length of the SRTCP tag, bytes, inferred from the layout.
    pub srtcp_tag_length: Option<u8>,
    /// First and last datagram.
    pub span: Option<(Sighting, Sighting)>,
}

/// What a sender says of its own stream.
#[derive(Debug, Clone, Copy)]
pub struct SenderFacts {
    /// Which way its reports ran.
    pub direction: Direction,
    /// The stream.
    pub ssrc: Ssrc,
    /// Reports.
    pub reports: u64,
    /// Packets sent, by the last report.
    pub packet_count: u32,
    /// Payload bytes sent, by the last report.
    pub octet_count: u32,
    /// NTP time and RTP timestamp of the last report: the same instant on two clocks.
    pub clocks: (u64, u32),
    /// Where the last report was.
    pub last: Sighting,
}

/// What a receiver says of a stream.
#[derive(Debug, Clone, Copy)]
pub struct Reception {
    /// Which way the reports ran: against the stream.
    pub direction: Direction,
    /// The reporter.
    pub reporter: Ssrc,
    /// The stream.
    pub about: Ssrc,
    /// Reports.
    pub reports: u64,
    /// Largest loss in one interval, 256ths.
    pub fraction_lost_max: u8,
    /// The last report.
    pub latest: ReportBlock,
    /// Largest jitter, ticks of the stream's clock.
    pub jitter_ticks_max: u32,
    /// Round trips from this vantage point to the reporter and back.
    pub round_trips: RoundTrips,
    /// Where the first and the last report were.
    pub span: (Sighting, Sighting),
}

/// Round trips: the time from a sender report passing to the reception report that names it, less the reporter's delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RoundTrips {
    /// How many could be told.
    pub count: u64,
    /// Shortest.
    pub min: Duration,
    /// Longest.
    pub max: Duration,
    /// All together, for the mean.
    pub total: Duration,
}

/// What is asked of a stream's sender.
#[derive(Debug, Clone, Copy)]
pub struct Requests {
    /// Which way the feedback ran: against the stream.
    pub direction: Direction,
    /// The stream; 0 for feedback on the whole transport.
    pub about: Ssrc,
    /// NACK packets.
    pub nacks: u64,
    /// Sequence numbers asked for again, repeats included.
    pub packets_nacked: u64,
    /// Picture loss indications.
    pub plis: u64,
    /// Full intra requests, distinct by their sequence number.
    pub firs: u64,
    /// Slice loss indications.
    pub slis: u64,
    /// Last bit rate that REMB, TMMBR allow.
    pub bitrate_limit_bps: Option<u64>,
    /// Transport-wide and RFC 8888 feedback packets.
    pub congestion_reports: u64,
    /// Packets that the congestion reports call lost.
    pub congestion_lost: u64,
    /// Where the first and the last request were.
    pub span: (Sighting, Sighting),
    /// Sequence number of the last full intra request.
    pub(super) last_fir: Option<u8>,
}

/// A source that left.
#[derive(Debug, Clone)]
pub struct Goodbye {
    /// Who.
    pub ssrc: Ssrc,
    /// Why, if said.
    pub reason: Option<String>,
    /// Where.
    pub seen: Sighting,
}

impl Requests {
    pub(super) const fn new(seen: Sighting, about: Ssrc) -> Self {
        Self {
            direction: seen.direction,
            about,
            nacks: 0,
            packets_nacked: 0,
            plis: 0,
            firs: 0,
            slis: 0,
            bitrate_limit_bps: None,
            congestion_reports: 0,
            congestion_lost: 0,
            span: (seen, seen),
            last_fir: None,
        }
    }
}

impl RoundTrips {
    /// Mean; `None` when none could be told.
    pub fn mean(&self) -> Option<Duration> {
        u32::try_from(self.count)
            .ok()
            .and_then(|count| self.total.checked_div(count))
    }

    /// These and `others`.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        if self.count == 0 || others.count == 0 {
            return if self.count == 0 { others } else { self };
        }
        Self {
            count: self.count + others.count,
            min: self.min.min(others.min),
            max: self.max.max(others.max),
            total: self.total + others.total,
        }
    }

    /// Adds one.
    pub(super) fn add(&mut self, round_trip: Duration) {
        self.min = if self.count == 0 {
            round_trip
        } else {
            self.min.min(round_trip)
        };
        self.max = self.max.max(round_trip);
        self.total += round_trip;
        self.count += 1;
    }
}
