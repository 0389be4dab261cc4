//! Both directions of one WebSocket connection.

use crate::flow::reassembly::Chunk;
use crate::flow::websocket::budget::Budget;
use crate::flow::websocket::inflate::Context;
use crate::flow::websocket::message::Endpoint;
use crate::flow::websocket::message::Event;
use crate::flow::websocket::partial::Place;
use crate::flow::websocket::reader::Reader;
use crate::vocab::address::Direction;
use crate::wire::websocket::extension::Deflate;
use crate::wire::websocket::extension::Extensions;
use crate::wire::websocket::extension::Window;

/// A WebSocket connection, from the end of its handshake on.
#[derive(Debug)]
pub struct WebSocketConnection {
    client: Direction,
    /// What the client sends, then what the server sends.
    readers: [Reader; 2],
}

impl WebSocketConnection {
    /// A connection whose client sends in direction `client`, with what the handshake agreed on.
    pub fn new(client: Direction, extensions: &Extensions) -> Self {
        let reader = |from, window: fn(Deflate) -> Window| {
            let context = extensions
                .deflate
                .map(|deflate| Context::new(window(deflate)));
            Reader::new(from, context, extensions.unknown)
        };
        Self {
            client,
            readers: [
                reader(Endpoint::Client, |deflate| deflate.client),
                reader(Endpoint::Server, |deflate| deflate.server),
            ],
        }
    }

    /// A connection whose handshake is not in the capture: each side is read from its next segment on that begins with a frame. Frames with
    /// RSV1 are taken for permessage-deflate's.
    pub fn midway(client: Direction, budget: &mut Budget) -> Self {
        let extensions = Extensions {
            deflate: Some(Deflate::default()),
            ..Extensions::default()
        };
        let mut connection = Self::new(client, &extensions);
        connection
            .readers
            .iter_mut()
            .for_each(|reader| reader.join_midway(budget));
        connection
    }

    /// The client's direction.
    pub const fn client(&self) -> Direction {
        self.client
    }

    /// Takes the next piece of one direction; what happened goes to `sink`.
    pub fn observe(
        &mut self,
        direction: Direction,
        chunk: Chunk<'_>,
        budget: &mut Budget,
        sink: &mut impl FnMut(Event),
    ) {
        let [client, server] = &mut self.readers;
        let reader = if direction == self.client {
            client
        } else {
            server
        };
        match chunk {
            // The handshake began the connection.
            Chunk::Start { .. } => {}
            Chunk::Data { at, frame, bytes } => {
                reader.data(Place { at, frame }, bytes, budget, sink);
            }
            Chunk::Gap { at, frame, bytes } => {
                reader.gap(Place { at, frame }, bytes, budget, sink);
            }
            Chunk::End { at, frame, how } => reader.end(Place { at, frame }, how, budget, sink),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;
    use crate::flow::reassembly::Ending;
    use crate::flow::websocket::budget::MESSAGE_KEPT;
    use crate::flow::websocket::inflate::tests::Sender;
    use crate::vocab::ids::FrameNumber;
    use crate::vocab::time::Timestamp;
    use crate::wire::websocket::frame::unmask;

    use Direction::Forward;
    use Direction::Reverse;

    /// A connection under test, its client sending forward; `story` tells what happened in words.
    struct Bench {
        connection: WebSocketConnection,
        budget: Budget,
        frame: u64,
        story: String,
    }

    impl Bench {
        fn new(extensions: &str) -> Self {
            let extensions = Extensions::new(extensions.split(','));
            Self {
                connection: WebSocketConnection::new(Forward, &extensions),
                budget: Budget::default(),
                frame: 0,
                story: String::new(),
            }
        }

        fn observe(&mut self, direction: Direction, chunk: Chunk<'_>) -> &mut Self {
            let story = &mut self.story;
            self.connection
                .observe(direction, chunk, &mut self.budget, &mut |event| {
                    let _ = match event {
                        Event::Message(message) => {
                            let frames = message.frames.iter().map(|frame| frame.number());
                            let frames: Vec<u64> = frames.collect();
                            let from = message.from;
                            let mark = if message.complete { "" } else { "…" };
                            let text = String::from_utf8_lossy(&message.payload);
                            let kind = message.kind;
                            write!(story, "{from:?} {kind:?} {text}{mark} {frames:?}; ")
                        }
                        Event::Control(control) => {
                            let text = control.payload.escape_ascii();
                            write!(story, "{:?} {:?} {text}; ", control.from, control.opcode)
                        }
                        Event::Fault { fault, .. } => write!(story, "{}; ", fault.name),
                    };
                });
            self
        }

        fn place(&mut self) -> (Timestamp, FrameNumber) {
            self.frame += 1;
            let at = Timestamp::from_nanos(self.frame * 1_000_000);
            (at, FrameNumber::new(0, self.frame))
        }

        fn send(&mut self, direction: Direction, bytes: &[u8]) -> &mut Self {
            let (at, frame) = self.place();
            self.observe(direction, Chunk::Data { at, frame, bytes })
        }

        fn lose(&mut self, direction: Direction, bytes: u64) -> &mut Self {
            let (at, frame) = self.place();
            self.observe(direction, Chunk::Gap { at, frame, bytes })
        }

        fn end(&mut self, direction: Direction, how: Ending) -> &mut Self {
            let (at, frame) = self.place();
            self.observe(direction, Chunk::End { at, frame, how })
        }

        #[track_caller]
        fn tells(&mut self, expected: &str) -> &mut Self {
            assert_eq!(self.story.trim_end_matches("; "), expected);
            self.story.clear();
            self
        }
    }

    /// A frame with first byte `first`; masked with a key when the client sends it.
    fn frame(direction: Direction, first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = if direction == Forward { 0x80 } else { 0 };
        let mut bytes = vec![first];
        match payload.len() {
            length @ 0..126 => bytes.push(mask | length as u8),
            length @ 126..=0xffff => {
                bytes.push(mask | 0x7e);
                bytes.extend((length as u16).to_be_bytes());
            }
            length => {
                bytes.push(mask | 0x7f);
                bytes.extend((length as u64).to_be_bytes());
            }
        }
        let key = [0x37, 0xfa, 0x21, 0x3d];
        let mut payload = payload.to_vec();
        if direction == Forward {
            bytes.extend(key);
            unmask(&mut payload, key, 0);
        }
        bytes.extend(payload);
        bytes
    }

    fn server(first: u8, payload: &[u8]) -> Vec<u8> {
        frame(Reverse, first, payload)
    }

    #[test]
    fn the_examples_of_rfc_6455_are_read() {
        let mut bench = Bench::new("");
        bench
            .send(Reverse, b"\x81\x05Hello")
            .tells("Server Text Hello [1]");
        let masked = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
        bench.send(Forward, masked).tells("Client Text Hello [2]");
        bench.send(Reverse, b"\x01\x03Hel").tells("");
        bench
            .send(Reverse, b"\x80\x02lo")
            .tells("Server Text Hello [3, 4]");
        bench
            .send(Reverse, b"\x89\x05Hello")
            .tells("Server Ping Hello");
        let pong = b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
        bench.send(Forward, pong).tells("Client Pong Hello");
        for length in [256, 65_536] {
            bench.send(Reverse, &server(0x82, &vec![b'x'; length]));
            assert!(bench.story.starts_with("Server Binary xxx"));
            assert!(!bench.story.contains('…'));
            bench.story.clear();
        }
    }

    #[test]
    fn control_frames_may_stand_between_fragments() {
        Bench::new("")
            .send(Reverse, b"\x01\x03Hel\x89\x01p\x80\x02lo")
            .tells("Server Ping p; Server Text Hello [1]");
    }

    #[test]
    fn a_compressed_message_may_be_in_fragments_and_refers_to_the_one_before() {
        // RFC 7692 §7.2.3.1 and §7.2.3.2.
        Bench::new("permessage-deflate")
            .send(Reverse, b"\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00")
            .tells("Server Text Hello [1]")
            .send(Reverse, b"\xc1\x05\xf2\x00\x11\x00\x00")
            .tells("Server Text Hello [2]")
            .send(Reverse, b"\x81\x05plain")
            .tells("Server Text plain [3]");
    }

    #[test]
    fn broken_rules_are_named_and_the_frames_read() {
        Bench::new("")
            .send(Forward, b"\x81\x02hi")
            .tells("websocket-client-unmasked; Client Text hi [1]")
            .send(Reverse, &frame(Forward, 0x81, b"hi"))
            .tells("websocket-server-masked; Server Text hi [2]")
            .send(Reverse, b"\xc1\x02hi")
            .tells("websocket-reserved-bits; Server Text hi… [3]")
            .send(Reverse, b"\x83\x02hi\x81\x00")
            .tells("websocket-opcode-unknown; Server Unknown(3) hi; Server Text  [4]")
            .send(Reverse, b"\x80\x02hi")
            .tells("websocket-continuation-unexpected; Server Unknown hi… [5]")
            .send(Reverse, b"\x01\x02hi\x81\x02ho")
            .tells("websocket-message-interrupted; Server Text hi… [6]; Server Text ho [6]")
            .send(Reverse, b"\x81\x01\xff")
            .tells("websocket-text-not-utf8; Server Text \u{fffd} [7]")
            .send(Reverse, b"\x88\x02\x00\x01\x81\x02hi")
            .tells("websocket-close-code-invalid; Server Close \\x00\\x01; websocket-frame-after-close; Server Text hi [8]")
            .send(Reverse, b"\x01\x02hi")
            .end(Reverse, Ending::Reset)
            .tells("websocket-frame-after-close; websocket-message-ends-early; Server Text hi… [9]");
    }

    #[test]
    fn a_gap_inside_a_payload_costs_that_message_only() {
        Bench::new("")
            .send(Reverse, b"\x81\x0aabc")
            .lose(Reverse, 5)
            .send(Reverse, b"ij\x81\x02ok")
            .tells("Server Text abc… [1, 3]; Server Text ok [3]")
            .send(Reverse, b"\x81\x05abc")
            .lose(Reverse, 2)
            .tells("Server Text abc… [4]")
            .send(Reverse, b"\x81\x02ok")
            .tells("Server Text ok [6]");
    }

    #[test]
    fn behind_a_larger_gap_the_next_segment_that_begins_with_a_frame_is_found() {
        Bench::new("")
            .send(Reverse, b"\x81\x05abc")
            .lose(Reverse, 100)
            .tells("Server Text abc… [1]")
            .send(Reverse, b"middle of a message\x81\x02no")
            .tells("")
            .send(Reverse, b"\x89\x00\x81\x02ok")
            .tells("Server Ping ; Server Text ok [4]")
            .lose(Reverse, 0)
            .send(Reverse, b"\x80\x02lo\x81\x02ok")
            .tells("Server Unknown lo… [6]; Server Text ok [6]");
    }

    #[test]
    fn what_cannot_be_a_frame_ends_the_reading_with_one_fault() {
        let noise = b"\xb3\x7f\x00\x00\x00\x7f\xff\xff\xff\xff rest";
        Bench::new("")
            .send(Reverse, noise)
            .tells("websocket-opcode-unknown; websocket-reserved-bits; websocket-out-of-step")
            .send(Reverse, b"more noise")
            .tells("")
            .send(Reverse, b"\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00")
            .tells("")
            .send(Reverse, b"\x81\x02ok")
            .tells("Server Text ok [4]")
            .send(Reverse, b"\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00")
            .tells("websocket-length-too-large");
    }

    #[test]
    fn a_connection_joined_midway_is_read_from_its_next_frame_on() {
        let mut bench = Bench::new("");
        bench.connection = WebSocketConnection::midway(Forward, &mut bench.budget);
        bench
            .send(Reverse, b"rest of a message")
            .send(Reverse, b"\x81\x02ok")
            .tells("Server Text ok [2]")
            .send(Forward, &frame(Forward, 0x81, b"ok"))
            .tells("Client Text ok [3]");
        let mut sender = Sender::new();
        let sent = server(0xc1, &sender.send(b"nothing before it"));
        bench
            .send(Reverse, &sent)
            .tells("Server Text nothing before it [4]");
    }

    #[test]
    fn a_long_message_is_cut_and_its_memory_given_back() {
        let mut bench = Bench::new("permessage-deflate");
        bench.send(Reverse, &server(0x82, &vec![b'x'; MESSAGE_KEPT + 1]));
        assert!(
            bench
                .story
                .starts_with("limit-websocket-message; Server Binary")
        );
        bench.story.clear();
        bench.send(Reverse, b"\x02\x03abc");
        assert_eq!(bench.budget.kept(), 3);
        bench.send(
            Forward,
            &frame(Forward, 0xc1, &Sender::new().send(b"window")),
        );
        assert_eq!(bench.budget.kept(), 3 + 6);
        bench
            .end(Reverse, Ending::Unseen)
            .end(Forward, Ending::Unseen);
        assert_eq!(bench.budget.kept(), 0);
    }

    /// What one side says, in frames of all kinds.
    fn conversation(direction: Direction) -> Vec<u8> {
        let mut sender = Sender::new();
        let mut bytes = Vec::new();
        for (first, payload) in [
            (0x81, b"plain".to_vec()),
            (0xc1, sender.send(b"compressed compressed")),
            (0x01, b"in ".to_vec()),
            (0x89, b"ping".to_vec()),
            (0x00, b"three ".to_vec()),
            (0x80, b"parts".to_vec()),
            (0x82, vec![7; 300]),
            (0xc2, sender.send(b"compressed again, and again")),
            (0x81, Vec::new()),
            (0x88, b"\x03\xe8bye".to_vec()),
        ] {
            bytes.extend(frame(direction, first, &payload));
        }
        bytes
    }

    fn story_without_frames(bench: &Bench) -> String {
        let mut story = String::new();
        let mut skipping = false;
        for c in bench.story.chars() {
            skipping |= c == '[';
            if !skipping {
                story.push(c);
            }
            skipping &= c != ']';
        }
        story
    }

    proptest! {
        #[test]
        fn any_segmentation_gives_the_same_messages(sizes in proptest::collection::vec(1usize..40, 1..30)) {
            for direction in [Forward, Reverse] {
                let bytes = conversation(direction);
                let (mut whole, mut pieces) = (Bench::new("permessage-deflate"), Bench::new("permessage-deflate"));
                whole.send(direction, &bytes);
                let mut rest = bytes.as_slice();
                for size in sizes.iter().cycle() {
                    let (piece, behind) = rest.split_at((*size).min(rest.len()));
                    pieces.send(direction, piece);
                    rest = behind;
                    if rest.is_empty() {
                        break;
                    }
                }
                prop_assert!(!whole.story.contains("websocket-"), "{}", whole.story);
                prop_assert!(whole.story.contains("compressed again, and again"));
                prop_assert_eq!(story_without_frames(&whole), story_without_frames(&pieces));
            }
        }

        #[test]
        fn flips_cuts_and_holes_break_nothing(
            flips in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..6),
            cut in any::<proptest::sample::Index>(),
            hole in 0u64..80,
            size in 1usize..200,
        ) {
            let mut bench = Bench::new("permessage-deflate; server_max_window_bits=8");
            for direction in [Forward, Reverse] {
                let mut bytes = conversation(direction);
                for (index, value) in &flips {
                    let at = index.index(bytes.len());
                    bytes[at] ^= value;
                }
                let cut = cut.index(bytes.len());
                for piece in bytes[..cut].chunks(size) {
                    bench.send(direction, piece);
                }
                bench.lose(direction, hole);
                for piece in bytes[cut..].chunks(size) {
                    bench.send(direction, piece);
                }
                bench.end(direction, Ending::Finished);
            }
            prop_assert_eq!(bench.budget.kept(), 0);
        }

        #[test]
        fn random_bytes_break_nothing(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..100), 1..10)) {
            let mut bench = Bench::new("permessage-deflate");
            for piece in &pieces {
                bench.send(Reverse, piece).send(Forward, piece);
            }
            bench.end(Forward, Ending::Reset).end(Reverse, Ending::Reset);
            prop_assert_eq!(bench.budget.kept(), 0);
        }
    }

    #[test]
    fn every_prefix_ends_in_order() {
        let bytes = conversation(Reverse);
        for end in 0..bytes.len() {
            let mut bench = Bench::new("permessage-deflate");
            bench
                .send(Reverse, &bytes[..end])
                .end(Reverse, Ending::Unseen);
            assert!(
                !bench.story.contains("websocket-"),
                "{end}: {}",
                bench.story
            );
        }
    }
}
