//! Tracker: ice.
