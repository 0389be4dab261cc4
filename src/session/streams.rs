//! RTP streams in their peer connections: whose they are, which m-section they fill, with which codec, and what repairs what.
//!
//! Joins in order of strength (RFC 8843 §9.2, RFC 9143): an SSRC that a description names, a MID or RID in a header extension,
//! a payload type that only one kind of section has.

use hashbrown::HashMap;

use crate::flow::table::FlowProtocol;
use crate::flow::table::FlowRecord;
use crate::sdp::codec::Codec;
use crate::sdp::codec::CodecRole;
use crate::sdp::field::MediaKind as SectionKind;
use crate::sdp::media::MediaSection;
use crate::session::feedback;
use crate::session::feedback::Reports;
use crate::session::model::feedback::Feedback;
use crate::session::model::media::DtlsTransport;
use crate::session::model::media::KeyFrameCount;
use crate::session::model::media::MediaKind;
use crate::session::model::media::MediaStream;
use crate::session::model::peer_connection::PeerConnection;
use crate::session::model::scene::Scene;
use crate::track::rtp_stream::Stream;
use crate::track::rtp_stream::stream::Protection;
use crate::vocab::address::Direction;
use crate::vocab::address::Side;
use crate::vocab::claim::Basis;
use crate::vocab::ids::FlowId;
use crate::vocab::ids::PayloadType;
use crate::vocab::ids::Ssrc;
use crate::vocab::ids::StreamId;
use crate::wire::media::payload::Codec as PayloadCodec;
use crate::wire::tls::srtp_profile::SrtpProfile;

/// MID of an RTP stream (RFC 9143 §15).
const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
/// RID of a simulcast layer (RFC 8852).
const RID: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
/// RID of the layer that an RTX stream repairs (RFC 8852).
const REPAIRED_RID: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";

/// DTLS associations by conversation, positions in the scene's list.
type Transports = HashMap<FlowId, Vec<usize>>;

/// Places the streams in the scene.
pub(super) fn join(scene: &mut Scene, streams: Vec<Stream>) {
    let mut transports = Transports::new();
    for (at, transport) in scene.dtls.iter().enumerate() {
        let flow = transport.association.flow;
        transports.entry(flow).or_default().push(at);
    }
    let placed: Vec<MediaStream> = streams
        .into_iter()
        .map(|stream| place(scene, &transports, stream))
        .collect();
    for (at, stream) in (0..).zip(&placed) {
        if let Some(pc) = stream
            .peer_connection
            .and_then(|id| scene.peer_connections.get_mut(id.index()))
        {
            pc.streams.push(StreamId(at));
        }
        for path in &stream.stats.paths {
            if let Some(flow) = scene.flows.get_mut(path.flow.index())
                && !flow.protocols.contains(&FlowProtocol::Rtp)
            {
                flow.protocols.push(FlowProtocol::Rtp);
            }
        }
    }
    scene.streams = placed;
    pair_repairs(scene);
    let reports = Reports::new(&scene.rtcp, &scene.flow_owner);
    for stream in &mut scene.streams {
        stream.feedback = feedback::about(stream, &reports);
    }
}

fn place(scene: &Scene, transports: &Transports, stats: Stream) -> MediaStream {
    let owner = stats.paths.iter().rev().find_map(|path| {
        Some((
            path,
            scene.flow_owner.get(path.flow.index()).copied().flatten()?,
        ))
    });
    let id = owner.map(|(_, id)| id);
    let pc = id.and_then(|id| scene.peer_connections.get(id.index()));
    let from = owner
        .zip(pc)
        .and_then(|((path, _), pc)| sender(pc, path.flow, path.direction));
    let place = pc
        .zip(from)
        .map(|(pc, from)| Place::find(pc, from, &stats))
        .unwrap_or_default();
    let codec = place.codec.clone().or_else(|| static_codec(&stats));
    let transport = transport(scene, transports, pc, &stats);
    let encrypted = is_encrypted(scene, pc, transport, &stats);
    let tag_length = (encrypted == Some(true))
        .then(|| tag_length(scene, transport, &stats))
        .flatten();
    let payload_bytes = match (encrypted, tag_length) {
        (Some(true), Some((tag, _))) => {
            Some(stats.payload_bytes(Protection::Srtp { tag_length: tag }))
        }
        (Some(false), _) => Some(stats.payload_bytes(Protection::Plain)),
        _ => None,
    };
    let declared_rate = codec
        .as_ref()
        .map(|codec| codec.clock_rate)
        .filter(|rate| *rate > 0);
    let guessed_rate = stats.clock.map(|clock| clock.rate);
    let key_frames = key_frames(&stats, codec.as_ref(), encrypted);
    let kind = place
        .kind
        .or_else(|| codec.as_ref().and_then(kind_of_static));
    MediaStream {
        peer_connection: id,
        from,
        kind,
        mid: place.mid,
        rid: place.rid,
        codec_basis: codec.as_ref().map(|_| {
            let declared = place.codec.is_some() && place.wrapping.is_none();
            if declared {
                Basis::Declared
            } else {
                Basis::Inferred
            }
        }),
        codec_payload_type: codec.as_ref().map(|codec| codec.payload_type),
        codec: codec.map(|codec| codec.name),
        wrapping: place.wrapping.map(|codec| codec.name),
        clock_rate: declared_rate.or(guessed_rate),
        clock_rate_basis: declared_rate
            .map(|_| Basis::Declared)
            .or_else(|| guessed_rate.map(|_| Basis::Inferred)),
        rtx_ssrc: place.rtx,
        packets_with_rtx: None,
        repairs: place.repairs,
        encrypted,
        tag_length,
        payload_bytes,
        msid: place.msid,
        feedback: Feedback::default(),
        key_frames,
        stats,
    }
}

/// What was told of the frames when read as the stream's codec; nothing where that was ciphertext after all.
fn key_frames(
    stats: &Stream,
    codec: Option<&Codec>,
    encrypted: Option<bool>,
) -> Option<KeyFrameCount> {
    let codec = PayloadCodec::from_name(&codec?.name)?;
    let known = stats
        .key_frames
        .iter()
        .find(|it| it.codec == codec && Some(it.decrypted) == encrypted)?;
    (!known.is_foreign()).then(|| KeyFrameCount {
        count: known.count,
        judged: known.judged,
        starts: known.starts.clone(),
    })
}

/// Which side sends in `direction` of `flow`.
fn sender(pc: &PeerConnection, flow: FlowId, direction: Direction) -> Option<Side> {
    let forward = pc
        .flows
        .iter()
        .find(|(known, _)| *known == flow)
        .map(|(_, side)| *side)?;
    Some(match direction {
        Direction::Forward => forward,
        Direction::Reverse => forward.opposite(),
    })
}

/// What descriptions say of a stream.
#[derive(Default)]
struct Place {
    kind: Option<MediaKind>,
    mid: Option<String>,
    rid: Option<String>,
    codec: Option<Codec>,
    wrapping: Option<Codec>,
    rtx: Option<Ssrc>,
    repairs: Option<Ssrc>,
    msid: Option<String>,
}

impl Place {
    fn find(pc: &PeerConnection, from: Side, stats: &Stream) -> Self {
        let mut place = Self::default();
        // Latest first: a renegotiation may have moved or re-announced the stream.
        let of = |side: Side| pc.descriptions.iter().rev().filter(move |d| d.side == side);
        let announced = of(from).find_map(|description| {
            description.parsed.media.iter().find_map(|section| {
                let stream = section
                    .ssrcs
                    .iter()
                    .find(|known| known.ssrc == stats.ssrc)?;
                Some((section, stream))
            })
        });
        if let Some((section, stream)) = announced {
            place.mid.clone_from(&section.mid);
            place.kind = kind(section);
            place.msid = stream.msid.clone().or_else(|| {
                section.msids.first().map(|msid| match &msid.track {
                    Some(track) => format!("{} {track}", msid.stream),
                    None => msid.stream.clone(),
                })
            });
            for group in section
                .ssrc_groups
                .iter()
                .filter(|group| group.semantics == "FID")
            {
                match group.ssrcs.as_slice() {
                    [media, rtx] if *media == stats.ssrc => place.rtx = Some(*rtx),
                    [media, rtx] if *rtx == stats.ssrc => place.repairs = Some(*media),
                    _ => {}
                }
            }
        }
        place.read_extensions(pc, stats);
        let sections: Vec<&MediaSection> = of(from.opposite())
            .chain(of(from))
            .flat_map(|description| &description.parsed.media)
            .collect();
        place.choose_codec(&sections, stats);
        place
    }

    /// MID and RID in header extensions stay in the clear under SRTP.
    fn read_extensions(&mut self, pc: &PeerConnection, stats: &Stream) {
        let uri = |id: u8| {
            let rounds = pc.negotiations.iter().rev();
            let agreed = rounds
                .flat_map(|round| &round.sections)
                .find_map(|section| {
                    let known = section
                        .header_extensions
                        .iter()
                        .find(|e| e.id == u16::from(id))?;
                    Some(known.uri.as_str())
                });
            agreed.or_else(|| {
                let descriptions = pc.descriptions.iter().rev();
                descriptions
                    .flat_map(|d| &d.parsed.media)
                    .find_map(|section| {
                        let known = section.extmaps.iter().find(|e| e.id == u16::from(id))?;
                        Some(known.uri.as_str())
                    })
            })
        };
        for (id, value) in &stats.extension_values {
            match uri(*id) {
                Some(MID) if self.mid.is_none() => self.mid = Some(value.clone()),
                Some(RID | REPAIRED_RID) if self.rid.is_none() => self.rid = Some(value.clone()),
                _ => {}
            }
        }
    }

    /// The codec of the payload type most used: as the receiver's description numbers it, else the sender's.
    fn choose_codec(&mut self, sections: &[&MediaSection], stats: &Stream) {
        let Some(payload_type) = stats.payload_type() else {
            return;
        };
        let having: Vec<(&MediaSection, &Codec)> = sections
            .iter()
            .filter(|section| !section.is_rejected())
            .filter_map(|section| Some((*section, section.codec(payload_type)?)))
            .collect();
        let by_mid = having
            .iter()
            .find(|(section, _)| self.mid.is_some() && section.mid == self.mid);
        // Without a MID a payload type tells only what all sections that have it agree on.
        let alike = having.first().filter(|(_, first)| {
            having
                .iter()
                .all(|(_, codec)| codec.is_same_encoding(first))
        });
        if let Some((section, codec)) = by_mid.or(alike) {
            self.codec = Some((*codec).clone());
            if codec.role() == CodecRole::Redundancy {
                self.codec = wrapped(section, codec).cloned();
                self.wrapping = Some((*codec).clone());
            }
            self.kind = self.kind.or_else(|| kind(section));
            let mids: Vec<&String> = having
                .iter()
                .filter_map(|(section, _)| section.mid.as_ref())
                .collect();
            if self.mid.is_none() && mids.iter().all(|mid| Some(mid) == mids.first()) {
                self.mid = mids.first().map(|mid| (*mid).clone());
            }
        }
    }
}

/// The codec inside RED (RFC 2198): what its fmtp lists, else the section's first media codec, which senders prefer (RFC 9429 §5.2.1).
fn wrapped<'a>(section: &'a MediaSection, red: &Codec) -> Option<&'a Codec> {
    let listed = red.parameters.0.first().and_then(|(inner, _)| {
        let number = inner.split('/').next()?.parse().ok()?;
        section.codec(PayloadType(number))
    });
    listed.or_else(|| {
        section
            .codecs
            .iter()
            .find(|codec| codec.role() == CodecRole::Media)
    })
}

fn kind(section: &MediaSection) -> Option<MediaKind> {
    match section.kind {
        SectionKind::Audio => Some(MediaKind::Audio),
        SectionKind::Video => Some(MediaKind::Video),
        _ => None,
    }
}

/// RFC 3551 assigns some payload types for good; they need no description.
fn static_codec(stats: &Stream) -> Option<Codec> {
    crate::sdp::codec::assigned(stats.payload_type()?)
}

fn kind_of_static(codec: &Codec) -> Option<MediaKind> {
    // RFC 3551 tables 4 and 5: audio up to 23, video from 24 on.
    match codec.payload_type {
        PayloadType(0..=23) => Some(MediaKind::Audio),
        PayloadType(24..=34) => Some(MediaKind::Video),
        PayloadType(_) => None,
    }
}

/// The DTLS association that keys the stream: of its conversations, else of its connection; of several the first.
fn transport<'a>(
    scene: &'a Scene,
    transports: &Transports,
    pc: Option<&PeerConnection>,
    stats: &Stream,
) -> Option<&'a DtlsTransport> {
    let paths = stats.paths.iter();
    let mut on_path: Vec<usize> = paths
        .filter_map(|path| transports.get(&path.flow))
        .flatten()
        .copied()
        .collect();
    on_path.sort_unstable();
    let on_path = || on_path.iter().filter_map(|&at| scene.dtls.get(at));
    let of_connection = || {
        let ids = pc.map_or(&[][..], |pc| &pc.dtls);
        ids.iter().filter_map(|id| scene.dtls.get(id.index()))
    };
    let keyed = |transport: &&DtlsTransport| transport.association.srtp_profile.is_some();
    on_path()
        .find(keyed)
        .or_else(|| of_connection().find(keyed))
        .or_else(|| on_path().next())
        .or_else(|| of_connection().next())
}

/// SRTP where DTLS keyed the conversation, where SRTCP or checks ran, or where a description says so; plain where plain RTCP runs.
fn is_encrypted(
    scene: &Scene,
    pc: Option<&PeerConnection>,
    transport: Option<&DtlsTransport>,
    stats: &Stream,
) -> Option<bool> {
    if transport.is_some() {
        return Some(true);
    }
    let flows: Vec<&FlowRecord> = stats
        .paths
        .iter()
        .filter_map(|path| scene.flows.get(path.flow.index()))
        .collect();
    let has = |protocol: FlowProtocol| flows.iter().any(|flow| flow.protocols.contains(&protocol));
    if has(FlowProtocol::Srtcp) {
        return Some(true);
    }
    if has(FlowProtocol::Rtcp) {
        return Some(false);
    }
    // WebRTC knows no other media than SRTP (RFC 8827 §6.5).
    pc.map(|_| true)
}

/// From the negotiated profile, else from the layout of the conversation's SRTCP packets.
fn tag_length(
    scene: &Scene,
    transport: Option<&DtlsTransport>,
    stats: &Stream,
) -> Option<(u8, Basis)> {
    let profile = transport.and_then(|transport| transport.association.srtp_profile);
    if let Some(length) = profile.and_then(SrtpProfile::rtp_tag_bytes) {
        return Some((length as u8, Basis::Observed));
    }
    let on_path = |flow: FlowId| stats.paths.iter().any(|path| path.flow == flow);
    let inferred = scene
        .rtcp
        .iter()
        .filter(|rtcp| on_path(rtcp.flow))
        .find_map(|rtcp| rtcp.ways.iter().find_map(|way| way.srtcp_tag_length))?;
    Some((inferred, Basis::Inferred))
}

/// RTX streams that no description pairs: by the same RID, else the only media stream of the same section (RFC 4588 §5.3).
fn pair_repairs(scene: &mut Scene) {
    let streams = &scene.streams;
    let is_rtx = |stream: &MediaStream| {
        stream
            .codec
            .as_deref()
            .is_some_and(|codec| codec.eq_ignore_ascii_case("rtx"))
    };
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (at, rtx) in streams.iter().enumerate() {
        let call = rtx.peer_connection;
        let call = call.and_then(|id| scene.peer_connections.get(id.index()));
        let Some(call) = call.filter(|_| is_rtx(rtx)) else {
            continue;
        };
        let fits = |media: &MediaStream| {
            media.from == rtx.from
                && match rtx.repairs {
                    Some(repaired) => media.stats.ssrc == repaired,
                    None => {
                        media.kind == rtx.kind
                            && media.mid == rtx.mid
                            && media.rid == rtx.rid
                            && !is_rtx(media)
                    }
                }
        };
        let places = call.streams.iter().map(|id| id.index());
        let media: Vec<usize> = places
            .filter(|&place| streams.get(place).is_some_and(fits))
            .collect();
        if let [media] = media.as_slice() {
            pairs.push((*media, at));
        }
    }
    for (media, rtx) in pairs {
        let (media_ssrc, rtx_ssrc) = (
            scene.streams[media].stats.ssrc,
            scene.streams[rtx].stats.ssrc,
        );
        scene.streams[media].packets_with_rtx =
            Some(scene.streams[media].stats.packets + scene.streams[rtx].stats.packets);
        scene.streams[media].rtx_ssrc.get_or_insert(rtx_ssrc);
        scene.streams[rtx].repairs.get_or_insert(media_ssrc);
    }
}
