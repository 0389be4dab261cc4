//! Sorting UDP payloads by their first bytes (RFC 7983, RFC 9443).
