//! DTLS associations: who is client, what was agreed, whose certificate, did it come up, how did it end.
//!
//! | file | what |
//! | --- | --- |
//! | [`association`] | what is known of an association: the tracker's output |
//! | [`facts`] | its parts: hello, certificates, alerts, traffic |
//! | [`flight`] | flights of the handshake and their retransmissions |
//! | `assembly` | fragments of handshake messages, joined over datagrams |
//! | `replay` | records that the capture holds twice |
//! | `conversation` | one association's records, in order |
//! | `messages` | what complete handshake messages tell |
//! | `lifecycle` | the state that the records allow to conclude |
//! | `glance` | what a datagram shows before its records are taken in |
//! | [`tracker`] | conversations of packets → associations |
//!
//! Everything after ChangeCipherSpec (from ServerHello on, in DTLS 1.3) is encrypted. What is said of that part is inferred from the
//! records' epochs and types alone, and marked so.

mod assembly;
mod conversation;
mod glance;
mod lifecycle;
mod messages;
mod replay;

pub mod association;
pub mod facts;
pub mod flight;
pub mod tracker;

pub use association::Association;
pub use tracker::Tracker;
