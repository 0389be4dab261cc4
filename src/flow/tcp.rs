//! TCP conversations: reassembled, then read as what their first bytes say.

use crate::crypt::tls::facts::Facts;
use crate::flow::application::Application;
use crate::flow::application::Ends;
use crate::flow::exchange::Exchange;
use crate::flow::exchange::Exchanges;
use crate::flow::reassembly::Stream;
use crate::flow::tls_stream::Secrets;
use crate::flow::websocket::budget::Budget;
use crate::flow::websocket::message::Message;
use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::fault::Fault;
use crate::vocab::ids::ExchangeId;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;
use crate::wire::tcp::Segment;

/// Something that a TCP conversation or a QUIC connection carried, in order.
#[derive(Debug)]
pub(super) enum Carried<'a> {
    /// An HTTP request is complete.
    Request(ExchangeId),
    /// An HTTP response is complete.
    Response(ExchangeId),
    /// A WebSocket connection begins, or is joined midway.
    WebSocketBegins,
    /// A WebSocket message is complete.
    WebSocketMessage {
        /// The handshake, if known.
        exchange: Option<ExchangeId>,
        /// The client's direction.
        client: Direction,
        message: Message,
    },
    /// A datagram in a frame of its own.
    Datagram {
        at: Timestamp,
        frame: FrameNumber,
        direction: Direction,
        bytes: &'a [u8],
    },
    /// The conversation turned out to be TLS.
    TlsBegins,
    /// Something became known about the TLS connection.
    Tls(&'a Facts),
    /// The TLS connection waits for secrets that the key log may yet have.
    TlsWaits,
    /// The conversation turned out to be HTTP/1.1.
    HttpBegins,
    /// The conversation turned out to be HTTP/2.
    Http2Begins,
    /// HTTP/3 runs inside the connection.
    Http3Begins,
    /// A broken rule.
    Fault(FrameNumber, Fault),
}

/// All TCP conversations, by `FlowId`, and the HTTP exchanges found in them.
#[derive(Debug, Default)]
pub struct TcpConversations {
    conversations: Vec<Option<Box<Conversation>>>,
    /// `None` while a conversation is at work with it.
    shared: Option<Box<Shared>>,
}

/// What all conversations write to, or draw on.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// HTTP exchanges.
    pub(super) exchanges: Exchanges,
    /// What WebSocket connections may keep.
    pub(super) websockets: Budget,
    /// The key log.
    pub(super) secrets: Secrets,
}

/// One conversation.
#[derive(Debug)]
pub(super) struct Conversation {
    stream: Stream,
    tuple: FiveTuple,
    application: Application,
}

impl TcpConversations {
    /// HTTP exchanges, in order of their requests.
    pub fn exchanges(&self) -> &[Exchange] {
        self.shared
            .as_ref()
            .map_or(&[], |shared| shared.exchanges.all())
    }

    /// How full the list of exchanges is, and how much of the work on compressed messages is spent: at 1 nothing more is kept, or unpacked.
    pub fn fullness(&self) -> f64 {
        self.shared.as_ref().map_or(0.0, |shared| {
            shared.exchanges.fullness().max(shared.websockets.spent())
        })
    }

    /// Exchanges not kept because the list was full.
    pub fn refused(&self) -> u64 {
        self.shared
            .as_ref()
            .map_or(0, |shared| shared.exchanges.refused())
    }

    /// Takes a conversation out, to work on it beside the rest; a new one when there is none.
    pub(super) fn take(&mut self, flow: FlowId, tuple: FiveTuple) -> Box<Conversation> {
        let slot = self
            .conversations
            .get_mut(flow.index())
            .and_then(Option::take);
        slot.unwrap_or_else(|| {
            Box::new(Conversation {
                stream: Stream::default(),
                tuple,
                application: Application::default(),
            })
        })
    }

    /// Puts it back.
    pub(super) fn put(&mut self, flow: FlowId, conversation: Box<Conversation>) {
        if self.conversations.len() <= flow.index() {
            self.conversations.resize_with(flow.index() + 1, || None);
        }
        self.conversations[flow.index()] = Some(conversation);
    }

    /// Frees all conversations; what they shared stays.
    pub(super) fn forget(&mut self) {
        self.conversations = Vec::new();
    }

    /// Ids of all conversations, for the end of the capture.
    pub(super) fn flows(&self) -> Vec<FlowId> {
        (0..)
            .zip(&self.conversations)
            .filter(|(_, slot)| slot.is_some())
            .map(|(at, _)| FlowId(at))
            .collect()
    }

    pub(super) fn shared_mut(&mut self) -> &mut Shared {
        self.shared.get_or_insert_default()
    }

    /// Takes out what all conversations share, for one of them to work with.
    #[expect(
        clippy::unnecessary_box_returns,
        reason = "moved for every segment: a pointer, not what it points to"
    )]
    pub(super) fn take_shared(&mut self) -> Box<Shared> {
        self.shared.take().unwrap_or_default()
    }

    /// Puts it back.
    pub(super) fn put_shared(&mut self, shared: Box<Shared>) {
        self.shared = Some(shared);
    }
}

impl Conversation {
    /// Takes a segment.
    pub(super) fn segment(
        &mut self,
        (at, frame): (Timestamp, FrameNumber),
        flow: FlowId,
        direction: Direction,
        segment: &Segment<'_>,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
    ) {
        let ends = self.ends(flow);
        let Self {
            stream,
            application,
            ..
        } = self;
        let fault = stream.segment(at, frame, direction, segment, &mut |direction, chunk| {
            application.take(ends, direction, chunk, shared, sink);
        });
        if stream.is_over() {
            application.rest();
        }
        if let Some(fault) = fault {
            sink(Carried::Fault(frame, fault), &shared.exchanges);
        }
    }

    /// The capture is over.
    pub(super) fn finish(
        &mut self,
        flow: FlowId,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
    ) {
        let ends = self.ends(flow);
        let Self {
            stream,
            application,
            ..
        } = self;
        stream.finish(&mut |direction, chunk| {
            application.take(ends, direction, chunk, shared, sink);
        });
        application.resign(ends, shared, sink);
    }

    /// The key log has grown.
    pub(super) fn secrets_came(
        &mut self,
        flow: FlowId,
        shared: &mut Shared,
        sink: &mut impl FnMut(Carried<'_>, &Exchanges),
    ) {
        self.application.secrets_came(self.ends(flow), shared, sink);
    }

    const fn ends(&self, flow: FlowId) -> Ends {
        Ends {
            flow,
            tuple: self.tuple,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::vocab::address::Transport;
    use crate::vocab::address::TransportAddress;
    use crate::wire::tcp::Flags;

    const FIN: u8 = 1;
    const SYN: u8 = 2;
    const ACK: u8 = 16;

    /// A connection from its handshake to both FINs, with a request and its answer.
    fn run(conversation: &mut Conversation, shared: &mut Shared, start: u32) -> usize {
        const ASKED: &[u8] = b"GET /janus HTTP/1.1\r\nHost: x.test\r\n\r\n";
        const TOLD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        let (ours, theirs) = (start + 1, start + 5_001);
        let (asked, told) = (ours + ASKED.len() as u32, theirs + TOLD.len() as u32);
        let segments: [(Direction, u32, u32, u8, &[u8]); 6] = [
            (Direction::Forward, start, 0, SYN, b""),
            (Direction::Reverse, start + 5_000, ours, SYN | ACK, b""),
            (Direction::Forward, ours, theirs, ACK, ASKED),
            (Direction::Reverse, theirs, asked, ACK, TOLD),
            (Direction::Reverse, told, asked, FIN | ACK, b""),
            (Direction::Forward, asked, told + 1, FIN | ACK, b""),
        ];
        let end = TransportAddress::new(Ipv4Addr::LOCALHOST.into(), 80);
        let mut answers = 0;
        for (number, (direction, sequence, acknowledgment, flags, payload)) in (1..).zip(segments) {
            let segment = Segment {
                source: end,
                destination: end,
                sequence,
                acknowledgment,
                flags: Flags(flags),
                window: 0,
                options: &[],
                payload,
                cut_bytes: 0,
            };
            let place = (Timestamp::default(), FrameNumber::new(0, number));
            conversation.segment(
                place,
                FlowId(0),
                direction,
                &segment,
                shared,
                &mut |carried, _| answers += usize::from(matches!(carried, Carried::Response(_))),
            );
        }
        answers
    }

    #[test]
    fn a_connection_that_is_over_keeps_nothing_of_http_and_its_ports_serve_again() {
        let end = TransportAddress::new(Ipv4Addr::LOCALHOST.into(), 80);
        let tuple = FiveTuple {
            transport: Transport::Tcp,
            a: end,
            b: end,
        };
        let mut conversations = TcpConversations::default();
        let mut conversation = conversations.take(FlowId(0), tuple);
        let mut shared = Shared::default();
        for start in [1_000, 900_000] {
            assert_eq!(run(&mut conversation, &mut shared, start), 1);
            assert!(conversation.application.is_at_rest());
        }
        assert_eq!(shared.exchanges.all().len(), 2);
    }
}
