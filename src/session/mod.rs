//! Joins.
pub mod identity;
