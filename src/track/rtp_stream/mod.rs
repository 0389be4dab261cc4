//! RTP streams: what the packets of one sender's SSRC show (RFC 3550, webrtc-stats).
//!
//! Encrypted or not, the RTP header is in the clear, so loss, order, jitter, frames and sizes are known without keys.
//!
//! | file | holds |
//! | --- | --- |
//! | [`tracker`] | packet → stream: flows, scopes, the tables and their limits |
//! | `slot` | what is known of one flow |
//! | `probation` | packets that look like RTP, until several agree (RFC 3550 A.1) |
//! | `state` | the counters of one stream: the packet path |
//! | `sequence` | sequence numbers: lost, reordered, repeated, restarted |
//! | [`jitter`] | interarrival jitter at every usual clock rate (RFC 3550 A.8), and which clock it is |
//! | [`frames`] | video frames by timestamp: sizes, spacing, freezes |
//! | [`key_frames`] | key frames, for whoever can read payloads to tell |
//! | [`buckets`] | buckets of time, in blocks that copies share |
//! | [`series`] | the stream over time, in buckets |
//! | `payload_types` | packets by payload type |
//! | `extensions` | header extension ids, and values that could be a MID or RID |
//! | `merge` | two entries that turn out to be one stream on two paths |
//! | [`stream`] | the snapshot that the floors above read |
//!
//! The clock rate and the length of SRTP's tag are known later, from signaling and DTLS, or never. So nothing here depends on them:
//! jitter runs at all usual rates at once, bytes are kept whole, and whoever knows asks the [`Stream`] with that knowledge.

pub mod buckets;
mod extensions;
pub mod frames;
pub mod jitter;
pub mod key_frames;
mod merge;
mod payload_types;
mod probation;
mod sequence;
pub mod series;
mod slot;
mod state;
pub mod stream;
pub mod tracker;

pub use crate::track::rtp_stream::stream::Stream;
pub use crate::track::rtp_stream::tracker::RtpStreams;
