//! Figures: what a query found, each with the text that prose shows, the value that answers are checked against, and its frames.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::IpAddr;
use std::time::Duration;

use crate::vocab::address::TransportAddress;
use crate::vocab::ids::FrameNumber;
use crate::vocab::printable::printable_within;

/// One figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// As prose shows it. Printable.
    pub text: String,
    /// What it is.
    pub value: Value,
    /// Frames that show it, the telling one first.
    pub frames: Vec<FrameNumber>,
}

/// What a figure is.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number, in its unit.
    Number(f64, Unit),
    /// An IP address.
    Address(IpAddr),
    /// An IP address with a port.
    Socket(TransportAddress),
    /// A word or a text.
    Word(String),
}

/// Unit of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A count, a code, a port.
    None,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Kilobits (1 000 bits) per second.
    Kilobits,
    /// Per cent.
    Percent,
}

impl Unit {
    /// As it stands behind a number; empty for none.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::Bytes => "bytes",
            Self::Kilobits => "kb/s",
            Self::Percent => "%",
        }
    }
}

impl Figure {
    /// A count, a code, a port.
    pub fn count(number: impl Into<u64>) -> Self {
        let number = number.into();
        Self::of(number.to_string(), Value::Number(number as f64, Unit::None))
    }

    /// A number that is written in another way than in decimal.
    pub fn written(text: impl Into<String>, number: impl Into<u64>) -> Self {
        Self::of(text.into(), Value::Number(number.into() as f64, Unit::None))
    }

    /// A number in a unit, with this many decimals.
    pub fn number(number: f64, decimals: usize, unit: Unit) -> Self {
        let number = if number.is_finite() { number } else { 0.0 };
        let mut text = format!("{number:.decimals$}");
        if unit != Unit::None {
            let _ = write!(text, " {}", unit.word());
        }
        Self::of(text, Value::Number(number, unit))
    }

    /// A span of time in milliseconds, with three or four digits that count.
    pub fn milliseconds(span: Duration) -> Self {
        let number = span.as_secs_f64() * 1e3;
        let decimals = match number {
            100.0.. => 0,
            10.0.. => 1,
            1.0.. => 2,
            _ => 3,
        };
        Self::number(number, decimals, Unit::Milliseconds)
    }

    /// A frame's number, and the frame.
    pub fn frame(frame: FrameNumber) -> Self {
        Self::count(frame.number()).seen(&[frame])
    }

    /// A word or a text, made printable.
    pub fn word(text: &str) -> Self {
        Self::of(
            printable_within(text, LONGEST).into_owned(),
            Value::Word(text.to_owned()),
        )
    }

    /// An IP address.
    pub fn address(ip: IpAddr) -> Self {
        Self::of(ip.to_string(), Value::Address(ip))
    }

    /// An IP address with a port.
    pub fn socket(socket: TransportAddress) -> Self {
        Self::of(socket.to_string(), Value::Socket(socket))
    }

    /// The same, shown by these frames.
    #[must_use]
    pub fn seen(mut self, frames: &[FrameNumber]) -> Self {
        self.frames = frames.to_vec();
        self
    }

    const fn of(text: String, value: Value) -> Self {
        Self {
            text,
            value,
            frames: Vec::new(),
        }
    }
}

/// Figures by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures(BTreeMap<String, Figure>);

impl Figures {
    /// Adds one.
    pub fn set(&mut self, name: impl Into<String>, figure: Figure) {
        self.0.insert(name.into(), figure);
    }

    /// Adds one where it is known.
    pub fn set_some(&mut self, name: &str, figure: Option<Figure>) {
        if let Some(figure) = figure {
            self.set(name, figure);
        }
    }

    /// The one called `name`.
    pub fn get(&self, name: &str) -> Option<&Figure> {
        self.0.get(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Figure)> {
        self.0.iter().map(|(name, figure)| (name.as_str(), figure))
    }

    /// Takes all of `other` in.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

/// Longest text of a word, characters: candidate lines and fingerprints fit.
const LONGEST: usize = 240;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_show_the_digits_that_count() {
        let text = |micros| Figure::milliseconds(Duration::from_micros(micros)).text;
        assert_eq!(text(231), "0.231 ms");
        assert_eq!(text(14_962), "15.0 ms");
        assert_eq!(text(1_500_000), "1500 ms");
    }

    #[test]
    fn text_from_the_wire_is_made_printable() {
        assert_eq!(Figure::word("a\x1b[2J").text, r"a\x1b[2J");
        assert_eq!(Figure::number(f64::NAN, 1, Unit::Seconds).text, "0.0 s");
    }
}
