//! TURN ChannelData messages (RFC 8656 §12.4).
