//! Is a datagram DTLS? Asked before anything of it is believed.
//!
//! RFC 7983 §7 sorts by the first byte, 20 to 63; text, SSDP and proprietary protocols fall into that range too.

use crate::wire::dtls::handshake::Fragment;
use crate::wire::dtls::record::Header;
use crate::wire::dtls::record::Record;
use crate::wire::dtls::record::Records;
use crate::wire::tls::registry::ContentType;
use crate::wire::tls::registry::Version;

/// Is this datagram surely DTLS by its first record's 13-byte header?
///
/// The content type, the version and, while unencrypted, the content's shape must fit. The version of AnyConnect, 0x0100, is no rare pair
/// of bytes: then the records must also fill the datagram to its last byte (Zoom's own protocol looks like such alerts otherwise).
/// Does not see DTLS 1.3's ciphertext: that has no fixed bytes, see [`probe_unified`].
pub fn probe(datagram: &[u8]) -> bool {
    let mut records = Records::new(datagram, None);
    let Some(Ok(first)) = records.next() else {
        return false;
    };
    let Header::Classic { version, .. } = first.header else {
        return false;
    };
    let mut exact = || first.missing == 0 && records.all(|record| record.is_ok_and(|r| fits(&r)));
    fits(&first) && (version != Version::DtlsAnyConnect || exact())
}

/// Could this datagram be DTLS 1.3 ciphertext? To be asked about conversations that have shown DTLS: a header with a length must fit the
/// datagram to the byte, but one without a length fits almost anything.
pub fn probe_unified(datagram: &[u8]) -> bool {
    matches!(datagram, [32..=63, ..])
        && Records::new(datagram, None).all(|record| record.is_ok_and(|r| fits(&r)))
}

fn fits(record: &Record<'_>) -> bool {
    let Header::Classic {
        content_type,
        epoch,
        ..
    } = record.header
    else {
        return record.fragment.len() >= Record::UNIFIED_FRAGMENT_MINIMUM;
    };
    let length = record.fragment.len() + record.missing;
    if length == 0 || length > Record::FRAGMENT_LIMIT {
        return false;
    }
    if epoch > 0 {
        return true;
    }
    match content_type {
        ContentType::ChangeCipherSpec => length == 1 || length == 3,
        ContentType::Alert => length == 2,
        ContentType::Handshake => Fragment::probe(record.fragment),
        ContentType::Ack => length >= 2 && length % 16 == 2,
        // Nobody may send data before there are keys.
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::dtls::samples;

    #[test]
    fn only_dtls_passes_the_probe() {
        for sample in samples::HANDSHAKE {
            assert!(probe(&sample.bytes()));
        }
        // Encrypted alert of epoch 1, and its AnyConnect twin.
        let mut alert = vec![21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 0, 18];
        alert.extend([9; 18]);
        assert!(probe(&alert));
        alert[1..3].copy_from_slice(&[1, 0]);
        assert!(probe(&alert));
        assert!(!probe(&alert[..30]));
        // Zoom's own protocol between two peers: begins 15 01 00 as an AnyConnect alert would.
        assert!(!probe(&samples::ZOOM_LOOKALIKE.bytes()));
        // SSDP, STUN, RTP.
        assert!(!probe(b"NOTIFY * HTTP/1.1"));
        assert!(!probe(&[0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42]));
        assert!(!probe(&[0x80, 0x60, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]));
        // Application data before there are keys.
        assert!(!probe(&[
            23, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 1, 2
        ]));
    }

    #[test]
    fn ciphertext_of_1_3_must_fill_the_datagram() {
        let datagram = samples::CIPHER_1_3_B.bytes();
        assert!(probe_unified(&datagram) && !probe(&datagram));
        assert!(!probe_unified(&datagram[..datagram.len() - 1]));
        assert!(!probe_unified(&[0x2f, 0, 0, 0, 2, 1, 1]));
    }

    #[test]
    fn no_cut_or_flipped_datagram_panics() {
        let datagram = samples::SERVER_FLIGHT.bytes();
        for length in 0..=datagram.len() {
            probe(&datagram[..length]);
            probe_unified(&datagram[..length]);
        }
        for bit in 0..datagram.len() * 8 {
            let mut flipped = datagram.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            probe(&flipped);
            probe_unified(&flipped);
        }
    }
}
