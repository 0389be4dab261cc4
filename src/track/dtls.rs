//! Tracker: dtls.
