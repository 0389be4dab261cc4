//! Capture input: compressed.
