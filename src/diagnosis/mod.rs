//! Session to findings and a verdict. Floor 6.
//!
//! | file | what |
//! | --- | --- |
//! | [`finding`] | what a rule says, and what it all comes to: plain values |
//! | [`rule`] | the rule book, and what runs it |
//! | [`capture`] [`signaling`] [`encrypted`] [`ice`] [`nat`] [`outage`] [`rebinding`] [`vanished`] [`stun`] [`turn`] [`dtls`] [`media`] [`delay`] [`loss`] | the rules, by layer: facts put into words |
//! | `facts` | the facts themselves, by layer; the ladder asks for the same ones |
//! | [`call`] | a peer connection with everything that belongs to it |
//! | [`ladder`] | the rungs that a call climbs, and where it broke |
//! | [`verdict`] | outcome, stage, cause, confidence, and what can't be told |

pub mod call;
pub mod capture;
pub mod delay;
pub mod dtls;
pub mod encrypted;
mod facts;
pub mod finding;
pub mod ice;
pub mod ladder;
pub mod loss;
pub mod media;
pub mod nat;
pub mod outage;
pub mod rebinding;
pub mod rule;
pub mod signaling;
#[cfg(test)]
mod sketch;
pub mod stun;
pub mod turn;
pub mod vanished;
pub mod verdict;
mod words;
