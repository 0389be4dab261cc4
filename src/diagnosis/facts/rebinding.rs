//! What became of media when a side's address changed in the middle of the call.

use std::time::Duration;

use crate::diagnosis::call::Call;
use crate::diagnosis::facts::media::Stopped;
use crate::diagnosis::facts::media::stopped;
use crate::diagnosis::facts::outage::silences;
use crate::diagnosis::facts::outage::window_of_change;
use crate::session::model::ice::Rebinding;
use crate::vocab::ids::FrameNumber;
use crate::vocab::sighting::Sighting;

/// What followed on a change of address.
#[derive(Debug, Clone)]
pub(crate) enum Aftermath {
    /// Media goes on.
    GoesOn,
    /// Media of the other side goes on after a silence of a second or more.
    Interrupted,
    /// Nothing of the other side's media came any more, seen on this side of the NAT.
    Silenced(Stopped),
    /// The other side still sent its media to the old address: its last packet there.
    Misdirected(Sighting),
}

/// The changes of a call, each with what followed.
pub(crate) fn aftermaths<'a>(call: &Call<'a>) -> Vec<(&'a Rebinding, Aftermath)> {
    let all = call.pc.ice.rebindings.iter();
    all.map(|rebinding| (rebinding, aftermath(call, rebinding)))
        .collect()
}

fn aftermath(call: &Call<'_>, rebinding: &Rebinding) -> Aftermath {
    let silenced = stopped(call)
        .into_iter()
        .find(|stopped| !stopped.local && is_end(rebinding, stopped));
    if let Some(stopped) = silenced {
        return Aftermath::Silenced(stopped);
    }
    if let Some(last) = misdirected(call, rebinding) {
        return Aftermath::Misdirected(last);
    }
    if silent_over(call, rebinding).is_empty() {
        Aftermath::GoesOn
    } else {
        Aftermath::Interrupted
    }
}

/// Frames around the silences of the other side's media while the address changed, seen where that media comes in.
fn silent_over(call: &Call<'_>, rebinding: &Rebinding) -> Vec<FrameNumber> {
    let other = rebinding.side.opposite();
    if call.is_local(other) {
        return Vec::new();
    }
    let window = [window_of_change(rebinding)];
    let streams = call.media_of(other);
    let gaps = streams.flat_map(|stream| silences(stream, &window));
    gaps.flat_map(|gap| [gap.before.frame, gap.after.frame])
        .collect()
}

/// Did the other side's media end while the address changed?
fn is_end(rebinding: &Rebinding, stopped: &Stopped) -> bool {
    rebinding.replaces.is_none()
        && stopped.side == rebinding.side.opposite()
        && stopped.last.at.after(MARGIN) >= rebinding.last_before
        && stopped.last.at <= rebinding.at.after(MARGIN)
}

/// The change of address that silenced this side's media.
pub(crate) fn silenced_by<'a>(call: &Call<'a>, stopped: &Stopped) -> Option<&'a Rebinding> {
    let mut all = call.pc.ice.rebindings.iter();
    all.find(|rebinding| is_end(rebinding, stopped))
}

/// The other side's last media packet to the old address, where it is much later than the first sign of the new one.
fn misdirected(call: &Call<'_>, rebinding: &Rebinding) -> Option<Sighting> {
    let old = call.pc.ice.pairs.get(rebinding.replaces?)?;
    let flow = old.flow?;
    let direction = call.pc.direction_of(flow, rebinding.side.opposite())?;
    let paths = call.streams.iter().flat_map(|stream| &stream.stats.paths);
    let last = paths
        .filter(|path| path.flow == flow && path.direction == direction)
        .map(|path| path.last)
        .max_by_key(|last| last.at)?;
    (last.at >= rebinding.at.after(FOLLOWS_WITHIN)).then_some(last)
}

/// Frames that show harm done to media by changes of address, other than its end.
pub(crate) fn harm_frames(call: &Call<'_>) -> Vec<FrameNumber> {
    let all = call.pc.ice.rebindings.iter();
    all.flat_map(|rebinding| {
        let misdirected = misdirected(call, rebinding).map(|last| last.frame);
        let mut frames = silent_over(call, rebinding);
        frames.extend(misdirected);
        frames
    })
    .collect()
}

/// Media and checks take turns within this.
const MARGIN: Duration = Duration::from_secs(1);
/// An agent that follows its peer to the new address does so with the first check from there.
const FOLLOWS_WITHIN: Duration = Duration::from_secs(2);
