//! One direction of a WebSocket connection: frame after frame.

use crate::flow::reassembly::Ending;
use crate::flow::websocket::assembly::Assembly;
use crate::flow::websocket::assembly::Coding;
use crate::flow::websocket::budget::Budget;
use crate::flow::websocket::budget::MESSAGE_KEPT;
use crate::flow::websocket::inflate::Context;
use crate::flow::websocket::message::Control;
use crate::flow::websocket::message::Endpoint;
use crate::flow::websocket::message::Event;
use crate::flow::websocket::message::Kind;
use crate::flow::websocket::partial::Partial;
use crate::flow::websocket::partial::Place;
use crate::flow::websocket::sniff;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::websocket::close::Close;
use crate::wire::websocket::frame::unmask;
use crate::wire::websocket::header::Header;
use crate::wire::websocket::header::Opcode;
use crate::wire::websocket::header::RSV1;

/// Reads the frames of one direction.
#[derive(Debug)]
pub(super) struct Reader {
    from: Endpoint,
    state: State,
    /// The header on its way.
    partial: Partial,
    message: Option<Assembly>,
    control: Vec<u8>,
    /// Is part of the control frame missing?
    control_cut: bool,
    /// permessage-deflate, where it was agreed on.
    context: Option<Context>,
    /// May an extension not known here use the reserved bits?
    unknown_extension: bool,
    /// Has this side sent Close?
    closed: bool,
    /// Were frames lost since the last whole message?
    lost: bool,
}

#[derive(Debug)]
enum State {
    /// Between frames, or in a header.
    Header,
    /// In a frame, `position` bytes behind its header.
    Payload { header: Header, position: u64 },
    /// Out of step: looks for a segment that begins with a frame.
    Lost,
}

impl Reader {
    pub(super) const fn new(
        from: Endpoint,
        context: Option<Context>,
        unknown_extension: bool,
    ) -> Self {
        Self {
            from,
            state: State::Header,
            partial: Partial::new(),
            message: None,
            control: Vec::new(),
            control_cut: false,
            context,
            unknown_extension,
            closed: false,
            lost: false,
        }
    }

    /// The connection's beginning is not in the capture.
    pub(super) fn join_midway(&mut self, budget: &mut Budget) {
        if let Some(context) = &mut self.context {
            context.lose(budget);
        }
        self.state = State::Lost;
        self.lost = true;
    }

    /// The next bytes.
    pub(super) fn data(
        &mut self,
        place: Place,
        mut input: &[u8],
        budget: &mut Budget,
        sink: &mut impl FnMut(Event),
    ) {
        if matches!(self.state, State::Lost) {
            if !sniff::resumes(input, self.from, self.context.is_some()) {
                return;
            }
            self.state = State::Header;
        }
        while !input.is_empty() {
            match self.state {
                State::Lost => return,
                State::Header => match self.partial.fill(place, &mut input) {
                    None => {}
                    Some(Ok(header)) => self.begin(place, header, budget, sink),
                    Some(Err(fault)) => {
                        tell(place, fault.name, sink);
                        self.lose_step(place, budget, sink);
                    }
                },
                State::Payload { header, position } => {
                    let left = header.payload_length - position;
                    let length = usize::try_from(left).unwrap_or(usize::MAX);
                    let (bytes, rest) = input.split_at(length.min(input.len()));
                    input = rest;
                    self.payload(place, &header, position, bytes, budget, sink);
                    self.advance(place, header, position + bytes.len() as u64, budget, sink);
                }
            }
        }
    }

    /// `bytes` are missing: 0 when it can't be told how many.
    pub(super) fn gap(
        &mut self,
        place: Place,
        bytes: u64,
        budget: &mut Budget,
        sink: &mut impl FnMut(Event),
    ) {
        if let State::Payload { header, position } = self.state
            && (1..=header.payload_length - position).contains(&bytes)
        {
            if header.opcode.is_control() {
                self.control_cut = true;
            } else if let Some(message) = &mut self.message {
                message.gap();
            }
            self.advance(place, header, position + bytes, budget, sink);
        } else {
            self.lose_step(place, budget, sink);
        }
    }

    /// No more bytes will come.
    pub(super) fn end(
        &mut self,
        place: Place,
        how: Ending,
        budget: &mut Budget,
        sink: &mut impl FnMut(Event),
    ) {
        let in_frame = !self.partial.is_empty() || matches!(self.state, State::Payload { .. });
        if how != Ending::Unseen && (in_frame || self.message.is_some()) {
            tell(place, "websocket-message-ends-early", sink);
        }
        self.lose_step(place, budget, sink);
    }

    /// Gives up the frame and the message on their way, and goes looking for the next segment that begins with a frame.
    pub(super) fn lose_step(
        &mut self,
        place: Place,
        budget: &mut Budget,
        sink: &mut impl FnMut(Event),
    ) {
        self.finish_message(place, false, budget, sink);
        self.partial = Partial::new();
        self.join_midway(budget);
    }

    /// A frame's header is there.
    fn begin(
        &mut self,
        place: Place,
        header: Header,
        budget: &mut Budget,
        sink: &mut impl FnMut(Event),
    ) {
        for fault in header.faults() {
            tell(place, fault.name, sink);
        }
        match (self.from, header.mask) {
            (Endpoint::Client, None) => tell(place, "websocket-client-unmasked", sink),
            (Endpoint::Server, Some(_)) => tell(place, "websocket-server-masked", sink),
            _ => {}
        }
        let begins = matches!(header.opcode, Opcode::Text | Opcode::Binary);
        let deflate = self.context.is_some() && begins && header.rsv1();
        let meaningless = header.reserved & if deflate { !RSV1 } else { !0 };
        if meaningless != 0 && !self.unknown_extension {
            tell(place, "websocket-reserved-bits", sink);
        }
        let strange = matches!(header.opcode, Opcode::Unknown(_)) || meaningless != 0;
        if strange && header.payload_length > MESSAGE_KEPT as u64 {
            // This is no header: its length would swallow what comes.
            tell(place, "websocket-out-of-step", sink);
            self.lose_step(place, budget, sink);
            return;
        }
        if self.closed && !header.opcode.is_control() {
            tell(place, "websocket-frame-after-close", sink);
        }
        let coding = match (meaningless, deflate) {
            (0, true) => Coding::Deflate,
            (0, false) => Coding::Plain,
            _ => Coding::Unknown,
        };
        self.open(place, header.opcode, coding, budget, sink);
        self.advance(place, header, 0, budget, sink);
    }

    /// Makes room for the payload of a frame.
    fn open(
        &mut self,
        place: Place,
        opcode: Opcode,
        coding: Coding,
        budget: &mut Budget,
        sink: &mut impl FnMut(Event),
    ) {
        let kind = match opcode {
            Opcode::Text => Kind::Text,
            Opcode::Binary => Kind::Binary,
            Opcode::Continuation => Kind::Unknown,
            _ => {
                self.control.clear();
                self.control_cut = false;
                return;
            }
        };
        match (kind, &self.message) {
            (Kind::Unknown, None) => {
                // After a gap its beginning may be in it.
                if !self.lost {
                    tell(place, "websocket-continuation-unexpected", sink);
                }
                self.message = Some(Assembly::new(kind, Coding::Plain));
            }
            (Kind::Unknown, Some(_)) => {}
            (_, None) => self.message = Some(Assembly::new(kind, coding)),
            (_, Some(_)) => {
                tell(place, "websocket-message-interrupted", sink);
                self.finish_message(place, false, budget, sink);
                self.message = Some(Assembly::new(kind, coding));
            }
        }
        let began = self.partial.began();
        if let Some(message) = &mut self.message {
            message.fragment();
            message.note(began.at, began.frame);
            message.note(place.at, place.frame);
        }
    }

    /// Takes `masked`, which begins `position` bytes behind the header.
    fn payload(
        &mut self,
        place: Place,
        header: &Header,
        position: u64,
        masked: &[u8],
        budget: &mut Budget,
        sink: &mut impl FnMut(Event),
    ) {
        match header.opcode {
            Opcode::Continuation | Opcode::Text | Opcode::Binary => {
                let Some(message) = &mut self.message else {
                    return;
                };
                message.note(place.at, place.frame);
                let reached = message.push(masked, header.mask, position, budget);
                if let Some(name) = reached {
                    tell(place, name, sink);
                }
            }
            _ => {
                let room = CONTROL_KEPT.saturating_sub(self.control.len());
                let from = self.control.len();
                let kept = masked.get(..room).unwrap_or(masked);
                self.control.extend_from_slice(kept);
                if let (Some(key), Some(new)) = (header.mask, self.control.get_mut(from..)) {
                    unmask(new, key, position);
                }
            }
        }
    }

    /// The frame has come to byte `position` of its payload; maybe that is its end.
    fn advance(
        &mut self,
        place: Place,
        header: Header,
        position: u64,
        budget: &mut Budget,
        sink: &mut impl FnMut(Event),
    ) {
        if position < header.payload_length {
            self.state = State::Payload { header, position };
            return;
        }
        self.state = State::Header;
        match header.opcode {
            Opcode::Continuation | Opcode::Text | Opcode::Binary => {
                if header.fin {
                    self.finish_message(place, true, budget, sink);
                }
            }
            _ => self.finish_control(place, &header, sink),
        }
    }

    fn finish_message(
        &mut self,
        place: Place,
        ended: bool,
        budget: &mut Budget,
        sink: &mut impl FnMut(Event),
    ) {
        let Some(assembly) = self.message.take() else {
            return;
        };
        let (message, fault) = assembly.finish(self.from, ended, self.context.as_mut(), budget);
        self.lost &= !ended;
        if let Some(name) = fault {
            tell(place, name, sink);
        }
        sink(Event::Message(message));
    }

    fn finish_control(&mut self, place: Place, header: &Header, sink: &mut impl FnMut(Event)) {
        let payload = std::mem::take(&mut self.control);
        if header.opcode == Opcode::Close {
            self.closed = true;
            if !self.control_cut && header.payload_length <= CONTROL_KEPT as u64 {
                for fault in Close::new(&payload).faults {
                    tell(place, fault.name, sink);
                }
            }
        }
        sink(Event::Control(Control {
            from: self.from,
            opcode: header.opcode,
            payload,
            at: place.at,
            frame: place.frame,
        }));
    }
}

/// Passes a broken rule on.
pub(super) fn tell(place: Place, name: &'static str, sink: &mut impl FnMut(Event)) {
    sink(Event::Fault {
        frame: place.frame,
        fault: Fault::new(Layer::WebSocket, name, 0),
    });
}

/// Longest payload of a control frame (RFC 6455 §5.5), bytes.
const CONTROL_KEPT: usize = 125;
