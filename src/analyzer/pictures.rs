//! Which frames of video are key frames: payloads are read where they are plain or their keys are known, and their codecs are signaled.
//!
//! ```text
//! descriptions ─► payload type 96: VP8 ─┐
//! handshakes, key log ─► keys ──────────┴─► the first bytes of a frame's packets, until one tells ─► its stream
//! ```
//!
//! A payload type may stand for another codec in another call, so each stream is told for all that it may stand for; who knows the stream's
//! codec chooses. DTLS 1.3 hides which protection was chosen until the first SRTCP packet, and so does a move to another conversation whose keys
//! go on there: till then, beginnings of frames wait.

use std::collections::VecDeque;

use crate::analyzer::secured::Secured;
use crate::crypt::srtp::keyring::MediaKeys;
use crate::crypt::srtp::keys::Keys;
use crate::flow::observation::RTP_PAYLOAD_KEPT;
use crate::sdp::codec::CodecRole;
use crate::sdp::description::Description;
use crate::sdp::field::MediaKind;
use crate::track::rtp_stream::RtpStreams;
use crate::vocab::ids::PayloadType;
use crate::vocab::ids::Ssrc;
use crate::vocab::sighting::Sighting;
use crate::wire::media::payload::Codec;
use crate::wire::media::picture::Picture;
use crate::wire::rtp::Header;

/// What payload types stand for, and beginnings of frames that wait for keys.
#[derive(Debug)]
pub(super) struct Pictures {
    /// By payload type: a bit for each codec of [`Codec::ALL`], [`RED`] and [`PLAIN`].
    meanings: [u8; 128],
    waiting: VecDeque<Beginning>,
}

/// The first packet of a frame, as far as it is needed.
#[derive(Debug, Clone, Copy)]
struct Beginning {
    seen: Sighting,
    ssrc: Ssrc,
    payload_type: PayloadType,
    timestamp: u32,
    /// Roll-over counter and sequence number.
    index: u64,
    bytes: [u8; RTP_PAYLOAD_KEPT],
    length: usize,
}

impl Default for Pictures {
    fn default() -> Self {
        Self {
            meanings: [0; 128],
            waiting: VecDeque::new(),
        }
    }
}

impl Pictures {
    /// Takes what a description says of payload types.
    pub(super) fn learn(&mut self, description: &Description) {
        let video = description
            .media
            .iter()
            .filter(|section| section.kind == MediaKind::Video);
        for section in video {
            let plain = if section.protocol.starts_with("RTP/AVP") {
                PLAIN
            } else {
                0
            };
            for codec in &section.codecs {
                let meaning = match codec.role() {
                    CodecRole::Redundancy => RED,
                    CodecRole::Media => Codec::from_name(&codec.name).map_or(0, bit),
                    _ => 0,
                };
                let known = self.meanings.get_mut(usize::from(codec.payload_type.0));
                if let (Some(known), 1..) = (known, meaning) {
                    *known |= meaning | plain;
                }
            }
        }
    }

    /// Could this packet be read at all? Asked for every packet.
    #[inline]
    pub(super) fn concerns(&self, header: &Header<'_>, secured: &Secured) -> bool {
        let meaning = self.meaning(header.payload_type());
        meaning & PLAIN != 0 || meaning != 0 && !secured.is_empty()
    }

    /// Looks at a packet that was counted just now.
    pub(super) fn look(
        &mut self,
        seen: Sighting,
        header: &Header<'_>,
        streams: &mut RtpStreams,
        secured: &Secured,
    ) {
        let stream = streams.glance(seen.flow, seen.direction, header.ssrc());
        let index = stream.and_then(|stream| streams.open_frame(stream, header));
        let (Some(stream), Some(index)) = (stream, index) else {
            return;
        };
        // Probes are padding and nothing else, and keep the timestamp of the last frame.
        if header.has_padding() {
            return;
        }
        let beginning = Beginning::new(seen, header, index);
        match secured.for_media(seen.flow, seen.direction) {
            MediaKeys::Known(keys) => {
                if let Some(plain) = beginning.decrypted(keys) {
                    self.tell(stream, &plain, true, streams);
                }
            }
            MediaKeys::None if self.meaning(header.payload_type()) & PLAIN != 0 => {
                self.tell(stream, &beginning, false, streams);
            }
            // After an ICE restart known keys go on with, on a conversation of which that has yet to show.
            MediaKeys::Unproved | MediaKeys::None => {
                streams.put_off(stream, header.timestamp());
                self.wait(beginning);
            }
        }
    }

    /// Looks at what waited for the keys of a conversation, one of whose SRTCP packets was opened just now.
    pub(super) fn look_again(
        &mut self,
        seen: Sighting,
        streams: &mut RtpStreams,
        secured: &Secured,
    ) {
        let is_near =
            |it: &Beginning| (it.seen.flow, it.seen.direction) == (seen.flow, seen.direction);
        if !self.waiting.iter().any(is_near) {
            return;
        }
        let MediaKeys::Known(keys) = secured.for_media(seen.flow, seen.direction) else {
            return;
        };
        for beginning in self.waiting.iter().filter(|it| is_near(it)) {
            let stream = streams.glance(seen.flow, seen.direction, beginning.ssrc);
            if let (Some(stream), Some(plain)) = (stream, beginning.decrypted(keys)) {
                self.tell(stream, &plain, true, streams);
            }
        }
        self.waiting.retain(|it| !is_near(it));
    }

    /// Has a frame's first packet wait; the one that waited longest makes room.
    fn wait(&mut self, beginning: Beginning) {
        if self.waiting.len() >= WAITING_MAX {
            self.waiting.pop_front();
        }
        self.waiting.push_back(beginning);
    }

    /// Tells a stream what a readable payload says, for each codec that it may be of.
    fn tell(
        &self,
        stream: usize,
        beginning: &Beginning,
        decrypted: bool,
        streams: &mut RtpStreams,
    ) {
        let mut payload = beginning.bytes.get(..beginning.length).unwrap_or_default();
        let mut meaning = self.meaning(beginning.payload_type);
        if meaning & RED != 0 {
            // The header of the last block is one byte (RFC 2198 §3); video has no others.
            let Some((&head, inner)) = payload.split_first() else {
                return;
            };
            if head & 0x80 != 0 {
                return;
            }
            (payload, meaning) = (inner, self.meaning(PayloadType(head)));
        }
        let codecs = Codec::ALL.into_iter().filter(|it| meaning & bit(*it) != 0);
        for codec in codecs {
            let picture = Picture::of(codec, payload);
            let (seen, timestamp) = (beginning.seen, beginning.timestamp);
            streams.tell(stream, seen, timestamp, (codec, decrypted), picture);
        }
    }

    #[inline]
    fn meaning(&self, payload_type: PayloadType) -> u8 {
        let meaning = self.meanings.get(usize::from(payload_type.0));
        meaning.copied().unwrap_or_default()
    }
}

impl Beginning {
    fn new(seen: Sighting, header: &Header<'_>, index: u64) -> Self {
        let mut bytes = [0; RTP_PAYLOAD_KEPT];
        let length = header.payload().len().min(bytes.len());
        for (to, from) in bytes.iter_mut().zip(header.payload()) {
            *to = *from;
        }
        Self {
            seen,
            ssrc: header.ssrc(),
            payload_type: header.payload_type(),
            timestamp: header.timestamp(),
            index,
            bytes,
            length,
        }
    }

    /// The same with its payload decrypted.
    fn decrypted(&self, keys: &Keys) -> Option<Self> {
        let mut plain = *self;
        let payload = plain.bytes.get_mut(..plain.length)?;
        keys.decrypt(self.ssrc, self.index, payload)?;
        Some(plain)
    }
}

/// The bit of a video codec.
const fn bit(codec: Codec) -> u8 {
    match codec {
        Codec::Vp8 => 1,
        Codec::Vp9 => 1 << 1,
        Codec::H264 => 1 << 2,
        Codec::H265 => 1 << 3,
        Codec::Av1 => 1 << 4,
        Codec::Opus => 0,
    }
}

/// The payload type wraps another one (RFC 2198).
const RED: u8 = 1 << 6;
/// A description without protection has the payload type.
const PLAIN: u8 = 1 << 7;
/// Frames whose beginning is kept until keys are proved, 120 bytes each: a second or so of some twenty streams.
const WAITING_MAX: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::rtp_stream::key_frames::KeyFrames;
    use crate::track::rtp_stream::tracker::Trust;
    use crate::vocab::address::Direction;
    use crate::vocab::ids::FlowId;
    use crate::vocab::ids::FrameNumber;
    use crate::vocab::time::Timestamp;

    const KEY: [u8; 7] = [0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2a];
    const DELTA: [u8; 7] = [0x10, 0x11, 0, 0, 1, 2, 3];

    /// What is told of a plain stream of these packets, each a frame of its own.
    fn told(sections: &str, packets: &[(u8, &[u8])]) -> Vec<KeyFrames> {
        let mut pictures = Pictures::default();
        pictures.learn(&Description::parse_without_lines(&format!(
            "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n{sections}"
        )));
        let (mut streams, secured) = (RtpStreams::default(), Secured::default());
        streams.trust_flow(FlowId(0), Trust::Negotiated);
        for (number, (second_byte, payload)) in (1_u16..).zip(packets) {
            let mut packet = vec![0x80, *second_byte];
            packet.extend(number.to_be_bytes());
            packet.extend((u32::from(number) * 3_000).to_be_bytes());
            packet.extend(7_u32.to_be_bytes());
            packet.extend(*payload);
            let seen = Sighting {
                at: Timestamp::from_nanos(u64::from(number) * 33_000_000),
                frame: FrameNumber::new(0, number.into()),
                flow: FlowId(0),
                direction: Direction::Forward,
            };
            let header = Header::new(&packet).expect("a header");
            streams.observe(seen, &header);
            if pictures.concerns(&header, &secured) {
                pictures.look(seen, &header, &mut streams, &secured);
            }
        }
        streams.snapshot().remove(0).key_frames
    }

    #[test]
    fn a_plain_stream_of_a_described_payload_type_is_told() {
        let got = told(
            "m=video 9 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\n",
            &[(96, &KEY), (96, &DELTA), (96, &KEY)],
        );
        let [known] = got.as_slice() else {
            unreachable!("{got:?}")
        };
        assert_eq!((known.codec, known.decrypted), (Codec::Vp8, false));
        assert_eq!((known.judged, known.count), (3, 2));
        let starts = known.starts.iter().map(|seen| seen.frame.number());
        assert_eq!(starts.collect::<Vec<_>>(), [1, 3]);
    }

    #[test]
    fn red_is_unwrapped_and_what_it_wraps_is_told() {
        let sections =
            "m=video 9 RTP/AVP 96 118\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:118 red/90000\r\n";
        let wrapped = |inner: &[u8]| [&[96][..], inner].concat();
        let (key, delta) = (wrapped(&KEY), wrapped(&DELTA));
        let got = told(sections, &[(118, &key), (118, &delta)]);
        assert_eq!((got[0].judged, got[0].count), (2, 1));
        // Several blocks, as audio has them, and a parity packet of a type without a codec.
        assert!(told(sections, &[(118, &[0xe0, 0, 0, 0, 96, 0x10])]).is_empty());
        assert!(told(sections, &[(118, &[120, 0x10, 0x10, 0, 0, 0x9d, 1, 0x2a])]).is_empty());
    }

    #[test]
    fn nothing_is_told_of_what_is_protected_or_no_video() {
        let protected = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n";
        assert!(told(protected, &[(96, &KEY)]).is_empty());
        let audio = "m=audio 9 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n";
        assert!(told(audio, &[(96, &KEY)]).is_empty());
        assert!(told("m=video 9 RTP/AVP 31\r\n", &[(96, &KEY)]).is_empty());
    }

    #[test]
    fn what_waits_for_keys_is_bounded() {
        let mut pictures = Pictures::default();
        let seen = Sighting {
            at: Timestamp::from_nanos(1),
            frame: FrameNumber::new(0, 1),
            flow: FlowId(0),
            direction: Direction::Forward,
        };
        let packet = [&[0x80, 96, 0, 1][..], &[0; 8], &KEY].concat();
        let header = Header::new(&packet).expect("a header");
        for index in 0..2 * WAITING_MAX as u64 {
            pictures.wait(Beginning::new(seen, &header, index));
        }
        assert_eq!(pictures.waiting.len(), WAITING_MAX);
        let oldest = pictures.waiting.front().expect("some");
        assert_eq!(oldest.index, WAITING_MAX as u64);
    }
}
