//! STUN and TURN messages (RFC 8489, 8656, 8445, 5780).
