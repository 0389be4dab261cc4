//! TLS handshake bodies shared with DTLS.
