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
use crate::vocab::address::FiveTuple;
use crate::vocab::address::Transport;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::Ssrc;

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
}

/// Which packets belong to which rows.
#[derive(Debug, Default)]
pub struct Belonging {
    conversations: HashMap<Conversation, Vec<Row>>,
    streams: HashMap<(Conversation, Ssrc), Vec<Row>>,
    frames: HashMap<FrameNumber, Vec<Row>>,
}

/// A conversation, the same from both ends.
type Conversation = (Transport, TransportAddress, TransportAddress);

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
        if let Some(at) = tuple.as_ref().map(key) {
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
        for (index, finding) in analysis.findings.iter().enumerate() {
            for frame in finding.evidence.iter().flat_map(|line| &line.frames) {
                let known = self.frames.entry(*frame).or_default();
                known.push(Row::Finding(index));
            }
        }
    }
}

/// The conversation that has the packets of a flow: the one with the relay, for what ran inside.
fn on_the_wire(rows: &Rows<'_>, flow: usize) -> Option<Conversation> {
    let flows = &rows.analysis.scene.flows;
    let flow = flows.get(flow)?;
    let outer = flow.relayed.map(|relayed| relayed.outer);
    let outer = outer.and_then(|id: FlowId| flows.get(id.index()));
    Some(key(&outer.unwrap_or(flow).tuple))
}

fn key(tuple: &FiveTuple) -> Conversation {
    let (low, high) = if tuple.a <= tuple.b {
        (tuple.a, tuple.b)
    } else {
        (tuple.b, tuple.a)
    };
    (tuple.transport, low, high)
}
