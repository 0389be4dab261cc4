//! What is this datagram? Sorted by its first bytes (RFC 7983 §7, RFC 9443 §3), since STUN, DTLS, media and QUIC share one port.
//!
//! ```text
//!   0..=3    STUN            64..=79    TURN ChannelData, or QUIC      128..=191   RTP; RTCP when byte 1 is 192..=223 (RFC 5761 §4)
//!  16..=19   ZRTP            80..=127   QUIC, short header             192..=255   QUIC, long header
//!  20..=63   DTLS
//! ```
//!
//! The ranges alone would call DNS a STUN message and a game's packet RTP. So each kind must also look like itself, as far as one
//! datagram can tell; whether a whole conversation agrees is asked by the demultiplexer.

use crate::wire::read::u8_at;
use crate::wire::read::u16_at;
use crate::wire::read::u32_at;
use crate::wire::stun;
use crate::wire::stun::message::COOKIE;

/// Protocol of a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// STUN or TURN, perhaps broken; classic STUN when its shape is beyond doubt.
    Stun,
    /// ZRTP (RFC 6189).
    Zrtp,
    /// A DTLS record with a version: handshake of any version, all records up to 1.2.
    Dtls,
    /// The first byte of DTLS 1.3's unified header, 0x20 to 0x3f: nothing else is fixed in it, so only the conversation can confirm it.
    DtlsUnified,
    /// TURN ChannelData whose length fits the datagram; QUIC's short headers can look the same.
    ChannelData,
    /// QUIC; short headers have one fixed bit, so only the conversation can confirm it.
    Quic,
    /// RTP or SRTP.
    Rtp,
    /// RTCP or SRTCP.
    Rtcp,
    /// None of these.
    Unknown,
}

/// Sorts a datagram by its first bytes.
#[inline]
pub fn classify(datagram: &[u8]) -> Kind {
    match datagram {
        // Under rtcp-mux, RTP keeps clear of RTCP's packet types (RFC 5761 §4).
        [128..=191, 192..=223, ..] if datagram.len() >= RTCP_MINIMUM => Kind::Rtcp,
        [128..=191, ..] if datagram.len() >= RTP_MINIMUM => Kind::Rtp,
        [0..=3, ..] if is_stun(datagram) => Kind::Stun,
        [16..=19, ..] if u32_at(datagram, 4) == Some(ZRTP_COOKIE) => Kind::Zrtp,
        [20..=63, 0xfe, ..] if datagram.len() >= DTLS_MINIMUM => Kind::Dtls,
        [32..=63, ..] if datagram.len() >= DTLS_UNIFIED_MINIMUM => Kind::DtlsUnified,
        [64..=79, ..] if fits_channel_data(datagram) => Kind::ChannelData,
        [64..=127, ..] if datagram.len() >= QUIC_SHORT_MINIMUM => Kind::Quic,
        [192..=255, ..] if is_quic_long(datagram) => Kind::Quic,
        _ => Kind::Unknown,
    }
}

/// The cookie decides; a broken length is a fault of the message, not a reason to call it something else.
fn is_stun(datagram: &[u8]) -> bool {
    match u32_at(datagram, 4) {
        Some(COOKIE) => datagram.len() >= stun::message::HEADER,
        Some(_) => stun::Message::new(datagram).is_ok(),
        None => false,
    }
}

/// Over UDP the data fills the datagram but for padding (RFC 8656 §12.5).
fn fits_channel_data(datagram: &[u8]) -> bool {
    u16_at(datagram, 2).is_some_and(|length| {
        let end = 4 + usize::from(length);
        end <= datagram.len() && datagram.len() - end < 4
    })
}

/// Long headers name their version and the length of their connection id: at most 20 bytes in versions 1 and 2 (RFC 9000 §17.2).
fn is_quic_long(datagram: &[u8]) -> bool {
    let (Some(version), Some(id_length)) = (u32_at(datagram, 1), u8_at(datagram, 5)) else {
        return false;
    };
    let known = matches!(version, 0 | 1 | 0x6b33_43cf | 0xff00_0000..=0xff00_00ff)
        // Google's own versions, `Q050` and such, and RFC 9000's reserved ones.
        || matches!(version >> 24, 0x51 | 0x54)
        || version & 0x0f0f_0f0f == 0x0a0a_0a0a;
    known && id_length <= 20 && datagram.len() > 6 + usize::from(id_length)
}

/// RTP header without CSRCs.
const RTP_MINIMUM: usize = 12;

/// RTCP header and the sender's SSRC.
const RTCP_MINIMUM: usize = 8;

/// DTLS record header up to 1.2.
const DTLS_MINIMUM: usize = 13;

/// First byte, one byte of sequence number, and the 16 bytes of ciphertext that RFC 9147 §4.2.3 needs to hide the number.
const DTLS_UNIFIED_MINIMUM: usize = 18;

/// First byte, packet number and tag (RFC 9001 §5.4.2 needs 20 bytes after the first).
const QUIC_SHORT_MINIMUM: usize = 21;

/// "ZRTP" in bytes 4..8 (RFC 6189 §5).
const ZRTP_COOKIE: u32 = 0x5a52_5450;

#[cfg(test)]
mod tests {
    use super::*;

    /// These bytes, and zeros up to `length`.
    fn check(first: &[u8], length: usize, expected: Kind) {
        let mut datagram = first.to_vec();
        datagram.resize(length.max(first.len()), 0);
        assert_eq!(classify(&datagram), expected, "{first:02x?}");
    }

    #[test]
    fn each_protocol_is_known_by_its_first_bytes() {
        check(&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42], 20, Kind::Stun);
        check(&[0x10, 0, 0, 13, 0x5a, 0x52, 0x54, 0x50], 60, Kind::Zrtp);
        check(&[22, 0xfe, 0xfd], 60, Kind::Dtls);
        check(&[0x2f, 0x12, 0x34], 60, Kind::DtlsUnified);
        check(&[0x40, 0, 0, 8], 12, Kind::ChannelData);
        check(&[0x40, 0, 0xff, 8], 60, Kind::Quic);
        check(&[0x60], 60, Kind::Quic);
        check(&[0xc3, 0, 0, 0, 1, 8], 1200, Kind::Quic);
        check(&[0x80, 96], 12, Kind::Rtp);
        check(&[0x80, 0xe0], 12, Kind::Rtp);
        check(&[0x80, 200], 28, Kind::Rtcp);
        check(&[0x81, 206], 12, Kind::Rtcp);
    }

    #[test]
    fn the_range_alone_is_not_enough() {
        check(&[0, 1, 1, 0, 0, 1], 30, Kind::Unknown); // a DNS query with id 1
        check(&[22, 3, 3], 60, Kind::Unknown);
        check(&[18], 60, Kind::Unknown);
        check(&[9], 60, Kind::Unknown);
        check(&[0xff; 4], 40, Kind::Unknown);
        check(&[0x80, 0x60], 11, Kind::Unknown);
        check(&[0x80, 0xc8], 7, Kind::Unknown);
        check(&[0x60], 20, Kind::Unknown);
        check(&[], 0, Kind::Unknown);
    }

    #[test]
    fn a_stun_message_with_a_wrong_length_is_still_stun() {
        check(&[0, 1, 0xff, 0xff, 0x21, 0x12, 0xa4, 0x42], 40, Kind::Stun);
        // Classic: Binding request with CHANGE-REQUEST.
        let mut classic = vec![0, 1, 0, 8];
        classic.extend([0xee; 16]);
        classic.extend([0, 3, 0, 4, 0, 0, 0, 6]);
        check(&classic, 28, Kind::Stun);
    }
}
