//! The tag of Retry packets (RFC 9001 §5.8, RFC 9369 §3.3.3): sealed with keys that everybody knows, it shows that the server saw the
//! client's first packet.

use crate::crypt::aead::Aead;
use crate::crypt::aead::Algorithm;
use crate::wire::quic::header::Retry;
use crate::wire::quic::version::Dialect;

/// Does the packet answer a client whose first destination id was `original`?
pub fn is_authentic(retry: &Retry<'_>, original: &[u8]) -> bool {
    let Some(dialect) = retry.header.version.dialect() else {
        return false;
    };
    let (key, nonce) = keys(dialect);
    let Some(aead) = Aead::new(Algorithm::Aes128Gcm, &key.to_be_bytes()) else {
        return false;
    };
    let mut associated = vec![original.len() as u8];
    associated.extend_from_slice(original);
    associated.extend_from_slice(retry.signed);
    aead.open(&nonce, &associated, retry.tag).is_some()
}

const fn keys(dialect: Dialect) -> (u128, [u8; 12]) {
    match dialect {
        Dialect::V1 => (
            0xbe0c_690b_9f66_575a_1d76_6b54_e368_c84e,
            *b"\x46\x15\x99\xd3\x5d\x63\x2b\xf2\x23\x98\x25\xbb",
        ),
        Dialect::V2 => (
            0x8fb4_b01b_56ac_48e2_60fb_cbce_ad7c_cc92,
            *b"\xd8\x69\x69\xbc\x2d\x7c\x6d\x99\x90\xef\xb0\x4a",
        ),
        Dialect::Draft29 => (
            0xccce_187e_d09a_09d0_5728_155a_6cb9_6be1,
            *b"\xe5\x49\x30\xf9\x7f\x21\x36\xf0\x53\x0a\x8c\x1c",
        ),
        Dialect::Draft23 => (
            0x4d32_ecdb_2a21_33c8_41e4_043d_f27d_4430,
            *b"\x4d\x16\x11\xd0\x55\x13\xa5\x52\xc5\x87\xd5\x75",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypt::tls::testing::hex;
    use crate::wire::quic::header::Packet;

    #[track_caller]
    fn check(packet: &str) {
        let packet = hex(packet);
        let Ok((Packet::Retry(retry), _)) = Packet::split(&packet) else {
            unreachable!("a Retry");
        };
        assert!(is_authentic(&retry, &hex("8394c8f03e515708")));
        assert!(!is_authentic(&retry, &hex("8394c8f03e515709")));
    }

    /// RFC 9001 appendix A.4, RFC 9369 appendix A.4, and the same of draft 29.
    #[test]
    fn the_rfcs_packets_are_authentic() {
        check("ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba");
        check("cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6");
        check("ffff00001d0008f067a5502a4262b5746f6b656ed16926d81f6f9ca2953a8aa4575e1e49");
    }
}
