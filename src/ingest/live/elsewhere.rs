//! Where capturing is not built in: says what to do instead.

use std::convert::Infallible;

use crate::ingest::live::control::Control;
use crate::ingest::live::error::LiveError;
use crate::ingest::live::options::Options;
use crate::ingest::live::status::Status;
use crate::ingest::source::Source;

/// A live capture whose sockets are open: there is none here.
#[derive(Debug)]
pub struct Opened(Infallible);

/// A live capture that runs: there is none here.
#[derive(Debug, Clone)]
pub struct Live(Infallible);

impl Opened {
    /// Says what to do instead.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn new(_: Options) -> Result<Self, LiveError> {
        Err(LiveError::OtherSystem)
    }

    /// Never called.
    ///
    /// # Errors
    ///
    /// None.
    pub fn start(self) -> Result<(Source, Live), LiveError> {
        match self.0 {}
    }
}

impl Live {
    /// Never called.
    pub const fn status(&self) -> &Status {
        match self.0 {}
    }

    /// Never called.
    pub const fn control(&self) -> &Control {
        match self.0 {}
    }

    /// Never called.
    ///
    /// # Errors
    ///
    /// None.
    pub fn refilter(&self, _: Option<&str>) -> Result<(), LiveError> {
        match self.0 {}
    }

    /// Never called.
    pub fn finish(&self, _: &[String]) -> Option<String> {
        match self.0 {}
    }
}

/// Says what to do instead.
///
/// # Errors
///
/// Always.
pub const fn may_capture() -> Result<(), LiveError> {
    Err(LiveError::OtherSystem)
}
