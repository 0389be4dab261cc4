//! UDP (RFC 768).
//!
//! ```text
//! source port 2 · destination port 2 · length 2 (header included) · checksum 2 · data
//! ```

use etherparse::UdpHeaderSlice;

use crate::vocab::address::TransportAddress;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::ip;
use crate::wire::span::Span;

/// A UDP datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// Sender.
    pub source: TransportAddress,
    /// Receiver.
    pub destination: TransportAddress,
    /// Data, as far as captured.
    pub payload: &'a [u8],
    /// Bytes of data that the header announces and the capture lacks; 0 when the datagram is whole.
    pub cut_bytes: u32,
}

impl Datagram<'_> {
    /// Length of the data on the wire.
    pub const fn payload_length(&self) -> usize {
        self.payload.len() + self.cut_bytes as usize
    }
}

/// Takes a UDP header off an IP payload. Beside the datagram comes a fault that left it readable: `udp-length-zero`,
/// `udp-length-below-header`, `udp-length-exceeds-ip`.
///
/// # Errors
///
/// `udp-header-truncated`, or `capture-frame-cut`.
#[inline]
pub fn split<'a>(
    ip: &ip::Header,
    payload: Span<'a>,
) -> Result<(Datagram<'a>, Option<Fault>), Fault> {
    let Ok(slice) = UdpHeaderSlice::from_slice(payload.bytes) else {
        return Err(payload.too_short(HEADER, Layer::Udp, "udp-header-truncated"));
    };
    let (announced, fault) = match usize::from(slice.length()) {
        // Legal for IPv6 jumbograms only (RFC 2675 §4); either way the rest of the packet is the data.
        0 => (payload.on_wire, Some("udp-length-zero")),
        length if length < HEADER => (payload.on_wire, Some("udp-length-below-header")),
        length if length > payload.on_wire => (length, Some("udp-length-exceeds-ip")),
        // Shorter than the IP payload is allowed: the surplus holds UDP options (RFC 9868).
        length => (length, None),
    };
    let data = payload.announced(announced).skip(HEADER);
    let datagram = Datagram {
        source: TransportAddress::new(ip.source, slice.source_port()),
        destination: TransportAddress::new(ip.destination, slice.destination_port()),
        payload: data.bytes,
        cut_bytes: data.missing() as u32,
    };
    Ok((datagram, fault.map(|name| Fault::new(Layer::Udp, name, 4))))
}

/// Length of the UDP header.
const HEADER: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ip::Header;
    use crate::wire::ip::Protocol;
    use std::net::IpAddr;
    use std::net::Ipv4Addr;

    const IP: Header = Header {
        source: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        destination: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)),
        protocol: Protocol::Udp,
        hop_limit: 64,
        dscp: 0,
        ecn: 0,
        identification: 0,
    };

    fn check(length: u16, data: &[u8], on_wire: usize, expected: (usize, u32, Option<&str>)) {
        let mut bytes = vec![0x0d, 0x96, 0x00, 0x50];
        bytes.extend(length.to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(data);
        let (datagram, fault) = split(&IP, Span::new(&bytes, on_wire)).expect("readable");
        assert_eq!(
            (datagram.source.port, datagram.destination.port),
            (3478, 80)
        );
        let got = (
            datagram.payload.len(),
            datagram.cut_bytes,
            fault.map(|f| f.name),
        );
        assert_eq!(got, expected);
    }

    #[test]
    fn the_length_field_decides_where_the_data_ends() {
        check(12, &[1; 4], 12, (4, 0, None));
        check(10, &[1; 4], 12, (2, 0, None));
        check(8, &[], 8, (0, 0, None));
    }

    #[test]
    fn a_cut_datagram_says_how_much_is_missing() {
        check(108, &[1; 4], 108, (4, 96, None));
    }

    #[test]
    fn impossible_lengths_are_named_and_the_data_is_kept() {
        check(0, &[1; 4], 12, (4, 0, Some("udp-length-zero")));
        check(7, &[1; 4], 12, (4, 0, Some("udp-length-below-header")));
        check(200, &[1; 4], 12, (4, 188, Some("udp-length-exceeds-ip")));
    }

    #[test]
    fn half_a_header_is_unreadable() {
        let name = |on_wire| {
            split(&IP, Span::new(&[0; 7], on_wire))
                .map_err(|f| f.name)
                .err()
        };
        assert_eq!(name(7), Some("udp-header-truncated"));
        assert_eq!(name(100), Some("capture-frame-cut"));
    }
}
