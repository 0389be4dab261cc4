//! TURN allocations and what was done with them (RFC 8656).
//!
//! | file | what |
//! | --- | --- |
//! | [`allocation`] | allocations, their channels and errors: the tracker's output |
//! | `record` | how a message changes an allocation |
//! | [`tracker`] | which message belongs to which |

pub mod allocation;
mod record;
pub mod tracker;

pub use allocation::Allocation;
pub use allocation::AllocationState;
pub use allocation::Carried;
pub use allocation::Channel;
pub use allocation::PeerLink;
pub use allocation::TurnError;
pub use tracker::TurnTracker;
