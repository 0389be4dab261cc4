//! Figures with their units, as people read them. Inside a figure stands U+00A0, so that no line breaks between number and unit.

use std::time::Duration;

use crate::vocab::capture::Capture;
use crate::vocab::ids::FrameNumber;

/// Between number and unit, and between groups of digits; [`crate::report::text::page`] prints a space.
pub const NO_BREAK: char = '\u{a0}';

/// `1 334`: digits in groups of three.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3 * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(NO_BREAK);
        }
        shown.push(digit);
    }
    shown
}

/// `1 call`, `2 calls`.
pub fn counted(number: u64, singular: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{}{NO_BREAK}{singular}{plural}", count(number))
}

/// `617 kB`, `1.3 MB`: decimal prefixes, two digits or three; programs find them all in the JSON report.
pub fn bytes(number: u64) -> String {
    scaled(number as f64, &["B", "kB", "MB", "GB", "TB"])
}

/// `120 kb/s`.
pub fn bitrate(bits_per_second: f64) -> String {
    scaled(bits_per_second, &["b/s", "kb/s", "Mb/s", "Gb/s"])
}

/// `0.9 ms`, `16.2 s`, `3 min 20 s`, `2 h 05 min`: for spans of any length.
pub fn span(span: Duration) -> String {
    let seconds = span.as_secs_f64();
    let whole = span.as_secs();
    if seconds < 0.999_95 {
        milliseconds(span)
    } else if seconds < 99.95 {
        format!("{seconds:.1}{NO_BREAK}s")
    } else if whole < 3_600 {
        format!(
            "{}{NO_BREAK}min{NO_BREAK}{:02}{NO_BREAK}s",
            whole / 60,
            whole % 60
        )
    } else if whole < 86_400 {
        format!(
            "{}{NO_BREAK}h{NO_BREAK}{:02}{NO_BREAK}min",
            whole / 3_600,
            whole / 60 % 60
        )
    } else {
        format!(
            "{}{NO_BREAK}d{NO_BREAK}{:02}{NO_BREAK}h",
            whole / 86_400,
            whole / 3_600 % 24
        )
    }
}

/// `33.9 ms`; what would round to no time at all in microseconds, `35 µs`, or nanoseconds.
pub fn milliseconds(span: Duration) -> String {
    match span.as_nanos() {
        0 => format!("0{NO_BREAK}ms"),
        nanos @ 1..1_000 => format!("{nanos}{NO_BREAK}ns"),
        nanos @ 1_000..50_000 => format!("{:.0}{NO_BREAK}µs", nanos as f64 / 1e3),
        _ => format!("{:.1}{NO_BREAK}ms", span.as_secs_f64() * 1e3),
    }
}

/// `0.9`, in milliseconds, where several of them share a unit; `<0.1` for what would round to no time at all.
pub fn bare_milliseconds(span: Duration) -> String {
    match span.as_nanos() {
        1..50_000 => "<0.1".to_owned(),
        _ => format!("{:.1}", span.as_secs_f64() * 1e3),
    }
}

/// `0.870 s`: an instant, from the start of the capture.
pub fn instant(seconds: f64) -> String {
    format!("{seconds:.3}{NO_BREAK}s")
}

/// `4.9 %` of a whole; `None` when there is no whole.
pub fn percent(part: u64, whole: u64) -> Option<String> {
    (whole > 0).then(|| format!("{:.1}{NO_BREAK}%", part as f64 * 100.0 / whole as f64))
}

/// `frame 180`, `frames 180, 183–186`, `frames 180, 183–186 … 412, 64 in all`; with several files `frames b.pcapng#180, 183–186`.
/// Empty for none.
pub fn frames(frames: &[FrameNumber], capture: &Capture) -> String {
    let mut frames = frames.to_vec();
    frames.sort_unstable();
    frames.dedup();
    let mut runs: Vec<&[FrameNumber]> = frames
        .chunk_by(|a, b| a.file() == b.file() && a.number() + 1 == b.number())
        .collect();
    let cut = runs.len() > RUNS_SHOWN;
    if cut {
        runs.drain(2..runs.len() - 1);
    }
    let mut shown = String::new();
    let mut file = None;
    for (index, run) in runs.into_iter().enumerate() {
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            continue;
        };
        if index > 0 {
            shown.push_str(if cut && index == 2 { " … " } else { ", " });
        }
        if file.replace(first.file()) != Some(first.file()) {
            shown.push_str(&file_prefix(*first, capture));
        }
        shown.push_str(&first.to_string());
        if last != first {
            // Two are a list, more are a range.
            shown.push_str(if run.len() == 2 { ", " } else { "–" });
            shown.push_str(&last.to_string());
        }
    }
    match frames.len() {
        0 => shown,
        1 => format!("frame{NO_BREAK}{shown}"),
        all if cut => format!("frames{NO_BREAK}{shown}, {all} in all"),
        _ => format!("frames{NO_BREAK}{shown}"),
    }
}

/// `b.pcapng#` when there are several files.
fn file_prefix(frame: FrameNumber, capture: &Capture) -> String {
    match capture.files.get(usize::from(frame.file())) {
        Some(file) if capture.files.len() > 1 => format!("{}#", short_name(&file.path)),
        _ => String::new(),
    }
}

/// The last part of a path.
pub fn short_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn scaled(number: f64, units: &[&str]) -> String {
    let (mut value, mut prefix) = (number, 0);
    // 999.5 would print as 1000.
    while value >= 999.5 && prefix + 1 < units.len() {
        value /= 1e3;
        prefix += 1;
    }
    let unit = units.get(prefix).copied().unwrap_or_default();
    let decimals = usize::from(prefix > 0 && value < 9.95);
    format!("{value:.decimals$}{NO_BREAK}{unit}")
}

/// Runs of consecutive frames written out; of more, the first two and the last.
const RUNS_SHOWN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::capture::CaptureFile;

    #[track_caller]
    fn check(shown: impl AsRef<str>, expected: &str) {
        assert_eq!(shown.as_ref().replace(NO_BREAK, " "), expected);
    }

    #[test]
    fn digits_stand_in_groups() {
        check(count(0), "0");
        check(count(999), "999");
        check(count(1_334), "1 334");
        check(count(12_345_678), "12 345 678");
    }

    #[test]
    fn units_fit_the_size() {
        check(bytes(999), "999 B");
        check(bytes(1_000), "1.0 kB");
        check(bytes(617_432), "617 kB");
        check(bytes(999_600), "1.0 MB");
        check(bitrate(120_400.0), "120 kb/s");
        check(bitrate(2_345_678.0), "2.3 Mb/s");
        check(bitrate(23_456.0), "23 kb/s");
    }

    #[test]
    fn spans_read_naturally() {
        check(span(Duration::from_micros(900)), "0.9 ms");
        check(span(Duration::from_micros(50)), "0.1 ms");
        check(span(Duration::from_millis(33)), "33.0 ms");
        check(span(Duration::from_millis(16_240)), "16.2 s");
        check(span(Duration::from_secs(200)), "3 min 20 s");
        check(span(Duration::from_secs(7_500)), "2 h 05 min");
        check(span(Duration::from_secs(40_689_732)), "470 d 22 h");
    }

    #[test]
    fn a_short_span_is_never_told_as_none() {
        check(span(Duration::from_nanos(49_400)), "49 µs");
        check(span(Duration::from_nanos(700)), "700 ns");
        check(span(Duration::ZERO), "0 ms");
        check(bare_milliseconds(Duration::from_nanos(49_999)), "<0.1");
        check(bare_milliseconds(Duration::from_micros(50)), "0.1");
        check(bare_milliseconds(Duration::ZERO), "0.0");
    }

    #[test]
    fn nothing_of_nothing_is_no_percentage() {
        assert_eq!(percent(0, 0), None);
        check(percent(1, 20).unwrap(), "5.0 %");
    }

    #[test]
    fn frames_are_listed_by_runs_and_cut_in_the_middle() {
        let check_frames = |numbers: &[u64], expected: &str| {
            let numbers: Vec<_> = numbers.iter().map(|&n| FrameNumber::new(0, n)).collect();
            check(frames(&numbers, &Capture::default()), expected);
        };
        check_frames(&[], "");
        check_frames(&[7], "frame 7");
        check_frames(&[7, 8], "frames 7, 8");
        check_frames(&[7, 3, 8, 9, 8], "frames 3, 7–9");
        check_frames(&[1, 3, 5, 7, 9], "frames 1, 3 … 9, 5 in all");
    }

    #[test]
    fn a_frame_names_its_file_only_among_several() {
        let file = |path: &str| CaptureFile {
            path: path.into(),
            ..CaptureFile::default()
        };
        let capture = Capture {
            files: vec![file("dir/a.pcap"), file("dir/b.pcap")],
            ..Capture::default()
        };
        check(
            frames(&[FrameNumber::new(1, 7)], &capture),
            "frame b.pcap#7",
        );
    }
}
