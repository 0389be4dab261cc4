//! DTLS associations.
