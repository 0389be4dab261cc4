//! A capture without an end takes as much memory after many generations of calls as after a few: counted in bytes, piece by piece.
#![expect(unsafe_code, reason = "an allocator that counts has no other way")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::alloc::GlobalAlloc;
use std::alloc::Layout;
use std::alloc::System;
use std::path::Path;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use rtcscope::analyzer::limits::RollingLimits;
use rtcscope::analyzer::pipeline::Analyzer;
use rtcscope::analyzer::pipeline::Intake;
use rtcscope::analyzer::rolling::Rolling;
use rtcscope::ingest::raw::Input;
use rtcscope::ingest::source::Item;
use rtcscope::ingest::source::Source;
use rtcscope::vocab::frame::Frame;
use rtcscope::vocab::frame::LinkType;
use rtcscope::vocab::ids::FrameNumber;
use rtcscope::vocab::time::Timestamp;

/// The system's allocator; counts the bytes that are held.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);

// SAFETY: all is the system's allocator's work; counting touches no memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A frame of the sample call: nanoseconds since its first, and its bytes.
type Sent = (u64, Vec<u8>);

fn sample() -> Vec<Sent> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/videoroom-http/capture.pcapng");
    let mut source = Source::open(vec![Input::Path(path)]).unwrap();
    let (mut frames, mut begun) = (Vec::new(), None);
    while let Some(item) = source.pull() {
        if let Item::Frame(frame) = item {
            let begun = *begun.get_or_insert(frame.at);
            frames.push((frame.at.since(begun).as_nanos() as u64, frame.data.to_vec()));
        }
    }
    frames
}

/// The call as its `turn`th client makes it: from another address, with another user fragment.
fn as_client(turn: u32, data: &[u8], room: &mut Vec<u8>) {
    room.clear();
    room.extend_from_slice(data);
    for at in [26, 30] {
        if room.get(at..at + 4) == Some(&[192, 168, 10, 2]) {
            room[at + 1..at + 4].copy_from_slice(&(turn + 20).to_be_bytes()[1..]);
        }
    }
}

#[test]
fn memory_is_level_however_many_calls_there_were() {
    let frames = sample();
    let lasts = frames.last().unwrap().0 + 2_000_000_000;
    let limits = RollingLimits {
        calls: 1 << 20,
        flows: 200,
        age: None,
    };
    let mut rolling = Rolling::within(Analyzer::default(), limits);
    let (mut room, mut number) = (Vec::new(), 0);
    // The most that was held while so many calls came and went.
    let mut most = Vec::new();
    for turn in 0..CALLS {
        if turn % WINDOW == 0 {
            most.push(0);
        }
        for (after, data) in &frames {
            number += 1;
            as_client(turn, data, &mut room);
            rolling.push(&Frame {
                number: FrameNumber::new(0, number),
                at: Timestamp::from_nanos(u64::from(turn) * lasts + after),
                original_length: room.len() as u32,
                link: LinkType::Ethernet,
                interface: 0,
                data: &room,
            });
        }
        let held = HELD.load(Ordering::Relaxed);
        if let Some(most) = most.last_mut() {
            *most = held.max(*most);
        }
    }
    let quality = rolling.into_analysis(&[]).capture.quality;
    assert!(quality.evicted_flows > 1_000, "{quality:?}");
    // In the first it still fills up.
    let (early, late) = (most[1], most[most.len() - 1]);
    println!("{most:?}");
    assert!(early > 1_000_000 && late < early + early / 50, "{most:?}");
}

/// Calls, and those after which memory is compared: some handovers from one analysis to the next.
const CALLS: u32 = 75;
const WINDOW: u32 = 15;
