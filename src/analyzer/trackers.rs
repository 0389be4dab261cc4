//! Everything above the flow floor: each observation goes to the trackers that it concerns.

use std::hint::black_box;
use std::net::IpAddr;
use std::sync::Arc;

use crate::analyzer::limits::Limits;
use crate::analyzer::names::Names;
use crate::analyzer::pictures::Pictures;
use crate::analyzer::secured::Secured;
use crate::flow::observation::Observation;
use crate::ingest::source::LONGEST_RUN;
use crate::sdp::description::Description;
use crate::session::descriptions::ReadDescriptions;
use crate::session::descriptions::gist;
use crate::session::identity::Identities;
use crate::session::identity::Introduction;
use crate::session::identity::Joined;
use crate::track::dtls;
use crate::track::ice::IceTracker;
use crate::track::ice::Noticed;
use crate::track::rtcp::RtcpTracker;
use crate::track::rtp_stream::RtpStreams;
use crate::track::rtp_stream::tracker::Fate;
use crate::track::rtp_stream::tracker::Trust;
use crate::track::sctp::SctpTracker;
use crate::track::signaling::Signaling;
use crate::track::signaling::dialogue::Carried;
use crate::track::signaling::dialogue::DescriptionKind;
use crate::track::signaling::dialogue::Message;
use crate::track::signaling::dialogue::Sender;
use crate::track::stun::Transactions;
use crate::track::turn::TurnTracker;
use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::fault::FaultLog;
use crate::vocab::ids::DialogueId;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::PayloadType;
use crate::vocab::ids::Ssrc;
use crate::vocab::sighting::Sighting;
use crate::wire::rtcp::classify::Classified;
use crate::wire::rtcp::compound::Compound;

/// Everything above the flow floor, apart from it so that both can be borrowed at once.
#[derive(Debug)]
pub(super) struct Trackers {
    pub(super) transactions: Transactions,
    pub(super) ice: IceTracker,
    pub(super) turn: TurnTracker,
    pub(super) dtls: dtls::Tracker,
    pub(super) streams: RtpStreams,
    pub(super) rtcp: RtcpTracker,
    pub(super) sctp: SctpTracker,
    pub(super) secured: Secured,
    pub(super) pictures: Pictures,
    pub(super) signaling: Signaling,
    pub(super) identities: Identities,
    pub(super) descriptions: ReadDescriptions,
    pub(super) names: Names,
    pub(super) faults: FaultLog,
}

/// What a look at an RTP packet to come says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Glance {
    pub(super) flow: FlowId,
    pub(super) direction: Direction,
    pub(super) payload_type: PayloadType,
    pub(super) ssrc: Ssrc,
}

impl Trackers {
    /// Empty trackers with these limits.
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            transactions: Transactions::default(),
            ice: IceTracker::new(limits.check_paths),
            turn: TurnTracker::new(limits.allocations),
            dtls: dtls::Tracker::default(),
            streams: RtpStreams::default(),
            rtcp: RtcpTracker::default(),
            sctp: SctpTracker::default(),
            secured: Secured::default(),
            pictures: Pictures::default(),
            signaling: Signaling::default(),
            identities: Identities::default(),
            descriptions: ReadDescriptions::default(),
            names: Names::new(limits.names),
            faults: FaultLog::default(),
        }
    }

    #[inline]
    pub(super) fn observe(&mut self, seen: Sighting, observation: &Observation<'_>) {
        match *observation {
            Observation::Rtp { header, .. } => {
                let fate = self.streams.observe(seen, &header);
                if fate == Fate::Counted && self.pictures.concerns(&header, &self.secured) {
                    self.pictures
                        .look(seen, &header, &mut self.streams, &self.secured);
                }
            }
            Observation::Stun {
                message,
                tuple,
                outer,
            } => {
                let exchange = self.transactions.observe(seen, &message);
                self.turn.observe(seen, tuple, &message, exchange);
                if let Noticed::NewPath(at) = self.ice.observe(seen, tuple, &message, exchange) {
                    self.join_path(seen, at, outer);
                }
            }
            Observation::ChannelData {
                number,
                length,
                tuple,
            } => {
                self.turn.channel_data(seen, tuple, number, length);
            }
            Observation::Dtls { datagram, cut } => {
                self.streams.trust_flow(seen.flow, Trust::Negotiated);
                if cut {
                    self.dtls.observe_cut(seen, datagram, &mut self.faults);
                } else {
                    self.dtls.observe(seen, datagram, &mut self.faults);
                }
                for opened in self.dtls.take_data() {
                    self.sctp.observe(
                        opened.seen,
                        opened.association,
                        &opened.bytes,
                        &mut self.faults,
                    );
                }
                if let Some(association) = self.dtls.on_flow(seen.flow) {
                    self.secured.learn(association);
                }
            }
            Observation::Rtcp { packet } => {
                self.rtcp.observe(seen, &packet);
                if let Classified::Encrypted(srtcp) = packet
                    && srtcp.e_flag
                    && let Some(plain) = self.secured.open_rtcp(seen, srtcp.datagram)
                {
                    self.rtcp.observe_decrypted(seen, Compound::new(&plain));
                    self.pictures
                        .look_again(seen, &mut self.streams, &self.secured);
                    if let Some(protection) = self.secured.proved(seen.flow, seen.direction) {
                        self.dtls
                            .prove_profile(seen.flow, |profile| protection.speaks_for(profile));
                    }
                }
            }
            Observation::HttpRequest { exchange } => {
                self.signaling.observe_exchange(exchange, Sender::Client);
                self.read_signaling();
            }
            Observation::HttpResponse { exchange } => {
                self.signaling.observe_exchange(exchange, Sender::Server);
                self.read_signaling();
            }
            Observation::WebSocketMessage {
                message,
                url,
                client,
                server,
                ..
            } => {
                self.signaling
                    .observe_websocket(seen.flow, message, url, client, server);
                self.read_signaling();
            }
            Observation::Icmp { .. } => self.ice.icmp(seen),
            Observation::Name { name, address } => self.names.learn(address, name),
        }
    }

    /// A conversation that showed new user fragments: tells the identities, and the streams where they belong.
    fn join_path(&mut self, seen: Sighting, at: usize, outer: Option<&FiveTuple>) {
        let Some(path) = self.ice.paths().get(at) else {
            return;
        };
        let [forward, reverse] = &path.ufrags;
        let joined = self
            .identities
            .check(seen.flow, &path.tuple, outer, [forward, reverse]);
        self.streams.trust_flow(seen.flow, Trust::Checked);
        self.assign(&joined);
    }

    /// Has the processor fetch what RTP packets to come will need. Each loop's steps don't depend on each other, so that their misses overlap.
    ///
    /// With few streams there is nothing to wait for.
    #[inline]
    pub(super) fn warm(&self, coming: impl Iterator<Item = Glance>) {
        if self.streams.len() < MANY_STREAMS {
            return;
        }
        let mut media = [None; LONGEST_RUN];
        let mut sum = 0_u64;
        for (glance, place) in coming.zip(&mut media) {
            let stream = self
                .streams
                .glance(glance.flow, glance.direction, glance.ssrc);
            *place = stream.map(|stream| (stream, glance.payload_type));
        }
        for &(stream, _) in media.iter().flatten() {
            sum = sum.wrapping_add(self.streams.warm(stream));
        }
        for &(stream, payload_type) in media.iter().flatten() {
            sum = sum.wrapping_add(self.streams.warm_deep(stream, payload_type));
        }
        // Else the compiler would leave out what nobody uses.
        black_box(sum);
    }

    /// Tells the identities what new signaling messages carried.
    fn read_signaling(&mut self) {
        let new = self.signaling.take_new_messages();
        for (dialogue, at) in new {
            let joined = self.introduce(dialogue, at);
            for joined in joined {
                self.assign(&joined);
            }
        }
    }

    fn introduce(&mut self, id: DialogueId, at: usize) -> Vec<Joined> {
        let Some(dialogue) = self.signaling.dialogues().get(id.index()) else {
            return Vec::new();
        };
        let Some(message) = dialogue.messages.get(at) else {
            return Vec::new();
        };
        let hosts = [dialogue.client, dialogue.server.ip];
        let descriptions = descriptions_of(message);
        descriptions
            .map(|(place, kind, sdp)| {
                let parsed = Arc::new(Description::parse_without_lines(sdp));
                self.descriptions
                    .insert((id, at, place), Arc::clone(&parsed));
                self.secured.learn_description(&parsed);
                self.pictures.learn(&parsed);
                for fault in parsed.faults() {
                    self.faults.record(fault, message.frames.first().copied());
                }
                let gist = gist(&parsed);
                let ufrags: Vec<&str> = gist.ufrags.iter().map(String::as_str).collect();
                let declared: Vec<IpAddr> = parsed
                    .media
                    .iter()
                    .flat_map(|section| &section.candidates)
                    .filter_map(|candidate| candidate.address.ip())
                    .collect();
                self.identities.description(&Introduction {
                    key: (id, message.handle),
                    at: message.at,
                    by_client: message.from == Sender::Client,
                    is_offer: kind == Some(DescriptionKind::Offer),
                    ufrags: &ufrags,
                    passport: &gist.passport,
                    hosts: &hosts,
                    declared: &declared,
                })
            })
            .collect()
    }

    fn assign(&mut self, joined: &Joined) {
        for &(flow, forward) in &joined.flows {
            self.streams
                .assign_scope(flow, joined.identity, forward == 0);
        }
    }
}

/// The descriptions that a message carries, with their place in it.
fn descriptions_of(
    message: &Message,
) -> impl Iterator<Item = (usize, Option<DescriptionKind>, &str)> {
    let carried = message.carried.iter().enumerate();
    carried.filter_map(|(place, carried)| match carried {
        Carried::Description { kind, sdp } => Some((place, *kind, &**sdp)),
        _ => None,
    })
}

/// Streams whose counters no longer fit the nearer caches, about a kilobyte each.
const MANY_STREAMS: usize = 256;
