//! What a lesson works on: an analysis, and its frames when bytes are wanted.

use std::ops::ControlFlow;

use crate::analyzer::analysis::Analysis;
use crate::flow::exchange::Exchange;
use crate::ingest::frame_reader::FrameReader;
use crate::ingest::frame_reader::OwnedFrame;
use crate::session::model::media::MediaStream;
use crate::session::model::peer_connection::PeerConnection;
use crate::track::signaling::dialogue::Dialogue;
use crate::vocab::frame::Frame;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PeerConnectionId;
use crate::wire::channel_data::ChannelData;
use crate::wire::datagram::Kind;
use crate::wire::datagram::classify;
use crate::wire::detail::Field;
use crate::wire::packet::Body;
use crate::wire::packet::decode;
use crate::wire::stun;

/// An analysis with its frames.
pub struct Desk<'a> {
    /// The analysis.
    pub analysis: &'a Analysis,
    frames: FrameReader,
    dissect: &'a Dissect<'a>,
}

/// Takes a frame apart, for the eye: the screens know how, and hand it down.
pub type Dissect<'a> = dyn Fn(&Frame<'_>) -> Vec<Field> + 'a;

impl<'a> Desk<'a> {
    /// An analysis with its frames, and what takes them apart.
    pub const fn new(
        analysis: &'a Analysis,
        frames: FrameReader,
        dissect: &'a Dissect<'a>,
    ) -> Self {
        Self {
            analysis,
            frames,
            dissect,
        }
    }

    /// A frame; `None` when it cannot be read any more.
    pub fn frame(&mut self, number: FrameNumber) -> Option<OwnedFrame> {
        self.frames.read(number).ok()
    }

    /// What a frame is made of.
    pub fn dissect(&self, frame: &OwnedFrame) -> Vec<Field> {
        (self.dissect)(&frame.as_frame())
    }

    /// Shows frames from `first` on to `look`, until it breaks off, the file ends, or [`SCAN_MAX`] were shown.
    pub fn scan(
        &mut self,
        first: FrameNumber,
        mut look: impl FnMut(&Frame<'_>) -> ControlFlow<()>,
    ) {
        let mut next = first.number();
        let end = next.saturating_add(SCAN_MAX);
        let mut over = false;
        while next < end && !over {
            let start = FrameNumber::new(first.file(), next);
            let count = self.frames.read_range(start, BATCH, |frame, _| {
                over = over || look(&frame).is_break();
            });
            match count {
                Ok(BATCH) => next += BATCH,
                _ => return,
            }
        }
    }

    /// The call that a lesson is about: the first one with an offer and a nominated pair, else with checks, else the first.
    pub fn call(&self) -> Option<(PeerConnectionId, &'a PeerConnection)> {
        self.calls().max_by_key(|(id, call)| {
            let rank = 4 * u8::from(!call.descriptions.is_empty())
                + 2 * u8::from(call.ice.pairs.iter().any(|pair| pair.selected))
                + u8::from(!call.ice.pairs.is_empty());
            (rank, std::cmp::Reverse(*id))
        })
    }

    /// All calls with their ids.
    pub fn calls(&self) -> impl Iterator<Item = (PeerConnectionId, &'a PeerConnection)> + use<'a> {
        let calls = self.analysis.scene.peer_connections.iter();
        calls
            .zip(0..)
            .map(|(call, index)| (PeerConnectionId(index), call))
    }

    /// The signaling dialogue of the call, else the first there is.
    pub fn dialogue(&self) -> Option<&'a Dialogue> {
        let scene = &self.analysis.scene;
        let own = self.call().and_then(|(_, call)| call.dialogue);
        own.and_then(|id| scene.dialogues.get(id.index()))
            .or_else(|| scene.dialogues.first())
    }

    /// The exchanges that carried that dialogue, in order; without a dialogue over HTTP, all there are.
    pub fn exchanges(&self) -> Vec<&'a Exchange> {
        let scene = &self.analysis.scene;
        let dialogue = self.dialogue();
        let messages = dialogue.iter().flat_map(|dialogue| &dialogue.messages);
        let mut ids: Vec<usize> = messages
            .filter_map(|message| message.exchange)
            .map(crate::vocab::ids::ExchangeId::index)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let own: Vec<&Exchange> = ids.iter().filter_map(|&id| scene.http.get(id)).collect();
        if own.is_empty() {
            scene.http.iter().collect()
        } else {
            own
        }
    }

    /// The stream that a lesson is about: of those that repair no other, video first, the one with the most packets.
    pub fn stream(&self) -> Option<&'a MediaStream> {
        let streams = self.analysis.scene.streams.iter();
        streams
            .filter(|stream| stream.repairs.is_none() && stream.codec.as_deref() != Some("rtx"))
            .max_by_key(|stream| {
                let video = stream.kind == Some(crate::session::model::media::MediaKind::Video);
                (video, stream.stats.packets)
            })
    }

    /// Seconds from the start of the capture.
    pub fn seconds(&self, at: crate::vocab::time::Timestamp) -> f64 {
        self.analysis.scene.seconds(at)
    }
}

impl std::fmt::Debug for Desk<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

/// What a UDP datagram or TCP segment carries, and where that begins in the frame.
pub fn payload<'a>(frame: &Frame<'a>) -> Option<(usize, &'a [u8])> {
    let bytes = match decode(frame.link, frame.data, frame.original_length).body {
        Body::Udp(udp) => udp.payload,
        Body::Tcp(tcp) => tcp.payload,
        _ => return None,
    };
    let start = (bytes.as_ptr() as usize).checked_sub(frame.data.as_ptr() as usize)?;
    Some((start, bytes))
}

/// What a datagram carries, with what it carries in turn inside TURN: outermost first, each with its place in the frame.
pub fn layers<'a>(frame: &Frame<'a>) -> Vec<(usize, &'a [u8])> {
    let Some(outer) = payload(frame) else {
        return Vec::new();
    };
    let mut found = vec![outer];
    while let Some(&(at, bytes)) = found.last()
        && found.len() < DEPTH
    {
        let inner = match classify(bytes) {
            Kind::Stun => stun::Message::new(bytes).ok().and_then(|it| it.data()),
            Kind::ChannelData => ChannelData::new(bytes).ok().map(|it| it.data),
            _ => None,
        };
        // A stream of RFC 4571 has two bytes of length before each datagram.
        let framed = || match bytes {
            [a, b, rest @ ..] if usize::from(u16::from_be_bytes([*a, *b])) <= rest.len() => {
                let length = usize::from(u16::from_be_bytes([*a, *b]));
                rest.get(..length).filter(|it| stun::probe(it))
            }
            _ => None,
        };
        let Some(inner) = inner.or_else(framed).filter(|inner| !inner.is_empty()) else {
            break;
        };
        let start = at + (inner.as_ptr() as usize).saturating_sub(bytes.as_ptr() as usize);
        found.push((start, inner));
    }
    found
}

/// The innermost STUN message of a frame, and where it begins.
pub fn message<'a>(frame: &Frame<'a>) -> Option<(usize, stun::Message<'a>)> {
    let layers = layers(frame);
    let mut inward = layers.into_iter().rev();
    inward.find_map(|(at, bytes)| {
        let message = stun::probe(bytes).then(|| stun::Message::new(bytes))?;
        Some((at, message.ok()?))
    })
}

/// The outermost STUN message of a frame, and where it begins: TURN's own.
pub fn outer_message<'a>(frame: &Frame<'a>) -> Option<(usize, stun::Message<'a>)> {
    layers(frame).into_iter().find_map(|(at, bytes)| {
        let message = stun::probe(bytes).then(|| stun::Message::new(bytes))?;
        Some((at, message.ok()?))
    })
}

/// Most frames that one query looks at: what it seeks stands near what the analysis points to.
pub const SCAN_MAX: u64 = 20_000;
/// Frames read at once.
const BATCH: u64 = 512;
/// Frames in frames that are opened: TURN around STUN around data.
const DEPTH: usize = 4;
