//! Signaling dialogues: Janus, and anything that carries an SDP or a candidate by shape.

pub mod dialogue;
pub mod generic;
pub mod janus;
