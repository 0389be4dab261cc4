//! The only module that knows the whole pipe. Floor 7.

pub mod analysis;
pub mod limits;
mod names;
pub mod pace;
mod pictures;
pub mod pipeline;
mod retired;
pub mod rolling;
mod secured;
mod trackers;
