//! Frames to conversations to observations, bounded. Floor 3.
//!
//! | file | what |
//! | --- | --- |
//! | [`demux`] | frames in, observations out |
//! | [`table`], `key` | conversations |
//! | `relay` | what TURN wraps |
//! | [`tcp`], [`reassembly`] | byte streams |
//! | [`http`], [`exchange`], [`body`] | HTTP exchanges |
//! | [`websocket`] | WebSocket messages |
//! | `web` | HTTP/1.1 connections and what they become |
//! | [`observation`] | what trackers are told |

pub mod body;
pub mod demux;
pub mod exchange;
pub mod http;
pub mod observation;
pub mod reassembly;
pub mod table;
pub mod tcp;
pub mod websocket;

mod key;
mod relay;
mod tls_hello;
mod web;
