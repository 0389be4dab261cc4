//! DTLS records and handshake messages (RFC 6347, 9147).
