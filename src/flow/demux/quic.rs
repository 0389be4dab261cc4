//! The demultiplexer's side of QUIC: which datagrams are handed over, and what comes back.

use super::Datagram;
use super::Demux;
use super::History;
use super::Sink;

use crate::crypt::tls::facts::Opening;
use crate::flow::quic::connections::Connections;
use crate::flow::quic::connections::Seen;
use crate::flow::quic::connections::Verdict;
use crate::flow::table::FlowProtocol;
use crate::flow::tcp::Shared;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::vocab::ids::FlowId;
use crate::vocab::sighting::Sighting;
use crate::wire::datagram::Kind;
use crate::wire::quic::header::LongHeader;

impl Demux {
    /// A datagram whose first byte is one of QUIC's. An Initial that opens, or a known connection id, proves it; elsewhere a long header of
    /// a known version is a sign, but not where WebRTC runs.
    pub(super) fn quic(
        &mut self,
        seen: Sighting,
        history: History,
        datagram: Datagram<'_>,
        sink: &mut impl Sink,
    ) {
        match self.hand_to_quic(seen, datagram, sink) {
            Verdict::Known { .. } => {}
            Verdict::Likely if !history.is_webrtc() => {
                self.table.recognise(seen.flow, FlowProtocol::Quic);
            }
            Verdict::Likely | Verdict::Foreign => self.counts.other_packets += 1,
        }
    }

    /// On a conversation where QUIC was proven: is this datagram QUIC's too, though its first byte is not? A short header can look like
    /// ChannelData (RFC 9443 §3), and endpoints may agree to send the fixed bit at random (RFC 9287). Nothing else would
    /// claim such a datagram.
    pub(super) fn quic_in_disguise(
        &mut self,
        seen: Sighting,
        kind: Kind,
        datagram: Datagram<'_>,
        sink: &mut impl Sink,
    ) -> bool {
        let history = self.history(seen.flow);
        let ambiguous = match kind {
            Kind::ChannelData => !history.has(History::TURN),
            Kind::Unknown => true,
            Kind::DtlsUnified => !history.has(History::DTLS),
            _ => false,
        };
        // A long header without its fixed bit would begin like RTP, and is not looked for.
        let long = datagram
            .payload
            .first()
            .is_some_and(|first| first & 0x80 != 0);
        if !ambiguous || long {
            return false;
        }
        let verdict = self.hand_to_quic(seen, datagram, sink);
        matches!(verdict, Verdict::Known { .. })
    }

    /// The capture is over for all QUIC connections.
    pub(super) fn finish_quic(&mut self, sink: &mut impl Sink) {
        self.with_quic(|demux, connections, shared| {
            for at in 0..connections.len() {
                connections.finish(at, shared, &mut |flow, carried, exchanges| {
                    demux.carried(flow, carried, exchanges, sink);
                });
                demux.quic_facts(connections, at, None);
            }
            if connections.refused() > 0 {
                let fault = Fault::new(Layer::Quic, "quic-too-many-connections", 0);
                demux.faults.record(fault, None);
            }
        });
    }

    fn hand_to_quic(
        &mut self,
        seen: Sighting,
        datagram: Datagram<'_>,
        sink: &mut impl Sink,
    ) -> Verdict {
        let Some(tuple) = self.table.get(seen.flow).map(|record| record.tuple) else {
            return Verdict::Foreign;
        };
        if datagram.length > datagram.payload.len() {
            // What the snap length cut does not open, and that is nobody's fault.
            let known = self.history(seen.flow).has(History::QUIC);
            return if known || LongHeader::new(datagram.payload).is_some() {
                Verdict::Likely
            } else {
                Verdict::Foreign
            };
        }
        let part = Seen {
            flow: seen.flow,
            tuple,
            direction: seen.direction,
            place: (seen.at, seen.frame),
            payload: datagram.payload,
        };
        self.with_quic(|demux, connections, shared| {
            for at in connections.take_due() {
                connections.secrets_came(at, shared, &mut |flow, carried, exchanges| {
                    demux.carried(flow, carried, exchanges, sink);
                });
                demux.quic_facts(connections, at, None);
            }
            let verdict = connections.datagram(&part, shared, &mut |flow, carried, exchanges| {
                demux.carried(flow, carried, exchanges, sink);
            });
            if let Verdict::Known {
                connection, begins, ..
            } = verdict
            {
                demux.counts.quic_connections += u64::from(begins);
                demux.remember(seen.flow, History::QUIC);
                demux.table.recognise(seen.flow, FlowProtocol::Quic);
                demux.quic_facts(connections, connection, Some(seen.flow));
            }
            verdict
        })
    }

    /// Takes all connections out while one of them is at work: what it carries comes back to this demultiplexer.
    fn with_quic<R>(
        &mut self,
        work: impl FnOnce(&mut Self, &mut Connections, &mut Shared) -> R,
    ) -> R {
        let mut connections = self.quic.take().unwrap_or_default();
        let mut shared = self.tcp.take_shared();
        let result = work(self, &mut connections, &mut shared);
        self.tcp.put_shared(shared);
        self.quic = Some(connections);
        result
    }

    /// Notes what became known of a connection, in the conversation it began in, and in the one where it is now.
    fn quic_facts(&mut self, connections: &mut Connections, at: usize, now: Option<FlowId>) {
        let Some(connection) = connections.get_mut(at) else {
            return;
        };
        let flow = connection.flow;
        let lacks = |id: FlowId| self.table.get(id).is_some_and(|it| it.quic.is_none());
        let elsewhere = now.filter(|&now| now != flow);
        let moved = elsewhere.is_some_and(lacks);
        let news = connection.take_news();
        if !news && !moved {
            return;
        }
        let (tls, quic) = connection.facts();
        let before = self.table.get(flow).and_then(|record| record.tls.as_ref());
        let was_open = before.is_some_and(|before| {
            before.client_random == tls.client_random && before.opening == Opening::Opened
        });
        if tls.opening == Opening::Opened && !was_open {
            self.counts.quic_decrypted += 1;
        }
        for id in std::iter::once(flow).chain(elsewhere) {
            let Some(record) = self.table.get_mut(id) else {
                continue;
            };
            if tls.server_name.is_some() {
                record.server_name.clone_from(&tls.server_name);
            }
            record.tls = Some(Box::new(tls.clone()));
            record.quic = Some(Box::new(quic.clone()));
        }
    }
}
