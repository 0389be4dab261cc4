//! What a field holds in one row.

use std::borrow::Cow;
use std::net::IpAddr;

use memchr::memchr2_iter;

use crate::vocab::address::TransportAddress;

/// What a field holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Not known: the report's `null`.
    Absent,
    /// Text.
    Text(Cow<'a, str>),
    /// A number, in the field's unit.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// Bytes as they were sent: searched for text and for bytes, but not for words.
    Bytes(&'a [u8]),
    /// An IP address.
    Ip(IpAddr),
    /// An IP address with a port.
    Socket(TransportAddress),
    /// Several.
    Many(Vec<Self>),
}

impl<'a> Value<'a> {
    /// Several values.
    pub fn many<T: Into<Self>>(values: impl IntoIterator<Item = T>) -> Self {
        Self::Many(values.into_iter().map(Into::into).collect())
    }

    /// A candidate's address: an IP address, else the name that stands in its place.
    pub fn host(address: &'a str) -> Self {
        address.parse().map_or_else(|_| address.into(), Self::Ip)
    }

    /// The single values in it; none when it is not known.
    pub fn each(&self) -> &[Self] {
        match self {
            Self::Absent => &[],
            Self::Many(values) => values,
            single => std::slice::from_ref(single),
        }
    }

    /// As the report prints it, for search.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Absent | Self::Many(_) => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Bytes(bytes) => String::from_utf8_lossy(bytes),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Flag(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
            Self::Ip(ip) => Cow::Owned(ip.to_string()),
            Self::Socket(address) => Cow::Owned(address.to_string()),
        }
    }

    /// Does a search for `text`, in lower case, find it? Numbers are found whole: a 4 is not in 404.
    pub fn mentions(&self, text: &str) -> bool {
        match self {
            Self::Absent | Self::Flag(_) | Self::Bytes(_) => false,
            Self::Many(values) => values.iter().any(|value| value.mentions(text)),
            // Few words are numbers, or of an address: the others need not be compared with every one in its own words.
            Self::Number(_) => text.parse::<f64>().is_ok() && self.text() == text,
            Self::Ip(_) | Self::Socket(_) => {
                text.bytes().all(is_of_address) && self.text().contains(text)
            }
            Self::Text(held) if text.is_ascii() => holds(held.as_bytes(), text.as_bytes()),
            Self::Text(held) => held.to_lowercase().contains(text),
        }
    }
}

/// Is `text`, ASCII in lower case, among the bytes in any case?
pub(super) fn holds(bytes: &[u8], text: &[u8]) -> bool {
    let Some(&first) = text.first() else {
        return true;
    };
    let mut starts = memchr2_iter(first, first.to_ascii_uppercase(), bytes);
    starts.any(|at| {
        let found = bytes.get(at..at + text.len());
        found.is_some_and(|found| found.eq_ignore_ascii_case(text))
    })
}

/// Does the character stand in addresses as they are printed, with ports or without?
const fn is_of_address(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'.' | b':' | b'[' | b']')
}

impl<T: Into<Self>> From<Option<T>> for Value<'_> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<f64> for Value<'_> {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

/// Counts stay exact up to 2⁵³, more than a capture holds of anything.
impl From<u64> for Value<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number as f64)
    }
}

macro_rules! small_numbers {
    ($($type:ty),+) => {
        $(impl From<$type> for Value<'_> {
            fn from(number: $type) -> Self {
                Self::Number(f64::from(number))
            }
        })+
    };
}

small_numbers!(u8, u16, u32);

impl From<IpAddr> for Value<'_> {
    fn from(ip: IpAddr) -> Self {
        Self::Ip(ip)
    }
}

impl From<TransportAddress> for Value<'_> {
    fn from(address: TransportAddress) -> Self {
        Self::Socket(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_finds_parts_of_text_and_whole_numbers() {
        assert!(Value::from("Janus Server").mentions("janus"));
        assert!(Value::from(404_u16).mentions("404"));
        assert!(!Value::from(404_u16).mentions("4"));
        assert!(Value::many(["a", "bc"]).mentions("c"));
        assert!(!Value::Absent.mentions(""));
        assert!(Value::from(0.25).mentions("0.25"));
        assert!(!Value::from(404_u16).mentions("404.0"));
        assert!(Value::from("Käse").mentions("käse") && Value::from("KÄSE").mentions("käse"));
        assert!(!Value::from("abc").mentions("abcd"));
    }

    #[test]
    fn a_search_finds_parts_of_addresses() {
        let ip: IpAddr = "2001:db8::A2".parse().unwrap();
        assert!(Value::Ip(ip).mentions("db8::a"));
        assert!(!Value::Ip(ip).mentions("janus"));
        let socket = Value::Socket(TransportAddress::new(ip, 8088));
        assert!(socket.mentions("::a2]:80") && !socket.mentions("8089"));
    }

    #[test]
    fn a_candidate_has_an_address_or_a_name() {
        assert!(matches!(Value::host("192.0.2.1"), Value::Ip(_)));
        assert!(matches!(Value::host("x.local"), Value::Text(_)));
    }
}
