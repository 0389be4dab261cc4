//! The whole pipe.
