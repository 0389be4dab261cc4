//! The only module that knows the whole pipe. Floor 7.

pub mod analysis;
pub mod limits;
mod names;
pub mod pipeline;
mod secured;
mod trackers;
