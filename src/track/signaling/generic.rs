//! Signaling: generic.
