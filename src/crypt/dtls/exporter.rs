//! SRTP's keys out of a handshake's secrets: the exporter with the label `EXTRACTOR-dtls_srtp` (RFC 5764 §4.2).
//!
//! ```text
//! up to 1.2   PRF(master secret, label, client random + server random)                       RFC 5705 §4
//! 1.3         HKDF-Expand-Label(Derive-Secret(exporter secret, label, ""), "exporter", Hash(""))     RFC 8446 §7.5
//!
//! output      client's master key · server's master key · client's salt · server's salt
//! ```

use sha2::Digest;
use sha2::Sha256;
use sha2::Sha384;

use crate::crypt::dtls::handshake::Handshake;
use crate::crypt::hash::Hash;
use crate::crypt::hkdf::Prefix;
use crate::crypt::hkdf::expand_label;
use crate::crypt::keylog::KeyLog;
use crate::crypt::keylog::Label;
use crate::crypt::prf::Prf;
use crate::crypt::srtp::keys::Keys;
use crate::crypt::srtp::protection::Protection;
use crate::crypt::tls::suite::Suite;
use crate::wire::tls::registry::Version;

/// What client and server send SRTP with. `None` when the log lacks the handshake's secret, or the suite is not read here.
pub fn srtp_keys(log: &KeyLog, handshake: &Handshake, protection: Protection) -> Option<[Keys; 2]> {
    let (key_length, salt_length) = (protection.key_length, protection.salt_length);
    let block = export(log, handshake, 2 * (key_length + salt_length))?;
    let (client_key, rest) = block.split_at_checked(key_length)?;
    let (server_key, rest) = rest.split_at_checked(key_length)?;
    let (client_salt, server_salt) = rest.split_at_checked(salt_length)?;
    Some([
        Keys::new(protection, client_key, client_salt)?,
        Keys::new(protection, server_key, server_salt)?,
    ])
}

fn export(log: &KeyLog, handshake: &Handshake, length: usize) -> Option<Vec<u8>> {
    let hash = Suite::of(handshake.suite)?.hash;
    let random = &handshake.client_random;
    if handshake.version == Version::Dtls13 {
        let secret = log.secret(random, Label::Exporter)?;
        let empty = empty_hash(hash)?;
        let make = |secret: &[u8], word, length| {
            expand_label(hash, Prefix::Dtls, secret, word, &empty, length)
        };
        let derived = make(secret, LABEL, hash.length())?;
        return make(&derived, "exporter", length);
    }
    let prf = match handshake.version {
        Version::Dtls12 => Prf::Hash(hash),
        Version::Dtls10 => Prf::Md5Sha1,
        _ => return None,
    };
    let master = log.secret(random, Label::MasterSecret)?;
    let seed = [&random[..], &handshake.server_random];
    Some(prf.expand(master, LABEL, &seed, length))
}

/// Hash of nothing: the exporter is asked without a context.
fn empty_hash(hash: Hash) -> Option<Vec<u8>> {
    match hash {
        Hash::Sha256 => Some(Sha256::digest([]).to_vec()),
        Hash::Sha384 => Some(Sha384::digest([]).to_vec()),
        Hash::Md5 | Hash::Sha1 => None,
    }
}

/// RFC 5764 §4.2.
const LABEL: &str = "EXTRACTOR-dtls_srtp";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tls::cipher_suite::CipherSuite;
    use crate::wire::tls::srtp_profile::SrtpProfile;

    fn log(label: &str, secret_bytes: usize) -> KeyLog {
        let mut log = KeyLog::default();
        let line = format!("{label} {} {}", "01".repeat(32), "05".repeat(secret_bytes));
        assert!(log.add(line.as_bytes()).is_empty());
        log
    }

    const fn handshake(version: Version) -> Handshake {
        Handshake {
            client_random: [1; 32],
            server_random: [2; 32],
            version,
            suite: CipherSuite::Aes128GcmSha256,
        }
    }

    #[test]
    fn both_sides_get_keys_of_their_own_from_either_version() {
        let cases = [
            (Version::Dtls12, log("CLIENT_RANDOM", 48)),
            (Version::Dtls13, log("EXPORTER_SECRET", 32)),
        ];
        for (version, log) in cases {
            for profile in [SrtpProfile::AeadAes128Gcm, SrtpProfile::Aes128CmHmacSha1_80] {
                let protection = Protection::of(profile).expect("known");
                let [client, server] =
                    srtp_keys(&log, &handshake(version), protection).expect("makes keys");
                assert_ne!(client, server);
            }
        }
    }

    #[test]
    fn without_the_right_secret_there_are_no_keys() {
        let protection = Protection::of(SrtpProfile::AeadAes256Gcm).expect("known");
        let without = |version, log| srtp_keys(&log, &handshake(version), protection).is_none();
        assert!(without(Version::Dtls12, log("EXPORTER_SECRET", 32)));
        assert!(without(Version::Dtls13, log("CLIENT_RANDOM", 48)));
        assert!(without(Version::Dtls12, KeyLog::default()));
    }
}
