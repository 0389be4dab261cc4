//! Session to ordered events, lanes, ladder rows: pure, on demand. Floor 6.
//!
//! | file | what |
//! | --- | --- |
//! | [`event`] | `Event`, and all events of a scene in order of time |
//! | [`kind`] | `EventKind`: what can happen |

pub mod event;
pub mod kind;
