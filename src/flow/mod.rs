//! Frames to conversations to observations, bounded. Floor 3.
//!
//! | file | what |
//! | --- | --- |
//! | [`demux`] | frames in, observations out |
//! | [`table`], `key` | conversations |
//! | `relay`, `tcp_relay` | what TURN wraps |
//! | `piggyback` | DTLS inside checks |
//! | [`tcp`], [`reassembly`] | byte streams |
//! | `application` | what runs on a byte stream |
//! | `fragments` | pieces of IP packets, put together |
//! | `copies` | packets captured twice |
//! | `tls_stream`, `tls_records` | TLS: ciphertext in, plaintext out |
//! | `quic` | QUIC: datagrams in, streams out |
//! | [`http`], [`http2`], [`http3`], [`exchange`], [`body`] | HTTP exchanges |
//! | [`websocket`] | WebSocket messages |
//! | `web`, `tunnels` | HTTP connections and what they, or their streams, become |
//! | [`observation`] | what trackers are told |

pub mod body;
mod copies;
pub mod demux;
pub mod exchange;
mod fragments;
pub mod http;
pub mod http2;
pub mod http3;
pub mod observation;
pub mod reassembly;
pub mod table;
pub mod tcp;
pub mod websocket;

mod application;
mod key;
mod piggyback;
mod quic;
mod relay;
mod tcp_relay;
#[cfg(test)]
mod tls_captures;
mod tls_records;
mod tls_stream;
mod tunnels;
mod web;
