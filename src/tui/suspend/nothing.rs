//! Where there is no job control, nothing stops.

use std::io;

use crate::tui::suspend::Stop;

/// Where there is no job control, nothing stops.
#[derive(Debug)]
pub struct Stops;

impl Stops {
    /// Nothing to listen to.
    ///
    /// # Errors
    ///
    /// None.
    pub fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    /// Nothing to ask for.
    pub fn ask(&self) {}

    /// There is nothing to heed.
    pub const fn take_over(&self) {}

    /// No signal asks for an end.
    pub const fn is_over(&self) -> bool {
        false
    }

    pub(super) fn is_asked(&self) -> bool {
        false
    }

    pub(super) fn has_gone_on(&self) -> bool {
        false
    }

    pub(super) fn stop(&self) -> Stop {
        Stop::Refused
    }
}
