//! Which keys open a record: those of the moment, or those that may come next.

use crate::crypt::aead::Algorithm;
use crate::crypt::hash::Hash;
use crate::crypt::keylog::ClientRandom;
use crate::crypt::keylog::KeyLog;
use crate::crypt::keylog::Label;
use crate::crypt::tls::opener::Opened;
use crate::crypt::tls::opener::Opener;
use crate::crypt::tls::opener::updated;
use crate::crypt::tls::session::Epoch;
use crate::crypt::tls::session::Peer;
use crate::crypt::tls::session::Session;
use crate::crypt::tls::suite::Protection;
use crate::crypt::tls::suite::Suite;
use crate::wire::tls::record::Record;

/// How opening a record went.
pub(super) enum Attempt {
    Opened(Opened),
    /// There were keys, and they do not fit.
    Failed,
    /// The keys of this moment are unknown; known later ones do not fit.
    NotYet,
    /// No key at all.
    NoSecret,
}

impl Session {
    /// Tries to open a record of one side.
    pub(super) fn attempt(&mut self, from: Peer, record: &Record<'_>, keys: &KeyLog) -> Attempt {
        let Some(random) = self.facts.client_random else {
            return Attempt::NotYet;
        };
        let slack = self.halves[from.index()].slack;
        let slack = self.affordable(slack, record.fragment.len());
        let half = &mut self.halves[from.index()];
        if let Epoch::Sealed(agreed) = half.epoch {
            let Some(agreed) = agreed else {
                return Attempt::NotYet;
            };
            if half.opener.is_none() {
                let Some(master) = keys.secret(&agreed.client_random, Label::MasterSecret) else {
                    return Attempt::NoSecret;
                };
                half.opener = Opener::of_master_secret(&agreed, master, from);
            }
            return match half.opener.as_mut() {
                Some(opener) => opener
                    .open(record, slack)
                    .map_or(Attempt::Failed, Attempt::Opened),
                None => Attempt::NotYet,
            };
        }
        self.attempt_1_3(from, record, slack, &random, keys)
    }

    /// Tries the keys of this moment, then those that may come next.
    fn attempt_1_3(
        &mut self,
        from: Peer,
        record: &Record<'_>,
        slack: u64,
        random: &ClientRandom,
        keys: &KeyLog,
    ) -> Attempt {
        let now = self.halves[from.index()].epoch;
        let (mut had_own, mut had_any) = (false, false);
        if self.halves[from.index()].opener.is_none() {
            for (opener, secret) in self.openers(from, now, random, keys) {
                had_own = true;
                if let Some(opened) = self.switch(from, now, (opener, secret), record, slack) {
                    return Attempt::Opened(opened);
                }
            }
        } else if let Some(opener) = &mut self.halves[from.index()].opener {
            had_own = true;
            if let Some(opened) = opener.open(record, slack) {
                return Attempt::Opened(opened);
            }
        }
        for epoch in successors(from, now, slack > 0).into_iter().flatten() {
            for (opener, secret) in self.openers(from, epoch, random, keys) {
                had_any = true;
                if let Some(opened) = self.switch(from, epoch, (opener, secret), record, slack) {
                    return Attempt::Opened(opened);
                }
            }
        }
        let early_only = now == Epoch::Early && keys.lines_for(random) > 0;
        if had_own {
            Attempt::Failed
        } else if had_any || early_only {
            Attempt::NotYet
        } else {
            Attempt::NoSecret
        }
    }

    /// Keeps `opener` for `epoch` if it opens the record.
    fn switch(
        &mut self,
        from: Peer,
        epoch: Epoch,
        (mut opener, secret): (Opener, Vec<u8>),
        record: &Record<'_>,
        slack: u64,
    ) -> Option<Opened> {
        let opened = opener.open(record, slack)?;
        if self.halves[from.index()].epoch != epoch {
            self.enter(from, epoch);
        }
        let half = &mut self.halves[from.index()];
        half.opener = Some(opener);
        if let Epoch::Application(updates) = epoch {
            half.secret = Some((updates, secret));
        }
        Some(opened)
    }

    /// What may open records of `epoch`: one opener, none without secret, and several while the suite is not known yet.
    fn openers(
        &self,
        from: Peer,
        epoch: Epoch,
        random: &ClientRandom,
        keys: &KeyLog,
    ) -> Vec<(Opener, Vec<u8>)> {
        let label = match (epoch, from) {
            (Epoch::Early, Peer::Client) => Label::ClientEarly,
            (Epoch::Handshake, Peer::Client) => Label::ClientHandshake,
            (Epoch::Handshake, Peer::Server) => Label::ServerHandshake,
            (Epoch::Application(updates), Peer::Client) => Label::ClientTraffic(updates),
            (Epoch::Application(updates), Peer::Server) => Label::ServerTraffic(updates),
            _ => return Vec::new(),
        };
        let suite = self.facts.cipher_suite.and_then(Suite::of);
        let secret = keys.secret(random, label).map(<[u8]>::to_vec).or_else(|| {
            // Logs seldom have more than the first; each follows from the one before.
            let (known, secret) = self.halves[from.index()].secret.as_ref()?;
            match epoch {
                Epoch::Application(due) if due == known + 1 => updated(suite?.hash, secret),
                _ => None,
            }
        });
        let Some(secret) = secret else {
            return Vec::new();
        };
        let suites: &[Suite] = match &suite {
            Some(suite) => std::slice::from_ref(suite),
            None if epoch == Epoch::Early => &EARLY_SUITES,
            None => &[],
        };
        suites
            .iter()
            .filter(|suite| suite.hash.length() == secret.len())
            .filter_map(|&suite| Some((Opener::of_secret(suite, &secret)?, secret.clone())))
            .collect()
    }

    /// `slack`, as far as the budget for guesses goes.
    fn affordable(&mut self, slack: u64, length: usize) -> u64 {
        if slack == 0 {
            return 0;
        }
        let left = TRIAL_BYTES_MAX.saturating_sub(self.trial_bytes) / length.max(1);
        let slack = slack.min(left as u64);
        self.trial_bytes += length * slack as usize;
        slack
    }
}

/// Keys that may come after those of `epoch`; an update only when records, and `KeyUpdate` among them, may be missing.
const fn successors(from: Peer, epoch: Epoch, lossy: bool) -> [Option<Epoch>; 2] {
    match (epoch, from) {
        (Epoch::Early, Peer::Client) => [Some(Epoch::Handshake), Some(Epoch::Application(0))],
        (Epoch::Handshake, _) => [Some(Epoch::Application(0)), None],
        (Epoch::Application(updates), _) if lossy && updates < u16::MAX => {
            [Some(Epoch::Application(updates + 1)), None]
        }
        _ => [None, None],
    }
}

const fn suite_1_3(algorithm: Algorithm, hash: Hash) -> Suite {
    Suite {
        protection: Protection::Aead(algorithm),
        hash,
    }
}

/// Early data comes before the server names the suite; it is the earlier session's, which the capture may lack.
pub(in crate::crypt) const EARLY_SUITES: [Suite; 3] = [
    suite_1_3(Algorithm::Aes128Gcm, Hash::Sha256),
    suite_1_3(Algorithm::ChaCha20Poly1305, Hash::Sha256),
    suite_1_3(Algorithm::Aes256Gcm, Hash::Sha384),
];

/// Bytes decrypted in vain per connection, looking for a record's number.
const TRIAL_BYTES_MAX: usize = 1 << 20;
