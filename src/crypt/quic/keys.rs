//! Keys of one direction and kind of packet: header protection off, then the payload opened (RFC 9001 §5).

use crate::crypt::aead;
use crate::crypt::aead::Aead;
use crate::crypt::aead::Algorithm;
use crate::crypt::hash::Hash;
use crate::crypt::hkdf::Prefix;
use crate::crypt::hkdf::expand_label;
use crate::crypt::mask::Mask;
use crate::crypt::mask::whole_number;
use crate::crypt::tls::suite::Protection;
use crate::crypt::tls::suite::Suite;
use crate::wire::quic::version::Dialect;

/// Keys of one direction and kind of packet.
#[derive(Debug)]
pub struct Keys {
    aead: Aead,
    iv: aead::Nonce,
    mask: Mask,
    dialect: Dialect,
    suite: Suite,
    secret: Vec<u8>,
}

/// A header without its protection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmasked {
    /// All of it, number included: what the payload is authenticated with.
    pub bytes: Vec<u8>,
    /// The packet number, all 62 bits.
    pub number: u64,
}

impl Unmasked {
    /// The key phase that a short header tells.
    pub fn key_phase(&self) -> bool {
        self.bytes.first().is_some_and(|first| first & 0x04 != 0)
    }
}

impl Keys {
    /// Keys out of a traffic secret; `None` when the suite is none of QUIC's or the secret has not the length of its hash.
    pub fn new(dialect: Dialect, suite: Suite, secret: &[u8]) -> Option<Self> {
        let Protection::Aead(algorithm) = suite.protection else {
            return None;
        };
        let labels = Labels::of(dialect);
        let make = |word, length| expand(suite.hash, secret, word, length);
        let key = make(labels.header, algorithm.key_length())?;
        let mask = Mask::new(algorithm, &key)?;
        Some(Self {
            aead: Aead::new(algorithm, &make(labels.key, algorithm.key_length())?)?,
            iv: make(labels.iv, 12)?.try_into().ok()?,
            mask,
            dialect,
            suite,
            secret: secret.to_vec(),
        })
    }

    /// Keys of Initial packets, the client's and the server's, out of the destination id that the client's first one had
    /// (RFC 9001 §5.2).
    pub fn initial(dialect: Dialect, destination: &[u8]) -> Option<[Self; 2]> {
        let secret = Hash::Sha256.hmac(salt(dialect), &[destination]);
        let side = |word| {
            let secret = expand(Hash::Sha256, &secret, word, 32)?;
            Self::new(dialect, INITIAL_SUITE, &secret)
        };
        Some([side("client in")?, side("server in")?])
    }

    /// Keys after the next update. The header's stay as they are (RFC 9001 §6.1).
    pub fn updated(&self) -> Option<Self> {
        let word = Labels::of(self.dialect).update;
        let length = self.suite.hash.length();
        let secret = expand(self.suite.hash, &self.secret, word, length)?;
        let next = Self::new(self.dialect, self.suite, &secret)?;
        let mask = self.mask.clone();
        Some(Self { mask, ..next })
    }

    /// Takes header protection off `packet`, whose number begins at `number_at`; `expected`: the number after the largest one so far.
    /// `None` when the packet is too short to have been sealed.
    pub fn unmask(&self, packet: &[u8], number_at: usize, expected: u64) -> Option<Unmasked> {
        let sample: &[u8; 16] = packet.get(number_at.checked_add(4)?..)?.first_chunk()?;
        let [first_mask, number_mask @ ..] = self.mask.of(sample);
        let &first = packet.first()?;
        let masked = if first & 0x80 == 0 { 0x1f } else { 0x0f };
        let first = first ^ (first_mask & masked);
        let length = usize::from(first & 3) + 1;
        let mut bytes = packet.get(..number_at + length)?.to_vec();
        *bytes.first_mut()? = first;
        let mut truncated = 0;
        for (byte, mask) in bytes.iter_mut().skip(number_at).zip(number_mask) {
            *byte ^= mask;
            truncated = truncated << 8 | u64::from(*byte);
        }
        Some(Unmasked {
            bytes,
            number: whole_number(truncated, 8 * length as u32, expected),
        })
    }

    /// The frames of `packet`; `None` when they were not sealed with these keys and this header.
    pub fn open(&self, packet: &[u8], header: &Unmasked) -> Option<Vec<u8>> {
        let sealed = packet.get(header.bytes.len()..)?;
        let nonce = aead::nonce(&self.iv, header.number);
        self.aead.open(&nonce, &header.bytes, sealed)
    }
}

struct Labels {
    key: &'static str,
    iv: &'static str,
    header: &'static str,
    update: &'static str,
}

impl Labels {
    /// RFC 9001 §5.1, RFC 9369 §3.3.2.
    const fn of(dialect: Dialect) -> Self {
        match dialect {
            Dialect::V2 => Self {
                key: "quicv2 key",
                iv: "quicv2 iv",
                header: "quicv2 hp",
                update: "quicv2 ku",
            },
            _ => Self {
                key: "quic key",
                iv: "quic iv",
                header: "quic hp",
                update: "quic ku",
            },
        }
    }
}

fn expand(hash: Hash, secret: &[u8], word: &str, length: usize) -> Option<Vec<u8>> {
    expand_label(hash, Prefix::Tls, secret, word, &[], length)
}

const fn salt(dialect: Dialect) -> &'static [u8; 20] {
    match dialect {
        Dialect::V1 => {
            b"\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a"
        }
        Dialect::V2 => {
            b"\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9"
        }
        Dialect::Draft29 => {
            b"\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99"
        }
        Dialect::Draft23 => {
            b"\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02"
        }
    }
}

/// Initial packets are sealed before anything was agreed on.
const INITIAL_SUITE: Suite = Suite {
    protection: Protection::Aead(Algorithm::Aes128Gcm),
    hash: Hash::Sha256,
};

#[cfg(test)]
impl Keys {
    /// A whole packet out of its header, the last `number_bytes` of which are the packet number, and its frames.
    pub(crate) fn seal(&self, header: &[u8], number: u64, frames: &[u8]) -> Vec<u8> {
        let number_bytes = usize::from(header[0] & 3) + 1;
        let number_at = header.len() - number_bytes;
        let sealed = self
            .aead
            .seal(&aead::nonce(&self.iv, number), header, frames);
        let mut packet = [header, &sealed].concat();
        let sample = packet[number_at + 4..].first_chunk().expect("long enough");
        let mask = self.mask.of(sample);
        packet[0] ^= mask[0] & if packet[0] & 0x80 == 0 { 0x1f } else { 0x0f };
        for at in 0..number_bytes {
            packet[number_at + at] ^= mask[1 + at];
        }
        packet
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypt::tls::testing::digits;
    use crate::crypt::tls::testing::hex;

    /// The CRYPTO frame of the client's first packet, the same in both RFCs.
    const CLIENT_HELLO: &str = "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c\
        00000413011302010000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d001700180010000700050461\
        6c706e000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b\
        0003020304000d0010000e0403050306030203080408050806002d00020101001c00024001003900320408ffffffffffffffff05048000ff\
        ff07048000ffff0801100104800075300901100f088394c8f03e51570806048000ffff";
    const SERVER_HELLO: &str = "02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b\
        9a045a1200130100002e00330024001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b00020304";

    fn initial(dialect: Dialect) -> [Keys; 2] {
        Keys::initial(dialect, &hex("8394c8f03e515708")).expect("made")
    }

    #[track_caller]
    fn check_client(dialect: Dialect, header: &str, begins: &str, ends: &str) {
        let [keys, _] = initial(dialect);
        let mut frames = hex(CLIENT_HELLO);
        frames.resize(1162, 0);
        let packet = keys.seal(&hex(header), 2, &frames);
        assert_eq!(packet.len(), 1200);
        let text = digits(&packet);
        // The tag at the end covers everything between.
        assert!(text.starts_with(begins) && text.ends_with(ends), "{text}");
        let unmasked = keys.unmask(&packet, 18, 0).expect("long enough");
        assert_eq!(
            (unmasked.number, unmasked.bytes.as_slice()),
            (2, &hex(header)[..])
        );
        assert_eq!(keys.open(&packet, &unmasked), Some(frames));
    }

    #[track_caller]
    fn check_server(dialect: Dialect, packet: &str) {
        let [_, keys] = initial(dialect);
        let packet = hex(packet);
        let unmasked = keys.unmask(&packet, 18, 0).expect("long enough");
        assert_eq!(unmasked.number, 1);
        assert_eq!(keys.open(&packet, &unmasked), Some(hex(SERVER_HELLO)));
    }

    /// RFC 9001 appendix A.1 to A.3.
    #[test]
    fn the_initial_packets_of_version_1_open() {
        check_client(
            Dialect::V1,
            "c300000001088394c8f03e5157080000449e00000002",
            "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9b",
            "7e78bfe706ca4cf5e9c5453e9f7cfd2b8b4c8d169a44e55c88d4a9a7f9474241e221af44860018ab0856972e194cd934",
        );
        check_server(
            Dialect::V1,
            "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c\
             3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d06edbb7aaf2f5889\
             1850abbdca3d20398c276456cbc42158407dd074ee",
        );
    }

    /// RFC 9369 appendix A.1 to A.3.
    #[test]
    fn the_initial_packets_of_version_2_open() {
        check_client(
            Dialect::V2,
            "d36b3343cf088394c8f03e5157080000449e00000002",
            "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04de806071",
            "6f4c4938ae79324dc402894b44faf8afbab35282ab659d13c93f70412e85cb199a37ddec600545473cfb5a05e08d0b209973b2172b4d21fb69\
             745a262ccde96ba18b2faa745b6fe189cf772a9f84cbfc"
                .replace(' ', "")
                .as_str(),
        );
        check_server(
            Dialect::V2,
            "dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698baeea26b91eb761d9b89237bbf87263017915358230035f7fd\
             3945d88965cf17f9af6e16886c61bfc703106fbaf3cb4cfa52382dd16a393e42757507698075b2c984c707f0a0812d8cd5a6881eaf21ceda98\
             f4bd23f6fe1a3e2c43edd9ce7ca84bed8521e2e140",
        );
    }

    /// RFC 9001 and RFC 9369 appendix A.5.
    #[test]
    fn short_headers_open_with_chacha20() {
        let suite = Suite {
            protection: Protection::Aead(Algorithm::ChaCha20Poly1305),
            hash: Hash::Sha256,
        };
        let secret = hex("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b");
        let samples = [
            (Dialect::V1, "4cfe4189655e5cd55c41f69080575d7999c25a5bfb"),
            (Dialect::V2, "5558b1c60ae7b6b932bc27d786f4bc2bb20f2162ba"),
        ];
        for (dialect, packet) in samples {
            let keys = Keys::new(dialect, suite, &secret).expect("fits together");
            let packet = hex(packet);
            let unmasked = keys.unmask(&packet, 1, 654_360_564).expect("long enough");
            assert_eq!(unmasked.bytes, hex("4200bff4"));
            assert_eq!(unmasked.number, 654_360_564);
            assert_eq!(keys.open(&packet, &unmasked), Some(vec![1]));
        }
        let keys = Keys::new(Dialect::V1, suite, &secret).expect("fits together");
        assert_eq!(
            digits(&keys.updated().expect("follows").secret),
            "1223504755036d556342ee9361d253421a826c9ecdf3c7148684b36b714881f9"
        );
    }

    #[test]
    fn no_cut_packet_panics() {
        let [keys, _] = initial(Dialect::V1);
        let packet = keys.seal(
            &hex("c300000001088394c8f03e5157080000449e00000002"),
            2,
            &[1; 20],
        );
        for length in 0..packet.len() {
            for number_at in [0, 1, 18, usize::MAX] {
                let cut = &packet[..length];
                if let Some(unmasked) = keys.unmask(cut, number_at, u64::MAX >> 2) {
                    assert_eq!(keys.open(cut, &unmasked), None);
                }
            }
        }
    }
}
