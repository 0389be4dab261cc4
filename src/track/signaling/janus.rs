//! Signaling: janus.
