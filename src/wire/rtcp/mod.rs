//! RTCP and SRTCP packets (RFC 3550 §6, RFC 4585, RFC 3611, RFC 8888; RFC 3711 §3.4).
//!
//! A datagram holds one or more packets back to back, a *compound*; each starts with
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! |V=2|P|  count  |  packet type  |   length in words, minus one  |
//! |                 SSRC of the sender (most types)               |
//! ```
//!
//! | file | holds |
//! | --- | --- |
//! | [`compound`] | the walk over a datagram, one [`compound::Packet`] at a time |
//! | [`classify`] | plain RTCP or SRTCP? |
//! | [`body`] | packet → [`body::Body`], by type |
//! | [`report`] | sender and receiver reports |
//! | [`description`] | SDES, BYE, APP |
//! | [`feedback`] | RTPFB and PSFB: NACK, PLI, FIR, TMMBR, … |
//! | [`congestion`] | bandwidth feedback: transport-cc, RFC 8888, REMB |
//! | [`extended`] | XR blocks |
//!
//! The first 8 bytes of an SRTCP packet are in the clear; the rest must not be read as numbers ([`classify`]).

pub mod body;
pub mod classify;
pub mod compound;
pub mod congestion;
pub mod description;
pub mod extended;
pub mod feedback;
mod reader;
pub mod report;
