//! TCP (RFC 9293): one segment. Joining segments to a stream is the flow floor's work.
//!
//! ```text
//! source port 2 · destination port 2 · sequence 4 · acknowledgment 4 · data offset 4 bits (in 32-bit words) · reserved 4 bits ·
//! flags 1 (CWR ECE URG ACK PSH RST SYN FIN) · window 2 · checksum 2 · urgent pointer 2 · options · data
//! ```

use crate::vocab::address::TransportAddress;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::ip;
use crate::wire::span::FRAME_CUT;
use crate::wire::span::Span;

/// A TCP segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment<'a> {
    /// Sender.
    pub source: TransportAddress,
    /// Receiver.
    pub destination: TransportAddress,
    /// Sequence number of the first byte of data (of the SYN, if set).
    pub sequence: u32,
    /// Next byte that the sender expects; means something only with ACK.
    pub acknowledgment: u32,
    /// Control bits.
    pub flags: Flags,
    /// Receive window as sent, unscaled.
    pub window: u16,
    /// Options, as far as captured.
    pub options: &'a [u8],
    /// Data, as far as captured.
    pub payload: &'a [u8],
    /// Bytes of data that were on the wire and the capture lacks; 0 when the segment is whole.
    pub cut_bytes: u32,
}

impl Segment<'_> {
    /// Length of the data on the wire.
    pub const fn payload_length(&self) -> usize {
        self.payload.len() + self.cut_bytes as usize
    }

    /// Sequence number after this segment: data, SYN and FIN each take numbers.
    pub const fn next_sequence(&self) -> u32 {
        self.sequence
            .wrapping_add(self.payload_length() as u32)
            .wrapping_add(self.flags.syn() as u32)
            .wrapping_add(self.flags.fin() as u32)
    }
}

/// TCP control bits, the header's byte 13.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags(pub u8);

impl Flags {
    /// No more data from the sender.
    pub const fn fin(self) -> bool {
        self.0 & 0x01 != 0
    }

    /// Synchronise sequence numbers.
    pub const fn syn(self) -> bool {
        self.0 & 0x02 != 0
    }

    /// Reset the connection.
    pub const fn rst(self) -> bool {
        self.0 & 0x04 != 0
    }

    /// Push.
    pub const fn psh(self) -> bool {
        self.0 & 0x08 != 0
    }

    /// The acknowledgment number is significant.
    pub const fn ack(self) -> bool {
        self.0 & 0x10 != 0
    }

    /// The set bits by name, lowest first: `SYN ACK`.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"]
            .into_iter()
            .enumerate()
            .filter(move |&(bit, _)| self.0 & (1 << bit) != 0)
            .map(|(_, name)| name)
    }
}

/// Takes a TCP header off an IP payload. Beside the segment comes a fault that left it readable: `tcp-data-offset-below-header`,
/// `tcp-data-offset-exceeds-segment` (both: no data is taken), or `capture-frame-cut` inside the options.
///
/// # Errors
///
/// `tcp-header-truncated`, or `capture-frame-cut`.
#[inline]
pub fn split<'a>(
    ip: &ip::Header,
    payload: Span<'a>,
) -> Result<(Segment<'a>, Option<Fault>), Fault> {
    let Some((fixed, rest)) = payload.bytes.split_first_chunk::<HEADER>() else {
        return Err(payload.too_short(HEADER, Layer::Tcp, "tcp-header-truncated"));
    };
    let mut segment = fixed_header(ip, *fixed);
    let length = usize::from(fixed[12] >> 4) * 4;
    let fault = match length.checked_sub(HEADER) {
        None => Some(Fault::new(Layer::Tcp, "tcp-data-offset-below-header", 12)),
        Some(_) if length > payload.on_wire => {
            segment.options = rest;
            Some(Fault::new(
                Layer::Tcp,
                "tcp-data-offset-exceeds-segment",
                12,
            ))
        }
        Some(options) => {
            let data = payload.skip(length);
            segment.options = rest.get(..options).unwrap_or(rest);
            segment.payload = data.bytes;
            segment.cut_bytes = data.missing() as u32;
            let cut = rest.len() < options;
            cut.then(|| Fault::new(Layer::Capture, FRAME_CUT, payload.bytes.len()))
        }
    };
    Ok((segment, fault))
}

/// The 20 bytes that every segment has, without options and data.
#[inline]
fn fixed_header<'a>(ip: &ip::Header, header: [u8; HEADER]) -> Segment<'a> {
    let [
        s0,
        s1,
        d0,
        d1,
        q0,
        q1,
        q2,
        q3,
        a0,
        a1,
        a2,
        a3,
        _,
        flags,
        w0,
        w1,
        ..,
    ] = header;
    Segment {
        source: TransportAddress::new(ip.source, u16::from_be_bytes([s0, s1])),
        destination: TransportAddress::new(ip.destination, u16::from_be_bytes([d0, d1])),
        sequence: u32::from_be_bytes([q0, q1, q2, q3]),
        acknowledgment: u32::from_be_bytes([a0, a1, a2, a3]),
        flags: Flags(flags),
        window: u16::from_be_bytes([w0, w1]),
        options: &[],
        payload: &[],
        cut_bytes: 0,
    }
}

/// Length of the header without options.
const HEADER: usize = 20;

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
        protocol: Protocol::Tcp,
        hop_limit: 64,
        dscp: 0,
        ecn: 0,
        identification: 0,
    };

    fn segment(offset: u8, rest: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x1f, 0x98, 0xc0, 0x00, 0, 0, 0, 7, 0, 0, 0, 9];
        bytes.extend([offset << 4, 0x12, 0x20, 0x00, 0, 0, 0, 0]);
        bytes.extend(rest);
        bytes
    }

    fn check(offset: u8, rest: &[u8], on_wire: usize, expected: (usize, usize, u32, Option<&str>)) {
        let bytes = segment(offset, rest);
        let (segment, fault) = split(&IP, Span::new(&bytes, on_wire)).expect("readable");
        assert_eq!(
            (segment.source.port, segment.sequence, segment.window),
            (8088, 7, 0x2000)
        );
        assert!(segment.flags.syn() && segment.flags.ack() && !segment.flags.fin());
        let got = (
            segment.options.len(),
            segment.payload.len(),
            segment.cut_bytes,
        );
        assert_eq!((got.0, got.1, got.2, fault.map(|f| f.name)), expected);
    }

    #[test]
    fn the_data_offset_parts_options_from_data() {
        check(5, &[1; 6], 26, (0, 6, 0, None));
        check(6, &[1; 6], 26, (4, 2, 0, None));
    }

    #[test]
    fn a_wrong_data_offset_is_named_and_the_numbers_stay_readable() {
        check(
            4,
            &[1; 6],
            26,
            (0, 0, 0, Some("tcp-data-offset-below-header")),
        );
        check(
            15,
            &[1; 6],
            26,
            (6, 0, 0, Some("tcp-data-offset-exceeds-segment")),
        );
    }

    #[test]
    fn a_cut_segment_still_counts_its_sequence_numbers() {
        check(5, &[1; 6], 1500, (0, 6, 1474, None));
        check(8, &[1; 6], 1500, (6, 0, 1468, Some("capture-frame-cut")));
        let bytes = segment(5, &[1; 6]);
        let (segment, _) = split(&IP, Span::new(&bytes, 1020)).expect("readable");
        assert_eq!(segment.next_sequence(), 7 + 1000 + 1);
    }

    #[test]
    fn flags_are_named_lowest_first() {
        assert_eq!(Flags(0x12).names().collect::<Vec<_>>(), ["SYN", "ACK"]);
    }

    #[test]
    fn half_a_header_is_unreadable() {
        let name = |on_wire| {
            split(&IP, Span::new(&[0; 19], on_wire))
                .map_err(|f| f.name)
                .err()
        };
        assert_eq!(name(19), Some("tcp-header-truncated"));
        assert_eq!(name(60), Some("capture-frame-cut"));
    }
}
