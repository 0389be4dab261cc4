//! What RTCP says of a stream, in one line: `its receiver: 44 lost, 12.5 % at worst, jitter 6.8 ms, round trip 84 ms; asked 11 NACK, 2 PLI`.

use crate::report::text::figures::NO_BREAK;
use crate::report::text::figures::count;
use crate::report::text::figures::span;
use crate::session::model::feedback::Asked;
use crate::session::model::media::MediaStream;

/// The line; `None` when no RTCP about the stream could be read.
pub fn line(stream: &MediaStream) -> Option<String> {
    let said = said(stream);
    let asked = stream.feedback.asked.as_ref().and_then(asked);
    match (said, asked) {
        (Some(said), Some(asked)) => Some(format!("its receiver: {said}; asked {asked}")),
        (Some(said), None) => Some(format!("its receiver: {said}")),
        (None, Some(asked)) => Some(format!("its receiver asked {asked}")),
        (None, None) => None,
    }
}

fn said(stream: &MediaStream) -> Option<String> {
    let says = stream.feedback.received?;
    let mut words = vec![format!("{}{NO_BREAK}lost", says.packets_lost)];
    if says.fraction_lost_max > 0 {
        let worst = says.fraction_lost_max() * 100.0;
        words.push(format!("{worst:.1}{NO_BREAK}% at{NO_BREAK}worst"));
    }
    words.extend(
        stream
            .reported_jitter_seconds()
            .filter(|_| stream.repairs.is_none())
            .map(|(last, _)| format!("jitter {:.1}{NO_BREAK}ms", last * 1e3)),
    );
    words.extend(
        says.round_trip()
            .map(|trip| format!("round{NO_BREAK}trip {}", span(trip))),
    );
    Some(words.join(", "))
}

fn asked(asked: &Asked) -> Option<String> {
    let kinds = [
        (asked.nacks, "NACK"),
        (asked.plis, "PLI"),
        (asked.firs, "FIR"),
    ];
    let some = kinds.into_iter().filter(|(number, _)| *number > 0);
    let words: Vec<String> = some
        .map(|(number, kind)| format!("{}{NO_BREAK}{kind}", count(number)))
        .collect();
    (!words.is_empty()).then(|| words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_asked_for_is_told() {
        let told = |nacks, plis, firs| {
            let all = Asked {
                nacks,
                plis,
                firs,
                ..Asked::default()
            };
            asked(&all).map(|text| text.replace(NO_BREAK, " "))
        };
        assert_eq!(told(11, 2, 0).as_deref(), Some("11 NACK, 2 PLI"));
        assert_eq!(told(0, 0, 1).as_deref(), Some("1 FIR"));
        assert_eq!(told(0, 0, 0), None);
    }
}
