//! Key frames of a stream, as its payloads tell: whoever can read them looks at each frame's packets until one says what the frame is.

use crate::vocab::sighting::Sighting;
use crate::wire::media::payload::Codec;
use crate::wire::media::picture::Picture;

/// What a stream's payloads, read as one codec's, say of its frames.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyFrames {
    /// The codec they were read as.
    pub codec: Codec,
    /// Had they to be decrypted?
    pub decrypted: bool,
    /// Frames that said whether they are key frames.
    pub judged: u64,
    /// Packets at the beginning of a frame that can't be of that codec.
    pub foreign: u64,
    /// Of the judged, key frames.
    pub count: u64,
    /// Where those began: the first [`KeyFrames::KEPT`].
    pub starts: Vec<Sighting>,
}

impl KeyFrames {
    /// Key frames of which it is kept where they began.
    pub const KEPT: usize = 512;

    /// Nothing judged yet.
    const fn new(codec: Codec, decrypted: bool) -> Self {
        Self {
            codec,
            decrypted,
            judged: 0,
            foreign: 0,
            count: 0,
            starts: Vec::new(),
        }
    }

    /// Is it plain that another codec, or ciphertext, was read? Then the figures mean nothing.
    pub const fn is_foreign(&self) -> bool {
        self.foreign * FOREIGN_SHARE > self.judged
    }

    /// Takes what a packet says.
    fn tell(&mut self, seen: Sighting, picture: Picture) {
        match picture {
            Picture::Silent => {}
            Picture::Foreign => self.foreign += 1,
            Picture::Delta => self.judged += 1,
            Picture::Key => {
                self.judged += 1;
                self.count += 1;
                if self.starts.len() < Self::KEPT {
                    self.starts.push(seen);
                }
            }
        }
    }

    /// Adds those of the same stream on a path that it took after this one.
    fn append(&mut self, later: Self) {
        self.judged += later.judged;
        self.foreign += later.foreign;
        self.count += later.count;
        self.starts.extend(later.starts);
        self.starts.truncate(Self::KEPT);
    }
}

/// The key frames of a stream, by the codecs that it was read as: several where a payload type stands for several.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyFrameMeter {
    readings: Vec<KeyFrames>,
    /// The last frame that is judged, by its timestamp.
    told: Option<u32>,
}

impl KeyFrameMeter {
    /// Has no packet of this frame said yet what it is?
    pub(super) fn is_open(&self, timestamp: u32) -> bool {
        self.told != Some(timestamp)
    }

    /// A packet of the frame with this timestamp is kept, to tell of it later.
    pub(super) const fn put_off(&mut self, timestamp: u32) {
        self.told = Some(timestamp);
    }

    /// Takes what a packet of the frame with this timestamp says, read as one codec's.
    pub(super) fn tell(
        &mut self,
        seen: Sighting,
        timestamp: u32,
        (codec, decrypted): (Codec, bool),
        picture: Picture,
    ) {
        if matches!(picture, Picture::Key | Picture::Delta) {
            self.told = Some(timestamp);
        }
        self.reading(codec, decrypted).tell(seen, picture);
    }

    /// Adds those of the same stream on a path that it took after this one.
    pub(super) fn append(&mut self, later: Self) {
        for reading in later.readings {
            self.reading(reading.codec, reading.decrypted)
                .append(reading);
        }
        self.told = later.told;
    }

    /// All readings that say something.
    pub(super) fn snapshot(&self) -> Vec<KeyFrames> {
        let telling = self.readings.iter().filter(|it| it.judged > 0);
        telling.cloned().collect()
    }

    /// That of a codec; made if need be. There are no more than two for each.
    fn reading(&mut self, codec: Codec, decrypted: bool) -> &mut KeyFrames {
        let known = self
            .readings
            .iter()
            .position(|it| it.codec == codec && it.decrypted == decrypted);
        let place = known.unwrap_or_else(|| {
            self.readings.push(KeyFrames::new(codec, decrypted));
            self.readings.len() - 1
        });
        &mut self.readings[place]
    }
}

/// One foreign beginning among so many judged ones is an accident; more of them are none. Ciphertext gives more foreign ones than others.
const FOREIGN_SHARE: u64 = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::address::Direction;
    use crate::vocab::ids::FlowId;
    use crate::vocab::ids::FrameNumber;
    use crate::vocab::time::Timestamp;

    fn seen(frame: u64) -> Sighting {
        Sighting {
            at: Timestamp::from_nanos(frame),
            frame: FrameNumber::new(0, frame),
            flow: FlowId(0),
            direction: Direction::Forward,
        }
    }

    fn tell(meter: &mut KeyFrameMeter, frame: u64, timestamp: u32, picture: Picture) {
        if meter.is_open(timestamp) {
            meter.tell(seen(frame), timestamp, (Codec::Vp8, true), picture);
        }
    }

    #[test]
    fn a_frame_is_judged_once_by_the_first_packet_that_tells() {
        let mut meter = KeyFrameMeter::default();
        tell(&mut meter, 1, 10, Picture::Silent);
        assert!(meter.snapshot().is_empty());
        tell(&mut meter, 2, 10, Picture::Key);
        tell(&mut meter, 3, 10, Picture::Delta);
        tell(&mut meter, 4, 20, Picture::Delta);
        let got = meter.snapshot();
        assert_eq!((got[0].judged, got[0].count), (2, 1));
        assert_eq!(got[0].starts, [seen(2)]);
    }

    #[test]
    fn what_looks_like_ciphertext_is_not_believed() {
        let mut meter = KeyFrameMeter::default();
        (0..16).for_each(|i| tell(&mut meter, i, i as u32, Picture::Delta));
        (16..18).for_each(|i| tell(&mut meter, i, i as u32, Picture::Foreign));
        assert!(!meter.snapshot()[0].is_foreign());
        tell(&mut meter, 18, 18, Picture::Foreign);
        assert!(meter.snapshot()[0].is_foreign());
    }

    #[test]
    fn readings_of_two_paths_add_up() {
        let (mut one, mut two) = (KeyFrameMeter::default(), KeyFrameMeter::default());
        tell(&mut one, 1, 1, Picture::Key);
        tell(&mut two, 2, 2, Picture::Key);
        two.tell(seen(3), 3, (Codec::Vp9, true), Picture::Delta);
        one.append(two);
        let got = one.snapshot();
        assert_eq!((got.len(), got[0].count, got[1].judged), (2, 2, 1));
        assert_eq!(got[0].starts, [seen(1), seen(2)]);
    }
}
