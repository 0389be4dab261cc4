//! Tracker: rtp_stream.
