//! Tracker: turn.
