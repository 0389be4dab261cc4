//! Signaling dialogues: Janus, WHIP and WHEP, and anything else that carries an SDP or a candidate by shape.
//!
//! ```text
//! HTTP/1.1, HTTP/2, WebSocket ──Incoming──► Signaling ──┬─ sip       SIP messages over WebSocket
//!                                                       ├─ janus     its `janus` member, or its base path
//!                                                       ├─ whip      application/sdp and SDP fragments over HTTP
//!                                                       └─ generic   whatever else holds an SDP or a candidate
//! ```
//!
//! | file | what |
//! | --- | --- |
//! | [`dialogue`] | the result: dialogues, handles, messages |
//! | [`incoming`] | the input: one message as its carrier delivered it |
//! | [`exchange`], [`websocket`] | HTTP exchanges and WebSocket messages as input |
//! | [`sip`], [`janus`], [`whip`], [`generic`] | one protocol each |
//! | [`ledger`] | where they write, within bounds |
//! | [`carried`], [`json`], [`text`], [`recent`] | what they share |

mod carried;
pub mod dialogue;
pub mod exchange;
pub mod generic;
pub mod incoming;
pub mod janus;
mod json;
pub mod ledger;
mod recent;
pub mod sip;
mod text;
pub mod websocket;
pub mod whip;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod packets;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod testing;

use crate::track::signaling::dialogue::Dialogue;
use crate::track::signaling::generic::Generic;
use crate::track::signaling::incoming::Incoming;
use crate::track::signaling::janus::Janus;
use crate::track::signaling::ledger::Ledger;
use crate::track::signaling::ledger::Overflow;
use crate::track::signaling::sip::Sip;
use crate::track::signaling::whip::Whip;
use crate::vocab::fault::FaultLog;
use crate::vocab::ids::DialogueId;

/// Sorts signaling messages into dialogues.
#[derive(Debug, Clone, Default)]
pub struct Signaling {
    ledger: Ledger,
    sip: Sip,
    janus: Janus,
    whip: Whip,
    generic: Generic,
}

impl Signaling {
    /// Takes an HTTP request, an HTTP response or a WebSocket message; what is no signaling is left alone.
    pub fn observe(&mut self, incoming: &Incoming<'_>) {
        let ledger = &mut self.ledger;
        let _taken = self.sip.observe(ledger, incoming)
            || self.janus.observe(ledger, incoming)
            || self.whip.observe(ledger, incoming)
            || self.generic.observe(ledger, incoming);
    }

    /// All dialogues, taken out: the end of the capture.
    pub fn take_dialogues(&mut self) -> Vec<Dialogue> {
        std::mem::take(&mut self.ledger.dialogues)
    }

    /// Forgets what only a message to come would ask for; the dialogues and the faults stay.
    pub fn forget_what_waits(&mut self) {
        *self = Self {
            ledger: std::mem::take(&mut self.ledger).without_what_waits(),
            ..Self::default()
        };
    }

    /// All dialogues; position = `DialogueId`.
    pub fn dialogues(&self) -> &[Dialogue] {
        &self.ledger.dialogues
    }

    /// The messages added since the last call, in order: dialogue, and index in its `messages`.
    pub fn take_new_messages(&mut self) -> Vec<(DialogueId, usize)> {
        self.ledger.take_fresh()
    }

    /// Broken rules, counted.
    pub fn faults(&self) -> &FaultLog {
        &self.ledger.faults
    }

    /// How full what all dialogues share is: at 1 a new dialogue, handle or message is turned away.
    pub fn fullness(&self) -> f64 {
        self.ledger.fullness()
    }

    /// What the bounds turned away.
    pub fn overflow(&self) -> Overflow {
        self.ledger.overflow
    }
}
