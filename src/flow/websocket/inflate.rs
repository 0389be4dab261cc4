//! permessage-deflate (RFC 7692 §7.2.2) of one direction: each message is raw DEFLATE data whose last four bytes, `00 00 ff ff`, were
//! left out, and may refer to the messages before it.
//!
//! The decoder is set up anew for each message with the window as it should be: the last bytes decoded, and before them
//! [`UNKNOWN`] for those that nobody sent or that were not captured. So a connection costs its window, not a decoder, and after a gap
//! messages can be read on: what they take from the gap shows as `UNKNOWN`.

use flate2::Decompress;
use flate2::FlushDecompress;
use flate2::Status;

use crate::flow::websocket::budget::Budget;
use crate::flow::websocket::budget::MESSAGE_KEPT;
use crate::flow::websocket::message::UNKNOWN;
use crate::wire::websocket::extension::Window;

/// What the messages of one direction may refer to.
#[derive(Debug)]
pub(super) struct Context {
    takeover: bool,
    /// Size of the window, bytes.
    size: usize,
    /// Its last bytes, as far as known.
    history: Vec<u8>,
    /// Bytes decoded since some were lost; `None` while nothing is missing.
    since_loss: Option<usize>,
}

/// A message decompressed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Inflated {
    pub(super) bytes: Vec<u8>,
    /// Is it all there and right?
    pub(super) complete: bool,
    /// `websocket-deflate-broken`, `limit-websocket-message`, `limit-websocket-work`, `limit-websocket-memory`.
    pub(super) fault: Option<&'static str>,
}

impl Context {
    pub(super) fn new(window: Window) -> Self {
        Self {
            takeover: window.takeover,
            // zlib uses 512 bytes where 256 were agreed on.
            size: 1 << window.bits.clamp(9, 15),
            history: Vec::new(),
            since_loss: None,
        }
    }

    /// Messages were lost: later ones may refer to them.
    pub(super) fn lose(&mut self, budget: &mut Budget) {
        budget.release(self.history.len());
        self.history = Vec::new();
        self.since_loss = self.takeover.then_some(0);
    }

    /// Decompresses a message of which `compressed` is all (`whole`) or the beginning.
    pub(super) fn inflate(
        &mut self,
        compressed: &[u8],
        whole: bool,
        is_text: bool,
        budget: &mut Budget,
    ) -> Inflated {
        if !budget.may_inflate() {
            self.lose(budget);
            return Inflated {
                bytes: Vec::new(),
                complete: false,
                fault: Some("limit-websocket-work"),
            };
        }
        let mut run = Run::new(&self.history, self.size);
        let outcome = match run.feed(compressed) {
            Ok(()) if whole => run.feed(&TAIL),
            other => other,
        };
        let bytes = run.out;
        budget.spend(bytes.len(), self.size * (1 + run.restarts));
        if !whole || outcome.is_err() {
            self.lose(budget);
            return Inflated {
                bytes,
                complete: false,
                // What was cut off at a gap need not decode to its end.
                fault: outcome.err().filter(|_| whole),
            };
        }
        let known = self.since_loss.is_none_or(|since| since >= self.size);
        let complete = known || is_text && !bytes.contains(&UNKNOWN);
        let kept = !self.takeover || self.remember(&bytes, budget);
        Inflated {
            bytes,
            complete,
            fault: (!kept).then_some("limit-websocket-memory"),
        }
    }

    /// Moves the window on over `bytes`; false when there is no room for it.
    fn remember(&mut self, bytes: &[u8], budget: &mut Budget) -> bool {
        let before = self.history.len();
        let after = (before + bytes.len()).min(self.size);
        if after > before && !budget.hold(after - before) {
            self.lose(budget);
            return false;
        }
        let tail = bytes.get(bytes.len().saturating_sub(self.size)..);
        let tail = tail.unwrap_or_default();
        self.history.drain(..before + tail.len() - after);
        self.history.extend_from_slice(tail);
        self.since_loss = self
            .since_loss
            .map(|since| since.saturating_add(bytes.len()))
            .filter(|since| *since < self.size);
        true
    }
}

/// One message on its way through a decoder.
struct Run<'a> {
    decoder: Decompress,
    history: &'a [u8],
    size: usize,
    out: Vec<u8>,
    /// Blocks that claimed to be the last.
    restarts: usize,
}

impl<'a> Run<'a> {
    fn new(history: &'a [u8], size: usize) -> Self {
        Self {
            decoder: primed(history, &[], size),
            history,
            size,
            out: Vec::new(),
            restarts: 0,
        }
    }

    fn feed(&mut self, mut input: &[u8]) -> Result<(), &'static str> {
        let mut buffer = [0; 4096];
        loop {
            let (read, written) = (self.decoder.total_in(), self.decoder.total_out());
            let status = self
                .decoder
                .decompress(input, &mut buffer, FlushDecompress::None)
                .map_err(|_broken| BROKEN)?;
            let used = (self.decoder.total_in() - read) as usize;
            let made = (self.decoder.total_out() - written) as usize;
            input = input.get(used..).unwrap_or_default();
            self.out.extend_from_slice(&buffer[..made]);
            if self.out.len() > MESSAGE_KEPT {
                self.out.truncate(MESSAGE_KEPT);
                return Err("limit-websocket-message");
            }
            if matches!(status, Status::StreamEnd) {
                // Senders may end a message with a block marked as the last one (RFC 7692 §7.2.3.4).
                self.restarts += 1;
                if self.restarts > RESTARTS_MAX {
                    return Err(BROKEN);
                }
                self.decoder = primed(self.history, &self.out, self.size);
            } else if used == 0 && made == 0 {
                return if input.is_empty() {
                    Ok(())
                } else {
                    Err(BROKEN)
                };
            }
        }
    }
}

/// A decoder that has just given out `UNKNOWN`s, then `history`, then `out`: `size` bytes in all. They are handed in as a stored block
/// (RFC 1951 §3.2.4).
fn primed(history: &[u8], out: &[u8], size: usize) -> Decompress {
    let out = out.get(out.len().saturating_sub(size)..).unwrap_or(out);
    let room = size - out.len();
    let history = history.get(history.len().saturating_sub(room)..);
    let history = history.unwrap_or_default();
    let length = size as u16;
    let mut block = Vec::with_capacity(STORED_HEADER + size);
    block.push(0);
    block.extend(length.to_le_bytes());
    block.extend((!length).to_le_bytes());
    block.resize(STORED_HEADER + room - history.len(), UNKNOWN);
    block.extend_from_slice(history);
    block.extend_from_slice(out);
    let mut decoder = Decompress::new(false);
    let mut discarded = vec![0; size];
    let _always_fits = decoder.decompress(&block, &mut discarded, FlushDecompress::None);
    decoder
}

/// What the sender leaves out at a message's end (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
/// Bytes before the data of a stored block.
const STORED_HEADER: usize = 5;
/// Blocks marked as the last that a message may have; each costs setting up a decoder.
const RESTARTS_MAX: usize = 16;
const BROKEN: &str = "websocket-deflate-broken";

#[cfg(test)]
pub(super) mod tests {
    use flate2::Compress;
    use flate2::Compression;
    use flate2::FlushCompress;
    use proptest::prelude::*;

    use super::*;

    const SHARED: Window = Window {
        takeover: true,
        bits: 15,
    };
    const ALONE: Window = Window {
        takeover: false,
        bits: 15,
    };

    /// A sender as RFC 7692 §7.2.1 has it.
    pub(in crate::flow::websocket) struct Sender(Compress);

    impl Sender {
        pub(in crate::flow::websocket) fn new() -> Self {
            Self(Compress::new(Compression::default(), false))
        }

        pub(in crate::flow::websocket) fn send(&mut self, message: &[u8]) -> Vec<u8> {
            let mut sent = Vec::with_capacity(message.len() + 1024);
            self.0
                .compress_vec(message, &mut sent, FlushCompress::Sync)
                .unwrap();
            assert!(sent.ends_with(&TAIL));
            sent.truncate(sent.len() - TAIL.len());
            sent
        }
    }

    #[track_caller]
    fn check(context: &mut Context, compressed: &[u8], expected: &str) {
        let inflated = context.inflate(compressed, true, true, &mut Budget::default());
        assert_eq!(String::from_utf8_lossy(&inflated.bytes), expected);
        assert_eq!((inflated.complete, inflated.fault), (true, None));
    }

    #[test]
    fn the_examples_of_rfc_7692_are_read() {
        let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        let mut context = Context::new(SHARED);
        check(&mut context, &hello, "Hello"); // §7.2.3.1
        check(&mut context, &[0xf2, 0x00, 0x11, 0x00, 0x00], "Hello"); // §7.2.3.2, with the window
        let mut context = Context::new(ALONE);
        check(&mut context, &hello, "Hello");
        check(&mut context, &hello, "Hello"); // §7.2.3.2, without it
        let stored = [
            0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00,
        ];
        check(&mut context, &stored, "Hello"); // §7.2.3.3
        let last = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
        check(&mut context, &last, "Hello"); // §7.2.3.4
        let blocks = [
            0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00,
        ];
        check(&mut context, &blocks, "Hello"); // §7.2.3.5
        check(&mut context, &[0x00], ""); // §7.2.3.6
    }

    #[test]
    fn a_window_reaches_over_many_messages() {
        let (mut sender, mut context) = (Sender::new(), Context::new(SHARED));
        for n in 0..300 {
            let text = format!(
                "{{\"transaction\":\"{n}\",\"filler\":\"{}\"}}",
                "abcdef".repeat(n)
            );
            let sent = sender.send(text.as_bytes());
            check(&mut context, &sent, &text);
        }
    }

    #[test]
    fn what_refers_to_lost_messages_is_marked_and_the_rest_is_read() {
        let (mut sender, mut context) = (Sender::new(), Context::new(SHARED));
        let mut budget = Budget::default();
        sender.send(b"lost: the quick brown fox");
        context.lose(&mut budget);
        let sent = sender.send(b"kept: the quick brown fox jumps");
        let inflated = context.inflate(&sent, true, true, &mut budget);
        assert!(!inflated.complete && inflated.fault.is_none());
        assert_eq!(inflated.bytes.len(), 31);
        assert!(inflated.bytes.starts_with(b"kep") && inflated.bytes.ends_with(b" jumps"));
        assert!(inflated.bytes.contains(&UNKNOWN));
        let sent = sender.send(b"0123456789");
        check(&mut context, &sent, "0123456789");
    }

    #[test]
    fn after_a_whole_window_nothing_is_missing_any_more() {
        let mut budget = Budget::default();
        let (mut sender, mut context) = (Sender::new(), Context::new(SHARED));
        context.lose(&mut budget);
        for _ in 0..4 {
            let sent = sender.send(&[7; 10_000]);
            assert!(!context.inflate(&sent, true, false, &mut budget).complete);
        }
        let sent = sender.send(b"bytes");
        assert!(context.inflate(&sent, true, false, &mut budget).complete);
        assert_eq!(budget.kept(), 1 << 15);
        context.lose(&mut budget);
        assert_eq!(budget.kept(), 0);
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let mut bomb = Compress::new(Compression::best(), false);
        let mut sent = Vec::with_capacity(1 << 20);
        bomb.compress_vec(&vec![0; 64 << 20], &mut sent, FlushCompress::Sync)
            .unwrap();
        let mut budget = Budget::default();
        let inflated = Context::new(SHARED).inflate(&sent, true, true, &mut budget);
        assert_eq!(inflated.bytes.len(), MESSAGE_KEPT);
        assert_eq!(inflated.fault, Some("limit-websocket-message"));
        let blocks = [0x03, 0x00].repeat(100_000);
        let inflated = Context::new(SHARED).inflate(&blocks, true, true, &mut budget);
        assert_eq!(inflated.fault, Some(BROKEN));
        let reserved = Context::new(SHARED).inflate(&[0x07], true, true, &mut budget);
        assert_eq!(reserved.fault, Some(BROKEN));
    }

    proptest! {
        #[test]
        fn anything_comes_back_out(messages in proptest::collection::vec(proptest::collection::vec(0u8..4, 0..400), 1..8)) {
            let (mut sender, mut context) = (Sender::new(), Context::new(SHARED));
            for message in messages {
                let sent = sender.send(&message);
                let inflated = context.inflate(&sent, true, false, &mut Budget::default());
                prop_assert_eq!(inflated, Inflated { bytes: message, complete: true, fault: None });
            }
        }

        #[test]
        fn no_bytes_break_it(messages in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 1..4)) {
            let mut budget = Budget::default();
            let mut context = Context::new(Window { takeover: true, bits: 8 });
            for message in messages {
                let _ = context.inflate(&message, true, true, &mut budget);
                prop_assert!(budget.kept() <= 512);
            }
        }
    }
}
