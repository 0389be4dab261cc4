//! Session to findings and a verdict. Floor 6.

pub mod capture;
pub mod finding;
pub mod rule;
