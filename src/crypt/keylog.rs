//! NSS key log: the text that `SSLKEYLOGFILE` makes browsers and servers write, and that pcapng files may embed.
//!
//! One secret a line, in hex (draft-ietf-tls-keylogfile §2):
//!
//! ```text
//! # comment
//! CLIENT_RANDOM 5b58…7d05 8f1c…02aa           TLS and DTLS 1.2 and earlier: 48-byte master secret
//! CLIENT_TRAFFIC_SECRET_0 3b2d…6efa c343…186c TLS, DTLS 1.3 and QUIC: as long as the hash, 32 or 48 bytes
//! └ label                 └ client random, 32 bytes, from the ClientHello
//! ```
//!
//! The text does not say whether a secret belongs to TLS, DTLS or QUIC: only the ClientHello with that random does. So
//! [`KeyLog`] is a table by client random, and whoever has seen a handshake asks it.

use std::borrow::Cow;
use std::fmt::Write;

use hashbrown::HashMap;

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;

/// Random of a ClientHello (RFC 8446 §4.1.2), the name under which secrets are filed.
pub type ClientRandom = [u8; 32];

/// What a secret is for (draft-ietf-tls-keylogfile §2.1, §2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// `CLIENT_RANDOM`: master secret of (D)TLS 1.2 and earlier.
    MasterSecret,
    /// `CLIENT_EARLY_TRAFFIC_SECRET`: 0-RTT data.
    ClientEarly,
    /// `CLIENT_HANDSHAKE_TRAFFIC_SECRET`.
    ClientHandshake,
    /// `SERVER_HANDSHAKE_TRAFFIC_SECRET`.
    ServerHandshake,
    /// `CLIENT_TRAFFIC_SECRET_N`: application data after N key updates.
    ClientTraffic(u16),
    /// `SERVER_TRAFFIC_SECRET_N`.
    ServerTraffic(u16),
    /// `EARLY_EXPORTER_SECRET`.
    EarlyExporter,
    /// `EXPORTER_SECRET`: SRTP keys come from it (RFC 5764 §4.2).
    Exporter,
}

impl Label {
    fn parse(word: &str) -> Option<Self> {
        // QUIC implementations of the drafts put their name in front.
        let word = word.strip_prefix("QUIC_").unwrap_or(word);
        Some(match word {
            "CLIENT_RANDOM" => Self::MasterSecret,
            "CLIENT_EARLY_TRAFFIC_SECRET" => Self::ClientEarly,
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET" => Self::ClientHandshake,
            "SERVER_HANDSHAKE_TRAFFIC_SECRET" => Self::ServerHandshake,
            "EARLY_EXPORTER_SECRET" => Self::EarlyExporter,
            "EXPORTER_SECRET" => Self::Exporter,
            _ => {
                if let Some(updates) = word.strip_prefix("CLIENT_TRAFFIC_SECRET_") {
                    Self::ClientTraffic(updates.parse().ok()?)
                } else {
                    let updates = word.strip_prefix("SERVER_TRAFFIC_SECRET_")?;
                    Self::ServerTraffic(updates.parse().ok()?)
                }
            }
        })
    }

    /// As key logs name it.
    fn word(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::MasterSecret => "CLIENT_RANDOM",
            Self::ClientEarly => "CLIENT_EARLY_TRAFFIC_SECRET",
            Self::ClientHandshake => "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
            Self::ServerHandshake => "SERVER_HANDSHAKE_TRAFFIC_SECRET",
            Self::ClientTraffic(updates) => {
                return Cow::Owned(format!("CLIENT_TRAFFIC_SECRET_{updates}"));
            }
            Self::ServerTraffic(updates) => {
                return Cow::Owned(format!("SERVER_TRAFFIC_SECRET_{updates}"));
            }
            Self::EarlyExporter => "EARLY_EXPORTER_SECRET",
            Self::Exporter => "EXPORTER_SECRET",
        })
    }

    /// May a secret of this label be `length` bytes long?
    const fn fits(self, length: usize) -> bool {
        match self {
            Self::MasterSecret => length == 48,
            // As long as the hash: SHA-256 or SHA-384, and SHA-512 should a suite ever use it.
            _ => matches!(length, 32 | 48 | 64),
        }
    }
}

/// Secrets by client random.
#[derive(Debug, Clone, Default)]
pub struct KeyLog {
    by_random: HashMap<ClientRandom, Vec<(Label, Vec<u8>)>>,
    secrets: usize,
}

impl KeyLog {
    /// Secrets kept at most; a browser left running for a year writes fewer.
    pub const SECRETS_MAX: usize = 200_000;

    /// Adds the lines of one key log and returns what was wrong with it, line by line.
    ///
    /// `Fault::offset` is the byte at which the line begins. Lines that repeat a known secret add nothing. A bad line spoils
    /// only itself. Comments, empty lines and labels without use here (`RSA`, `ECH_SECRET` …) pass silently.
    pub fn add(&mut self, text: &[u8]) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut offset = 0;
        for line in text.split(|&byte| byte == b'\n') {
            match parse_line(line) {
                Ok(Some(Line {
                    random,
                    label,
                    secret,
                })) => {
                    if self.secrets >= Self::SECRETS_MAX {
                        faults.push(Fault::new(
                            Layer::Tls,
                            "tls-keylog-too-many-secrets",
                            offset,
                        ));
                        break;
                    }
                    let secrets = self.by_random.entry(random).or_default();
                    if !secrets.iter().any(|(known, _)| *known == label) {
                        secrets.push((label, secret));
                        self.secrets += 1;
                    }
                }
                Err(name) if faults.len() < FAULTS_MAX => {
                    faults.push(Fault::new(Layer::Tls, name, offset));
                }
                Ok(None) | Err(_) => {}
            }
            offset += line.len() + 1;
        }
        faults
    }

    /// The secret filed under a ClientHello's random, if the log has it.
    pub fn secret(&self, random: &ClientRandom, label: Label) -> Option<&[u8]> {
        let secrets = self.by_random.get(random)?;
        let (_, secret) = secrets.iter().find(|(known, _)| *known == label)?;
        Some(secret)
    }

    /// Lines usable for the handshake with this random: 0 when the log does not know it.
    pub fn lines_for(&self, random: &ClientRandom) -> usize {
        self.by_random.get(random).map_or(0, Vec::len)
    }

    /// The lines for the handshakes with these randoms, as the text of a key log.
    pub fn text_for(&self, randoms: impl IntoIterator<Item = ClientRandom>) -> String {
        let mut text = String::new();
        for random in randoms {
            for (label, secret) in self.by_random.get(&random).into_iter().flatten() {
                let (random, secret) = (hex(&random), hex(secret));
                let _ = writeln!(text, "{} {random} {secret}", label.word());
            }
        }
        text
    }

    /// Secrets in all.
    pub const fn len(&self) -> usize {
        self.secrets
    }

    /// No secret at all?
    pub const fn is_empty(&self) -> bool {
        self.secrets == 0
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Faults reported of one text: enough to see what is wrong, few when somebody passes the wrong file.
const FAULTS_MAX: usize = 32;

/// The longest line that can hold a secret is under 250 bytes; `ECH_CONFIG` lines are longer and not used.
const LINE_MAX: usize = 4_096;

struct Line {
    random: ClientRandom,
    label: Label,
    secret: Vec<u8>,
}

/// The secret in a line, nothing for a line without use here, or the name of its fault.
fn parse_line(line: &[u8]) -> Result<Option<Line>, &'static str> {
    if line.len() > LINE_MAX {
        return Err("tls-keylog-line-too-long");
    }
    let text: Cow<'_, str> = String::from_utf8_lossy(line.trim_ascii());
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    let mut words = text.split_ascii_whitespace();
    let (Some(label), Some(random), Some(secret), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err("tls-keylog-line-malformed");
    };
    let Some(label) = Label::parse(label) else {
        let known_elsewhere = matches!(
            label,
            "RSA"
                | "ECH_SECRET"
                | "ECH_CONFIG"
                | "PMS_CLIENT_RANDOM"
                // OpenSSL writes the letter after a key update; the secret follows from the one before.
                | "CLIENT_TRAFFIC_SECRET_N"
                | "SERVER_TRAFFIC_SECRET_N"
        );
        return if known_elsewhere {
            Ok(None)
        } else {
            Err("tls-keylog-label-unknown")
        };
    };
    let random = parse_hex(random)
        .and_then(|bytes| ClientRandom::try_from(bytes).ok())
        .ok_or("tls-keylog-random-malformed")?;
    let secret = parse_hex(secret)
        .filter(|secret| label.fits(secret.len()))
        .ok_or("tls-keylog-secret-malformed")?;
    Ok(Some(Line {
        random,
        label,
        secret,
    }))
}

fn parse_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    pairs
        .iter()
        .map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RANDOM: &str = "5b581e639d037df55fad39c402000102030405060708090a0b0c0d0e0f101112";

    fn random() -> ClientRandom {
        parse_hex(RANDOM).unwrap().try_into().unwrap()
    }

    fn faults_of(text: &str) -> Vec<&'static str> {
        let faults = KeyLog::default().add(text.as_bytes());
        faults.iter().map(|fault| fault.name).collect()
    }

    #[test]
    fn what_is_written_is_read_again_as_it_was() {
        let (random, secret) = ("ab".repeat(32), "cd".repeat(48));
        let labels = [
            "CLIENT_RANDOM",
            "CLIENT_EARLY_TRAFFIC_SECRET",
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
            "SERVER_HANDSHAKE_TRAFFIC_SECRET",
            "CLIENT_TRAFFIC_SECRET_0",
            "SERVER_TRAFFIC_SECRET_12",
            "EARLY_EXPORTER_SECRET",
            "EXPORTER_SECRET",
        ];
        let lines = labels.map(|label| format!("{label} {random} {secret}\n"));
        let mut log = KeyLog::default();
        assert_eq!(log.add(lines.concat().as_bytes()), []);
        log.add(format!("CLIENT_RANDOM {} {secret}", "00".repeat(32)).as_bytes());
        assert_eq!(log.text_for([[0xab; 32], [0x77; 32]]), lines.concat());
    }

    #[test]
    fn a_master_secret_is_found_by_its_client_random() {
        let mut log = KeyLog::default();
        let text = format!(
            "# comment\r\nCLIENT_RANDOM {RANDOM} {}\r\n\n",
            "ab".repeat(48)
        );
        assert_eq!(log.add(text.as_bytes()), []);
        assert_eq!(
            log.secret(&random(), Label::MasterSecret),
            Some(&[0xab; 48][..])
        );
        assert_eq!(
            (log.len(), log.lines_for(&random()), log.lines_for(&[0; 32])),
            (1, 1, 0)
        );
    }

    #[test]
    fn the_secrets_of_one_tls_1_3_handshake_stand_together() {
        let mut log = KeyLog::default();
        let labels = [
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
            "SERVER_HANDSHAKE_TRAFFIC_SECRET",
            "CLIENT_TRAFFIC_SECRET_0",
            "SERVER_TRAFFIC_SECRET_0",
            "SERVER_TRAFFIC_SECRET_1",
            "EXPORTER_SECRET",
        ];
        for label in labels {
            assert_eq!(
                log.add(format!("{label} {RANDOM} {}", "01".repeat(32)).as_bytes()),
                []
            );
        }
        assert_eq!(log.lines_for(&random()), 6);
        assert!(log.secret(&random(), Label::ServerTraffic(1)).is_some());
        assert!(log.secret(&random(), Label::ClientTraffic(1)).is_none());
    }

    #[test]
    fn a_repeated_line_counts_once() {
        let mut log = KeyLog::default();
        let line = format!("CLIENT_RANDOM {RANDOM} {}\n", "ab".repeat(48));
        log.add(line.repeat(3).as_bytes());
        assert_eq!(log.len(), 1);
    }

    #[test]
    fn a_bad_line_is_named_and_spoils_only_itself() {
        let good = format!("CLIENT_RANDOM {RANDOM} {}", "ab".repeat(48));
        let mut log = KeyLog::default();
        let text = format!("CLIENT_RANDOM {RANDOM}\n{good}\nCLIENT_RANDOM {RANDOM} abcd\n");
        let faults = log.add(text.as_bytes());
        assert_eq!(
            faults
                .iter()
                .map(|fault| (fault.name, fault.offset))
                .collect::<Vec<_>>(),
            [
                ("tls-keylog-line-malformed", 0),
                ("tls-keylog-secret-malformed", 14 + 64 + 1 + good.len() + 1),
            ]
        );
        assert_eq!(log.len(), 1);
    }

    #[test]
    fn the_wrong_file_is_told_apart_from_a_key_log() {
        assert_eq!(faults_of("HELLO WORLD AGAIN"), ["tls-keylog-label-unknown"]);
        assert_eq!(
            faults_of(&format!("CLIENT_RANDOM xx{RANDOM} 00")),
            ["tls-keylog-random-malformed"]
        );
        assert_eq!(
            faults_of(&"x".repeat(LINE_MAX + 1)),
            ["tls-keylog-line-too-long"]
        );
        assert_eq!(faults_of(&"bad line\n".repeat(1_000)).len(), FAULTS_MAX);
    }

    #[test]
    fn labels_without_use_here_pass_silently() {
        assert_eq!(faults_of("RSA 0011223344556677 00"), [] as [&str; 0]);
        let updated = format!("CLIENT_TRAFFIC_SECRET_N {RANDOM} {}", "01".repeat(32));
        assert_eq!(faults_of(&updated), [] as [&str; 0]);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[CLIENTRADOM_S0-9a-f #\n\r\u{0}é]{0,400}", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            KeyLog::default().add(text.as_bytes());
            KeyLog::default().add(&bytes);
        }
    }
}
