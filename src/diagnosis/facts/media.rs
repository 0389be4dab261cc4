//! Media: what was agreed and never came, what stopped, what was lost, what paused.
//!
//! Where the capture was taken decides what a gap means. Of a stream that comes in, missing numbers were lost on the way here. Of one
//! that leaves this very machine, they were not captured: the network had no part in it. A silence with continuous numbers is the
//! sender's own (a mute).
//!
//! A stream from afar that ends and does not come back can't be told from a mute by its packets: in the recordings (`one-way-media`,
//! `mute`) sender reports and consent go on in both cases, and both sides' feedback stops. So its finding says both.

use std::time::Duration;

use crate::diagnosis::call::Call;
use crate::diagnosis::facts::delay::delay;
use crate::diagnosis::facts::outage::frames as outage_frames;
use crate::diagnosis::facts::outage::interruptions;
use crate::diagnosis::facts::outage::sent_in_vain;
use crate::diagnosis::facts::outage::silences;
use crate::diagnosis::facts::outage::windows;
use crate::diagnosis::facts::rebinding::harm_frames;
use crate::diagnosis::finding::Stage;
use crate::diagnosis::ladder::Status;
use crate::sdp::field::MediaKind as SectionKind;
use crate::session::model::media::MediaKind;
use crate::session::model::media::MediaStream;
use crate::track::rtcp::facts::Reception;
use crate::track::rtp_stream::stream::Gap;
use crate::vocab::address::Side;
use crate::vocab::ids::FrameNumber;
use crate::vocab::sighting::Sighting;
use crate::vocab::time::Timestamp;

/// Is there enough media that keys must have been agreed?
pub(crate) fn flows(call: &Call<'_>) -> bool {
    call.streams
        .iter()
        .map(|stream| stream.stats.packets)
        .sum::<u64>()
        >= MEDIA_TO_JUDGE
}

/// Media that was agreed and announced, and never came.
#[derive(Debug, Clone)]
pub(crate) struct Silent {
    /// Who was to send it.
    pub(crate) side: Side,
    /// What: `audio`, `video`.
    pub(crate) kinds: Vec<&'static str>,
    /// Is there no media at all, of either side?
    pub(crate) altogether: bool,
    /// Since when it could have run: the end of the handshake.
    pub(crate) since: Timestamp,
    /// Frames of the handshake's end.
    pub(crate) handshake: Vec<FrameNumber>,
}

impl Silent {
    /// Frames that show it.
    pub(crate) fn frames(&self) -> Vec<FrameNumber> {
        self.handshake.clone()
    }
}

/// A side that announced tracks, was allowed to send them, had the keys and the time, and sent no packet.
pub(crate) fn never_started(call: &Call<'_>) -> Option<Silent> {
    let whole = !call.doubts.one_direction && call.doubts.dropped == 0;
    if !whole || call.status(Stage::Dtls) != Status::Passed {
        return None;
    }
    let association = &call.dtls.first()?.association;
    let since = association.handshake_finished_at?;
    if call.end.since(since) < MEDIA_WITHIN {
        return None;
    }
    let altogether = call.streams.is_empty();
    let sides = [Side::A, Side::B].into_iter();
    sides
        .filter(|&side| call.streams.iter().all(|stream| stream.from != Some(side)))
        .map(|side| (side, announced(call, side)))
        .find(|(_, kinds)| !kinds.is_empty())
        .map(|(side, kinds)| Silent {
            side,
            kinds,
            altogether,
            since,
            handshake: association.finished_frames.frames().to_vec(),
        })
}

/// Kinds of media that `side` may send by the last round, and has a track for: sections allow more than applications use.
fn announced(call: &Call<'_>, side: Side) -> Vec<&'static str> {
    let Some(round) = call.pc.negotiations.last() else {
        return Vec::new();
    };
    let own = if round.offerer == side {
        round.offer
    } else {
        round.answer
    };
    let Some(description) = call.pc.descriptions.get(own) else {
        return Vec::new();
    };
    let mut kinds = Vec::new();
    for section in &round.sections {
        let direction = if round.offerer == side {
            section.offerer_direction
        } else {
            section.answerer_direction
        };
        let kind = match section.kind {
            SectionKind::Audio => "audio",
            SectionKind::Video => "video",
            SectionKind::Application | SectionKind::Other(_) => continue,
        };
        let declared = description.parsed.media.get(section.index);
        let track =
            declared.is_some_and(|media| !media.ssrcs.is_empty() || !media.msids.is_empty());
        let agreed = section.rejection.is_none() && !section.codecs.is_empty();
        if agreed && direction.sends() && track && !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

/// Data that an association carried, where no stream of the call was seen.
#[derive(Debug, Clone)]
pub(crate) struct DataTraffic {
    /// Records of application data, both ways.
    pub(crate) records: u64,
    /// Did both sides agree on data channels and nothing else? Without their descriptions it can be anything that DTLS protects.
    pub(crate) agreed: bool,
    /// Frames of the handshake's end.
    pub(crate) frames: Vec<FrameNumber>,
}

/// Application data in DTLS, more than a data channel's opening takes; `None` where the call agreed on audio or video.
pub(crate) fn data_traffic(call: &Call<'_>) -> Option<DataTraffic> {
    let round = call.pc.negotiations.last();
    let mut sections = round.into_iter().flat_map(|round| &round.sections);
    if sections.any(|section| !matches!(section.kind, SectionKind::Application)) {
        return None;
    }
    call.dtls.iter().find_map(|transport| {
        let association = &transport.association;
        let traffic = association.application_data.iter();
        let records = traffic.map(|way| way.records).sum::<u64>();
        (records >= RECORDS_TO_JUDGE).then(|| DataTraffic {
            records,
            agreed: round.is_some(),
            frames: association.finished_frames.frames().to_vec(),
        })
    })
}

/// Media of one side that ended while the call went on.
#[derive(Debug, Clone)]
pub(crate) struct Stopped {
    /// Whose.
    pub(crate) side: Side,
    /// Its last packet.
    pub(crate) last: Sighting,
    /// Streams that ended.
    pub(crate) streams: usize,
    /// Their packets.
    pub(crate) packets: u64,
    /// Does the other side go on sending?
    pub(crate) other_goes_on: bool,
    /// The last answered check of the pair that the media took.
    pub(crate) answered: Option<Timestamp>,
    /// The last RTCP from that side.
    pub(crate) rtcp: Option<Sighting>,
    /// Was the capture taken at the sender?
    pub(crate) local: bool,
}

/// Sides whose media ended well before the call did, on a path that still worked.
pub(crate) fn stopped(call: &Call<'_>) -> Vec<Stopped> {
    let sides = [Side::A, Side::B].into_iter();
    sides.filter_map(|side| stopped_side(call, side)).collect()
}

fn stopped_side(call: &Call<'_>, side: Side) -> Option<Stopped> {
    let own: Vec<&MediaStream> = call
        .streams
        .iter()
        .copied()
        .filter(|s| s.from == Some(side))
        .collect();
    let last = own
        .iter()
        .map(|stream| stream.stats.last)
        .max_by_key(|seen| seen.at)?;
    let first = own.iter().map(|stream| stream.stats.first.at).min()?;
    let packets = own.iter().map(|stream| stream.stats.packets).sum();
    let ran = packets >= MEDIA_TO_JUDGE && last.at.since(first) >= RAN_FOR;
    if !ran || call.end.since(last.at) < STOPPED_FOR || call.doubts.one_direction {
        return None;
    }
    let after = last.at.after(ALIVE_AFTER);
    let answered = call
        .pc
        .ice
        .pairs
        .iter()
        .filter_map(|pair| pair.last_answered_at)
        .max()
        .filter(|at| *at >= after);
    let rtcp = last_rtcp(call, side).filter(|seen| seen.at >= after);
    let alive = answered.is_some() || rtcp.is_some();
    if !alive || is_farewell(call, side, last.at) {
        return None;
    }
    let other = call
        .streams
        .iter()
        .filter(|s| s.from == Some(side.opposite()));
    Some(Stopped {
        side,
        last,
        streams: call.media_of(side).count(),
        packets,
        other_goes_on: other.map(|stream| stream.stats.last.at).max() >= Some(after),
        answered,
        rtcp,
        local: call.is_local(side),
    })
}

/// The last RTCP or SRTCP datagram from `side`.
pub(crate) fn last_rtcp(call: &Call<'_>, side: Side) -> Option<Sighting> {
    let ways = call.rtcp.iter().filter_map(|rtcp| {
        let direction = call.pc.direction_of(rtcp.flow, side)?;
        let way = rtcp.ways.get(direction.index())?;
        way.span.map(|(_, last)| last)
    });
    ways.max_by_key(|seen| seen.at)
}

/// Did signaling or RTCP say that this side would stop: a goodbye, somebody leaving, a direction changed?
fn is_farewell(call: &Call<'_>, side: Side, last: Timestamp) -> bool {
    let near = |at: Timestamp| at.after(FAREWELL) >= last && last.after(FAREWELL) >= at;
    let byes = call.rtcp.iter().flat_map(|rtcp| &rtcp.byes);
    let own = |ssrc| {
        call.streams
            .iter()
            .any(|s| s.from == Some(side) && s.stats.ssrc == ssrc)
    };
    let said_bye = byes
        .filter(|bye| near(bye.seen.at))
        .any(|bye| own(bye.ssrc));
    let told = call.dialogue.is_some_and(|dialogue| {
        let mut messages = dialogue.messages.iter().filter(|message| near(message.at));
        messages.any(|message| PARTING.iter().any(|word| message.kind.contains(word)))
    });
    let withdrawn = call.pc.negotiations.len() > 1 && announced(call, side).is_empty();
    said_bye || told || withdrawn
}

/// Loss of one stream, as counted here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lossy<'a> {
    /// The stream.
    pub(crate) stream: &'a MediaStream,
    /// Numbers never seen.
    pub(crate) lost: u64,
    /// Numbers there should be.
    pub(crate) expected: u64,
}

impl Lossy<'_> {
    /// Share lost, percent.
    pub(crate) fn percent(&self) -> f64 {
        self.lost as f64 * 100.0 / self.expected.max(1) as f64
    }
}

/// Streams of `side` that lost enough to be heard or seen, while the path stood.
pub(crate) fn lossy<'a>(call: &Call<'a>, side: Side) -> Vec<Lossy<'a>> {
    let windows = windows(call);
    call.media_of(side)
        .map(|stream| {
            let stats = &stream.stats;
            let unique = stats.packets.saturating_sub(stats.packets_duplicated);
            let skipped = silences(stream, &windows).map(|gap| gap.skipped);
            let lost = stats.packets_lost.saturating_sub(skipped.sum());
            Lossy {
                stream,
                lost,
                expected: unique + lost,
            }
        })
        .filter(|lossy| lossy.expected >= PACKETS_FOR_LOSS)
        .filter(|lossy| lossy.lost * 100 >= lossy.expected * LOSS_PERCENT)
        .collect()
}

/// Bytes of the largest packet that came from `side`, when it looks as if larger ones don't get through: video lost many packets and audio, whose packets
/// are small, none, and not one packet was as large as those of video are elsewhere.
pub(crate) fn only_small_arrive(call: &Call<'_>, side: Side, lossy: &[Lossy<'_>]) -> Option<u16> {
    let is_video = |stream: &MediaStream| stream.kind == Some(MediaKind::Video);
    let struck = lossy.iter().filter(|it| it.percent() >= LARGE_LOSS_PERCENT);
    let only_video = lossy.iter().all(|it| is_video(it.stream)) && struck.count() > 0;
    let audio_whole = call
        .media_of(side)
        .filter(|stream| stream.kind == Some(MediaKind::Audio))
        .any(|stream| {
            let stats = &stream.stats;
            stats.packets >= PACKETS_FOR_LOSS && stats.packets_lost * 100 < stats.packets
        });
    let flow = call.pc.selected_pair()?.flow?;
    let direction = call.pc.direction_of(flow, side)?;
    let record = call.scene.flows.get(flow.index())?;
    let largest = record.largest[direction.index()];
    (only_video && audio_whole && largest < LARGE_PACKET).then_some(largest)
}

/// Loss that a receiver reports of a stream, and that is not in the packets seen here: it happened further on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reported<'a> {
    /// The stream.
    pub(crate) stream: &'a MediaStream,
    /// What its receiver said.
    pub(crate) reception: &'a Reception,
    /// Packets lost by its last report.
    pub(crate) lost: u64,
    /// Packets seen here.
    pub(crate) packets: u64,
}

/// Loss by readable reception reports (RFC 3550 §6.4.1), of streams that are whole here.
pub(crate) fn reported<'a>(call: &Call<'a>) -> Vec<Reported<'a>> {
    let receptions = call.rtcp.iter().flat_map(|rtcp| &rtcp.receptions);
    let windows = windows(call);
    receptions
        .filter_map(|reception| {
            let mut streams = call.streams.iter().copied();
            let stream = streams.find(|stream| stream.stats.ssrc == reception.about)?;
            let lost = u64::try_from(reception.latest.cumulative_lost).ok()?;
            let packets = stream.stats.packets;
            let further_on = lost.saturating_sub(stream.stats.packets_lost);
            // About as many as were sent while the path was interrupted: that finding tells.
            let vain = sent_in_vain(stream, &windows);
            let explained = (vain / 4..=vain).contains(&further_on);
            let bad = packets >= PACKETS_FOR_LOSS
                && further_on * 100 >= packets * LOSS_PERCENT
                && !explained;
            bad.then_some(Reported {
                stream,
                reception,
                lost,
                packets,
            })
        })
        .collect()
}

/// Frames that show how steady media suffered; empty when it did not.
pub(crate) fn suffering(call: &Call<'_>) -> Vec<FrameNumber> {
    let ended = stopped(call).into_iter().filter(|stopped| !stopped.local);
    let ended = ended.map(|stopped| stopped.last.frame);
    let sides = [Side::A, Side::B]
        .into_iter()
        .filter(|side| !call.is_local(*side));
    let lost = sides.flat_map(|side| lossy(call, side));
    let lost = lost.map(|lossy| lossy.stream.stats.last.frame);
    let told = reported(call)
        .into_iter()
        .map(|reported| reported.reception.span.1.frame);
    let outages = outage_frames(&interruptions(call));
    let slow = delay(call).map(|delay| delay.longest.frames);
    let outages = outages.into_iter().chain(slow.into_iter().flatten());
    let all = outages.chain(harm_frames(call));
    all.chain(ended).chain(lost).chain(told).collect()
}

/// Silences of a stream during which its sender counted no packet.
pub(crate) fn pauses(stream: &MediaStream) -> impl Iterator<Item = &Gap> {
    let gaps = stream.stats.gaps.iter();
    gaps.filter(|gap| gap.is_continuous() && gap.duration() >= PAUSE)
}

/// Loss of video that no single congested moment explains while audio loses nothing.
const LARGE_LOSS_PERCENT: f64 = 10.0;
/// Bytes on the wire. Senders fill video packets up to 1 200 bytes and more of payload.
const LARGE_PACKET: u16 = 1_000;
/// Packets that make media of it, and not a probe of the bandwidth.
const MEDIA_TO_JUDGE: u64 = 50;
/// And time: half a second more than Chromium's probing at the start.
const RAN_FOR: Duration = Duration::from_secs(1);
/// Media that comes at all comes within a second of the handshake in all recordings; this allows for cameras that start slowly.
const MEDIA_WITHIN: Duration = Duration::from_secs(5);
/// Silence this long at the end is not the order in which things are shut down: there it is below a second in the recordings.
const STOPPED_FOR: Duration = Duration::from_secs(3);
/// What shows that the path outlived the media must be this much later.
const ALIVE_AFTER: Duration = Duration::from_secs(1);
/// Signaling that explains the end of media comes within this of it.
const FAREWELL: Duration = Duration::from_secs(3);
/// Words in the kinds of messages that announce an end of media.
const PARTING: [&str; 7] = [
    "leav",
    "unpublish",
    "hangup",
    "bye",
    "destroy",
    "detach",
    "pause",
];
/// A pause worth a note. Discontinuous transmission of Opus sends something every 400 ms (RFC 6716 §2.1.9).
const PAUSE: Duration = Duration::from_millis(1_500);
/// Loss is told from this share on: below it, concealment and retransmission hide it.
const LOSS_PERCENT: u64 = 2;
/// And from this many packets on: two of fifty are no statistics.
const PACKETS_FOR_LOSS: u64 = 100;
/// Records of application data beyond what a data channel's opening takes.
const RECORDS_TO_JUDGE: u64 = 4;
