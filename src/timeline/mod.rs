//! Session to ordered events, lanes, ladder rows: pure, on demand. Floor 6.

pub mod event;
