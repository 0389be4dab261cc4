//! HTTP/1.1 message heads and body framing (RFC 9112).
