//! From records to a state: what the order of encrypted records allows to conclude.
//!
//! | version | connected when |
//! | --- | --- |
//! | up to 1.2 | an encrypted handshake message (Finished) was seen both ways |
//! | 1.3 | records of epoch 2 (handshake keys) were seen both ways, then one of epoch 3 (application keys) |
//! | any | a client, or after 1.2's ChangeCipherSpec either end, sends application data: then the missing part was not captured |
//!
//! An encrypted alert ends a handshake in failure, provided that both directions were captured whole. After the handshake it is a goodbye,
//! until its sender goes on talking.

use crate::track::dtls::association::Association;
use crate::track::dtls::association::State;
use crate::track::dtls::facts::AlertSeen;
use crate::vocab::address::Direction;
use crate::vocab::claim::Basis;
use crate::vocab::claim::Evidence;
use crate::vocab::ids::FrameNumber;
use crate::vocab::sighting::Sighting;
use crate::vocab::time::Timestamp;
use crate::wire::tls::alert::Alert;
use crate::wire::tls::alert::AlertDescription;
use crate::wire::tls::alert::AlertLevel;

/// What the state depends on. Arrays are indexed by the sender's direction.
#[derive(Debug, Clone, Default)]
pub(super) struct Lifecycle {
    /// Finished: the first encrypted handshake record up to 1.2, the latest record of epoch 2 in 1.3.
    finished: [Option<Sighting>; 2],
    /// Epoch and number of the encrypted alert that is taken for a goodbye.
    goodbyes: [Option<(u16, u64)>; 2],
    /// The state before the first goodbye.
    before_goodbye: Option<State>,
    /// Did the capture cut datagrams, so that records may be missing?
    cut: bool,
}

impl Lifecycle {
    /// Was this direction's Finished seen?
    pub(super) const fn has_finished(&self, direction: Direction) -> bool {
        self.finished[direction.index()].is_some()
    }

    /// Takes notice that the capture cut a datagram of this association short.
    pub(super) const fn was_cut(&mut self) {
        self.cut = true;
    }

    /// An encrypted handshake record up to 1.2. True when this direction sent one before: then it is sent again.
    pub(super) fn encrypted_handshake(
        &mut self,
        association: &mut Association,
        seen: Sighting,
    ) -> bool {
        if self.finished[seen.direction.index()].is_some() {
            return true;
        }
        self.finished[seen.direction.index()] = Some(seen);
        if let [Some(one), Some(other)] = self.finished {
            let frames = vec![one.frame.min(other.frame), one.frame.max(other.frame)];
            if association.state.value == State::Connected {
                // Data overtook the last Finished.
                association.handshake_finished_at = Some(seen.at);
                association.finished_frames = Evidence::from(frames);
            } else {
                connect(association, Some(seen.at), seen.at, frames);
            }
        }
        false
    }

    /// A record under 1.3's handshake keys.
    pub(super) fn handshake_ciphertext(&mut self, association: &Association, seen: Sighting) {
        if association.state.value == State::Connecting {
            self.finished[seen.direction.index()] = Some(seen);
        }
    }

    /// A record under 1.3's application keys.
    pub(super) fn application_ciphertext(&mut self, association: &mut Association, seen: Sighting) {
        if association.state.value != State::Connecting {
            return;
        }
        if let [Some(one), Some(other)] = self.finished {
            // The client's Finished comes last; the server's data may overtake it (RFC 8446 §4.4.4), the client's may not.
            let finished_at = match association.client {
                Some(Direction::Forward) => one.at,
                Some(Direction::Reverse) => other.at,
                None => one.at.max(other.at),
            };
            let mut frames = vec![one.frame, other.frame, seen.frame];
            frames.sort_unstable();
            frames.dedup();
            connect(association, Some(finished_at), seen.at, frames);
        } else if association.client == Some(seen.direction) {
            connect(association, None, seen.at, vec![seen.frame]);
        }
    }

    /// Any encrypted record that is no alert: its sender has not left yet.
    pub(super) fn still_talking(
        &mut self,
        association: &mut Association,
        seen: Sighting,
        number: (u16, u64),
    ) {
        let goodbye = &mut self.goodbyes[seen.direction.index()];
        if goodbye.is_none_or(|goodbye| number <= goodbye) {
            return;
        }
        *goodbye = None;
        for alert in &mut association.alerts {
            if alert.encrypted && alert.direction == seen.direction {
                alert.level = None;
                alert.description = None;
            }
        }
        if self.goodbyes == [None, None]
            && association.state.value == State::Closed
            && let Some(state) = self.before_goodbye.take()
        {
            association.set_state(state, seen.at, vec![seen.frame]);
        }
    }

    /// An encrypted alert up to 1.2.
    pub(super) fn encrypted_alert(
        &mut self,
        association: &mut Association,
        seen: Sighting,
        number: (u16, u64),
    ) {
        let before = association.state.value;
        let goodbye = !matches!(before, State::Connecting | State::Failed);
        push_alert(
            association,
            AlertSeen {
                direction: seen.direction,
                level: goodbye.then_some(AlertLevel::Warning),
                description: goodbye.then_some(AlertDescription::CloseNotify),
                encrypted: true,
                basis: Basis::Inferred,
                at: seen.at,
                frame: seen.frame,
            },
        );
        if before == State::Connecting {
            // With half of the conversation missing, the handshake may well have completed.
            let both_seen = association.epochs.iter().all(Option::is_some) && !self.cut;
            let state = if both_seen {
                State::Failed
            } else {
                State::Unknown
            };
            association.set_state(state, seen.at, vec![seen.frame]);
        }
        if !goodbye {
            return;
        }
        self.goodbyes[seen.direction.index()] = Some(number);
        if association.state.value != State::Closed {
            self.before_goodbye = Some(association.state.value);
            association.set_state(State::Closed, seen.at, vec![seen.frame]);
        }
    }
}

impl Lifecycle {
    /// An alert that keys opened: what [`Lifecycle::encrypted_alert`] took it for is known now. In 1.3 nothing was known of it before.
    pub(super) fn opened_alert(
        &mut self,
        association: &mut Association,
        seen: Sighting,
        alert: Alert,
    ) {
        let known = AlertSeen {
            direction: seen.direction,
            level: Some(alert.level),
            description: Some(alert.description),
            encrypted: true,
            basis: Basis::Observed,
            at: seen.at,
            frame: seen.frame,
        };
        let guessed = association.alerts.last_mut().filter(|last| {
            last.encrypted && last.frame == seen.frame && last.direction == seen.direction
        });
        match guessed {
            Some(guessed) => *guessed = known,
            None => push_alert(association, known),
        }
        let state = match (alert.level, alert.description) {
            (_, AlertDescription::CloseNotify | AlertDescription::UserCanceled) => State::Closed,
            (AlertLevel::Warning, _) => return,
            _ => State::Failed,
        };
        if association.state.value != state {
            self.before_goodbye.get_or_insert(association.state.value);
            association.set_state(state, seen.at, vec![seen.frame]);
        }
    }
}

/// Application data up to 1.2, encrypted: who sends it has seen the other's Finished.
pub(super) fn application_data(association: &mut Association, seen: Sighting) {
    // Data channels send many: nothing is to be done, nor allocated, for all but the first.
    if association.state.value == State::Connecting {
        connect(association, None, seen.at, vec![seen.frame]);
    }
}

/// An alert in the clear.
pub(super) fn clear_alert(association: &mut Association, seen: Sighting, alert: Alert) {
    push_alert(
        association,
        AlertSeen {
            direction: seen.direction,
            level: Some(alert.level),
            description: Some(alert.description),
            encrypted: false,
            basis: Basis::Observed,
            at: seen.at,
            frame: seen.frame,
        },
    );
    // Once there are keys anybody could have written it, and the receiver drops it.
    if association.state.value != State::Connecting {
        return;
    }
    let state = match (alert.level, alert.description) {
        (_, AlertDescription::CloseNotify | AlertDescription::UserCanceled) => State::Closed,
        (AlertLevel::Warning, _) => return,
        _ => State::Failed,
    };
    association.set_state(state, seen.at, vec![seen.frame]);
}

fn push_alert(association: &mut Association, alert: AlertSeen) {
    if association.alerts.len() < Association::ALERTS_KEPT {
        association.alerts.push(alert);
    }
}

fn connect(
    association: &mut Association,
    finished_at: Option<Timestamp>,
    at: Timestamp,
    frames: Vec<FrameNumber>,
) {
    if association.state.value != State::Connecting {
        return;
    }
    association.handshake_finished_at = finished_at;
    association.finished_frames = Evidence::from(frames.clone());
    association.set_state(State::Connected, at, frames);
}
