//! What the flow floor found, copied out of its frames, for trackers that run later, on another thread.
//!
//! ```text
//! items    Rtp at 0 │ Rtp at 52 │ Stun at 104 │ HttpResponse │ Rtp at 212 │ …
//! bytes    header, 32 bytes │ header, 32 bytes │ message │ header, 32 bytes │ …
//! ```
//!
//! Of media only the header is copied and the payload's first bytes. A batch that was worked off is filled again: the packet path allocates
//! nothing.

use std::net::IpAddr;

use crate::analyzer::trackers::Glance;
use crate::analyzer::trackers::Trackers;
use crate::flow::exchange::Exchange;
use crate::flow::observation::Observation;
use crate::flow::observation::RTP_PAYLOAD_KEPT;
use crate::flow::websocket::message::Message as WebSocketMessage;
use crate::ingest::source::LONGEST_RUN;
use crate::vocab::address::FiveTuple;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::ExchangeId;
use crate::vocab::sighting::Sighting;
use crate::wire::rtcp::classify::Classified;
use crate::wire::rtcp::classify::classify_span;
use crate::wire::rtp;
use crate::wire::rtp::Header;
use crate::wire::span::Span;
use crate::wire::stun::Message;

/// Observations that outlive their frames, in order.
#[derive(Debug, Default)]
pub(super) struct Batch {
    items: Vec<(Sighting, Kept)>,
    bytes: Vec<u8>,
    tuples: Vec<FiveTuple>,
}

/// A stretch of [`Batch::bytes`].
#[derive(Debug, Clone, Copy)]
struct Stretch {
    at: u32,
    length: u32,
}

/// An [`Observation`], its bytes in the batch.
#[derive(Debug)]
enum Kept {
    Rtp {
        front: Stretch,
        on_wire: u32,
    },
    Stun {
        message: Stretch,
        tuple: u32,
        is_relayed: bool,
    },
    ChannelData {
        number: u16,
        length: u32,
        tuple: u32,
    },
    Dtls {
        datagram: Stretch,
        cut: bool,
    },
    Rtcp {
        datagram: Stretch,
        on_wire: u32,
    },
    HttpRequest(Box<Exchange>),
    HttpResponse(Box<Exchange>),
    WebSocketMessage(Box<WebSocket>),
    Icmp {
        reporter: Box<IpAddr>,
        quoted: Stretch,
    },
    Name(Box<(String, IpAddr)>),
}

#[derive(Debug)]
struct WebSocket {
    message: WebSocketMessage,
    exchange: Option<ExchangeId>,
    url: Option<String>,
    client: TransportAddress,
    server: TransportAddress,
}

impl Batch {
    /// Worth handing over?
    #[inline]
    pub(super) const fn is_full(&self) -> bool {
        self.items.len() >= ITEMS || self.bytes.len() >= BYTES
    }

    /// Takes a copy of an observation.
    #[inline]
    pub(super) fn add(&mut self, seen: Sighting, observation: &Observation<'_>) {
        let kept = self.keep(observation);
        self.items.push((seen, kept));
    }

    #[inline]
    fn keep(&mut self, observation: &Observation<'_>) -> Kept {
        match *observation {
            Observation::Rtp {
                header,
                datagram,
                length,
            } => Kept::Rtp {
                front: self.copy(front(&header, datagram)),
                on_wire: length as u32,
            },
            Observation::Stun {
                message,
                tuple,
                outer,
            } => {
                let kept = Kept::Stun {
                    message: self.copy(message.bytes()),
                    tuple: self.tuples.len() as u32,
                    is_relayed: outer.is_some(),
                };
                self.tuples.push(tuple);
                self.tuples.extend(outer);
                kept
            }
            Observation::ChannelData {
                number,
                length,
                tuple,
            } => {
                self.tuples.push(tuple);
                Kept::ChannelData {
                    number,
                    length: length as u32,
                    tuple: self.tuples.len() as u32 - 1,
                }
            }
            Observation::Dtls { datagram, cut } => Kept::Dtls {
                datagram: self.copy(datagram),
                cut,
            },
            Observation::Rtcp { packet } => {
                let datagram = match packet {
                    Classified::Plain(compound) => Span::whole(compound.datagram()),
                    Classified::Encrypted(srtcp) => Span::whole(srtcp.datagram),
                    Classified::Cut(cut) => cut.datagram,
                    Classified::Malformed { .. } => Span::whole(&[]),
                };
                Kept::Rtcp {
                    datagram: self.copy(datagram.bytes),
                    on_wire: datagram.on_wire as u32,
                }
            }
            Observation::HttpRequest { exchange } => Kept::HttpRequest(Box::new(exchange.clone())),
            Observation::HttpResponse { exchange } => {
                Kept::HttpResponse(Box::new(exchange.clone()))
            }
            Observation::WebSocketMessage {
                message,
                exchange,
                url,
                client,
                server,
            } => Kept::WebSocketMessage(Box::new(WebSocket {
                message: message.clone(),
                exchange,
                url: url.map(str::to_owned),
                client,
                server,
            })),
            Observation::Icmp { reporter, quoted } => Kept::Icmp {
                reporter: Box::new(reporter),
                quoted: self.copy(quoted),
            },
            Observation::Name { name, address } => Kept::Name(Box::new((name.to_owned(), address))),
        }
    }

    #[inline]
    fn copy(&mut self, bytes: &[u8]) -> Stretch {
        let stretch = Stretch {
            at: self.bytes.len() as u32,
            length: bytes.len() as u32,
        };
        self.bytes.extend_from_slice(bytes);
        stretch
    }

    /// Tells the trackers all that is in it, and empties it.
    pub(super) fn replay(&mut self, trackers: &mut Trackers) {
        for run in self.items.chunks(LONGEST_RUN) {
            trackers.warm(
                run.iter()
                    .filter_map(|(seen, kept)| self.glance(*seen, kept)),
            );
            for (seen, kept) in run {
                self.tell(*seen, kept, trackers);
            }
        }
        self.items.clear();
        self.bytes.clear();
        self.tuples.clear();
    }

    #[inline]
    fn glance(&self, seen: Sighting, kept: &Kept) -> Option<Glance> {
        let Kept::Rtp { front, .. } = kept else {
            return None;
        };
        let (payload_type, ssrc) = rtp::glance(self.stretch(*front))?;
        Some(Glance {
            flow: seen.flow,
            direction: seen.direction,
            payload_type,
            ssrc,
        })
    }

    /// Tells one; nothing of it can fail that did not fail when it was seen.
    #[inline]
    fn tell(&self, seen: Sighting, kept: &Kept, trackers: &mut Trackers) {
        let observation = match kept {
            Kept::Rtp { front, on_wire } => {
                let datagram = self.stretch(*front);
                let length = *on_wire as usize;
                let Ok(header) = Header::of_span(Span::new(datagram, length)) else {
                    return;
                };
                Observation::Rtp {
                    header,
                    datagram,
                    length,
                }
            }
            Kept::Stun {
                message,
                tuple,
                is_relayed,
            } => {
                // It was read once: whole or cut, its bytes say.
                let Ok(message) = Message::new_cut(self.stretch(*message)) else {
                    return;
                };
                let at = *tuple as usize;
                let Some(&tuple) = self.tuples.get(at) else {
                    return;
                };
                let outer = is_relayed.then(|| self.tuples.get(at + 1)).flatten();
                Observation::Stun {
                    message,
                    tuple,
                    outer,
                }
            }
            Kept::ChannelData {
                number,
                length,
                tuple,
            } => {
                let Some(&tuple) = self.tuples.get(*tuple as usize) else {
                    return;
                };
                Observation::ChannelData {
                    number: *number,
                    length: *length as usize,
                    tuple,
                }
            }
            Kept::Dtls { datagram, cut } => Observation::Dtls {
                datagram: self.stretch(*datagram),
                cut: *cut,
            },
            Kept::Rtcp { datagram, on_wire } => Observation::Rtcp {
                packet: classify_span(Span::new(self.stretch(*datagram), *on_wire as usize)),
            },
            Kept::HttpRequest(exchange) => Observation::HttpRequest { exchange },
            Kept::HttpResponse(exchange) => Observation::HttpResponse { exchange },
            Kept::WebSocketMessage(kept) => Observation::WebSocketMessage {
                message: &kept.message,
                exchange: kept.exchange,
                url: kept.url.as_deref(),
                client: kept.client,
                server: kept.server,
            },
            Kept::Icmp { reporter, quoted } => Observation::Icmp {
                reporter: **reporter,
                quoted: self.stretch(*quoted),
            },
            Kept::Name(kept) => Observation::Name {
                name: &kept.0,
                address: kept.1,
            },
        };
        trackers.observe(seen, &observation);
    }

    #[inline]
    fn stretch(&self, stretch: Stretch) -> &[u8] {
        let at = stretch.at as usize;
        self.bytes
            .get(at..at + stretch.length as usize)
            .unwrap_or_default()
    }
}

/// What of a packet is enough to read its header again: that, and the payload's first bytes. Padding's length is the last byte, so that a
/// padded packet stays whole.
#[inline]
fn front<'a>(header: &Header<'_>, datagram: &'a [u8]) -> &'a [u8] {
    if header.has_padding() {
        return datagram;
    }
    let kept = header.header_length() + RTP_PAYLOAD_KEPT;
    datagram.get(..kept).unwrap_or(datagram)
}

/// Observations after which a batch is handed over.
const ITEMS: usize = 2_048;

/// Bytes after which a batch is handed over.
const BYTES: usize = 1 << 18;
