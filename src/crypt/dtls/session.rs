//! Records of one DTLS association, opened.
//!
//! ```text
//! up to 1.2   one pair of keys, for epoch 1; the number is epoch and sequence number as the header shows them       RFC 6347 §4.1.2.1
//! 1.3         keys for epoch 2 (handshake) and 3 (application data); the header shows the number's last bits, masked     RFC 9147 §4.2
//!             authenticated with: the header, its number unmasked                                                          §4
//! ```
//!
//! Records may be lost or come late, so that nothing is counted: each is opened by its own number. Suites with CBC, connection ids up to 1.2 and key
//! updates of 1.3 stay closed: WebRTC uses none of them.

use crate::crypt::aead;
use crate::crypt::aead::Aead;
use crate::crypt::dtls::handshake::Handshake;
use crate::crypt::hkdf::Prefix;
use crate::crypt::hkdf::expand_label;
use crate::crypt::keylog::KeyLog;
use crate::crypt::keylog::Label;
use crate::crypt::mask::Mask;
use crate::crypt::mask::whole_number;
use crate::crypt::tls::opener;
use crate::crypt::tls::opener::Agreed;
use crate::crypt::tls::opener::Opener;
use crate::crypt::tls::session::Peer;
use crate::crypt::tls::suite::Protection;
use crate::crypt::tls::suite::Suite;
use crate::wire::dtls::record::Header;
use crate::wire::dtls::record::Record;
use crate::wire::tls::record::Record as TlsRecord;
use crate::wire::tls::registry::ContentType;
use crate::wire::tls::registry::Version;

/// The keys of both sides.
#[derive(Debug)]
pub struct Session([Side; 2]);

/// What one side sends with.
#[derive(Debug)]
enum Side {
    /// Up to 1.2.
    Classic(Opener),
    /// 1.3: of the handshake, and of application data; those that the log has.
    Unified([Option<Epoch>; 2]),
}

/// Keys of one epoch of DTLS 1.3.
#[derive(Debug)]
struct Epoch {
    aead: Aead,
    iv: aead::Nonce,
    mask: Mask,
    /// The number after the largest one so far.
    expected: u64,
}

/// A record's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What it is; `None` for padding only.
    pub content_type: Option<ContentType>,
    /// The plaintext.
    pub bytes: Vec<u8>,
}

impl Session {
    /// The keys of an association; `None` when the log lacks its secrets or the suite is not read here.
    pub fn new(log: &KeyLog, handshake: &Handshake) -> Option<Self> {
        let suite = Suite::of(handshake.suite)?;
        let random = &handshake.client_random;
        if handshake.version == Version::Dtls13 {
            let side = |labels: [Label; 2]| {
                let epochs = labels.map(|label| Epoch::new(suite, log.secret(random, label)?));
                epochs
                    .iter()
                    .any(Option::is_some)
                    .then_some(Side::Unified(epochs))
            };
            let client = side([Label::ClientHandshake, Label::ClientTraffic(0)])?;
            let server = side([Label::ServerHandshake, Label::ServerTraffic(0)])?;
            return Some(Self([client, server]));
        }
        if matches!(suite.protection, Protection::Cbc { .. }) {
            return None;
        }
        let agreed = Agreed {
            version: match handshake.version {
                Version::Dtls12 => Version::Tls12,
                _ => return None,
            },
            suite,
            client_random: handshake.client_random,
            server_random: handshake.server_random,
            encrypt_then_mac: false,
        };
        let master = log.secret(random, Label::MasterSecret)?;
        let side = |peer| Opener::of_master_secret(&agreed, master, peer).map(Side::Classic);
        Some(Self([side(Peer::Client)?, side(Peer::Server)?]))
    }

    /// The content of a record of `datagram`, sent by the client or the server; `None` when these keys do not open it.
    pub fn open(
        &mut self,
        from_client: bool,
        datagram: &[u8],
        record: &Record<'_>,
    ) -> Option<Opened> {
        let [client, server] = &mut self.0;
        let side = if from_client { client } else { server };
        match (side, record.header) {
            (
                Side::Classic(opener),
                Header::Classic {
                    content_type,
                    version,
                    epoch: 1,
                    sequence_number,
                    connection_id: [],
                },
            ) => {
                let record = TlsRecord {
                    content_type,
                    version,
                    fragment: record.fragment,
                };
                let opened = opener.open_as(&record, 1 << 48 | sequence_number)?;
                Some(Opened {
                    content_type: opened.content_type,
                    bytes: opened.bytes,
                })
            }
            (
                Side::Unified([handshake, traffic]),
                Header::Unified {
                    epoch_bits,
                    connection_id,
                    ..
                },
            ) => {
                let epoch = match epoch_bits {
                    2 => handshake,
                    3 => traffic,
                    _ => return None,
                };
                let header = datagram.get(record.offset..)?.get(..record.header_bytes)?;
                epoch
                    .as_mut()?
                    .open(header, 1 + connection_id.len(), record.fragment)
            }
            _ => None,
        }
    }
}

impl Epoch {
    /// Keys out of a traffic secret (RFC 9147 §5.9).
    fn new(suite: Suite, secret: &[u8]) -> Option<Self> {
        let Protection::Aead(algorithm) = suite.protection else {
            return None;
        };
        let make = |word, length| expand_label(suite.hash, Prefix::Dtls, secret, word, &[], length);
        let length = algorithm.key_length();
        Some(Self {
            aead: Aead::new(algorithm, &make("key", length)?)?,
            iv: make("iv", 12)?.try_into().ok()?,
            mask: Mask::new(algorithm, &make("sn", length)?)?,
            expected: 0,
        })
    }

    fn open(&mut self, header: &[u8], number_at: usize, fragment: &[u8]) -> Option<Opened> {
        let mask = self.mask.of(fragment.first_chunk()?);
        let mut header = header.to_vec();
        let length = if header.first()? & 0b1000 == 0 { 1 } else { 2 };
        let mut truncated = 0;
        for (byte, mask) in header
            .get_mut(number_at..number_at.checked_add(length)?)?
            .iter_mut()
            .zip(mask)
        {
            *byte ^= mask;
            truncated = truncated << 8 | u64::from(*byte);
        }
        let number = whole_number(truncated, 8 * length as u32, self.expected);
        let plain = self
            .aead
            .open(&aead::nonce(&self.iv, number), &header, fragment)?;
        self.expected = self.expected.max(number + 1);
        let opener::Opened {
            content_type,
            bytes,
        } = opener::inner(plain);
        Some(Opened {
            content_type,
            bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::dtls::record::Records;
    use crate::wire::tls::cipher_suite::CipherSuite;

    fn log(label: &str, secret_bytes: usize) -> KeyLog {
        let mut log = KeyLog::default();
        let line = |label| {
            format!(
                "{label} {} {}\n",
                "01".repeat(32),
                "05".repeat(secret_bytes)
            )
        };
        let text: String = label.split(' ').map(line).collect();
        assert!(log.add(text.as_bytes()).is_empty());
        log
    }

    const fn handshake(version: Version, suite: CipherSuite) -> Handshake {
        Handshake {
            client_random: [1; 32],
            server_random: [2; 32],
            version,
            suite,
        }
    }

    /// A record of DTLS 1.3, sealed by hand.
    fn sealed(epoch: &Epoch, epoch_bits: u8, number: u64, content: &[u8]) -> Vec<u8> {
        let inner = [content, &[23]].concat();
        let length = (inner.len() + Aead::TAG) as u16;
        let mut header = vec![0b0010_1100 | epoch_bits];
        header.extend((number as u16).to_be_bytes());
        header.extend(length.to_be_bytes());
        let fragment = epoch
            .aead
            .seal(&aead::nonce(&epoch.iv, number), &header, &inner);
        let mask = epoch.mask.of(fragment.first_chunk().expect("16 bytes"));
        header[1] ^= mask[0];
        header[2] ^= mask[1];
        [header, fragment].concat()
    }

    #[test]
    fn records_of_1_3_open_in_any_order_and_damaged_ones_do_not() {
        let suite = CipherSuite::Aes128GcmSha256;
        let labels = "CLIENT_TRAFFIC_SECRET_0 SERVER_TRAFFIC_SECRET_0";
        let log = log(labels, 32);
        let mut session = Session::new(&log, &handshake(Version::Dtls13, suite)).expect("keys");
        let suite = Suite::of(suite).expect("known");
        let sender = Epoch::new(suite, &[5; 32]).expect("keys");
        for number in [0, 3, 1, 30_000, 60_000, 70_000, 69_999] {
            let datagram = sealed(&sender, 3, number, b"hello");
            let records: Vec<_> = Records::new(&datagram, None).flatten().collect();
            let opened = session.open(true, &datagram, &records[0]).expect("opens");
            assert_eq!(opened.bytes, b"hello");
            assert_eq!(opened.content_type, Some(ContentType::ApplicationData));
            for at in 0..datagram.len() {
                let mut flipped = datagram.clone();
                flipped[at] ^= 1;
                for record in Records::new(&flipped, None).flatten() {
                    assert_eq!(session.open(true, &flipped, &record), None, "{at}");
                }
            }
        }
        let other = sealed(&sender, 2, 0, b"of the handshake");
        let record = Records::new(&other, None).flatten().next().expect("one");
        assert_eq!(
            session.open(true, &other, &record),
            None,
            "no secret for it"
        );
    }

    #[test]
    fn without_secrets_or_with_cbc_there_is_no_session() {
        let gcm = CipherSuite::Aes128GcmSha256;
        let master = log("CLIENT_RANDOM", 48);
        let none =
            |log: &KeyLog, version, suite| Session::new(log, &handshake(version, suite)).is_none();
        assert!(none(&KeyLog::default(), Version::Dtls13, gcm));
        assert!(none(&master, Version::Dtls13, gcm));
        let cbc = CipherSuite::from_code(0xc00a);
        assert!(none(&master, Version::Dtls12, cbc));
        let chacha = CipherSuite::from_code(0xcca9);
        assert!(!none(&master, Version::Dtls12, chacha));
    }
}
