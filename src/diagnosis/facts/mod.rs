//! What the rules tell and the ladder asks for: facts about one call, by layer, each found in one place. No words yet.
//!
//! Every function takes the call with the rungs that it climbed so far, and gives `None` when the capture can't tell. Thresholds are
//! named constants with their reasons, at the foot of each file.

pub(crate) mod delay;
pub(crate) mod dtls;
pub(crate) mod encrypted;
pub(crate) mod ice;
pub(crate) mod media;
pub(crate) mod nat;
pub(crate) mod outage;
pub(crate) mod rebinding;
pub(crate) mod signaling;
pub(crate) mod turn;
pub(crate) mod vanished;
