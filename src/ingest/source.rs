//! Capture input: source.
