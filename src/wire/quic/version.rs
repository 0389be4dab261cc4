//! Versions, and what they do differently on the wire.

use std::fmt;

/// A version by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u32);

/// Versions that share salts and labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// Version 1 (RFC 9000), and drafts 33 and 34.
    V1,
    /// Version 2 (RFC 9369).
    V2,
    /// Drafts 29 to 32.
    Draft29,
    /// Drafts 23 to 28.
    Draft23,
}

impl Version {
    /// Version 1.
    pub const V1: Self = Self(1);
    /// Version 2; the number is no mistake, it keeps middleboxes from guessing (RFC 9369 §3.1).
    pub const V2: Self = Self(0x6b33_43cf);
    /// Stands in Version Negotiation packets.
    pub const NEGOTIATION: Self = Self(0);

    /// What it does like which version; `None` for those not read here: Google's own, greased ones, older drafts.
    pub const fn dialect(self) -> Option<Dialect> {
        match self.0 {
            1 | 0xff00_0021..=0xff00_0022 => Some(Dialect::V1),
            0x6b33_43cf => Some(Dialect::V2),
            0xff00_001d..=0xff00_0020 => Some(Dialect::Draft29),
            0xff00_0017..=0xff00_001c => Some(Dialect::Draft23),
            _ => None,
        }
    }

    /// Negotiation, 1, 2, the drafts, greased versions (RFC 9000 §15), and Google's `Qnnn` and `Tnnn`.
    pub const fn is_in_use(self) -> bool {
        matches!(self.0, 0 | 1 | 0x6b33_43cf)
            || self.0 >> 8 == 0x00ff_0000
            || self.is_grease()
            || matches!(self.0 >> 16, 0x5130 | 0x5430)
    }

    /// Is it one of those that stand for none, to keep negotiation working?
    pub const fn is_grease(self) -> bool {
        self.0 & 0x0f0f_0f0f == 0x0a0a_0a0a
    }
}

impl fmt::Display for Version {
    /// `1`, `2`, `draft 29`, else the number in hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1"),
            0x6b33_43cf => f.write_str("2"),
            draft @ 0xff00_0001..=0xff00_00ff => write!(f, "draft {}", draft & 0xff),
            other => write!(f, "{other:#010x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_names() {
        let names = [1, 0x6b33_43cf, 0xff00_001d, 0x5130_3530].map(|it| Version(it).to_string());
        assert_eq!(names, ["1", "2", "draft 29", "0x51303530"]);
    }

    #[test]
    fn what_is_read_is_in_use_and_not_the_other_way_round() {
        for number in [1, 0x6b33_43cf, 0xff00_0017, 0xff00_0020, 0xff00_0022] {
            assert!(Version(number).dialect().is_some() && Version(number).is_in_use());
        }
        for number in [0, 0x1a2a_3a4a, 0x5130_3530, 0xff00_0005] {
            assert!(Version(number).dialect().is_none() && Version(number).is_in_use());
        }
        assert!(!Version(2).is_in_use());
    }
}
