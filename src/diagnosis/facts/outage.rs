//! Interruptions: a path that worked fell silent, and worked again.
//!
//! ```text
//! checks     ✓  ✓  ✓  ✗  ✗  ✗ ✗ ✗ ✗ ✗  ✓  ✓        an agent asks every few seconds, and faster once nobody answers
//! media      ██████████·················█████        it breaks off before the first check that shows it
//!                     ├─ the outage ─┤
//! ```

use std::time::Duration;

use crate::diagnosis::call::Call;
use crate::session::model::ice::Outage;
use crate::session::model::ice::Rebinding;
use crate::session::model::media::MediaStream;
use crate::track::rtp_stream::stream::Gap;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// An outage that a selected pair recovered from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interruption<'a> {
    /// The checks that show it.
    pub(crate) outage: &'a Outage,
    /// When an answer came again.
    pub(crate) until: Timestamp,
}

impl Interruption<'_> {
    /// Between the first check without an answer and the next answer.
    pub(crate) const fn duration(&self) -> Duration {
        self.until.since(self.outage.from)
    }

    const fn window(&self) -> Window {
        Window {
            from: self.outage.from,
            until: self.until,
        }
    }
}

/// A time in which a path is known to have passed nothing, or to have changed: what a stream lacks of it is no loss of the path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    /// The first sign of it.
    pub(crate) from: Timestamp,
    /// The first sign of its end.
    pub(crate) until: Timestamp,
}

impl Window {
    /// Is this instant inside?
    pub(crate) fn holds(&self, at: Timestamp) -> bool {
        at >= self.from && at <= self.until
    }

    /// Did the silence of a stream begin with it, or in it, and end with it?
    fn explains(&self, gap: &Gap) -> bool {
        let begins = gap.before.at.after(BETWEEN_CHECKS) >= self.from;
        let ends = gap.after.at <= self.until.after(BETWEEN_CHECKS);
        begins && ends && gap.before.at <= self.until
    }
}

/// The windows of interruptions.
pub(crate) fn windows_of(interruptions: &[Interruption<'_>]) -> Vec<Window> {
    interruptions.iter().map(Interruption::window).collect()
}

/// The windows of a call: interruptions, and changes of address.
pub(crate) fn windows(call: &Call<'_>) -> Vec<Window> {
    let mut all = windows_of(&interruptions(call));
    all.extend(call.pc.ice.rebindings.iter().map(window_of_change));
    all
}

/// From the last sign of the old address to the first of the new one.
pub(crate) const fn window_of_change(rebinding: &Rebinding) -> Window {
    Window {
        from: rebinding.last_before,
        until: rebinding.at,
    }
}

/// The interruptions of a call, in order. Of both sides' silences at one time, the first.
pub(crate) fn interruptions<'a>(call: &Call<'a>) -> Vec<Interruption<'a>> {
    if call.doubts.one_direction {
        return Vec::new();
    }
    let pairs = call.pc.ice.once_selected();
    let mut all: Vec<Interruption<'a>> = pairs
        .flat_map(|pair| &pair.outages)
        .filter_map(|outage| {
            let until = outage.until.filter(|until| *until <= call.end)?;
            Some(Interruption { outage, until })
        })
        .filter(|known| known.outage.checks >= CHECKS_TO_JUDGE || silences_media(call, known))
        .collect();
    all.sort_by_key(|interruption| interruption.outage.from);
    all.dedup_by(|later, earlier| later.outage.from <= earlier.until);
    all
}

/// Did a stream fall silent with it?
fn silences_media(call: &Call<'_>, known: &Interruption<'_>) -> bool {
    let gaps = call.streams.iter().flat_map(|stream| &stream.stats.gaps);
    let window = known.window();
    gaps.into_iter().any(|gap| window.explains(gap))
}

/// The silences of a stream that such times explain.
pub(crate) fn silences<'a>(
    stream: &'a MediaStream,
    windows: &[Window],
) -> impl Iterator<Item = &'a Gap> {
    let gaps = stream.stats.gaps.iter();
    gaps.filter(|gap| windows.iter().any(|window| window.explains(gap)))
}

/// Packets of a stream that passed here while nothing got through, at most: an outage begins at some time since the check before it.
pub(crate) fn sent_in_vain(stream: &MediaStream, windows: &[Window]) -> u64 {
    let series = &stream.stats.series;
    let mut start = series.start;
    let mut packets = 0;
    for bucket in series.buckets.iter() {
        let end = start.after(series.step);
        let vain = windows
            .iter()
            .any(|window| end.after(BETWEEN_CHECKS) >= window.from && start <= window.until);
        packets += u64::from(if vain { bucket.packets } else { 0 });
        start = end;
    }
    packets
}

/// Frames that show them.
pub(crate) fn frames(interruptions: &[Interruption<'_>]) -> Vec<FrameNumber> {
    let outages = interruptions.iter().map(|known| known.outage);
    outages.flat_map(|outage| outage.frames.clone()).collect()
}

/// Two checks in a row can be lost one by one on a bad network.
const CHECKS_TO_JUDGE: u64 = 3;
/// Agents check a path that works every 2.5 s (libwebrtc) to 6 s (RFC 7675 §5.1): so late may an outage show, and so late media come back.
const BETWEEN_CHECKS: Duration = Duration::from_secs(6);
