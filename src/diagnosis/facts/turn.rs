//! TURN: what servers refused, and those that kept silent.
//!
//! The first 401 is no error: it hands out realm and nonce (RFC 8489 §9.2.3). A 401 to a request that carried credentials is.
//! Where the refusal breaks the call depends on what was refused: an Allocate means that there is no relay candidate (gathering), a
//! permission or channel that the relay may not reach the peer (checks). It breaks it only when no other pair worked.

use std::time::Duration;

use crate::diagnosis::call::Call;
use crate::diagnosis::finding::Stage;
use crate::track::turn::Allocation;
use crate::track::turn::AllocationState;
use crate::track::turn::TurnError;

/// A refusal by a TURN server that was not part of the normal course.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refusal<'a> {
    /// Of whom.
    pub(crate) allocation: &'a Allocation,
    /// What.
    pub(crate) error: &'a TurnError,
}

impl Refusal<'_> {
    /// Does the server reject who asks, and not what is asked?
    pub(crate) fn is_about_credentials(self) -> bool {
        matches!(self.error.code, 401 | 441)
    }

    /// The rung that the lack of what was refused breaks.
    pub(crate) fn stage(self) -> Stage {
        match self.error.method {
            "allocate" => Stage::Gathering,
            "refresh" => Stage::Steady,
            _ => Stage::Checks,
        }
    }
}

/// A relay candidate that could not be gathered because the server refused it, when no other allocation of the call succeeded.
pub(crate) fn refused_relay<'a>(call: &Call<'a>) -> Option<Refusal<'a>> {
    if call.turn.iter().any(|turn| turn.allocated_at.is_some()) {
        return None;
    }
    let mut refusals = call.turn.iter().copied().filter_map(refusal);
    refusals.find(|refusal| refusal.stage() == Stage::Gathering)
}

/// A peer that the relay was not allowed to reach.
pub(crate) fn refused_peer<'a>(call: &Call<'a>) -> Option<Refusal<'a>> {
    let mut refusals = call.turn.iter().copied().filter_map(refusal);
    refusals.find(|refusal| refusal.stage() == Stage::Checks)
}

/// The allocation's first error that is none of the normal ones.
pub(crate) fn refusal(allocation: &Allocation) -> Option<Refusal<'_>> {
    // A 437 after a quick reconnect, or a 438 that nobody retried, is followed by its own success or by silence.
    let mut errors = allocation.errors.iter().filter(|error| !error.normal);
    let error =
        errors.find(|error| !matches!(error.code, 438) || allocation.allocated_at.is_none())?;
    Some(Refusal { allocation, error })
}

pub(crate) fn is_silent(allocation: &Allocation) -> bool {
    let (asked, granted) = allocation
        .requests
        .iter()
        .fold((0, 0), |(asked, granted), row| {
            (asked + row.1, granted + row.2)
        });
    allocation.state == AllocationState::Requested
        && asked > 0
        && granted == 0
        && allocation.errors.is_empty()
        && allocation.last_at.since(allocation.first_at) >= ASKED_FOR
}

/// Retransmissions of a request go on for 7.5 s at the default RTO (RFC 8489 §6.2.1); the first three are over after this.
const ASKED_FOR: Duration = Duration::from_secs(3);
