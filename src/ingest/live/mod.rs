//! Live: packets as the kernel sees them, as one pcapng stream.
//!
//! ```text
//!  interface ──► socket ──► ring ─┐                          ┌─► recent   a ring of packets on disk, to look at them again
//!  interface ──► socket ──► ring ─┴─► order ──► capture ──► feed ─► output   files, rotated
//!                filter: classic BPF            pcapng       └─► Source   as any other capture
//! ```
//!
//! What is analyzed and what is written are the same bytes, so that the report of a live capture is the report of its file.
//!
//! | file | what |
//! | --- | --- |
//! | [`options`], [`error`] | what is wanted, and why it can't be had |
//! | [`interfaces`] | what there is to capture on |
//! | [`filter`] | expressions to the kernel's filter programs |
//! | `socket`, `ring` | AF_PACKET with TPACKET_V3; the one place with `unsafe` |
//! | `packet` | a slot of the ring to a frame: VLAN tag put back, cooked header put in front |
//! | `order` | frames of several interfaces, in order of time |
//! | `capture` | the thread that empties the rings |
//! | [`session`], [`control`] | a capture opened, started, steered and ended |
//! | [`status`] | what it says meanwhile: counters, and what happened |
//! | `chunk`, `feed` | pieces of the stream, and the reader that hands them on |
//! | [`output`] | the files written |
//! | [`clock`] | what time it is |
//! | [`rights`] | what the process may still do once the sockets are open |

pub mod clock;
pub mod control;
pub mod error;
pub mod filter;
pub mod interfaces;
pub mod options;
pub mod output;
pub mod rights;
pub mod status;

mod chunk;
mod feed;

#[cfg(target_os = "linux")]
mod capture;
#[cfg(target_os = "linux")]
mod order;
#[cfg(target_os = "linux")]
mod packet;
#[cfg(target_os = "linux")]
mod ring;
#[cfg(target_os = "linux")]
mod socket;

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
pub mod session;
#[cfg(not(target_os = "linux"))]
pub use crate::ingest::live::elsewhere as session;
