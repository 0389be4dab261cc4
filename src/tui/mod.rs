//! The terminal UI. Floor 10.
