//! How an association comes and goes: four messages set it up, three take it down, one ends it at once.
//!
//! ```text
//! INIT ──►        SHUTDOWN ──►
//! ◄── INIT ACK    ◄── SHUTDOWN ACK
//! COOKIE ECHO ──► SHUTDOWN COMPLETE ──►
//! ◄── COOKIE ACK                          ABORT: over, from either side
//! ```
//!
//! WebRTC's ends both begin, so their INITs cross (RFC 9260 §5.2.1), and either's COOKIE ACK settles it.

use crate::vocab::sighting::Sighting;
use crate::wire::sctp::ChunkType;

/// Where an association stands, in the words of RFC 9260 §4 as far as somebody between the ends can tell; always inferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SctpState {
    /// INIT was sent, and what follows was not seen.
    CookieWait,
    /// COOKIE ECHO was sent, and no COOKIE ACK was seen.
    CookieEchoed,
    /// Up: its setup ended, or it was up when the capture began.
    Established,
    /// A side asked to end it (SHUTDOWN), and that is not over.
    Shutdown,
    /// Ended in order (SHUTDOWN COMPLETE).
    Closed,
    /// Ended at once (ABORT).
    Aborted,
}

impl SctpState {
    /// Lower-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::CookieWait => "cookie-wait",
            Self::CookieEchoed => "cookie-echoed",
            Self::Established => "established",
            Self::Shutdown => "shutdown",
            Self::Closed => "closed",
            Self::Aborted => "aborted",
        }
    }
}

/// The first sight of each step. A step that was not seen is not known not to have happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Course {
    /// INIT.
    pub init: Option<Sighting>,
    /// INIT ACK.
    pub init_ack: Option<Sighting>,
    /// COOKIE ECHO.
    pub cookie_echo: Option<Sighting>,
    /// COOKIE ACK.
    pub cookie_ack: Option<Sighting>,
    /// SACK: data arrived, so there is an association.
    pub acknowledged: Option<Sighting>,
    /// SHUTDOWN.
    pub shutdown: Option<Sighting>,
    /// SHUTDOWN ACK.
    pub shutdown_ack: Option<Sighting>,
    /// SHUTDOWN COMPLETE.
    pub shutdown_complete: Option<Sighting>,
    /// ABORT.
    pub aborted: Option<Sighting>,
}

impl Course {
    /// Takes a chunk's type.
    pub(super) fn take(&mut self, seen: Sighting, kind: ChunkType) {
        if kind == ChunkType::Init && self.is_over() {
            // The same ends begin anew inside the same DTLS.
            *self = Self::default();
        }
        let step = match kind {
            ChunkType::Init => &mut self.init,
            ChunkType::InitAck => &mut self.init_ack,
            ChunkType::CookieEcho => &mut self.cookie_echo,
            ChunkType::CookieAck => &mut self.cookie_ack,
            ChunkType::Sack => &mut self.acknowledged,
            ChunkType::Shutdown => &mut self.shutdown,
            ChunkType::ShutdownAck => &mut self.shutdown_ack,
            ChunkType::ShutdownComplete => &mut self.shutdown_complete,
            ChunkType::Abort => &mut self.aborted,
            _ => return,
        };
        step.get_or_insert(seen);
    }

    /// Where it stands.
    pub const fn state(&self) -> SctpState {
        if self.aborted.is_some() {
            SctpState::Aborted
        } else if self.shutdown_complete.is_some() {
            SctpState::Closed
        } else if self.shutdown.is_some() || self.shutdown_ack.is_some() {
            SctpState::Shutdown
        } else if self.cookie_ack.is_some() || self.acknowledged.is_some() {
            SctpState::Established
        } else if self.cookie_echo.is_some() {
            SctpState::CookieEchoed
        } else if self.init.is_some() || self.init_ack.is_some() {
            SctpState::CookieWait
        } else {
            // Nothing but data and heartbeats: it was up before the capture began.
            SctpState::Established
        }
    }

    /// Has it ended?
    pub const fn is_over(&self) -> bool {
        matches!(self.state(), SctpState::Closed | SctpState::Aborted)
    }

    /// The steps seen, by the names of their chunks, in the order in which they come.
    pub fn steps(&self) -> impl Iterator<Item = (&'static str, Sighting)> {
        [
            ("INIT", self.init),
            ("INIT ACK", self.init_ack),
            ("COOKIE ECHO", self.cookie_echo),
            ("COOKIE ACK", self.cookie_ack),
            ("SHUTDOWN", self.shutdown),
            ("SHUTDOWN ACK", self.shutdown_ack),
            ("SHUTDOWN COMPLETE", self.shutdown_complete),
            ("ABORT", self.aborted),
        ]
        .into_iter()
        .filter_map(|(name, seen)| Some((name, seen?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::address::Direction;
    use crate::vocab::ids::FlowId;
    use crate::vocab::ids::FrameNumber;
    use crate::vocab::time::Timestamp;

    #[track_caller]
    fn check(chunks: &[ChunkType], expected: SctpState) {
        let mut course = Course::default();
        for (chunk, frame) in chunks.iter().zip(1..) {
            let seen = Sighting {
                at: Timestamp::from_nanos(frame),
                frame: FrameNumber::new(0, frame),
                flow: FlowId(0),
                direction: Direction::Forward,
            };
            course.take(seen, *chunk);
        }
        assert_eq!(course.state(), expected);
    }

    #[test]
    fn four_messages_set_an_association_up() {
        use ChunkType as C;
        check(&[C::Init], SctpState::CookieWait);
        check(&[C::Init, C::InitAck], SctpState::CookieWait);
        check(
            &[C::Init, C::InitAck, C::CookieEcho],
            SctpState::CookieEchoed,
        );
        check(
            &[C::Init, C::InitAck, C::CookieEcho, C::CookieAck],
            SctpState::Established,
        );
    }

    #[test]
    fn data_may_come_with_the_cookie_before_it_is_acknowledged() {
        use ChunkType as C;
        check(&[C::CookieEcho, C::Data], SctpState::CookieEchoed);
        check(&[C::CookieEcho, C::Data, C::Sack], SctpState::Established);
    }

    #[test]
    fn what_was_up_before_the_capture_is_established() {
        check(
            &[ChunkType::Heartbeat, ChunkType::Data],
            SctpState::Established,
        );
    }

    #[test]
    fn it_ends_in_order_or_at_once_and_may_begin_anew() {
        use ChunkType as C;
        check(&[C::Sack, C::Shutdown], SctpState::Shutdown);
        check(
            &[C::Sack, C::Shutdown, C::ShutdownAck, C::ShutdownComplete],
            SctpState::Closed,
        );
        check(&[C::Sack, C::Abort], SctpState::Aborted);
        check(&[C::Sack, C::Abort, C::Init], SctpState::CookieWait);
    }
}
