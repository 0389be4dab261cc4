//! A call over time: one lane per layer, pair, handshake and stream.
//!
//! ```text
//! state      connecting · connected                                  closed
//! signaling  offer · candidates · answer                             hangup
//! ICE        checks, nomination, then consent, one mark per answered check
//! TURN       allocation, channels, errors
//! DTLS       handshake                                               close_notify
//! video ▲    bits per second in buckets, with losses, key frames, freezes, silences
//! ```
//!
//! A lane says what and when; where that is on a screen is the screen's business.

use std::time::Duration;

use crate::timeline::layer::{Layer, Tone};
use crate::vocab::address::Side;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// One lane.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// Its layer.
    pub layer: Layer,
    /// Who sends, for media lanes whose sender is known.
    pub from: Option<Side>,
    /// What it shows: `signaling`, `srflx↔host`, `video VP8`. Text from the wire is in it.
    pub title: String,
    /// What happened, in order of time.
    pub marks: Vec<Mark>,
    /// Rate over time, for media.
    pub rate: Option<Rate>,
    /// The lane in a word or two: `3.2 ms`, `120 kb/s`; may be empty.
    pub summary: Summary,
}

/// A lane in one figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Summary {
    /// Nothing to say.
    None,
    /// How long it took.
    Took(Duration),
    /// Mean rate, bits per second.
    Rate(f64),
    /// Median round trip.
    RoundTrip(Duration),
}

/// Something on a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// When, or since when.
    pub at: Timestamp,
    /// Until when, for what takes time.
    pub until: Option<Timestamp>,
    /// Its shape.
    pub shape: Shape,
    /// What, in a word or two; may be empty. Text from the wire is in it.
    pub text: String,
    /// Frames that show it.
    pub frames: Vec<FrameNumber>,
}

/// Shape of a mark: meaning that colour alone must not carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Something happened.
    Event,
    /// One of many alike: a candidate, a consent check.
    Pulse,
    /// A stretch of time.
    Stretch,
    /// The pair was nominated.
    Selected,
    /// Something went wrong.
    Broken,
    /// A key frame.
    KeyFrame,
    /// A picture that stood still.
    Freeze,
}

/// Bits per second in buckets of one width.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    /// First packet.
    pub from: Timestamp,
    /// Last packet.
    pub until: Timestamp,
    /// Start of the first bucket: not after the first packet.
    pub start: Timestamp,
    /// Width of a bucket.
    pub step: Duration,
    /// Payload bits per second, by bucket.
    pub bits_per_second: Vec<f64>,
    /// Packets found lost, by bucket.
    pub lost: Vec<u32>,
}

impl Lane {
    pub(super) fn new(layer: Layer, title: &str, marks: Vec<Mark>) -> Self {
        Self {
            layer,
            from: None,
            title: title.to_owned(),
            marks,
            rate: None,
            summary: Summary::None,
        }
    }
}

impl Shape {
    /// How what it marks went.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Selected => Tone::Good,
            Self::Broken | Self::Freeze => Tone::Bad,
            Self::KeyFrame | Self::Event | Self::Pulse | Self::Stretch => Tone::Plain,
        }
    }
}
