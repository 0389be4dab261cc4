//! A message on its way: what its frames brought so far.

use crate::flow::exchange::note_frame;
use crate::flow::websocket::budget::Budget;
use crate::flow::websocket::budget::MESSAGE_KEPT;
use crate::flow::websocket::inflate::Context;
use crate::flow::websocket::message::Endpoint;
use crate::flow::websocket::message::Kind;
use crate::flow::websocket::message::Message;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;
use crate::wire::websocket::frame::unmask;

/// An unfinished message.
#[derive(Debug)]
pub(super) struct Assembly {
    kind: Kind,
    coding: Coding,
    /// Payload so far, unmasked, still compressed.
    bytes: Vec<u8>,
    /// Is it cut at the end of `bytes`: not captured, or past a limit?
    cut: bool,
    fragments: u32,
    frames: Vec<FrameNumber>,
    at: Timestamp,
}

/// How a payload is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// As it is.
    Plain,
    /// permessage-deflate.
    Deflate,
    /// By an extension not known here.
    Unknown,
}

impl Assembly {
    /// A message whose first frame says what it is, or whose first frame is not there ([`Kind::Unknown`]).
    pub(super) const fn new(kind: Kind, coding: Coding) -> Self {
        Self {
            kind,
            coding,
            bytes: Vec::new(),
            cut: matches!(kind, Kind::Unknown),
            fragments: 0,
            frames: Vec::new(),
            at: Timestamp::from_nanos(0),
        }
    }

    /// Another of its frames begins.
    pub(super) const fn fragment(&mut self) {
        self.fragments = self.fragments.saturating_add(1);
    }

    /// `frame` of the capture carried part of it.
    pub(super) fn note(&mut self, at: Timestamp, frame: FrameNumber) {
        self.at = self.at.max(at);
        note_frame(&mut self.frames, frame);
    }

    /// The next payload bytes as sent; `position`: their offset in their frame. A name when a limit is reached.
    pub(super) fn push(
        &mut self,
        masked: &[u8],
        mask: Option<[u8; 4]>,
        position: u64,
        budget: &mut Budget,
    ) -> Option<&'static str> {
        // What comes after a hole can't be read on its own; of a message without its beginning, the rest is text for people at most.
        if self.cut && (self.kind != Kind::Unknown || self.bytes.len() >= PREVIEW) {
            return None;
        }
        if self.bytes.len() + masked.len() > MESSAGE_KEPT {
            self.cut = true;
            return Some("limit-websocket-message");
        }
        if !budget.hold(masked.len()) {
            self.cut = true;
            return Some("limit-websocket-memory");
        }
        let from = self.bytes.len();
        self.bytes.extend_from_slice(masked);
        if let (Some(key), Some(new)) = (mask, self.bytes.get_mut(from..)) {
            unmask(new, key, position);
        }
        None
    }

    /// Payload bytes are missing here.
    pub(super) const fn gap(&mut self) {
        self.cut = true;
    }

    /// No more of it will come; `ended` when its last frame did. With the message comes the name of a broken rule or reached limit.
    pub(super) fn finish(
        self,
        from: Endpoint,
        ended: bool,
        context: Option<&mut Context>,
        budget: &mut Budget,
    ) -> (Message, Option<&'static str>) {
        let whole = ended && !self.cut;
        let is_text = self.kind == Kind::Text;
        budget.release(self.bytes.len());
        let (payload, complete, mut fault) = match (self.coding, context) {
            (Coding::Deflate, Some(context)) => {
                let inflated = context.inflate(&self.bytes, whole, is_text, budget);
                (inflated.bytes, inflated.complete, inflated.fault)
            }
            (Coding::Plain, _) => (self.bytes, whole, None),
            (Coding::Deflate | Coding::Unknown, _) => (self.bytes, false, None),
        };
        if is_text && complete && std::str::from_utf8(&payload).is_err() {
            fault = fault.or(Some("websocket-text-not-utf8"));
        }
        let message = Message {
            from,
            kind: self.kind,
            payload,
            fragments: self.fragments,
            frames: self.frames,
            at: self.at,
            complete,
        };
        (message, fault)
    }
}

/// Bytes kept of a message without its beginning.
const PREVIEW: usize = 4096;
