//! Is a typed answer right? Compared with the figure that the capture gave, never with anything written in the lesson.

use std::net::IpAddr;

use crate::lessons::figure::Figure;
use crate::lessons::figure::Unit;
use crate::lessons::figure::Value;
use crate::lessons::lesson::Expects;
use crate::lessons::lesson::Tolerance;
use crate::vocab::address::TransportAddress;

/// What becomes of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Right.
    Right,
    /// Wrong.
    Wrong,
    /// It is no answer of the kind asked for: a word where a number is wanted.
    Unreadable,
}

/// Marks `typed`. For a choice it is the option's number, letter or word.
pub fn mark(typed: &str, expects: &Expects, figure: &Figure) -> Mark {
    let typed = typed.trim();
    if typed.is_empty() {
        return Mark::Unreadable;
    }
    let right = match expects {
        Expects::Choice(options) => match chosen(typed, options) {
            Some(key) => same_word(key, word(figure)),
            None => return Mark::Unreadable,
        },
        Expects::Number(tolerance) => {
            let Value::Number(right, unit) = figure.value else {
                return Mark::Wrong;
            };
            match number(typed, unit) {
                Some(given) => {
                    // What is shown is rounded: an answer read off the screen is right.
                    let shown = number(&figure.text, unit);
                    shown == Some(given) || near(given, right, unit, *tolerance)
                }
                None => return Mark::Unreadable,
            }
        }
        Expects::Address => match (&figure.value, socket(typed), ip(typed)) {
            (Value::Socket(right), Some(given), _) => given == *right,
            (Value::Address(right), _, Some(given)) => given == *right,
            (Value::Address(right), Some(given), _) => given.ip == *right,
            (Value::Socket(_), None, Some(_)) => false,
            (Value::Word(right), ..) => same_word(typed, right),
            _ => return Mark::Unreadable,
        },
        Expects::Word => same_word(typed, word(figure)),
    };
    if right { Mark::Right } else { Mark::Wrong }
}

/// What an expected answer looks like, for the line where it is typed.
pub fn wanted(expects: &Expects, figure: Option<&Figure>) -> String {
    match expects {
        Expects::Choice(options) => format!("a number from 1 to {}", options.len()),
        Expects::Number(_) => match figure.map(|figure| &figure.value) {
            Some(Value::Number(_, unit)) if *unit != Unit::None => {
                format!("a number, {}", unit.word())
            }
            _ => "a number".to_owned(),
        },
        Expects::Address => match figure.map(|figure| &figure.value) {
            Some(Value::Socket(_)) => "address:port".to_owned(),
            _ => "an address".to_owned(),
        },
        Expects::Word => "a word".to_owned(),
    }
}

/// The option that a figure makes the right one.
pub fn right_option<'a>(options: &'a [(String, String)], figure: &Figure) -> Option<&'a str> {
    let mut options = options.iter();
    options
        .find(|(key, _)| same_word(key, word(figure)))
        .map(|(_, text)| text.as_str())
}

fn chosen<'a>(typed: &str, options: &'a [(String, String)]) -> Option<&'a str> {
    let by_number = typed.parse::<usize>().ok().and_then(|at| at.checked_sub(1));
    let by_letter = match typed.as_bytes() {
        [letter @ b'a'..=b'z'] => Some(usize::from(letter - b'a')),
        _ => None,
    };
    let by_place = by_number.or(by_letter).and_then(|at| options.get(at));
    let by_word = || options.iter().find(|(key, _)| same_word(key, typed));
    by_place.or_else(by_word).map(|(key, _)| key.as_str())
}

fn word(figure: &Figure) -> &str {
    match &figure.value {
        Value::Word(word) => word,
        _ => &figure.text,
    }
}

fn same_word(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.trim().trim_matches('"').to_lowercase();
    plain(one) == plain(other)
}

/// A number in `unit`: `29 181`, `29,181`, `0x71fd`, `1.2 ms`, `5%`.
fn number(typed: &str, unit: Unit) -> Option<f64> {
    let compact: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '\''))
        .collect();
    let lower = compact.to_lowercase();
    if let Some(hex) = lower.strip_prefix("0x") {
        return u64::from_str_radix(hex, 16).ok().map(|n| n as f64);
    }
    let end = lower
        .find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',' | '-' | '+'))
        .unwrap_or(lower.len());
    let (digits, suffix) = lower.split_at(end);
    let digits = digits.replace(',', if is_thousands(digits) { "" } else { "." });
    let number: f64 = digits.parse().ok().filter(|n: &f64| n.is_finite())?;
    Some(number * factor(suffix, unit)?)
}

/// Do the commas part groups of three digits?
fn is_thousands(digits: &str) -> bool {
    let mut groups = digits.split(',').skip(1).peekable();
    let integer = !digits.contains('.') || digits.rfind(',') < digits.find('.');
    groups.peek().is_some()
        && integer
        && groups.all(|group| group.split('.').next().is_some_and(|it| it.len() == 3))
}

/// What a number with `suffix` is multiplied by to be in `unit`.
fn factor(suffix: &str, unit: Unit) -> Option<f64> {
    if suffix.is_empty() {
        return Some(1.0);
    }
    Some(match (suffix, unit) {
        ("ms", Unit::Milliseconds)
        | ("s" | "sec" | "seconds", Unit::Seconds)
        | ("b" | "byte" | "bytes", Unit::Bytes)
        | ("kb/s" | "kbps" | "kbit/s", Unit::Kilobits)
        | ("%", Unit::Percent) => 1.0,
        ("s" | "sec" | "seconds", Unit::Milliseconds)
        | ("kb", Unit::Bytes)
        | ("mb/s" | "mbps" | "mbit/s", Unit::Kilobits) => 1e3,
        ("us" | "µs", Unit::Milliseconds)
        | ("ms", Unit::Seconds)
        | ("b/s" | "bps" | "bit/s", Unit::Kilobits) => 1e-3,
        _ => return None,
    })
}

fn near(given: f64, right: f64, unit: Unit, tolerance: Tolerance) -> bool {
    let off = match tolerance {
        Tolerance::Relative(part) => right.abs() * part,
        Tolerance::Absolute(off, Unit::Seconds) if unit == Unit::Milliseconds => off * 1e3,
        Tolerance::Absolute(off, Unit::Milliseconds) if unit == Unit::Seconds => off / 1e3,
        Tolerance::Absolute(off, _) => off,
    };
    (given - right).abs() <= off.max(f64::EPSILON * right.abs())
}

fn ip(typed: &str) -> Option<IpAddr> {
    typed.trim_matches(['[', ']']).parse().ok()
}

fn socket(typed: &str) -> Option<TransportAddress> {
    let socket: std::net::SocketAddr = typed.parse().ok()?;
    Some(TransportAddress::new(socket.ip(), socket.port()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EXACT: Expects = Expects::Number(Tolerance::Absolute(0.0, Unit::None));

    #[track_caller]
    fn check(typed: &str, expects: &Expects, figure: &Figure, expected: Mark) {
        assert_eq!(mark(typed, expects, figure), expected, "{typed}");
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let port = Figure::count(29_181_u32);
        for typed in ["29181", " 29 181 ", "29,181", "0x71fd", "0X71FD", "29181.0"] {
            check(typed, &EXACT, &port, Mark::Right);
        }
        check("29180", &EXACT, &port, Mark::Wrong);
        check("port", &EXACT, &port, Mark::Unreadable);
        check("", &EXACT, &port, Mark::Unreadable);
    }

    #[test]
    fn a_unit_is_converted_or_refused() {
        let span = Figure::number(1_500.0, 0, Unit::Milliseconds);
        let close = Expects::Number(Tolerance::Relative(0.01));
        check("1.5 s", &close, &span, Mark::Right);
        check("1,5 s", &close, &span, Mark::Right);
        check("1500", &close, &span, Mark::Right);
        check("1.5", &close, &span, Mark::Wrong);
        check("1500 bytes", &close, &span, Mark::Unreadable);
    }

    #[test]
    fn addresses_are_compared_as_addresses() {
        let ip = Figure::address("2001:db8::1".parse().unwrap());
        check("2001:0db8:0::1", &Expects::Address, &ip, Mark::Right);
        check("[2001:db8::1]:5", &Expects::Address, &ip, Mark::Right);
        let socket = Figure::socket(TransportAddress::new("192.0.2.1".parse().unwrap(), 5));
        check("192.0.2.1:5", &Expects::Address, &socket, Mark::Right);
        check("192.0.2.1", &Expects::Address, &socket, Mark::Wrong);
        check("there", &Expects::Address, &socket, Mark::Unreadable);
    }

    #[test]
    fn a_choice_is_a_number_a_letter_or_the_word() {
        let options = Expects::Choice(vec![
            ("direct".into(), "straight".into()),
            ("relay".into(), "through a relay".into()),
        ]);
        let figure = Figure::word("relay");
        for typed in ["2", "b", "relay"] {
            check(typed, &options, &figure, Mark::Right);
        }
        check("1", &options, &figure, Mark::Wrong);
        check("3", &options, &figure, Mark::Unreadable);
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_marked(typed in any::<String>()) {
            let number = Figure::number(3.0, 1, Unit::Milliseconds);
            let word = Figure::word(&typed);
            for expects in [EXACT, Expects::Address, Expects::Word] {
                let _ = mark(&typed, &expects, &number);
                let _ = mark(&typed, &expects, &word);
            }
        }
    }
}
