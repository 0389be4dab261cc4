//! Signaling: dialogue.
