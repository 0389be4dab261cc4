//! The one place that calls the rtp and rtcp crates, behind length guards.
