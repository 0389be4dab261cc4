//! The connection address of a `c=` line or a candidate: an IP address, or a name that stands for one.

use std::fmt;
use std::net::IpAddr;
use std::net::Ipv6Addr;

/// What stands where SDP wants an address (RFC 8866 §9, `connection-address`; RFC 8839 §5.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ConnectionAddress {
    /// An IPv4 or IPv6 address.
    Ip(IpAddr),
    /// An IPv6 address with its zone (`fe80::1%eth0`): meaningful on the sender's machine only (RFC 4007 §11).
    Zoned {
        /// The address.
        ip: Ipv6Addr,
        /// The zone, as written after `%`.
        zone: String,
    },
    /// A name under `.local`: the browser hides a private address behind multicast DNS (RFC 6762, draft-ietf-mmusic-mdns-ice-candidates).
    Mdns(String),
    /// A domain name, to be looked up (RFC 8839 §5.1).
    Name(String),
}

impl ConnectionAddress {
    /// Reads an address; `None` when the text is neither an IP address nor a name.
    ///
    /// Strict dotted quads only: `010.0.0.1` and `1.2` are names here, never other addresses.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Some(Self::Ip(ip));
        }
        if let Some((ip, zone)) = text.split_once('%')
            && let Ok(ip) = ip.parse::<Ipv6Addr>()
        {
            let zone = zone.to_owned();
            return Some(Self::Zoned { ip, zone });
        }
        let is_name = !text.is_empty()
            && text.len() <= LONGEST_NAME
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
        is_name.then(|| {
            let lower = text.to_ascii_lowercase();
            let last = lower.trim_end_matches('.').rsplit_once('.');
            if last.is_some_and(|(_, label)| label == "local") {
                Self::Mdns(text.to_owned())
            } else {
                Self::Name(text.to_owned())
            }
        })
    }

    /// The IP address, without zone; `None` for names.
    pub const fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Ip(ip) => Some(*ip),
            Self::Zoned { ip, .. } => Some(IpAddr::V6(*ip)),
            Self::Mdns(_) | Self::Name(_) => None,
        }
    }
}

impl fmt::Display for ConnectionAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            Self::Zoned { ip, zone } => write!(f, "{ip}%{zone}"),
            Self::Mdns(name) | Self::Name(name) => name.fmt(f),
        }
    }
}

/// Longest domain name in text form, bytes (RFC 1035 §2.3.4).
const LONGEST_NAME: usize = 253;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_stands() {
        let ip = |text: &str| ConnectionAddress::parse(text).and_then(|address| address.ip());
        assert_eq!(ip("192.0.2.1"), "192.0.2.1".parse().ok());
        assert_eq!(ip("2001:db8::1"), "2001:db8::1".parse().ok());
        assert_eq!(ip("fe80::1%eth0"), "fe80::1".parse().ok());
        assert_eq!(ip("010.0.0.1"), None);
    }

    #[test]
    fn names_are_told_from_junk() {
        let name = "9e11c3ab-9d1a-4f3c-8d1c-4a2b7b1e1c55.local";
        assert_eq!(
            ConnectionAddress::parse(name),
            Some(ConnectionAddress::Mdns(name.into()))
        );
        assert_eq!(
            ConnectionAddress::parse("turn.example.org"),
            Some(ConnectionAddress::Name("turn.example.org".into()))
        );
        assert_eq!(ConnectionAddress::parse("…"), None);
        assert_eq!(ConnectionAddress::parse(""), None);
    }
}
