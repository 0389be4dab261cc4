//! DNS and mDNS messages (RFC 1035, RFC 6762).
