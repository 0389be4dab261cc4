//! Which frames a search wants: those of a call, of a conversation, those that pass a filter.

use std::collections::HashMap;

use crate::filter::packet::Belonging;
use crate::filter::rows::Row;
use crate::filter::rows::Rows;
use crate::tui::asked;
use crate::tui::effect::Query;
use crate::tui::packet::summary::summary;
use crate::vocab::address::FiveTuple;
use crate::vocab::address::Transport;
use crate::vocab::frame::Frame;
use crate::vocab::ids::Ssrc;
use crate::wire::channel_data::ChannelData;
use crate::wire::datagram::Kind;
use crate::wire::datagram::classify;
use crate::wire::icmp::Quote;
use crate::wire::ip::Protocol;
use crate::wire::packet::Body;
use crate::wire::packet::decode;
use crate::wire::rtp::glance;
use crate::wire::stun;
use crate::wire::stun::AttributeType;

/// Says which frames are wanted.
pub(super) struct Judge<'a> {
    query: &'a Query,
    /// There where something is filtered.
    filtering: Option<Filtering<'a>>,
}

/// What it takes to ask a filter.
struct Filtering<'a> {
    query: &'a Query,
    rows: Rows<'a>,
    belonging: Belonging,
    /// Rows of the packet that is judged.
    own: Vec<Row>,
    /// What was said of others of the same conversation and stream; used where that decides.
    known: HashMap<(Option<FiveTuple>, Option<Ssrc>), bool>,
}

impl<'a> Judge<'a> {
    /// By what `query` asks for.
    pub(super) fn new(query: &'a Query) -> Self {
        Self {
            query,
            filtering: (!query.filter.is_empty()).then(|| Filtering::new(query)),
        }
    }

    /// Is a frame wanted?
    pub(super) fn wants(&mut self, frame: &Frame<'_>) -> bool {
        let query = self.query;
        let Carried {
            tuple,
            ssrc,
            payload,
        } = carried(frame);
        let of_call = query.call.is_none_or(|call| {
            query.also.contains(&frame.number)
                || tuple.is_some_and(|tuple| query.known.call(&tuple) == Some(call))
        });
        let of_flow = query
            .flow
            .is_none_or(|wanted| tuple.is_some_and(|it| it == wanted || it == turned(wanted)));
        let filtering = self.filtering.as_mut();
        of_call && of_flow && filtering.is_none_or(|it| it.passes(frame, tuple, ssrc, payload))
    }
}

impl<'a> Filtering<'a> {
    fn new(query: &'a Query) -> Self {
        let rows = Rows::new(&query.analysis);
        Self {
            query,
            belonging: Belonging::new(&rows),
            rows,
            own: Vec::new(),
            known: HashMap::new(),
        }
    }

    fn passes(
        &mut self,
        frame: &Frame<'_>,
        tuple: Option<FiveTuple>,
        ssrc: Option<Ssrc>,
        payload: &[u8],
    ) -> bool {
        let filter = &self.query.filter;
        let decided = !filter.reads_packets() && !self.belonging.names(frame.number);
        if decided && let Some(&passes) = self.known.get(&(tuple, ssrc)) {
            return passes;
        }
        self.belonging
            .find(tuple, ssrc, frame.number, &mut self.own);
        let line = filter
            .reads_packets()
            .then(|| summary(frame, &self.query.known));
        let texts = if filter.reads_payloads() {
            self.belonging.texts(&self.rows, &self.own, frame.number)
        } else {
            Vec::new()
        };
        let scene = &self.query.analysis.scene;
        let packet = asked::packet(frame, line.as_ref(), &self.own, payload, texts, scene);
        let passes = filter.passes_packet(&self.rows, &packet);
        if decided && self.known.len() < KNOWN_MAX {
            self.known.insert((tuple, ssrc), passes);
        }
        passes
    }
}

/// The same conversation, seen from the other end.
const fn turned(tuple: FiveTuple) -> FiveTuple {
    FiveTuple {
        transport: tuple.transport,
        a: tuple.b,
        b: tuple.a,
    }
}

/// What a filter needs to know of a frame.
#[derive(Default)]
pub(super) struct Carried<'a> {
    /// Its conversation; for an ICMP error, that of the quoted packet.
    pub(super) tuple: Option<FiveTuple>,
    /// The stream that it is of.
    ssrc: Option<Ssrc>,
    /// What its TCP or UDP carries.
    payload: &'a [u8],
}

/// Looks into a frame.
pub(super) fn carried<'a>(frame: &Frame<'a>) -> Carried<'a> {
    let tuple = |transport, a, b| Some(FiveTuple { transport, a, b });
    match decode(frame.link, frame.data, frame.original_length).body {
        Body::Udp(udp) => Carried {
            tuple: tuple(Transport::Udp, udp.source, udp.destination),
            ssrc: stream(udp.payload, 0),
            payload: udp.payload,
        },
        Body::Tcp(tcp) => Carried {
            tuple: tuple(Transport::Tcp, tcp.source, tcp.destination),
            ssrc: None,
            payload: tcp.payload,
        },
        // Only the first piece of a packet tells its ports; it stands for the others.
        Body::Fragment(piece) => {
            let transport = match piece.protocol {
                Protocol::Tcp => Transport::Tcp,
                _ => Transport::Udp,
            };
            let ports = piece.ports;
            Carried {
                tuple: ports.and_then(|(source, to)| tuple(transport, source, to)),
                ..Carried::default()
            }
        }
        Body::Icmp(message) => Carried {
            tuple: message.quote.as_ref().and_then(Quote::five_tuple),
            ..Carried::default()
        },
        _ => Carried::default(),
    }
}

/// The stream of a datagram: of its RTP, or of the RTP that a relay carried in it.
fn stream(datagram: &[u8], depth: usize) -> Option<Ssrc> {
    match classify(datagram) {
        Kind::Rtp => glance(datagram).map(|(_, ssrc)| ssrc),
        Kind::ChannelData if depth < DEEPEST => {
            stream(ChannelData::new_cut(datagram).ok()?.data, depth + 1)
        }
        Kind::Stun if depth < DEEPEST => {
            let message = stun::Message::new(datagram).ok()?;
            let data = message.attribute(AttributeType::Data)?;
            stream(data.value, depth + 1)
        }
        _ => None,
    }
}

/// Conversations remembered.
const KNOWN_MAX: usize = 1 << 16;
/// Relays inside each other that are looked into.
const DEEPEST: usize = 2;
