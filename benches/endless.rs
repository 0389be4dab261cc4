//! A capture without an end, on standard output: many calls at once that come and go, for hours of packet time.
//!
//! ```text
//! cargo bench --bench endless -- HOURS CALLS | rtcscope report -
//! ```
//!
//! It is the sample call over and over: every time from another client, with other user fragments, session numbers and fingerprints, so that each is a call
//! of its own. Every minute of packet time is told on standard error, with the packets so far, for `benches/performance.py`. With its own changes the
//! certificate no longer fits the fingerprint: what is measured is memory and time, not verdicts.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::io::BufWriter;
use std::io::Write;
use std::path::Path;

use rtcscope::ingest::raw::Input;
use rtcscope::ingest::source::Item;
use rtcscope::ingest::source::Source;

fn main() -> io::Result<()> {
    let numbers: Vec<f64> = std::env::args()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [hours, calls] = numbers[..] else {
        // `cargo bench` runs everything: without its numbers this is not meant.
        return Ok(());
    };
    let call = Call::sample();
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let outcome = play(&call, calls as u64, (hours * 3.6e12) as u64, &mut out);
    match outcome.and_then(|()| out.flush()) {
        // The reader had enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Writes a pcap file with nanoseconds: `slots` calls at once for `nanos`.
fn play(call: &Call, slots: u64, nanos: u64, out: &mut impl Write) -> io::Result<()> {
    out.write_all(&0xa1b2_3c4d_u32.to_le_bytes())?;
    out.write_all(&[2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0])?;
    let mut queue: BinaryHeap<Reverse<(u64, u64, usize, u64)>> = BinaryHeap::new();
    // Spread over the length of a call, so that calls come and go evenly.
    for slot in 0..slots {
        queue.push(Reverse((call.lasts * slot / slots.max(1), slot, 0, slot)));
    }
    let (mut next_call, mut room) = (slots, Vec::new());
    let (mut packets, mut minutes) = (0_u64, 0);
    let pause = 200_000_000;
    while let Some(Reverse((at, slot, place, number))) = queue.pop() {
        if at / MINUTE > minutes {
            minutes = at / MINUTE;
            eprintln!("{minutes} {packets}");
        }
        if at > nanos {
            return Ok(());
        }
        packets += 1;
        let frame = &call.frames[place];
        frame.write_as(number, &mut room);
        let stamp = START_SECONDS * 1_000_000_000 + at;
        out.write_all(&((stamp / 1_000_000_000) as u32).to_le_bytes())?;
        out.write_all(&((stamp % 1_000_000_000) as u32).to_le_bytes())?;
        out.write_all(&(room.len() as u32).to_le_bytes())?;
        out.write_all(&(room.len() as u32).to_le_bytes())?;
        out.write_all(&room)?;
        if let Some(later) = call.frames.get(place + 1) {
            queue.push(Reverse((
                at + later.after.saturating_sub(frame.after),
                slot,
                place + 1,
                number,
            )));
        } else {
            queue.push(Reverse((at + pause, slot, 0, next_call)));
            next_call += 1;
        }
    }
    Ok(())
}

/// The sample call.
struct Call {
    frames: Vec<Frame>,
    /// Nanoseconds.
    lasts: u64,
}

struct Frame {
    /// Nanoseconds since the first.
    after: u64,
    data: Vec<u8>,
    /// What is another in each call: where, and how.
    changes: Vec<(usize, Change)>,
}

#[derive(Clone, Copy)]
enum Change {
    /// The last three bytes of the client's address.
    Address,
    /// So many decimal digits.
    Digits(usize),
    /// Four characters.
    Letters,
    /// Three pairs of hexadecimal digits with colons.
    Hexadecimal,
}

impl Call {
    fn sample() -> Self {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/videoroom-http/capture.pcapng");
        let mut source =
            Source::open(vec![Input::Path(path)]).expect("the sample comes with the project");
        let mut frames: Vec<Frame> = Vec::new();
        let mut first = None;
        while let Some(item) = source.pull() {
            if let Item::Frame(frame) = item {
                let begun = *first.get_or_insert(frame.at);
                frames.push(Frame {
                    after: frame.at.since(begun).as_nanos() as u64,
                    data: frame.data.to_vec(),
                    changes: Vec::new(),
                });
            }
        }
        let tokens = tokens(&frames);
        for frame in &mut frames {
            for at in [26, 30] {
                if frame.data.get(12..14) == Some(&[8, 0])
                    && frame.data.get(at..at + 4) == Some(&CLIENT)
                {
                    frame.changes.push((at + 1, Change::Address));
                }
            }
            for (token, change) in &tokens {
                let places =
                    (34..frame.data.len()).filter(|at| frame.data[*at..].starts_with(token));
                frame.changes.extend(places.map(|at| (at, *change)));
            }
        }
        let lasts = frames.last().map_or(0, |last| last.after);
        Self { frames, lasts }
    }
}

impl Frame {
    fn write_as(&self, number: u64, room: &mut Vec<u8>) {
        room.clear();
        room.extend_from_slice(&self.data);
        for (at, change) in &self.changes {
            let mut rest = number;
            match change {
                Change::Address => {
                    room[*at..at + 3].copy_from_slice(&(number as u32).to_be_bytes()[1..]);
                }
                Change::Digits(count) => {
                    for digit in room[at + 1..at + count].iter_mut().rev().take(9) {
                        *digit = b'0' + (rest % 10) as u8;
                        rest /= 10;
                    }
                }
                Change::Letters => {
                    // The first stays: two sides of a call keep apart.
                    for letter in &mut room[at + 1..at + 4] {
                        *letter = LETTERS[(rest % 62) as usize];
                        rest /= 62;
                    }
                }
                Change::Hexadecimal => {
                    for place in [0, 1, 3, 4, 6, 7] {
                        room[at + place] = b"0123456789ABCDEF"[(rest % 16) as usize];
                        rest /= 16;
                    }
                }
            }
        }
    }
}

/// What tells calls apart, as it stands in signaling: user fragments, session and handle numbers, fingerprints.
fn tokens(frames: &[Frame]) -> Vec<(Vec<u8>, Change)> {
    let mut tokens: Vec<(Vec<u8>, Change)> = Vec::new();
    for frame in frames {
        let text = String::from_utf8_lossy(&frame.data);
        let mut find = |prefix: &str,
                        accept: fn(char) -> bool,
                        length: std::ops::RangeInclusive<usize>,
                        change: fn(usize) -> Change| {
            for (at, _) in text.match_indices(prefix) {
                let value: String = text[at + prefix.len()..]
                    .chars()
                    .take_while(|c| accept(*c))
                    .collect();
                if length.contains(&value.len())
                    && !tokens.iter().any(|(token, _)| token == value.as_bytes())
                {
                    tokens.push((value.clone().into_bytes(), change(value.len())));
                }
            }
        };
        find(
            "ice-ufrag:",
            |c| c.is_ascii_alphanumeric() || c == '+' || c == '/',
            4..=4,
            |_| Change::Letters,
        );
        find(
            "fingerprint:sha-256 ",
            |c| c.is_ascii_hexdigit() || c == ':',
            95..=95,
            |_| Change::Hexadecimal,
        );
        for prefix in [
            "/janus/",
            "\"session_id\": ",
            "\"id\": ",
            "\"sender\": ",
            "\"sender\":",
            "\"session_id\":",
            "\"id\":",
        ] {
            find(prefix, |c| c.is_ascii_digit(), 12..=20, Change::Digits);
        }
    }
    tokens
}

/// Nanoseconds.
const MINUTE: u64 = 60_000_000_000;
const CLIENT: [u8; 4] = [192, 168, 10, 2];
const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// 2026-01-01.
const START_SECONDS: u64 = 1_767_225_600;
