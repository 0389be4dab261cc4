//! RTCP per flow: what receivers report, what they ask for, and how far round trips can be told (RFC 3550 §6, RFC 4585).
//!
//! | file | holds |
//! | --- | --- |
//! | [`tracker`] | datagrams → flows |
//! | [`flow`] | one flow's packets → facts |
//! | [`facts`] | the rows that the floors above read |
//!
//! Of SRTCP only what its first 8 bytes say is counted: the first packet's type and format show a NACK or a picture loss
//! indication that was sent alone, and nothing of its body.

pub mod facts;
pub mod flow;
pub mod tracker;

pub use crate::track::rtcp::flow::RtcpFlow;
pub use crate::track::rtcp::tracker::RtcpTracker;
