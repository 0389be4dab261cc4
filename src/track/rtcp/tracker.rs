//! RTCP datagrams → flows.

use std::collections::BTreeMap;

use crate::track::rtcp::facts::RtcpWay;
use crate::track::rtcp::flow::RtcpFlow;
use crate::vocab::fault::FaultLog;
use crate::vocab::ids::FlowId;
use crate::vocab::sighting::Sighting;
use crate::wire::rtcp::classify::Classified;
use crate::wire::rtcp::classify::Srtcp;
use crate::wire::rtcp::compound::Compound;

/// RTCP of all flows.
#[derive(Debug, Default)]
pub struct RtcpTracker {
    flows: BTreeMap<FlowId, RtcpFlow>,
    faults: FaultLog,
    left_out: u64,
}

impl RtcpTracker {
    /// Takes a datagram of a flow that carries RTCP.
    pub fn observe(&mut self, seen: Sighting, datagram: &Classified<'_>) {
        if !self.flows.contains_key(&seen.flow) && self.flows.len() >= MOST_FLOWS {
            self.left_out += 1;
            return;
        }
        let flow = self
            .flows
            .entry(seen.flow)
            .or_insert_with(|| RtcpFlow::new(seen.flow));
        let way = &mut flow.ways[seen.direction.index()];
        way.span = Some((way.span.map_or(seen, |(first, _)| first), seen));
        match datagram {
            Classified::Plain(compound) => {
                way.plain_datagrams += 1;
                flow.read(seen, *compound, &mut self.faults);
            }
            Classified::Encrypted(srtcp) => {
                way.count_srtcp(srtcp);
                if let Some(compound) = srtcp.authenticated_only() {
                    flow.read(seen, compound, &mut self.faults);
                }
            }
            Classified::Cut(cut) => {
                way.cut_datagrams += 1;
                // What may be ciphertext is not read.
                if cut.is_encrypted == Some(false) {
                    flow.read(seen, cut.whole_packets(), &mut self.faults);
                }
            }
            Classified::Malformed { fault, .. } => {
                way.malformed_datagrams += 1;
                self.faults.record(*fault, Some(seen.frame));
            }
        }
    }

    /// Takes the packets of an SRTCP datagram that a key opened; [`RtcpTracker::observe`] has counted the datagram.
    pub fn observe_decrypted(&mut self, seen: Sighting, compound: Compound<'_>) {
        if let Some(flow) = self.flows.get_mut(&seen.flow) {
            flow.read(seen, compound, &mut self.faults);
        }
    }

    /// How full it is: 1 turns away what comes.
    pub fn fullness(&self) -> f64 {
        self.flows.len() as f64 / MOST_FLOWS as f64
    }

    /// RTCP by flow, in order of flow id.
    pub fn snapshot(&self) -> Vec<RtcpFlow> {
        self.flows.values().cloned().collect()
    }

    /// Broken rules, in all flows.
    pub const fn faults(&self) -> &FaultLog {
        &self.faults
    }

    /// Datagrams left out because there were too many flows.
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }
}

impl RtcpWay {
    fn count_srtcp(&mut self, srtcp: &Srtcp<'_>) {
        self.srtcp_datagrams += 1;
        self.srtcp_tag_length = Some(srtcp.tag_length);
        let first = self.srtcp_index.map_or(srtcp.index, |(first, _)| first);
        self.srtcp_index = Some((first, srtcp.index));
        let opening = (srtcp.opening.kind, srtcp.opening.count);
        *self.openings.entry(opening).or_default() += 1;
    }
}

/// Flows with RTCP.
const MOST_FLOWS: usize = 16_384;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::track::rtcp::flow::MOST_SOURCES;
    use crate::vocab::address::Direction;
    use crate::vocab::ids::FrameNumber;
    use crate::vocab::ids::Ssrc;
    use crate::vocab::time::Timestamp;
    use crate::wire::rtcp::classify::classify;
    use crate::wire::rtcp::compound::PacketType;

    fn seen(at_ms: u64, direction: Direction) -> Sighting {
        Sighting {
            at: Timestamp::from_nanos(at_ms * 1_000_000),
            frame: FrameNumber::new(0, at_ms),
            flow: FlowId(3),
            direction,
        }
    }

    fn sender_report(ssrc: u8) -> Vec<u8> {
        vec![
            0x80, 200, 0, 6, 0, 0, 0, ssrc, 0xe0, 0, 0, 1, 0x80, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 5,
            0, 0, 1, 0,
        ]
    }

    /// Answers `sender_report(about)` after a quarter of a second.
    fn receiver_report(about: u8, lost: u8) -> Vec<u8> {
        vec![
            0x81, 201, 0, 7, 0, 0, 0, 99, 0, 0, 0, about, lost, 0, 0, 2, 0, 0, 0, 7, 0, 0, 0, 33,
            0, 1, 0x80, 0, 0, 0, 0x40, 0,
        ]
    }

    #[test]
    fn a_report_block_tells_loss_and_round_trip() {
        let mut tracker = RtcpTracker::default();
        tracker.observe(
            seen(1_000, Direction::Forward),
            &classify(&sender_report(7)),
        );
        tracker.observe(
            seen(1_280, Direction::Reverse),
            &classify(&receiver_report(7, 40)),
        );
        // The same report seen again in the sender's own direction answers nothing.
        tracker.observe(
            seen(1_290, Direction::Forward),
            &classify(&receiver_report(7, 1)),
        );
        let flows = tracker.snapshot();
        let reception = flows[0].receptions[0];
        assert_eq!(
            (
                reception.reports,
                reception.fraction_lost_max,
                reception.latest.cumulative_lost
            ),
            (1, 40, 2)
        );
        assert_eq!(
            reception.round_trips.mean(),
            Some(Duration::from_millis(30))
        );
        assert_eq!(flows[0].receptions[1].round_trips.count, 0);
        assert_eq!(
            (
                flows[0].senders[0].packet_count,
                flows[0].senders[0].octet_count
            ),
            (5, 256)
        );
    }

    #[test]
    fn requests_are_counted_for_the_stream_they_are_about() {
        let mut tracker = RtcpTracker::default();
        let nack = [0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 7, 0, 9, 0, 1];
        let pli = [0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 7];
        let fir = [
            0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 5, 0, 0, 0,
        ];
        for packet in [&nack[..], &pli, &fir, &fir] {
            tracker.observe(seen(1, Direction::Reverse), &classify(packet));
        }
        let flows = tracker.snapshot();
        let [row] = flows[0].requests[..] else {
            panic!("one row wanted");
        };
        assert_eq!(
            (row.about, row.nacks, row.packets_nacked, row.plis, row.firs),
            (Ssrc(7), 1, 2, 1, 1)
        );
    }

    #[test]
    fn srtcp_shows_its_opening_and_index_only() {
        let mut tracker = RtcpTracker::default();
        let pli = [
            &[0x81, 206, 0, 2, 0, 0, 0, 1, 9, 9, 9, 9, 0x80, 0, 0, 4][..],
            &[7; 10],
        ]
        .concat();
        tracker.observe(seen(1, Direction::Reverse), &classify(&pli));
        let flow = &tracker.snapshot()[0];
        let way = &flow.ways[1];
        assert_eq!(
            (way.srtcp_datagrams, way.srtcp_index, way.srtcp_tag_length),
            (1, Some((4, 4)), Some(10))
        );
        assert_eq!(
            way.openings.get(&(PacketType::PayloadFeedback, 1)),
            Some(&1)
        );
        assert!(flow.requests.is_empty());
        let clear = [0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 7];
        tracker.observe_decrypted(seen(1, Direction::Reverse), Compound::new(&clear));
        assert_eq!(tracker.snapshot()[0].requests[0].plis, 1);
    }

    #[test]
    fn names_and_goodbyes_are_kept_and_faults_counted() {
        let mut tracker = RtcpTracker::default();
        let sdes = [0x81, 202, 0, 3, 0, 0, 0, 7, 1, 2, b'a', b'b', 0, 0, 0, 0];
        let bye = [0x81, 203, 0, 1, 0, 0, 0, 7];
        tracker.observe(
            seen(1, Direction::Forward),
            &classify(&[&sdes[..], &bye].concat()),
        );
        let broken = [&bye[..], &[0x80, 201, 0, 9, 0, 0, 0, 0]].concat();
        tracker.observe(seen(2, Direction::Forward), &classify(&broken));
        let flow = &tracker.snapshot()[0];
        assert_eq!(flow.cnames, [(Ssrc(7), "ab".to_owned())]);
        assert_eq!(
            (flow.byes[0].ssrc, flow.ways[0].malformed_datagrams),
            (Ssrc(7), 1)
        );
        let names: Vec<_> = tracker.faults().rows().map(|(_, name, _)| name).collect();
        assert_eq!(names, ["rtcp-length-overruns"]);
    }

    #[test]
    fn tables_are_bounded() {
        let mut tracker = RtcpTracker::default();
        for ssrc in 0..1_000_u32 {
            let mut bye = vec![0x81, 203, 0, 1];
            bye.extend(ssrc.to_be_bytes());
            tracker.observe(seen(1, Direction::Forward), &classify(&bye));
        }
        let flow = &tracker.snapshot()[0];
        assert_eq!(
            (flow.byes.len(), flow.left_out),
            (MOST_SOURCES, 1_000 - MOST_SOURCES as u64)
        );
    }
}
