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
//! | [`filter`], `program` | expressions to the kernel's filter programs; either kind of filter, ready for an interface |
//! | `tap` | an interface that is captured, in one of two ways |
//! | `socket_tap`, `socket`, `ring` | AF_PACKET with TPACKET_V3; the one place with `unsafe` |
//! | `libpcap` | libpcap, for systems other than Linux; a Cargo feature |
//! | `packet` | a slot of the ring to a frame: VLAN tag put back, cooked header put in front |
//! | `order` | frames of several interfaces, in order of time |
//! | `capture` | the thread that empties the rings |
//! | [`session`], [`control`] | a capture opened, started, steered and ended |
//! | [`status`] | what it says meanwhile: counters, and what happened |
//! | `chunk`, `feed` | pieces of the stream, and the reader that hands them on |
//! | [`output`] | the files written |
//! | [`clock`] | what time it is |
//! | [`rights`] | what the process may still do once the sockets are open |
#![cfg_attr(
    not(any(target_os = "linux", feature = "libpcap")),
    expect(dead_code, reason = "where nothing captures, nothing is steered")
)]

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
mod program;

#[cfg(any(target_os = "linux", feature = "libpcap"))]
mod capture;
#[cfg(any(target_os = "linux", feature = "libpcap"))]
mod order;
#[cfg(any(target_os = "linux", feature = "libpcap"))]
mod tap;

#[cfg(target_os = "linux")]
mod packet;
#[cfg(target_os = "linux")]
mod ring;
#[cfg(target_os = "linux")]
mod socket;
#[cfg(target_os = "linux")]
mod socket_tap;

#[cfg(feature = "libpcap")]
mod libpcap;

#[cfg(any(target_os = "linux", feature = "libpcap"))]
pub mod session;
#[cfg(not(any(target_os = "linux", feature = "libpcap")))]
#[path = "elsewhere.rs"]
pub mod session;
