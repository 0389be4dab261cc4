//! Frames to conversations to observations, bounded. Floor 3.

pub mod demux;
pub mod exchange;
pub mod http;
pub mod observation;
pub mod reassembly;
pub mod table;
