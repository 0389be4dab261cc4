//! The demultiplexer's side of TCP: segments go to their conversations, and what those carry comes back here.

use super::Datagram;
use super::Demux;
use super::Sink;

use crate::crypt::keylog::KeyLog;
use crate::crypt::tls::facts::Facts;
use crate::crypt::tls::facts::Opening;
use crate::flow::exchange::Exchange;
use crate::flow::exchange::Exchanges;
use crate::flow::observation::Observation;
use crate::flow::table::FlowProtocol;
use crate::flow::table::Way;
use crate::flow::tcp::Carried;
use crate::flow::tcp::Conversation;
use crate::flow::tcp::Shared;
use crate::flow::websocket::message::Endpoint;
use crate::flow::websocket::message::Message as WebSocketMessage;
use crate::vocab::address::Direction;
use crate::vocab::address::Transport;
use crate::vocab::address::TransportAddress;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::vocab::frame::Frame;
use crate::vocab::frame::LinkType;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::sighting::Sighting;
use crate::vocab::time::Timestamp;
use crate::wire::tcp;

/// TLS connections that hold ciphertext until the key log has their secrets.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    pub(super) flows: Vec<FlowId>,
    /// Has the key log grown since they were last asked?
    pub(super) due: bool,
    /// Segments since then: asking costs a look at each, and is spread over as many.
    pub(super) segments: usize,
}

impl Demux {
    /// The capture is over: lets TCP conversations give what they still hold.
    pub fn finish(&mut self, sink: &mut impl Sink) {
        self.fragments.finish(&mut self.faults);
        self.ask_waiting(sink);
        for flow in self.tcp.flows() {
            self.with_conversation(flow, |demux, conversation, shared| {
                conversation.finish(flow, shared, &mut |carried, exchanges| {
                    demux.carried(flow, carried, exchanges, sink);
                });
                demux.count_late_secrets(flow, &shared.secrets.log);
            });
        }
        self.finish_quic(sink);
    }

    /// Secrets that came when their connection was no longer held for them are a limit of ours to show.
    pub(super) fn count_late_secrets(&mut self, flow: FlowId, log: &KeyLog) {
        let facts = self.table.get(flow).and_then(|record| record.tls.as_ref());
        let closed = facts.filter(|facts| facts.opening == Opening::NoSecrets);
        let random = closed.and_then(|facts| facts.client_random);
        if random.is_some_and(|random| log.lines_for(&random) > 0) {
            let fault = Fault::new(Layer::Tls, "tls-secrets-too-late", 0);
            self.faults.record(fault, None);
        }
    }

    /// Lets connections try again whose secrets may have come.
    pub(super) fn ask_waiting(&mut self, sink: &mut impl Sink) {
        (self.waiting.due, self.waiting.segments) = (false, 0);
        for flow in std::mem::take(&mut self.waiting.flows) {
            self.with_conversation(flow, |demux, conversation, shared| {
                conversation.secrets_came(flow, shared, &mut |carried, exchanges| {
                    demux.carried(flow, carried, exchanges, sink);
                });
            });
        }
    }

    /// Takes a conversation out while it is at work: what it carries comes back to this demultiplexer.
    pub(super) fn with_conversation(
        &mut self,
        flow: FlowId,
        work: impl FnOnce(&mut Self, &mut Conversation, &mut Shared),
    ) {
        let Some(tuple) = self.table.get(flow).map(|record| record.tuple) else {
            return;
        };
        let mut conversation = self.tcp.take(flow, tuple);
        let mut shared = self.tcp.take_shared();
        work(self, &mut conversation, &mut shared);
        self.tcp.put_shared(shared);
        self.tcp.put(flow, conversation);
    }

    pub(super) fn tcp(
        &mut self,
        frame: &Frame<'_>,
        segment: &tcp::Segment<'_>,
        way: &Way,
        sink: &mut impl Sink,
    ) {
        let (source, destination) = (segment.source, segment.destination);
        let entry = self
            .table
            .entry(frame, Transport::Tcp, source, destination, None);
        let Some((flow, direction)) = entry else {
            self.counts.other_packets += 1;
            return;
        };
        if way.again && self.table.is_mirrored(flow, direction) {
            self.counts.duplicate_packets += 1;
            return;
        }
        self.count(frame, flow, direction, way);
        if self.waiting.due {
            self.waiting.segments += 1;
            if self.waiting.segments >= self.waiting.flows.len() {
                self.ask_waiting(sink);
            }
        }
        self.with_conversation(flow, |demux, conversation, shared| {
            conversation.segment(
                (frame.at, frame.number),
                flow,
                direction,
                segment,
                shared,
                &mut |carried, exchanges| demux.carried(flow, carried, exchanges, sink),
            );
        });
    }

    /// Tells the sink what a TCP conversation carried.
    pub(super) fn carried(
        &mut self,
        flow: FlowId,
        carried: Carried<'_>,
        exchanges: &Exchanges,
        sink: &mut impl Sink,
    ) {
        match carried {
            Carried::Request(id) => {
                let Some(exchange) = exchanges.get(id) else {
                    return;
                };
                let Some(request) = &exchange.request else {
                    return;
                };
                let seen =
                    self.seen_by(flow, exchange.client, request.complete_at, &request.frames);
                sink(seen, Observation::HttpRequest { exchange });
            }
            Carried::Response(id) => {
                let Some(exchange) = exchanges.get(id) else {
                    return;
                };
                let Some(response) = &exchange.response else {
                    return;
                };
                let seen = self.seen_by(
                    flow,
                    exchange.server,
                    response.complete_at,
                    &response.frames,
                );
                sink(seen, Observation::HttpResponse { exchange });
            }
            Carried::Datagram {
                at,
                frame,
                direction,
                bytes,
            } => {
                let frame = Frame {
                    number: frame,
                    at,
                    original_length: bytes.len() as u32,
                    link: LinkType::RawIp,
                    interface: 0,
                    data: bytes,
                };
                let datagram = Datagram::whole(bytes, 0);
                if let Some(bound) = self.tcp_relays.bound(flow) {
                    self.peer_bytes(&frame, bound, direction, datagram, sink);
                } else {
                    self.datagram(&frame, flow, direction, datagram, sink);
                }
            }
            Carried::WebSocketMessage {
                exchange,
                client,
                message,
            } => {
                let exchange = exchange.and_then(|id| exchanges.get(id));
                self.websocket_message(flow, client, exchange, &message, sink);
            }
            Carried::WebSocketBegins => {
                self.counts.websocket_connections += 1;
                self.table.recognise(flow, FlowProtocol::WebSocket);
            }
            Carried::HttpBegins => self.table.recognise(flow, FlowProtocol::Http),
            Carried::Http2Begins => self.table.recognise(flow, FlowProtocol::Http2),
            Carried::Http3Begins => self.table.recognise(flow, FlowProtocol::Http3),
            Carried::TlsBegins => {
                self.counts.tls_connections += 1;
                self.table.recognise(flow, FlowProtocol::Tls);
            }
            Carried::Tls(facts) => self.tls_facts(flow, facts),
            Carried::TlsWaits => self.waiting.flows.push(flow),
            Carried::Fault(frame, fault) => self.faults.record(fault, Some(frame)),
        }
    }

    pub(super) fn tls_facts(&mut self, flow: FlowId, facts: &Facts) {
        let Some(record) = self.table.get_mut(flow) else {
            return;
        };
        if facts.server_name.is_some() {
            record.server_name.clone_from(&facts.server_name);
        }
        let before = record.tls.take();
        let same = before
            .as_ref()
            .is_some_and(|before| before.client_random == facts.client_random);
        let was_open = same && before.is_some_and(|before| before.opening == Opening::Opened);
        if facts.opening == Opening::Opened && !was_open {
            self.counts.tls_decrypted += 1;
        }
        record.tls = Some(Box::new(facts.clone()));
    }

    pub(super) fn websocket_message(
        &mut self,
        flow: FlowId,
        client: Direction,
        exchange: Option<&Exchange>,
        message: &WebSocketMessage,
        sink: &mut impl Sink,
    ) {
        self.counts.websocket_messages += 1;
        let Some(tuple) = self.table.get(flow).map(|record| record.tuple) else {
            return;
        };
        let direction = match message.from {
            Endpoint::Client => client,
            Endpoint::Server => client.opposite(),
        };
        let sender = tuple.source(direction);
        let seen = self.seen_by(flow, sender, message.at, &message.frames);
        let url = exchange.map(Exchange::websocket_url);
        let observation = Observation::WebSocketMessage {
            message,
            exchange: exchange.map(|exchange| exchange.id),
            url: url.as_deref().filter(|url| !url.is_empty()),
            client: tuple.source(client),
            server: tuple.destination(client),
        };
        sink(seen, observation);
    }

    pub(super) fn seen_by(
        &self,
        flow: FlowId,
        sender: TransportAddress,
        at: Timestamp,
        frames: &[FrameNumber],
    ) -> Sighting {
        let forward = self
            .table
            .get(flow)
            .is_none_or(|record| record.tuple.a == sender);
        Sighting {
            at,
            frame: frames.last().copied().unwrap_or(FrameNumber::new(0, 0)),
            flow,
            direction: if forward {
                Direction::Forward
            } else {
                Direction::Reverse
            },
        }
    }
}
