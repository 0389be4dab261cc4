//! Key material to plaintext. Floor 2.

pub mod keylog;
