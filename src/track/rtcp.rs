//! Tracker: rtcp.
