//! The words of findings: figures, names and frames, as a support engineer would paste them.

use std::time::Duration;

use crate::diagnosis::call::Call;
use crate::diagnosis::finding::EvidenceLine;
use crate::session::model::peer_connection::PeerConnection;
use crate::session::model::scene::Scene;
use crate::vocab::address::Side;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// `1 check`, `240 checks`.
pub(super) fn counted(number: u64, singular: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {singular}{plural}")
}

/// `34 ms`, `5.2 s`.
pub(super) fn span(span: Duration) -> String {
    if span < Duration::from_secs(1) {
        format!("{} ms", span.as_millis())
    } else {
        format!("{:.1} s", span.as_secs_f64())
    }
}

/// `12.345 s`: an instant, from the start of the capture.
pub(super) fn at(scene: &Scene, instant: Timestamp) -> String {
    format!("{:.3} s", scene.seconds(instant))
}

/// `alice (192.168.10.2)`: a side's name and address, as far as they are known.
pub(super) fn who(call: &Call<'_>, side: Side) -> String {
    let end = call.pc.endpoint(side);
    let address = end.addresses.first();
    let name = end
        .name
        .clone()
        .or_else(|| call.scene.name_of(*address?).map(str::to_owned));
    match (name, address) {
        (Some(name), Some(address)) => format!("{name} ({address})"),
        (Some(name), None) => name,
        (None, Some(address)) => address.to_string(),
        (None, None) => format!("side {}", side.word()),
    }
}

/// `alice`: the shortest name of a side.
pub(super) fn name(pc: &PeerConnection, side: Side) -> String {
    let end = pc.endpoint(side);
    end.name
        .clone()
        .or_else(|| end.addresses.first().map(ToString::to_string))
        .unwrap_or_else(|| format!("side {}", side.word()))
}

/// `frames` ascending, without repeats: all of them when they are few, else the first three and the last.
pub(super) fn few(frames: impl IntoIterator<Item = FrameNumber>) -> Vec<FrameNumber> {
    let mut kept: Vec<FrameNumber> = frames.into_iter().take(LOOKED_AT).collect();
    kept.sort_unstable();
    kept.dedup();
    if kept.len() > ALL_SHOWN
        && let Some(&last) = kept.last()
    {
        kept.truncate(FIRST_SHOWN);
        kept.push(last);
    }
    kept
}

/// A line of evidence.
pub(super) fn seen(
    text: impl Into<String>,
    frames: impl IntoIterator<Item = FrameNumber>,
) -> EvidenceLine {
    EvidenceLine {
        text: text.into(),
        frames: few(frames),
    }
}

/// `a, b and c`; of many, the first and how many more.
pub(super) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] if items.len() <= ITEMS_LISTED => {
            format!("{} and {last}", first.join(", "))
        }
        _ => {
            let shown: Vec<&str> = items
                .iter()
                .take(ITEMS_LISTED - 1)
                .map(String::as_str)
                .collect();
            let more = items.len() - shown.len();
            format!("{} and {more} more", shown.join(", "))
        }
    }
}

/// So many frames are listed in full: those of a description, of a handshake.
const ALL_SHOWN: usize = 8;
/// Of more, so many from the beginning, and the last: enough to look the matter up, few enough to paste.
const FIRST_SHOWN: usize = 3;
/// Frames looked at for one line.
const LOOKED_AT: usize = 4_096;
/// Items of a list in a sentence.
const ITEMS_LISTED: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_as_sentences() {
        let words = |count: usize| {
            let items: Vec<String> = ["a", "b", "c", "d", "e", "f"]
                .iter()
                .take(count)
                .map(|&word| word.to_owned())
                .collect();
            listed(&items)
        };
        assert_eq!(words(1), "a");
        assert_eq!(words(3), "a, b and c");
        assert_eq!(words(6), "a, b, c and 3 more");
    }

    #[test]
    fn one_check_is_no_plural() {
        assert_eq!(counted(1, "check"), "1 check");
        assert_eq!(counted(240, "check"), "240 checks");
    }

    #[test]
    fn evidence_shows_few_frames_in_full_and_of_many_both_ends() {
        let numbers = |frames: &[u64]| -> Vec<u64> {
            let frames = frames.iter().map(|&number| FrameNumber::new(0, number));
            few(frames).into_iter().map(FrameNumber::number).collect()
        };
        assert_eq!(numbers(&[7, 3, 3, 9]), [3, 7, 9]);
        let many: Vec<u64> = (1..=1_000).rev().collect();
        assert_eq!(numbers(&many), [1, 2, 3, 1_000]);
    }
}
