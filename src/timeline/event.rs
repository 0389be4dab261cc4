//! Ordered events.
