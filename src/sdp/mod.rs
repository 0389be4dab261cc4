//! Text to a lossless, tolerant session description over `webrtc-sdp`. Floor 1.

pub mod attribute;
pub mod candidate;
pub mod description;
pub mod media;
