//! Joins trackers into peer connections.
