//! Connectivity checks and STUN server requests, per conversation (RFC 8445 §7, RFC 8489).
//!
//! USERNAME of a check is `receiver-ufrag:sender-ufrag`, so one request names both ends. A check path is one conversation
//! with one such pair of fragments: an ICE restart on the same ports starts a new path.
//!
//! | file | what |
//! | --- | --- |
//! | [`path`] | check paths and server queries: the tracker's output |
//! | `record` | how a message changes a path or a query |
//! | [`tracker`] | which message belongs to which |

pub mod path;
mod record;
pub mod tracker;

pub use path::Check;
pub use path::CheckPath;
pub use path::CheckSide;
pub use path::ErrorCount;
pub use path::Role;
pub use path::ServerQuery;
pub use tracker::IceTracker;
pub use tracker::Noticed;
