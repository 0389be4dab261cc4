//! Packet detail: what is inside RTP payloads, header extension values and RTCP bodies, for the one packet a person looks at.
//!
//! The one place that calls the `rtp` and `rtcp` crates. Both panic on some hostile packets (an extension element longer than its
//! block, a short NACK, a STAP-A with a trailing byte), so lengths are checked here first and each call is fenced besides.
//!
//! | file | holds |
//! | --- | --- |
//! | [`extension`] | header extension values, by the URI that signaling gave their id |
//! | [`payload`] | payload → codec bytes and what their header says: VP8, VP9, H.264, H.265, AV1, Opus |
//! | [`picture`] | key frame or not, from a payload's first bytes; for the packet path |
//! | [`control`] | RTCP packets through the `rtcp` crate |
//! | [`detail`] | the decode trees of RTP and RTCP |
//! | `fence` | the second fence around the crates |

pub mod control;
pub mod detail;
pub mod extension;
mod fence;
pub mod payload;
pub mod picture;
