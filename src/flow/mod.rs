//! Frames to conversations to observations, bounded. Floor 3.
//!
//! | file | what |
//! | --- | --- |
//! | [`demux`] | frames in, observations out |
//! | [`table`], `key` | conversations |
//! | `relay` | what TURN wraps |
//! | [`tcp`], [`reassembly`] | byte streams |
//! | [`http`], [`exchange`], [`body`] | HTTP exchanges |
//! | [`observation`] | what trackers are told |

pub mod body;
pub mod demux;
pub mod exchange;
pub mod http;
pub mod observation;
pub mod reassembly;
pub mod table;
pub mod tcp;

mod key;
mod relay;
mod tls_hello;
