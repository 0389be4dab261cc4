//! Data channels: SCTP inside DTLS (RFC 8831), once keys have opened it.
//!
//! A channel is a stream that runs both ways. It gets its name in the capture, from `DATA_CHANNEL_OPEN`, or outside of it (`negotiated`), and
//! ends when a side resets its stream. Messages count when their last part is seen, bytes as the browser's `bytesSent`: what the application
//! gave, nothing of the protocols below. A part that is sent again keeps its number (TSN) and counts once.

use std::collections::BTreeMap;

use crate::track::sctp::course::Course;
use crate::vocab::fault::FaultLog;
use crate::vocab::ids::AssociationId;
use crate::vocab::sighting::Sighting;
use crate::wire::dcep;
use crate::wire::dcep::Message;
use crate::wire::dcep::Reliability;
use crate::wire::sctp::Data;
use crate::wire::sctp::Packet;

pub mod course;

/// SCTP inside one DTLS association. `[T; 2]` is indexed by `Direction::index` of the sender.
#[derive(Debug, Clone)]
pub struct SctpAssociation {
    /// The DTLS association around it.
    pub dtls: AssociationId,
    /// Packets.
    pub packets: [u64; 2],
    /// First and last packet.
    pub span: (Sighting, Sighting),
    /// How it came and went.
    pub course: Course,
    /// Channels by their id.
    pub channels: BTreeMap<u16, Channel>,
    received: [Numbers; 2],
}

/// One data channel.
#[derive(Debug, Clone)]
pub struct Channel {
    /// Its name; `None` when its opening was not seen.
    pub label: Option<String>,
    /// Its subprotocol; empty when it has none.
    pub protocol: Option<String>,
    /// Is delivery in order?
    pub ordered: Option<bool>,
    /// What is done about lost messages.
    pub reliability: Option<Reliability>,
    /// Who opened it, and when.
    pub opened: Option<Sighting>,
    /// When the other side confirmed that.
    pub confirmed: Option<Sighting>,
    /// The first reset of its stream.
    pub closed: Option<Sighting>,
    /// Messages of the application.
    pub messages: [u64; 2],
    /// Bytes of them.
    pub bytes: [u64; 2],
    /// First and last sight of it.
    pub span: (Sighting, Sighting),
}

/// Transmission sequence numbers seen of one sender: the highest, and which of those before it.
#[derive(Debug, Clone, Copy, Default)]
struct Numbers {
    highest: Option<u32>,
    before: u128,
}

impl Numbers {
    /// Is `tsn` new? Numbers far behind the highest count as seen.
    fn take(&mut self, tsn: u32) -> bool {
        let Some(highest) = self.highest else {
            self.highest = Some(tsn);
            return true;
        };
        // Serial numbers (RFC 1982): ahead is what is less than half of the range away.
        let ahead = tsn.wrapping_sub(highest);
        if ahead == 0 {
            return false;
        }
        if ahead < 1 << 31 {
            self.before = self.before.checked_shl(ahead).unwrap_or(0);
            self.before |= 1_u128.checked_shl(ahead - 1).unwrap_or(0);
            self.highest = Some(tsn);
            return true;
        }
        let behind = highest.wrapping_sub(tsn);
        let Some(bit) = 1_u128.checked_shl(behind - 1) else {
            return false;
        };
        let new = self.before & bit == 0;
        self.before |= bit;
        new
    }
}

/// Follows SCTP in all DTLS associations that keys open.
#[derive(Debug, Default)]
pub struct SctpTracker {
    associations: Vec<SctpAssociation>,
    places: BTreeMap<AssociationId, usize>,
}

impl SctpTracker {
    /// Takes the content of a DTLS record. Faults go to `faults` under its frame.
    pub fn observe(
        &mut self,
        seen: Sighting,
        dtls: AssociationId,
        bytes: &[u8],
        faults: &mut FaultLog,
    ) {
        let packet = match Packet::new(bytes) {
            Ok(packet) => packet,
            Err(fault) => return faults.record(fault, Some(seen.frame)),
        };
        let Some(association) = self.association(seen, dtls) else {
            return;
        };
        association.packets[seen.direction.index()] += 1;
        association.span.1 = seen;
        for chunk in packet.chunks() {
            let chunk = match chunk {
                Ok(chunk) => chunk,
                Err(fault) => return faults.record(fault, Some(seen.frame)),
            };
            match chunk.data() {
                Some(Ok(data)) => association.data(seen, &data, faults),
                Some(Err(fault)) => faults.record(fault, Some(seen.frame)),
                None => {}
            }
            for stream in chunk.reset_streams() {
                if let Some(channel) = association.channels.get_mut(&stream) {
                    channel.closed.get_or_insert(seen);
                    channel.span.1 = seen;
                }
            }
            association.course.take(seen, chunk.kind);
        }
    }

    /// What was found, in order of first sight.
    pub fn associations(&self) -> &[SctpAssociation] {
        &self.associations
    }

    /// Packets in all.
    pub fn packets(&self) -> u64 {
        let packets = self.associations.iter().flat_map(|known| known.packets);
        packets.sum()
    }

    fn association(&mut self, seen: Sighting, dtls: AssociationId) -> Option<&mut SctpAssociation> {
        let place = match self.places.get(&dtls) {
            Some(&place) => place,
            None if self.associations.len() >= ASSOCIATIONS_MAX => return None,
            None => {
                let place = self.associations.len();
                self.places.insert(dtls, place);
                self.associations.push(SctpAssociation {
                    dtls,
                    packets: [0; 2],
                    span: (seen, seen),
                    course: Course::default(),
                    channels: BTreeMap::new(),
                    received: [Numbers::default(); 2],
                });
                place
            }
        };
        self.associations.get_mut(place)
    }
}

impl SctpAssociation {
    fn data(&mut self, seen: Sighting, data: &Data<'_>, faults: &mut FaultLog) {
        let way = seen.direction.index();
        if !self.received[way].take(data.tsn) {
            return;
        }
        if !self.channels.contains_key(&data.stream) && self.channels.len() >= CHANNELS_MAX {
            return;
        }
        let new = || Channel::new(seen);
        let channel = self.channels.entry(data.stream).or_insert_with(new);
        channel.span.1 = seen;
        if data.protocol == Some(dcep::PROTOCOL) {
            match Message::new(data.payload) {
                Ok(Message::Open(open)) => channel.open(seen, &open),
                Ok(Message::Ack) => {
                    channel.confirmed.get_or_insert(seen);
                }
                Err(fault) => faults.record(fault, Some(seen.frame)),
            }
            return;
        }
        // An empty message is sent as one byte that does not count (RFC 8831 §6.6).
        if !data
            .protocol
            .is_some_and(|protocol| EMPTY.contains(&protocol))
        {
            channel.bytes[way] += data.payload.len() as u64;
        }
        channel.messages[way] += u64::from(data.ends);
    }
}

impl Channel {
    const fn new(seen: Sighting) -> Self {
        Self {
            label: None,
            protocol: None,
            ordered: None,
            reliability: None,
            opened: None,
            confirmed: None,
            closed: None,
            messages: [0; 2],
            bytes: [0; 2],
            span: (seen, seen),
        }
    }

    fn open(&mut self, seen: Sighting, open: &dcep::Open<'_>) {
        // A stream that was reset can be opened again; the channel then goes on under its last name.
        self.label = Some(text(open.label));
        self.protocol = Some(text(open.protocol));
        self.ordered = Some(open.ordered);
        self.reliability = Some(open.reliability);
        self.opened = Some(seen);
        self.closed = None;
    }
}

/// Labels and protocols are UTF-8 (RFC 8832 §5.1); of long ones the beginning is kept.
fn text(bytes: &[u8]) -> String {
    let kept = bytes.get(..TEXT_MAX).unwrap_or(bytes);
    String::from_utf8_lossy(kept).into_owned()
}

/// Associations kept: more than calls.
const ASSOCIATIONS_MAX: usize = 65_536;
/// Channels kept of one association; browsers allow 65 535, applications use a few.
const CHANNELS_MAX: usize = 1_024;
/// Bytes kept of a label or a protocol.
const TEXT_MAX: usize = 256;
/// Payload protocol identifiers of empty messages: text, binary (RFC 8831 §8).
const EMPTY: [u32; 2] = [56, 57];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::address::Direction;
    use crate::vocab::address::Direction::Forward;
    use crate::vocab::address::Direction::Reverse;
    use crate::vocab::ids::FlowId;
    use crate::vocab::ids::FrameNumber;
    use crate::vocab::time::Timestamp;

    #[derive(Default)]
    struct Call {
        tracker: SctpTracker,
        faults: FaultLog,
        frame: u64,
    }

    impl Call {
        fn send(&mut self, direction: Direction, chunks: &[Vec<u8>]) {
            self.frame += 1;
            let seen = Sighting {
                at: Timestamp::from_nanos(self.frame * 1_000_000),
                frame: FrameNumber::new(0, self.frame),
                flow: FlowId(0),
                direction,
            };
            let mut packet = vec![0x13, 0x88, 0x13, 0x88, 0, 0, 0, 1, 0, 0, 0, 0];
            packet.extend(chunks.concat());
            self.tracker
                .observe(seen, AssociationId(2), &packet, &mut self.faults);
        }

        fn channel(&self) -> &Channel {
            &self.tracker.associations()[0].channels[&1]
        }
    }

    fn data(flags: u8, tsn: u32, protocol: u32, payload: &[u8]) -> Vec<u8> {
        let length = 16 + payload.len();
        let mut chunk = vec![0, flags];
        chunk.extend((length as u16).to_be_bytes());
        chunk.extend(tsn.to_be_bytes());
        chunk.extend([0, 1, 0, 0]);
        chunk.extend(protocol.to_be_bytes());
        chunk.extend(payload);
        chunk.resize(length.next_multiple_of(4), 0);
        chunk
    }

    #[test]
    fn a_channel_has_its_name_and_counts_messages_once() {
        let mut call = Call::default();
        let open = [&[3, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0][..], b"chat"].concat();
        call.send(Forward, &[data(3, 10, 50, &open)]);
        call.send(Reverse, &[data(3, 90, 50, &[2])]);
        let hello = data(3, 11, 51, b"hello");
        call.send(Forward, &[hello.clone(), data(2, 12, 53, &[7; 100])]);
        // Sent again, with the rest of the second message.
        call.send(Forward, &[hello, data(1, 13, 53, &[7; 20])]);
        call.send(Reverse, &[data(3, 91, 56, &[0])]);
        let channel = call.channel();
        assert_eq!(channel.label.as_deref(), Some("chat"));
        assert_eq!(
            (channel.opened.map(|seen| seen.direction), channel.ordered),
            (Some(Forward), Some(true))
        );
        assert!(channel.confirmed.is_some() && channel.closed.is_none());
        assert_eq!((channel.messages, channel.bytes), ([2, 1], [125, 0]));
        assert_eq!(call.tracker.packets(), 5);
        assert!(call.faults.is_empty());
    }

    #[test]
    fn a_reset_closes_a_channel_and_an_abort_ends_all() {
        let mut call = Call::default();
        call.send(Forward, &[data(3, 1, 51, b"x")]);
        let reset = vec![
            130, 0, 0, 24, 0, 13, 0, 18, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0,
        ];
        call.send(Forward, &[reset]);
        assert!(call.channel().closed.is_some() && call.channel().label.is_none());
        call.send(Reverse, &[vec![6, 0, 0, 4]]);
        assert!(call.tracker.associations()[0].course.aborted.is_some());
    }

    #[test]
    fn late_numbers_are_new_once() {
        let mut numbers = Numbers::default();
        let taken: Vec<bool> = [u32::MAX, 1, 0, 0, 1, 200, 199, 72, 71]
            .into_iter()
            .map(|tsn| numbers.take(tsn))
            .collect();
        assert_eq!(
            taken,
            [true, true, true, false, false, true, true, true, false],
            "71 is 129 behind"
        );
    }

    #[test]
    fn what_is_no_sctp_is_a_fault() {
        let mut call = Call::default();
        call.send(Forward, &[vec![0, 3, 0, 2]]);
        let seen = Sighting {
            at: Timestamp::from_nanos(9),
            frame: FrameNumber::new(0, 9),
            flow: FlowId(0),
            direction: Forward,
        };
        call.tracker
            .observe(seen, AssociationId(5), b"short", &mut call.faults);
        let names: Vec<_> = call.faults.rows().map(|(_, name, _)| name).collect();
        assert_eq!(
            names,
            ["sctp-chunk-length-invalid", "sctp-header-truncated"]
        );
        assert_eq!(call.tracker.associations().len(), 1);
    }
}
