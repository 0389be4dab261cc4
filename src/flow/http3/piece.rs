//! What a stream gives, in order.

use crate::crypt::tls::session::Peer;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// The next of one direction of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// The next bytes.
    Data(&'a [u8]),
    /// So many bytes are not in the capture.
    Gap(u64),
    /// Everything was sent.
    End,
    /// The sender gave up.
    Reset,
}

/// A piece, and where it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given<'a> {
    /// Stream.
    pub stream: u64,
    /// Who sent it.
    pub from: Peer,
    /// When it was captured.
    pub at: Timestamp,
    /// In which frame.
    pub frame: FrameNumber,
    /// What came.
    pub piece: Piece<'a>,
}
