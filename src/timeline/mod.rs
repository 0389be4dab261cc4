//! Session to ordered events, lanes, ladder rows: pure, on demand. Floor 6.
//!
//! | file | what |
//! | --- | --- |
//! | [`event`] | `Event`, and all events of a scene in order of time |
//! | [`kind`] | `EventKind`: what can happen |
//! | [`layer`] | the layer that something belongs to, and how it went |
//! | [`lane`] | a call over time: one lane per layer, pair, handshake and stream |
//! | [`lanes`] | the lanes of a call |
//! | [`host`] | the columns of a ladder |
//! | [`ladder`] | a call as arrows between hosts |
//! | [`draft`], [`servers`] | from events to its rows |
//! | [`words`] | what lanes and arrows say |
//! | [`fold`] | idle stretches and repetitions, folded |

mod draft;
pub mod event;
pub mod fold;
pub mod host;
pub mod kind;
pub mod ladder;
pub mod lane;
pub mod lanes;
pub mod layer;
mod servers;
mod words;
