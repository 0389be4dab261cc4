//! Frames to conversations to observations, bounded. Floor 3.

pub mod body;
pub mod exchange;
pub mod http;
pub mod key;
pub mod reassembly;
pub mod relay;
pub mod table;
