//! One flow's RTCP packets → facts.

use std::time::Duration;

use crate::track::rtcp::facts::Goodbye;
use crate::track::rtcp::facts::Reception;
use crate::track::rtcp::facts::Requests;
use crate::track::rtcp::facts::RoundTrips;
use crate::track::rtcp::facts::RtcpWay;
use crate::track::rtcp::facts::SenderFacts;
use crate::vocab::fault::FaultLog;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::Ssrc;
use crate::vocab::sighting::Sighting;
use crate::wire::rtcp::body::Body;
use crate::wire::rtcp::body::decode;
use crate::wire::rtcp::compound::Compound;
use crate::wire::rtcp::feedback::PayloadMessage;
use crate::wire::rtcp::feedback::TransportMessage;
use crate::wire::rtcp::report::ReportBlock;
use crate::wire::rtcp::report::SenderReport;

/// RTCP of one flow.
#[derive(Debug, Clone)]
pub struct RtcpFlow {
    /// The flow.
    pub flow: FlowId,
    /// Counts, by direction index.
    pub ways: [RtcpWay; 2],
    /// Sender reports, per direction and source.
    pub senders: Vec<SenderFacts>,
    /// Reception reports, per direction, reporter and stream.
    pub receptions: Vec<Reception>,
    /// Feedback, per direction and stream that it is about.
    pub requests: Vec<Requests>,
    /// Canonical names, by source.
    pub cnames: Vec<(Ssrc, String)>,
    /// Sources that said goodbye.
    pub byes: Vec<Goodbye>,
    /// Sources left out because a table was full.
    pub left_out: u64,
    /// Sender reports that passed lately, to match reception reports with.
    passed: Vec<Passed>,
}

#[derive(Debug, Clone, Copy)]
struct Passed {
    ssrc: Ssrc,
    compact_ntp: u32,
    seen: Sighting,
}

impl RtcpFlow {
    pub(super) fn new(flow: FlowId) -> Self {
        Self {
            flow,
            ways: [RtcpWay::default(), RtcpWay::default()],
            senders: Vec::new(),
            receptions: Vec::new(),
            requests: Vec::new(),
            cnames: Vec::new(),
            byes: Vec::new(),
            left_out: 0,
            passed: Vec::new(),
        }
    }

    /// Takes the packets of a plain or decrypted datagram.
    pub(super) fn read(&mut self, seen: Sighting, compound: Compound<'_>, faults: &mut FaultLog) {
        for packet in compound.packets() {
            let packet = match packet {
                Ok(packet) => packet,
                Err(fault) => {
                    faults.record(fault, Some(seen.frame));
                    return;
                }
            };
            let kinds = &mut self.ways[seen.direction.index()].kinds;
            *kinds.entry(packet.kind).or_default() += 1;
            let decoded = decode(&packet);
            if let Some(fault) = decoded.fault {
                faults.record(fault, Some(seen.frame));
            }
            self.take(seen, decoded.body);
        }
    }

    fn take(&mut self, seen: Sighting, body: Body<'_>) {
        match body {
            Body::SenderReport(report) => {
                self.take_sender(seen, &report);
                self.take_blocks(seen, report.ssrc, &report.blocks);
            }
            Body::ReceiverReport(report) => self.take_blocks(seen, report.ssrc, &report.blocks),
            Body::SourceDescription(chunks) => {
                for chunk in chunks {
                    self.take_cname(chunk.ssrc, chunk.cname());
                }
            }
            Body::Bye(bye) => {
                let reason = bye
                    .reason
                    .map(|text| String::from_utf8_lossy(text).into_owned());
                for ssrc in bye.ssrcs {
                    if self.byes.len() < MOST_SOURCES {
                        self.byes.push(Goodbye {
                            ssrc,
                            reason: reason.clone(),
                            seen,
                        });
                    } else {
                        self.left_out += 1;
                    }
                }
            }
            Body::TransportFeedback(feedback) => {
                self.take_transport(seen, feedback.media, &feedback.what);
            }
            Body::PayloadFeedback(feedback) => {
                self.take_payload(seen, feedback.media, &feedback.what);
            }
            Body::App(_) | Body::ExtendedReport(_) | Body::Other(_) => {}
        }
    }

    fn take_sender(&mut self, seen: Sighting, report: &SenderReport) {
        if self.passed.len() == MOST_PASSED {
            self.passed.remove(0);
        }
        self.passed.push(Passed {
            ssrc: report.ssrc,
            compact_ntp: report.compact_ntp(),
            seen,
        });
        let facts = SenderFacts {
            direction: seen.direction,
            ssrc: report.ssrc,
            reports: 1,
            packet_count: report.packet_count,
            octet_count: report.octet_count,
            clocks: (report.ntp, report.rtp_timestamp),
            last: seen,
        };
        let is = |s: &SenderFacts| s.ssrc == report.ssrc && s.direction == seen.direction;
        match row(&mut self.senders, is, || SenderFacts {
            reports: 0,
            ..facts
        }) {
            Some(known) => {
                *known = SenderFacts {
                    reports: known.reports + 1,
                    ..facts
                }
            }
            None => self.left_out += 1,
        }
    }

    fn take_blocks(&mut self, seen: Sighting, reporter: Ssrc, blocks: &[ReportBlock]) {
        for &block in blocks {
            let round_trip = self.round_trip(seen, &block);
            let is = |r: &Reception| {
                r.direction == seen.direction && r.reporter == reporter && r.about == block.ssrc
            };
            let new = || Reception {
                direction: seen.direction,
                reporter,
                about: block.ssrc,
                reports: 0,
                fraction_lost_max: 0,
                latest: block,
                jitter_ticks_max: 0,
                round_trips: RoundTrips::default(),
                span: (seen, seen),
            };
            let Some(reception) = row(&mut self.receptions, is, new) else {
                self.left_out += 1;
                continue;
            };
            reception.reports += 1;
            reception.fraction_lost_max = reception.fraction_lost_max.max(block.fraction_lost);
            reception.jitter_ticks_max = reception.jitter_ticks_max.max(block.jitter_ticks);
            reception.latest = block;
            reception.span.1 = seen;
            if let Some(round_trip) = round_trip {
                reception.round_trips.add(round_trip);
            }
        }
    }

    /// `arrival − passing of the sender report − delay at the reporter` (RFC 3550 §6.4.1), as far as it is seen from here.
    fn round_trip(&self, seen: Sighting, block: &ReportBlock) -> Option<Duration> {
        if block.last_sender_report == 0 {
            return None;
        }
        let sender = self.passed.iter().rev().find(|passed| {
            passed.ssrc == block.ssrc
                && passed.compact_ntp == block.last_sender_report
                && passed.seen.direction != seen.direction
        })?;
        let held = Duration::from_nanos((u64::from(block.delay_since_last) * 1_000_000_000) >> 16);
        // The delay has a grain of 15 µs, so on a short path the difference can come out below zero.
        Some(seen.at.since(sender.seen.at).saturating_sub(held))
    }

    fn take_cname(&mut self, ssrc: Ssrc, name: Option<String>) {
        let Some(name) = name else {
            return;
        };
        match row(
            &mut self.cnames,
            |(known, _)| *known == ssrc,
            || (ssrc, String::new()),
        ) {
            Some((_, known)) => *known = name,
            None => self.left_out += 1,
        }
    }

    fn take_transport(&mut self, seen: Sighting, about: Ssrc, what: &TransportMessage) {
        match what {
            TransportMessage::Nack(lost) => self.request(seen, about, |r| {
                r.nacks += 1;
                r.packets_nacked += lost.len() as u64;
            }),
            TransportMessage::Tmmbr(limits) => {
                for limit in limits {
                    self.request(seen, limit.ssrc, |r| {
                        r.bitrate_limit_bps = Some(limit.bitrate_bps);
                    });
                }
            }
            TransportMessage::TransportWide(feedback) => self.request(seen, about, |r| {
                r.congestion_reports += 1;
                r.congestion_lost += feedback.lost() as u64;
            }),
            TransportMessage::CongestionControl(feedback) => {
                for stream in &feedback.streams {
                    let lost = stream
                        .packets
                        .iter()
                        .filter(|packet| packet.is_none())
                        .count();
                    self.request(seen, stream.ssrc, |r| {
                        r.congestion_reports += 1;
                        r.congestion_lost += lost as u64;
                    });
                }
            }
            TransportMessage::Tmmbn(_) | TransportMessage::Other { .. } => {}
        }
    }

    fn take_payload(&mut self, seen: Sighting, about: Ssrc, what: &PayloadMessage<'_>) {
        match what {
            PayloadMessage::PictureLoss => self.request(seen, about, |r| r.plis += 1),
            PayloadMessage::SliceLoss(_) => self.request(seen, about, |r| r.slis += 1),
            PayloadMessage::FullIntra(entries) => {
                for entry in entries {
                    self.request(seen, entry.ssrc, |r| {
                        // A repeat of a request keeps its number (RFC 5104 §4.3.1.1).
                        r.firs += u64::from(r.last_fir != Some(entry.sequence));
                        r.last_fir = Some(entry.sequence);
                    });
                }
            }
            PayloadMessage::Remb(remb) => {
                for &ssrc in &remb.ssrcs {
                    self.request(seen, ssrc, |r| r.bitrate_limit_bps = Some(remb.bitrate_bps));
                }
            }
            PayloadMessage::ReferencePicture { .. }
            | PayloadMessage::Application(_)
            | PayloadMessage::Other { .. } => {}
        }
    }

    /// Changes the row of requests about a stream, made if there is room.
    fn request(&mut self, seen: Sighting, about: Ssrc, change: impl FnOnce(&mut Requests)) {
        let is = |r: &Requests| r.direction == seen.direction && r.about == about;
        let Some(row) = row(&mut self.requests, is, || Requests::new(seen, about)) else {
            self.left_out += 1;
            return;
        };
        row.span.1 = seen;
        change(row);
    }
}

/// The row that `is` describes, made by `new` if there is room for it.
fn row<T>(rows: &mut Vec<T>, is: impl Fn(&T) -> bool, new: impl FnOnce() -> T) -> Option<&mut T> {
    let index = rows.iter().position(is).or_else(|| {
        (rows.len() < MOST_SOURCES).then(|| {
            rows.push(new());
            rows.len() - 1
        })
    })?;
    rows.get_mut(index)
}

/// Rows of each of a flow's tables.
pub(super) const MOST_SOURCES: usize = 256;
/// Sender reports remembered per flow: a report block answers the last of its stream.
const MOST_PASSED: usize = 64;
