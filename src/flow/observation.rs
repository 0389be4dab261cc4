//! Flows: observation.
