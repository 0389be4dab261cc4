//! Session description: candidate.
