//! What datagrams carry, protocol by protocol.

use super::Datagram;
use super::Demux;
use super::History;
use super::Sink;

use std::net::IpAddr;

use crate::flow::demux::relayed::Wrapping;
use crate::flow::observation::Observation;
use crate::flow::table::FlowProtocol;
use crate::vocab::address::Direction;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::vocab::frame::Frame;
use crate::vocab::ids::FlowId;
use crate::vocab::sighting::Sighting;
use crate::wire::datagram::Kind;
use crate::wire::datagram::classify;
use crate::wire::dns;
use crate::wire::dtls::probe::probe as probe_dtls;
use crate::wire::icmp;
use crate::wire::rtcp::classify::Classified;
use crate::wire::rtcp::classify::classify_span as classify_rtcp;
use crate::wire::rtp;
use crate::wire::span::Span;
use crate::wire::stun::Message;

impl Demux {
    /// One UDP payload, inner datagram of TURN, or frame of a TCP stream that stands for a datagram.
    #[inline]
    pub(super) fn datagram(
        &mut self,
        frame: &Frame<'_>,
        flow: FlowId,
        direction: Direction,
        datagram: Datagram<'_>,
        sink: &mut impl Sink,
    ) {
        let seen = Sighting {
            at: frame.at,
            frame: frame.number,
            flow,
            direction,
        };
        let history = self.history(flow);
        let kind = classify(datagram.payload);
        if history.has(History::QUIC) && self.quic_in_disguise(seen, kind, datagram, sink) {
            return;
        }
        match kind {
            Kind::Rtp => self.rtp(seen, history, datagram, sink),
            Kind::Rtcp => self.rtcp(seen, history, datagram, sink),
            Kind::Stun => self.stun(frame, seen, datagram, sink),
            Kind::Dtls | Kind::DtlsUnified => self.dtls(seen, history, datagram, sink),
            Kind::ChannelData => self.channel_data(frame, seen, history, datagram, sink),
            Kind::Zrtp => self.table.recognise(flow, FlowProtocol::Zrtp),
            Kind::Quic => self.quic(seen, history, datagram, sink),
            Kind::Unknown => self.counts.other_packets += 1,
        }
    }

    #[inline]
    pub(super) fn rtp(
        &mut self,
        seen: Sighting,
        history: History,
        datagram: Datagram<'_>,
        sink: &mut impl Sink,
    ) {
        match rtp::Header::of_span(Span::new(datagram.payload, datagram.length)) {
            Ok(header) => {
                self.counts.rtp_like += 1;
                if !history.has(History::RTP) {
                    self.remember(seen.flow, History::RTP);
                    self.media_flows += 1;
                }
                sink(
                    seen,
                    Observation::Rtp {
                        header,
                        datagram: datagram.payload,
                        length: datagram.length,
                    },
                );
            }
            // Elsewhere a first byte of 128 to 191 promises nothing.
            Err(fault) if history.is_webrtc() => self.faults.record(fault, Some(seen.frame)),
            Err(_) => self.counts.other_packets += 1,
        }
    }

    pub(super) fn rtcp(
        &mut self,
        seen: Sighting,
        history: History,
        datagram: Datagram<'_>,
        sink: &mut impl Sink,
    ) {
        let confirmed = history.is_webrtc() || history.has(History::RTP);
        let packet = classify_rtcp(Span::new(datagram.payload, datagram.length));
        match packet {
            Classified::Plain(_) => {
                self.counts.rtcp_packets += 1;
                self.table.recognise(seen.flow, FlowProtocol::Rtcp);
            }
            Classified::Encrypted(_) if confirmed => {
                self.counts.srtcp_packets += 1;
                self.table.recognise(seen.flow, FlowProtocol::Srtcp);
            }
            Classified::Cut(cut) if confirmed || cut.is_encrypted == Some(false) => {
                // Where the packet does not tell: WebRTC sends none in the clear (RFC 8827 §6.5).
                if cut.is_encrypted.unwrap_or_else(|| history.is_webrtc()) {
                    self.counts.srtcp_packets += 1;
                    self.table.recognise(seen.flow, FlowProtocol::Srtcp);
                } else {
                    self.counts.rtcp_packets += 1;
                    self.table.recognise(seen.flow, FlowProtocol::Rtcp);
                }
            }
            Classified::Malformed { fault, .. } if confirmed => {
                self.faults.record(fault, Some(seen.frame));
                return;
            }
            _ => {
                self.counts.other_packets += 1;
                return;
            }
        }
        sink(seen, Observation::Rtcp { packet });
    }

    pub(super) fn stun(
        &mut self,
        frame: &Frame<'_>,
        seen: Sighting,
        datagram: Datagram<'_>,
        sink: &mut impl Sink,
    ) {
        let read = if datagram.length > datagram.payload.len() {
            Message::new_cut(datagram.payload)
        } else {
            Message::new(datagram.payload)
        };
        let message = match read {
            Ok(message) => message,
            Err(fault) => {
                self.faults.record(fault, Some(seen.frame));
                return;
            }
        };
        for fault in message.faults() {
            self.faults.record(fault, Some(seen.frame));
        }
        self.table.recognise(seen.flow, FlowProtocol::Stun);
        self.remember(seen.flow, History::STUN);
        let Some((tuple, relayed)) = self
            .table
            .get(seen.flow)
            .map(|record| (record.tuple, record.relayed))
        else {
            return;
        };
        let outer = relayed.and_then(|relayed| self.table.get(relayed.outer));
        let outer = outer.map(|outer| outer.tuple);
        let inner = self.turn(seen, &tuple, &message);
        sink(
            seen,
            Observation::Stun {
                message,
                tuple,
                outer: outer.as_ref(),
            },
        );
        for (seen, datagram) in self.piggyback.take(seen, &message) {
            let datagram = Datagram::whole(&datagram, 0);
            self.dtls(seen, self.history(seen.flow), datagram, sink);
        }
        if let Some((peer, payload)) = inner {
            let inner = Datagram::whole(payload, datagram.depth + 1);
            self.inner(frame, seen, &tuple, peer, inner, Wrapping::Indication, sink);
        }
    }

    pub(super) fn dtls(
        &mut self,
        seen: Sighting,
        history: History,
        datagram: Datagram<'_>,
        sink: &mut impl Sink,
    ) {
        // A unified header (RFC 9147 §4) is three fixed bits: only where DTLS was seen in the clear before.
        let unified = datagram
            .payload
            .first()
            .is_some_and(|first| (0x20..0x40).contains(first));
        let accepted = if unified {
            history.has(History::DTLS)
        } else {
            probe_dtls(datagram.payload)
        };
        if !accepted {
            if history.has(History::DTLS) {
                let fault = Fault::new(Layer::Dtls, "dtls-record-malformed", 0);
                self.faults.record(fault, Some(seen.frame));
            } else {
                self.counts.other_packets += 1;
            }
            return;
        }
        self.table.recognise(seen.flow, FlowProtocol::Dtls);
        self.remember(
            seen.flow,
            if unified {
                History::DTLS_13
            } else {
                History::DTLS
            },
        );
        sink(
            seen,
            Observation::Dtls {
                datagram: datagram.payload,
                cut: datagram.length > datagram.payload.len(),
            },
        );
    }

    pub(super) fn dns(
        &mut self,
        frame: &Frame<'_>,
        flow: FlowId,
        direction: Direction,
        payload: &[u8],
        sink: &mut impl Sink,
    ) {
        let Ok(message) = dns::Message::new(payload) else {
            self.counts.other_packets += 1;
            return;
        };
        self.counts.dns_messages += 1;
        let multicast = self.table.get(flow).is_some_and(|record| {
            record.tuple.a.port == MDNS_PORT || record.tuple.b.port == MDNS_PORT
        });
        let protocol = if multicast {
            FlowProtocol::Mdns
        } else {
            FlowProtocol::Dns
        };
        self.table.recognise(flow, protocol);
        let seen = Sighting {
            at: frame.at,
            frame: frame.number,
            flow,
            direction,
        };
        for (name, address) in message.addresses() {
            sink(seen, Observation::Name { name, address });
        }
    }

    pub(super) fn icmp(
        &mut self,
        frame: &Frame<'_>,
        message: &icmp::Message<'_>,
        reporter: Option<IpAddr>,
        sink: &mut impl Sink,
    ) {
        self.counts.icmp_messages += 1;
        if !message.is_error() {
            return;
        }
        let Some(quote) = &message.quote else { return };
        let Some(tuple) = quote.five_tuple() else {
            return;
        };
        let Some((flow, direction)) = self.table.find(tuple.transport, tuple.a, tuple.b) else {
            return;
        };
        if let Some(record) = self.table.get_mut(flow) {
            record.icmp_errors += 1;
        }
        let seen = Sighting {
            at: frame.at,
            frame: frame.number,
            flow,
            direction,
        };
        let reporter = reporter.unwrap_or(tuple.b.ip);
        sink(
            seen,
            Observation::Icmp {
                reporter,
                quoted: quote.payload,
            },
        );
    }
}

const DNS_PORT: u16 = 53;
const MDNS_PORT: u16 = 5353;

/// DNS has random ids in its first bytes, which pass for RTP: by port, before anything else.
pub(super) const fn is_dns(source: u16, destination: u16) -> bool {
    matches!(source, DNS_PORT | MDNS_PORT) || matches!(destination, DNS_PORT | MDNS_PORT)
}
