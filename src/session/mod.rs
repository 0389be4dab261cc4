//! Joins trackers: `Session` → `PeerConnection` → pairs, transports, streams; each join keeps its evidence. Floor 5.

pub mod join;
