//! What a payload says of its picture: a key frame, or one that needs others. From its first bytes, without allocating, for every frame.
//!
//! ```text
//! VP8   (RFC 7741 §4.2, RFC 6386 §9.1)  X R N S R PID │ I L T K … │ frame tag: bit 0 clear in a key frame, then 9d 01 2a
//! VP9   (RFC 9628 §4.2)                 I P L F B E V Z │ picture id, layers, differences, structure │ marker 10, profile, type; 49 83 42
//! H.264 (RFC 6184 §5.2)                 F NRI type │ …               5: IDR slice, 7: sequence parameter set
//! H.265 (RFC 7798 §4.4)                 F type layer tid │ …         16–21: random access, 32 and 33: parameter sets
//! AV1   (RTP payload format, §4.4)      Z Y W W N 0 0 0 │ …          N: a coded video sequence begins
//! ```

use crate::wire::media::payload::Codec;
use crate::wire::read::chunk_at;
use crate::wire::read::u8_at;
use crate::wire::read::u16_at;

/// What the beginning of a payload says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// It is of a key frame: one that can be decoded without any other.
    Key,
    /// It is of a frame that needs others.
    Delta,
    /// Nothing: another packet of the frame says it.
    Silent,
    /// No payload of that codec begins so: another codec's, or ciphertext.
    Foreign,
}

impl Picture {
    /// Reads the beginning of a payload, some 32 bytes of it. Sound is [`Picture::Silent`].
    pub fn of(codec: Codec, start: &[u8]) -> Self {
        let read = match codec {
            Codec::Vp8 => vp8(start),
            Codec::Vp9 => vp9(start),
            Codec::H264 => h264(start),
            Codec::H265 => h265(start),
            Codec::Av1 => av1(start),
            Codec::Opus => None,
        };
        // What was cut off says nothing.
        read.unwrap_or(Self::Silent)
    }
}

fn vp8(start: &[u8]) -> Option<Picture> {
    let first = u8_at(start, 0)?;
    let mut at = 1;
    if first & 0x80 != 0 {
        let extensions = u8_at(start, at)?;
        at += 1;
        if extensions & 0x80 != 0 {
            at += picture_id_length(u8_at(start, at)?);
        }
        at += usize::from(extensions & 0x40 != 0) + usize::from(extensions & 0x30 != 0);
        if extensions & 0x0f != 0 {
            return Some(Picture::Foreign);
        }
    }
    if first & 0x48 != 0 {
        return Some(Picture::Foreign);
    }
    // Only the first partition's start holds the frame tag.
    if first & 0x17 != 0x10 {
        return Some(Picture::Silent);
    }
    let tag = u8_at(start, at)?;
    if tag >> 1 & 7 > 3 {
        return Some(Picture::Foreign);
    }
    if tag & 1 != 0 {
        return Some(Picture::Delta);
    }
    Some(if chunk_at(start, at + 3)? == VP8_START_CODE {
        Picture::Key
    } else {
        Picture::Foreign
    })
}

fn vp9(start: &[u8]) -> Option<Picture> {
    let first = u8_at(start, 0)?;
    let [has_id, predicted, has_layers, flexible, begins] =
        [0x80, 0x40, 0x20, 0x10, 0x08].map(|bit| first & bit != 0);
    if !begins {
        return Some(Picture::Silent);
    }
    let mut at = 1;
    if has_id {
        at += picture_id_length(u8_at(start, at)?);
    }
    if has_layers {
        // A layer above the lowest needs that one, in a key frame as well.
        if u8_at(start, at)? >> 1 & 7 > 0 {
            return Some(Picture::Silent);
        }
        at += if flexible { 1 } else { 2 };
    }
    if flexible && predicted {
        while u8_at(start, at)? & 1 != 0 {
            at += 1;
        }
        at += 1;
    }
    if first & 0x02 != 0 {
        at = past_structure(start, at)?;
    }
    let header = u8_at(start, at)?;
    if header >> 6 != 0b10 {
        return Some(Picture::Foreign);
    }
    // Profile 3 has a reserved bit behind it, by which the rest is shifted.
    let shifted = header & 0x30 == 0x30;
    let flags = if shifted { header << 1 } else { header };
    let (shows_existing, is_key) = (flags & 0x08 != 0, flags & 0x04 == 0);
    if shows_existing || !is_key {
        return Some(Picture::Delta);
    }
    Some(if shifted || chunk_at(start, at + 1)? == VP9_START_CODE {
        Picture::Key
    } else {
        Picture::Foreign
    })
}

/// Where the payload goes on behind the scalability structure (RFC 9628 §4.2.1).
fn past_structure(start: &[u8], mut at: usize) -> Option<usize> {
    let head = u8_at(start, at)?;
    at += 1;
    if head & 0x10 != 0 {
        at += 4 * (usize::from(head >> 5) + 1);
    }
    if head & 0x08 != 0 {
        let pictures = u8_at(start, at)?;
        at += 1;
        for _ in 0..pictures {
            at += 1 + usize::from(u8_at(start, at)? >> 2 & 3);
        }
    }
    Some(at)
}

fn h264(start: &[u8]) -> Option<Picture> {
    let first = u8_at(start, 0)?;
    if first & 0x80 != 0 {
        return Some(Picture::Foreign);
    }
    let of = |kind| match kind {
        5 | 7 => Picture::Key,
        1..=4 => Picture::Delta,
        6 | 8..=23 => Picture::Silent,
        _ => Picture::Foreign,
    };
    Some(match first & 0x1f {
        H264_AGGREGATE => first_to_tell(start, 1, |unit| of(unit & 0x1f)),
        H264_FRAGMENT => of(u8_at(start, 1)? & 0x1f),
        // The other packets for several units, of the interleaved mode.
        25..=27 | 29 => Picture::Silent,
        kind => of(kind),
    })
}

fn h265(start: &[u8]) -> Option<Picture> {
    let (first, second) = (u8_at(start, 0)?, u8_at(start, 1)?);
    let temporal_id_plus_one = second % 8;
    if first & 0x80 != 0 || temporal_id_plus_one == 0 {
        return Some(Picture::Foreign);
    }
    let of = |kind| match kind {
        0..=9 => Picture::Delta,
        16..=21 | 32 | 33 => Picture::Key,
        34..=40 => Picture::Silent,
        _ => Picture::Foreign,
    };
    Some(match first >> 1 & 0x3f {
        H265_AGGREGATE => first_to_tell(start, 2, |unit| of(unit >> 1 & 0x3f)),
        H265_FRAGMENT => of(u8_at(start, 2)? & 0x3f),
        50 => Picture::Silent,
        kind => of(kind),
    })
}

fn av1(start: &[u8]) -> Option<Picture> {
    let first = u8_at(start, 0)?;
    let (goes_on, elements, is_new) = (first & 0x80 != 0, first >> 4 & 3, first & 0x08 != 0);
    if first & 0x07 != 0 || goes_on && is_new {
        return Some(Picture::Foreign);
    }
    if goes_on {
        return Some(Picture::Silent);
    }
    // A sole element has no length before it; a length's first byte is followed by more while its high bit is set.
    let mut at = 1;
    if elements != 1 {
        while u8_at(start, at)? & 0x80 != 0 {
            at += 1;
        }
        at += 1;
    }
    let header = u8_at(start, at)?;
    Some(match (header & 0x80 != 0, is_new) {
        (true, _) => Picture::Foreign,
        (false, true) => Picture::Key,
        (false, false) => Picture::Delta,
    })
}

/// The first unit of an aggregate that says something.
fn first_to_tell(start: &[u8], mut at: usize, of: impl Fn(u8) -> Picture) -> Picture {
    while let (Some(length), Some(unit)) = (u16_at(start, at), u8_at(start, at + 2)) {
        match of(unit) {
            Picture::Silent => at += 2 + usize::from(length),
            told => return told,
        }
    }
    Picture::Silent
}

/// A picture id has 15 bits when its first one is set, else 7.
const fn picture_id_length(first: u8) -> usize {
    if first & 0x80 != 0 { 2 } else { 1 }
}

const VP8_START_CODE: [u8; 3] = [0x9d, 0x01, 0x2a];
const VP9_START_CODE: [u8; 3] = [0x49, 0x83, 0x42];
/// STAP-A.
const H264_AGGREGATE: u8 = 24;
/// FU-A.
const H264_FRAGMENT: u8 = 28;
const H265_AGGREGATE: u8 = 48;
const H265_FRAGMENT: u8 = 49;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::media::payload::Depacketizer;

    #[test]
    fn the_first_packet_of_a_vp8_frame_tells() {
        let key = [0x90, 0x80, 0x81, 0x02, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40];
        assert_eq!(Picture::of(Codec::Vp8, &key), Picture::Key);
        assert_eq!(Picture::of(Codec::Vp8, &[0x10, 0x11, 0, 0]), Picture::Delta);
        assert_eq!(
            Picture::of(Codec::Vp8, &[0x00, 0x11, 0, 0]),
            Picture::Silent
        );
        assert_eq!(
            Picture::of(Codec::Vp8, &[0x11, 0x10, 0, 0]),
            Picture::Silent
        );
        // A key frame without its start code, and a version that there is not.
        let no_code = [0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2b];
        assert_eq!(Picture::of(Codec::Vp8, &no_code), Picture::Foreign);
        assert_eq!(Picture::of(Codec::Vp8, &[0x10, 0x0f]), Picture::Foreign);
    }

    #[test]
    fn the_lowest_layer_of_a_vp9_frame_tells() {
        // Picture id, layers with their index, a structure of two layers with sizes and one group of a picture.
        let structure = [0x38, 1, 64, 0, 180, 2, 128, 1, 104, 1, 0x04, 1];
        let key = [
            &[0xaa, 0x81, 0x02, 0x00, 0x07][..],
            &structure,
            &[0x82, 0x49, 0x83, 0x42],
        ];
        assert_eq!(Picture::of(Codec::Vp9, &key.concat()), Picture::Key);
        let above = [0xa8, 0x81, 0x02, 0x02, 0x07, 0x86];
        assert_eq!(Picture::of(Codec::Vp9, &above), Picture::Silent);
        // Flexible mode: two references.
        let delta = [0xd8, 0x05, 0x03, 0x04, 0x86];
        assert_eq!(Picture::of(Codec::Vp9, &delta), Picture::Delta);
        assert_eq!(Picture::of(Codec::Vp9, &[0x08, 0x46]), Picture::Foreign);
        assert_eq!(Picture::of(Codec::Vp9, &[0x04, 0x86]), Picture::Silent);
    }

    #[test]
    fn parameter_sets_and_slices_tell_of_h264_and_h265() {
        let h264 = |start: &[u8]| Picture::of(Codec::H264, start);
        assert_eq!(h264(&[0x78, 0, 2, 0x09, 1, 0, 2, 0x67, 9]), Picture::Key);
        assert_eq!(h264(&[0x7c, 0x05, 1]), Picture::Key);
        assert_eq!(h264(&[0x61, 1]), Picture::Delta);
        assert_eq!(h264(&[0x06, 5]), Picture::Silent);
        assert_eq!(h264(&[0xe1, 1]), Picture::Foreign);
        let h265 = |start: &[u8]| Picture::of(Codec::H265, start);
        assert_eq!(
            h265(&[0x60, 1, 0, 3, 0x44, 1, 0, 0, 3, 0x26, 1, 0]),
            Picture::Key
        );
        assert_eq!(h265(&[0x62, 1, 0x93]), Picture::Key);
        assert_eq!(h265(&[0x02, 1]), Picture::Delta);
        assert_eq!(h265(&[0x46, 1]), Picture::Silent);
        assert_eq!(h265(&[0x02, 0]), Picture::Foreign);
    }

    #[test]
    fn a_new_sequence_of_av1_is_a_key_frame() {
        let av1 = |start: &[u8]| Picture::of(Codec::Av1, start);
        assert_eq!(av1(&[0x08, 0x02, 0x0a, 0x0b]), Picture::Key);
        assert_eq!(av1(&[0x10, 0x32, 0]), Picture::Delta);
        assert_eq!(av1(&[0x90, 0x32, 0]), Picture::Silent);
        assert_eq!(av1(&[0x88, 0x32, 0]), Picture::Foreign);
        assert_eq!(av1(&[0x10, 0xb2]), Picture::Foreign);
    }

    proptest! {
        #[test]
        fn any_start_is_safe_and_a_key_frame_is_one_to_the_other_reader_as_well(
            mut start in proptest::collection::vec(any::<u8>(), 0..40),
            keep in any::<bool>(),
        ) {
            // Random bytes seldom hold the start code; with one, key frames are common.
            if keep && start.len() > 8 {
                start[0] = 0x10;
                start[1] &= 0x06;
                start[4..7].copy_from_slice(&VP8_START_CODE);
            }
            for codec in [Codec::Vp8, Codec::H264, Codec::H265, Codec::Av1] {
                let begins = Picture::of(codec, &start) == Picture::Key;
                let fragment = matches!(codec, Codec::H264 | Codec::H265);
                if let Ok(payload) = Depacketizer::new(codec).push(&start)
                    && begins && !fragment
                {
                    prop_assert_eq!(payload.key_frame, Some(true));
                }
            }
            Picture::of(Codec::Vp9, &start);
        }
    }
}
