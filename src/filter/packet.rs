//! A packet as a filter sees it: what it says, and which rows of the analysis it belongs to.
//!
//! The analysis keeps no packets, so whoever reads them from the file says what a filter may ask. A line that stands for packets, a ladder's
//! or a handshake's, is asked in the same way.

use std::borrow::Cow;

use hashbrown::HashMap;

use crate::filter::rows::Row;
use crate::filter::rows::RowKind;
use crate::filter::rows::Rows;
use crate::filter::value::Value;
use crate::flow::exchange::Exchange;
use crate::track::signaling::dialogue::Carried;
use crate::track::signaling::dialogue::Message;
use crate::vocab::address::FiveTuple;
use crate::vocab::address::Transport;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::Ssrc;
use crate::wire::http1::headers::Headers;

/// A packet.
#[derive(Debug, Clone)]
pub struct Packet<'a> {
    /// The rows that it belongs to.
    pub rows: &'a [Row],
    /// The frame; the first, where it stands for several.
    pub number: Option<FrameNumber>,
    /// Seconds from the start of the capture.
    pub seconds: Option<f64>,
    /// Who sent it: addresses, names.
    pub from: Value<'a>,
    /// Who was to get it.
    pub to: Value<'a>,
    /// Its protocol.
    pub protocol: &'a str,
    /// What it says, in a line.
    pub text: Cow<'a, str>,
    /// Length on the wire, bytes.
    pub length: Option<u32>,
    /// The frame's bytes.
    pub bytes: &'a [u8],
    /// What its TCP or UDP carries.
    pub payload: &'a [u8],
    /// What it carries as text, decrypted where keys are known: HTTP, descriptions. Words are searched for here.
    pub texts: Vec<Cow<'a, str>>,
}

/// Which packets belong to which rows.
#[derive(Debug, Default)]
pub struct Belonging {
    conversations: HashMap<Conversation, Vec<Row>>,
    streams: HashMap<(Conversation, Ssrc), Vec<Row>>,
    frames: HashMap<FrameNumber, Vec<Row>>,
    /// Messages of dialogues.
    messages: HashMap<FrameNumber, Vec<(usize, usize)>>,
}

/// A conversation, the same from both ends.
pub type Conversation = (Transport, TransportAddress, TransportAddress);

impl Belonging {
    /// Of the packets that `rows` were made from.
    pub fn new(rows: &Rows<'_>) -> Self {
        let mut known = Self::default();
        known.add_conversations(rows);
        known.add_streams(rows);
        known.add_frames(rows);
        known
    }

    /// Puts the rows of a packet into `into`: by its conversation, the stream in it, and its number.
    pub fn find(
        &self,
        tuple: Option<FiveTuple>,
        ssrc: Option<Ssrc>,
        number: FrameNumber,
        into: &mut Vec<Row>,
    ) {
        into.clear();
        if let Some(at) = tuple.as_ref().map(conversation) {
            into.extend(self.conversations.get(&at).into_iter().flatten());
            let stream = ssrc.and_then(|ssrc| self.streams.get(&(at, ssrc)));
            into.extend(stream.into_iter().flatten());
        }
        for row in self.frames.get(&number).into_iter().flatten() {
            if !into.contains(row) {
                into.push(*row);
            }
        }
    }

    /// Does a frame belong to more than its conversation does?
    pub fn names(&self, number: FrameNumber) -> bool {
        self.frames.contains_key(&number)
    }

    /// What a frame carries as text; `own`: its rows.
    pub fn texts<'a>(
        &self,
        rows: &Rows<'a>,
        own: &[Row],
        number: FrameNumber,
    ) -> Vec<Cow<'a, str>> {
        let mut texts = Vec::new();
        for row in own {
            if let Row::Http(index) = row
                && let Some(exchange) = rows.analysis.scene.http.get(*index)
            {
                texts.extend(of_exchange(exchange, Some(number)));
            }
        }
        let messages = self.messages.get(&number).into_iter().flatten();
        for (dialogue, message) in messages {
            let dialogue = rows.analysis.scene.dialogues.get(*dialogue);
            if let Some(message) = dialogue.and_then(|it| it.messages.get(*message)) {
                texts.extend(of_message(message));
            }
        }
        texts
    }

    fn add_conversations(&mut self, rows: &Rows<'_>) {
        let scene = &rows.analysis.scene;
        for (index, owner) in scene.flow_owner.iter().enumerate() {
            let call = owner.map(|id| Row::Call(id.index()));
            self.join(rows, index, [Row::Flow(index)].into_iter().chain(call));
        }
        for row in rows.all(RowKind::Pair) {
            if let Row::Pair(call, index) = row {
                let call = scene.peer_connections.get(call);
                let pair = call.and_then(|call| call.ice.pairs.get(index));
                if let Some(flow) = pair.and_then(|pair| pair.flow) {
                    self.join(rows, flow.index(), [row]);
                }
            }
        }
        for (index, transport) in scene.dtls.iter().enumerate() {
            let flow = transport.association.flow.index();
            self.join(rows, flow, [Row::Dtls(index)]);
        }
        for (index, data) in scene.data_channels.iter().enumerate() {
            // Which packets carry a channel is encrypted: all of its association's may.
            if let Some(transport) = scene.dtls.get(data.dtls.index()) {
                let flow = transport.association.flow.index();
                self.join(rows, flow, [Row::Channel(index)]);
            }
        }
        for (index, turn) in scene.turn.iter().enumerate() {
            // All that goes to the relay is the call's: allocations are not shared.
            let owner = scene.turn_owner.get(index).copied().flatten();
            let call = owner.map(|id| Row::Call(id.index()));
            let these = [Row::Turn(index)].into_iter().chain(call);
            self.join(rows, turn.flow.index(), these);
        }
    }

    fn join(&mut self, rows: &Rows<'_>, flow: usize, these: impl IntoIterator<Item = Row>) {
        let Some(at) = on_the_wire(rows, flow) else {
            return;
        };
        let known = self.conversations.entry(at).or_default();
        for row in these {
            if !known.contains(&row) {
                known.push(row);
            }
        }
    }

    fn add_streams(&mut self, rows: &Rows<'_>) {
        for (index, stream) in rows.analysis.scene.streams.iter().enumerate() {
            for path in &stream.stats.paths {
                if let Some(at) = on_the_wire(rows, path.flow.index()) {
                    let known = self.streams.entry((at, stream.stats.ssrc)).or_default();
                    let call = stream.peer_connection.map(|id| Row::Call(id.index()));
                    known.push(Row::Stream(index));
                    known.extend(call);
                }
            }
        }
    }

    /// What several packets carried together, and what was found in them.
    fn add_frames(&mut self, rows: &Rows<'_>) {
        let analysis = rows.analysis;
        for (index, exchange) in analysis.scene.http.iter().enumerate() {
            let request = exchange.request.iter().flat_map(|it| &it.frames);
            let response = exchange.response.iter().flat_map(|it| &it.frames);
            let calls = rows.calls_of(Row::Http(index));
            for frame in request.chain(response) {
                let known = self.frames.entry(*frame).or_default();
                known.push(Row::Http(index));
                known.extend(calls.iter().map(|call| Row::Call(*call)));
            }
        }
        for (call, connection) in analysis.scene.peer_connections.iter().enumerate() {
            for message in rows.messages(connection) {
                for frame in &message.frames {
                    self.frames.entry(*frame).or_default().push(Row::Call(call));
                }
            }
        }
        for (at, dialogue) in analysis.scene.dialogues.iter().enumerate() {
            for (place, message) in dialogue.messages.iter().enumerate() {
                for frame in &message.frames {
                    self.messages.entry(*frame).or_default().push((at, place));
                }
            }
        }
        for (index, finding) in analysis.findings.iter().enumerate() {
            for frame in finding.evidence.iter().flat_map(|line| &line.frames) {
                let known = self.frames.entry(*frame).or_default();
                known.push(Row::Finding(index));
            }
        }
    }
}

/// Heads and bodies of an exchange; of the message that has a frame, where one is given.
pub fn of_exchange(exchange: &Exchange, frame: Option<FrameNumber>) -> Vec<Cow<'_, str>> {
    let mut texts = Vec::new();
    let wanted = |frames: &[FrameNumber]| frame.is_none_or(|frame| frames.contains(&frame));
    if let Some(request) = exchange.request.as_ref().filter(|it| wanted(&it.frames)) {
        let line = format!("{} {}", request.method, request.target);
        texts.push(Cow::Owned(line));
        texts.extend(fields(&request.headers));
        texts.push(request.body.text());
    }
    if let Some(response) = exchange.response.as_ref().filter(|it| wanted(&it.frames)) {
        texts.push(Cow::Owned(format!(
            "{} {}",
            response.status, response.reason
        )));
        texts.extend(fields(&response.headers));
        texts.push(response.body.text());
    }
    texts
}

fn fields(headers: &Headers) -> impl Iterator<Item = Cow<'_, str>> {
    headers
        .iter()
        .map(|(name, value)| Cow::Owned(format!("{name}: {value}")))
}

/// What a message of signaling says and carries.
pub fn of_message(message: &Message) -> Vec<Cow<'_, str>> {
    let mut texts = vec![Cow::Borrowed(message.summary.as_str())];
    texts.extend(message.carried.iter().filter_map(|carried| {
        let text: &str = match carried {
            Carried::Description { sdp, .. } => sdp,
            Carried::Candidate { candidate, .. } => candidate,
            Carried::Credentials { ufrag, .. } => ufrag,
            Carried::EndOfCandidates => return None,
        };
        Some(Cow::Borrowed(text))
    }));
    texts
}

/// The conversation that has the packets of a flow: the one with the relay, for what ran inside.
pub fn on_the_wire(rows: &Rows<'_>, flow: usize) -> Option<Conversation> {
    let flows = &rows.analysis.scene.flows;
    let flow = flows.get(flow)?;
    let outer = flow.relayed.map(|relayed| relayed.outer);
    let outer = outer.and_then(|id: FlowId| flows.get(id.index()));
    Some(conversation(&outer.unwrap_or(flow).tuple))
}

/// Which conversation a packet with these ends belongs to.
pub fn conversation(tuple: &FiveTuple) -> Conversation {
    let (low, high) = if tuple.a <= tuple.b {
        (tuple.a, tuple.b)
    } else {
        (tuple.b, tuple.a)
    };
    (tuple.transport, low, high)
}
