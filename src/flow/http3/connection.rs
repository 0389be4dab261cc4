//! All streams of one HTTP/3 connection.

use std::collections::BTreeMap;

use crate::crypt::tls::session::Peer;
use crate::flow::exchange::Exchanges;
use crate::flow::exchange::Scheme;
use crate::flow::exchange::Version;
use crate::flow::exchange::note_frame;
use crate::flow::http::HttpEvent;
use crate::flow::http2::heads::Block;
use crate::flow::http2::heads::Place;
use crate::flow::http2::heads::Requests;
use crate::flow::http2::heads::fault;
use crate::flow::http2::heads::tell;
use crate::flow::http2::message::Fields;
use crate::flow::http2::streams::Message;
use crate::flow::http3::blocked::Blocked;
use crate::flow::http3::blocked::Section;
use crate::flow::http3::blocked::Side;
use crate::flow::http3::piece::Given;
use crate::flow::http3::piece::Piece;
use crate::flow::http3::reader::FrameReader;
use crate::flow::http3::reader::Step;
use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;
use crate::wire::hpack::decoder::Block as Decoded;
use crate::wire::http3::FrameType;
use crate::wire::http3::Setting;
use crate::wire::http3::StreamType;
use crate::wire::http3::settings;
use crate::wire::qpack::decoder::Decoder;
use crate::wire::qpack::decoder::Outcome;
use crate::wire::tls::cursor::Cursor;

/// One connection.
#[derive(Debug)]
pub struct Http3Connection {
    requests: Requests,
    client: Direction,
    /// By sender of the encoder stream.
    decoders: [Decoder; 2],
    readers: BTreeMap<Side, StreamReader>,
    blocked: Blocked,
}

/// One direction of a stream.
#[derive(Debug)]
struct StreamReader {
    kind: Kind,
    frames: FrameReader,
}

/// What a direction of a stream carries.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// One way, its type not whole yet.
    Untyped(Vec<u8>),
    /// A request's or response's frames, under this number.
    Message(u64),
    /// A push, its number not whole yet.
    Push(Vec<u8>),
    /// Settings and the like.
    Control,
    /// Changes of the sender's QPACK table.
    Encoder,
    /// Nothing that is read here.
    Ignored,
}

/// Where exchanges go and what happened is told.
type Told<'a, 'b> = (&'a mut Exchanges, &'b mut dyn FnMut(HttpEvent<'_>));

impl Http3Connection {
    /// For a connection in conversation `flow` between the ends of `tuple`.
    pub fn new(flow: FlowId, tuple: FiveTuple, client: Direction) -> Self {
        let mut requests = Requests::new(flow, tuple, Scheme::Https, Version::Http3);
        requests.client = Some(client);
        Self {
            requests,
            client,
            decoders: <[Decoder; 2]>::default(),
            readers: BTreeMap::new(),
            blocked: Blocked::default(),
        }
    }

    /// Takes the next piece of one direction of a stream. Exchanges go to `exchanges`, what happened to `sink`.
    pub fn observe(
        &mut self,
        given: Given<'_>,
        exchanges: &mut Exchanges,
        sink: &mut dyn FnMut(HttpEvent<'_>),
    ) {
        let side = (given.stream, given.from);
        let place = (given.at, given.frame);
        self.piece(side, place, given.piece, &mut (exchanges, sink));
    }

    /// The connection is over: nothing more will come.
    pub fn close(
        &mut self,
        place: (Timestamp, FrameNumber),
        exchanges: &mut Exchanges,
        mut sink: &mut dyn FnMut(HttpEvent<'_>),
    ) {
        for from in [Peer::Client, Peer::Server] {
            for side in self.blocked.sides(from) {
                self.unblock(side, None, &mut (&mut *exchanges, &mut *sink));
            }
        }
        for id in self.requests.streams.ids() {
            for message in [Message::Request, Message::Response] {
                let streams = &mut self.requests.streams;
                streams.finish(id, message, false, place, exchanges, &mut sink);
            }
        }
    }

    fn piece(&mut self, side: Side, place: Place, piece: Piece<'_>, told: &mut Told<'_, '_>) {
        if self.blocked.keep(side, place, piece) {
            if self.blocked.is_full() {
                tell(
                    place,
                    fault("http3-qpack-blocked-for-too-much"),
                    &mut told.1,
                );
                self.unblock(side, None, told);
            }
            return;
        }
        match piece {
            Piece::Data(bytes) => self.data(side, place, bytes, told),
            Piece::Gap(bytes) => self.gap(side, place, bytes, told),
            Piece::End | Piece::Reset => {
                let reader = self.readers.remove(&side);
                let whole = reader.as_ref().is_none_or(|it| it.frames.is_at_boundary());
                if let Some(Kind::Message(number)) = reader.map(|reader| reader.kind) {
                    let ended = piece == Piece::End && whole;
                    let message = message_of(side.1);
                    if piece == Piece::End && !whole {
                        tell(place, fault("http3-frame-cut"), &mut told.1);
                    }
                    let (exchanges, sink) = told;
                    let streams = &mut self.requests.streams;
                    streams.finish(number, message, ended, place, exchanges, sink);
                }
            }
        }
    }

    fn data(&mut self, side: Side, place: Place, bytes: &[u8], told: &mut Told<'_, '_>) {
        let mut input = bytes;
        let reader = self.readers.entry(side).or_insert_with(|| StreamReader {
            kind: first_kind(side),
            frames: FrameReader::default(),
        });
        reader.learn(&mut input);
        let mut kind = reader.kind.clone();
        match &mut kind {
            Kind::Encoder => self.insertions(side.1, place, input, told),
            Kind::Message(_) | Kind::Control => self.frames(side, place, input, told),
            Kind::Untyped(_) | Kind::Push(_) | Kind::Ignored => {}
        }
    }

    /// Reads frames until the bytes are used up, or a section has to wait.
    fn frames(&mut self, side: Side, place: Place, bytes: &[u8], told: &mut Told<'_, '_>) {
        let mut input = bytes;
        loop {
            let Some(reader) = self.readers.get_mut(&side) else {
                return;
            };
            let number = match reader.kind {
                Kind::Message(number) => Some(number),
                _ => None,
            };
            match reader.frames.step(&mut input, place) {
                Step::Hungry => return,
                Step::Malformed(fault) => tell(place, fault, &mut told.1),
                Step::Data(bytes) => {
                    let message = message_of(side.1);
                    let stream = number.and_then(|number| self.requests.streams.get_mut(number));
                    if let (Some(number), Some(stream)) = (number, stream) {
                        let half = &mut stream.halves[message.index()];
                        half.data(number, message, place, bytes, &mut told.1);
                    }
                }
                Step::Frame(FrameType::Settings, payload, ..) if number.is_none() => {
                    self.settings(side.1, &payload);
                }
                Step::Frame(
                    kind @ (FrameType::Headers | FrameType::PushPromise),
                    payload,
                    begun,
                    wire_bytes,
                ) if number.is_some() => {
                    let section = section(kind, payload, begun, place, wire_bytes);
                    let Some(section) = section else {
                        tell(place, fault("http3-frame-cut"), &mut told.1);
                        continue;
                    };
                    if !self.section(side, section, told) {
                        self.blocked.keep(side, place, Piece::Data(input));
                        return;
                    }
                }
                Step::Frame(..) => tell(place, fault("http3-frame-unexpected"), &mut told.1),
            }
        }
    }

    fn gap(&mut self, side: Side, place: Place, bytes: u64, told: &mut Told<'_, '_>) {
        let Some(reader) = self.readers.get_mut(&side) else {
            // The stream's beginning: nobody knows what it is.
            let kind = match first_kind(side) {
                Kind::Message(number) => Kind::Message(number),
                _ => Kind::Ignored,
            };
            let mut frames = FrameReader::default();
            frames.lose_step();
            self.readers.insert(side, StreamReader { kind, frames });
            return;
        };
        match reader.kind {
            Kind::Encoder => {
                self.decoders[side.1.index()].forget();
                tell(place, fault("http3-qpack-insertions-missing"), &mut told.1);
                self.retry(side.1, told);
            }
            Kind::Message(number) => {
                let missing = reader.frames.gap(bytes);
                let message = message_of(side.1);
                let stream = self.requests.streams.get_mut(number);
                if let (Some(stream), Some(missing)) = (stream, missing) {
                    let half = &mut stream.halves[message.index()];
                    half.gap(number, message, missing, place, &mut told.1);
                }
            }
            Kind::Control => drop(reader.frames.gap(bytes)),
            Kind::Untyped(_) | Kind::Push(_) => reader.kind = Kind::Ignored,
            Kind::Ignored => {}
        }
    }

    /// What `from` can take is what the other side may send.
    fn settings(&mut self, from: Peer, payload: &[u8]) {
        let capacity =
            settings(payload).find(|(setting, _)| *setting == Setting::QpackMaxTableCapacity);
        let other = 1 - from.index();
        self.decoders[other].allow(capacity.map_or(0, |(_, value)| value));
    }

    fn insertions(&mut self, from: Peer, place: Place, bytes: &[u8], told: &mut Told<'_, '_>) {
        for fault in self.decoders[from.index()].insertions(bytes) {
            tell(place, fault, &mut told.1);
        }
        self.retry(from, told);
    }

    /// The table has changed: reads the sections that waited for it.
    fn retry(&mut self, from: Peer, told: &mut Told<'_, '_>) {
        for side in self.blocked.sides(from) {
            let Some(section) = self.blocked.section(side) else {
                continue;
            };
            if let Outcome::Read(block) = self.decoders[from.index()].section(&section.bytes) {
                self.unblock(side, Some(block), told);
            }
        }
    }

    /// Goes on with a stream that waited; without `block`, its section is read as far as the table is known.
    fn unblock(&mut self, side: Side, block: Option<Decoded>, told: &mut Told<'_, '_>) {
        let Some(queue) = self.blocked.remove(side) else {
            return;
        };
        let decoder = &self.decoders[side.1.index()];
        let block = block.unwrap_or_else(|| decoder.section_anyhow(&queue.section.bytes));
        self.headers(side, &queue.section, block, told);
        for (place, held) in queue.pieces {
            self.piece(side, place, held.piece(), told);
        }
    }

    /// Takes a header section; false when it has to wait.
    fn section(&mut self, side: Side, section: Section, told: &mut Told<'_, '_>) -> bool {
        let block = match self.decoders[side.1.index()].section(&section.bytes) {
            Outcome::Read(block) => block,
            Outcome::Blocked => match self.blocked.insert(side, section) {
                Ok(()) => return false,
                Err(section) => {
                    let decoder = &self.decoders[side.1.index()];
                    let block = decoder.section_anyhow(&section.bytes);
                    self.headers(side, &section, block, told);
                    return true;
                }
            },
        };
        self.headers(side, &section, block, told);
        true
    }

    fn headers(&mut self, side: Side, section: &Section, block: Decoded, told: &mut Told<'_, '_>) {
        let Some(Kind::Message(stream)) = self.readers.get(&side).map(|reader| &reader.kind) else {
            return;
        };
        let mut frames = Vec::new();
        note_frame(&mut frames, section.begun.1);
        note_frame(&mut frames, section.place.1);
        let head = Block {
            stream: *stream,
            promised: section.promised,
            end_stream: false,
            begun: section.begun,
            frames,
            wire_bytes: section.wire_bytes,
        };
        for fault in block.faults {
            tell(section.place, fault, &mut told.1);
        }
        let direction = match side.1 {
            Peer::Client => self.client,
            Peer::Server => self.client.opposite(),
        };
        let fields = Fields::new(&block.fields);
        let (exchanges, sink) = told;
        self.requests
            .headers(direction, section.place, head, fields, exchanges, sink);
    }
}

impl StreamReader {
    /// Reads what stands before the frames of a one-way stream.
    fn learn(&mut self, input: &mut &[u8]) {
        if let Kind::Untyped(head) = &mut self.kind {
            let Some(code) = number(head, input) else {
                return;
            };
            self.kind = match StreamType::from_code(code) {
                StreamType::Control => Kind::Control,
                StreamType::Push => Kind::Push(Vec::new()),
                StreamType::QpackEncoder => Kind::Encoder,
                _ => Kind::Ignored,
            };
        }
        if let Kind::Push(head) = &mut self.kind
            && let Some(push) = number(head, input)
        {
            self.kind = Kind::Message(pushed(push));
        }
    }
}

/// A number whose bytes may come one by one.
fn number(head: &mut Vec<u8>, input: &mut &[u8]) -> Option<u64> {
    loop {
        let (&first, rest) = input.split_first()?;
        head.push(first);
        *input = rest;
        if let Some(number) = Cursor::new(head).varint() {
            return Some(number);
        }
    }
}

/// What a stream carries, as far as its number says: the client's two-way streams are requests, the server's belong to extensions.
const fn first_kind((id, _): Side) -> Kind {
    match id & 3 {
        0 => Kind::Message(id),
        1 => Kind::Ignored,
        _ => Kind::Untyped(Vec::new()),
    }
}

const fn message_of(from: Peer) -> Message {
    match from {
        Peer::Client => Message::Request,
        Peer::Server => Message::Response,
    }
}

/// The number under which a push stands among the requests: beyond those of streams.
const fn pushed(push: u64) -> u64 {
    1 << 62 | push
}

/// The header section in a frame; nothing when the frame is too short for its push number.
fn section(
    kind: FrameType,
    payload: Vec<u8>,
    begun: Place,
    place: Place,
    wire_bytes: u64,
) -> Option<Section> {
    let (promised, bytes) = if kind == FrameType::PushPromise {
        let mut cursor = Cursor::new(&payload);
        let push = cursor.varint()?;
        (Some(pushed(push)), cursor.rest().to_vec())
    } else {
        (None, payload)
    };
    Some(Section {
        bytes,
        promised,
        begun,
        place,
        wire_bytes,
    })
}
