//! The lessons on real captures: the built-in ones, and where they are present the recorded lab calls and the public `webrtc` collection.
//!
//! | module | what |
//! | --- | --- |
//! | [`bench`] | captures to play on |
//! | `oracle` | every answer a second time, another way |
//! | `plays` | every step of every lesson on every capture |
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bench;
mod oracle;
mod plays;
