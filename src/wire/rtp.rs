//! RTP headers: a borrowed view (RFC 3550 §5.1; header extensions RFC 8285).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! |V=2|P|X|  CC   |M|     PT      |       sequence number         |
//! |                           timestamp                           |
//! |           synchronization source (SSRC) identifier            |
//! |            contributing sources (CSRC), CC times              |
//! |  defined by profile, 0xBEDE   |     length in 32-bit words    |   if X
//! |                     extension elements …                      |
//! |                           payload …                           |
//! ```
//!
//! SRTP leaves all of this in the clear and encrypts the payload, padding and its length included (RFC 3711 §3.1). So the view
//! reads the header of any packet; [`Header::padding`] is for plain packets only.

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::vocab::ids::PayloadType;
use crate::vocab::ids::Ssrc;
use crate::wire::span::FRAME_CUT;
use crate::wire::span::Span;

/// One packet's header and payload, checked against the datagram's length once, in [`Header::new`].
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    fixed: &'a [u8; FIXED_LENGTH],
    csrcs: &'a [u8],
    extension: Option<Extension<'a>>,
    payload: &'a [u8],
    /// Where the payload starts.
    payload_at: usize,
    wire_length: usize,
}

/// Payload type and SSRC where they stand in a header: a quick look, for whoever wants to be ready for the packet.
#[inline]
pub fn glance(datagram: &[u8]) -> Option<(PayloadType, Ssrc)> {
    let &[_, kind, _, _, _, _, _, _, s0, s1, s2, s3] = datagram.first_chunk::<FIXED_LENGTH>()?;
    let ssrc = u32::from_be_bytes([s0, s1, s2, s3]);
    Some((PayloadType(kind & 0x7f), Ssrc(ssrc)))
}

impl<'a> Header<'a> {
    /// Views a whole datagram.
    ///
    /// Fails when the version is not 2, or when the CSRC list or the extension block does not fit.
    #[inline]
    pub fn new(datagram: &'a [u8]) -> Result<Self, Fault> {
        Self::of_span(Span::whole(datagram))
    }

    /// Views a datagram of which the snap length may have left a part.
    ///
    /// Lengths are checked against the wire; slices hold what was captured. Fails as [`Header::new`] does, and when the cut
    /// hides where the header ends.
    #[inline]
    pub fn of_span(span: Span<'a>) -> Result<Self, Fault> {
        let Some((fixed, mut rest)) = span.bytes.split_first_chunk::<FIXED_LENGTH>() else {
            return Err(span.too_short(FIXED_LENGTH, Layer::Rtp, "rtp-header-truncated"));
        };
        let wire_length = span.on_wire;
        if fixed[0] >> 6 != VERSION {
            return Err(fault("rtp-version-not-2", 0));
        }
        let csrc_length = usize::from(fixed[0] & 0x0f) * 4;
        let mut header_length = FIXED_LENGTH + csrc_length;
        if header_length > wire_length {
            return Err(fault("rtp-csrc-list-overruns", FIXED_LENGTH));
        }
        let csrcs = cut_off(&mut rest, csrc_length);
        let mut extension = None;
        if fixed[0] & 0x10 != 0 {
            let start = header_length;
            header_length += EXTENSION_HEADER_LENGTH;
            if header_length > wire_length {
                return Err(fault("rtp-extension-truncated", start));
            }
            let Some((&[p0, p1, l0, l1], block)) =
                rest.split_first_chunk::<EXTENSION_HEADER_LENGTH>()
            else {
                return Err(span.too_short(header_length, Layer::Rtp, "rtp-extension-truncated"));
            };
            rest = block;
            let length = usize::from(u16::from_be_bytes([l0, l1])) * 4;
            header_length += length;
            if header_length > wire_length {
                return Err(fault("rtp-extension-overruns", start));
            }
            extension = Some(Extension {
                profile: u16::from_be_bytes([p0, p1]),
                block: cut_off(&mut rest, length),
                offset: start + EXTENSION_HEADER_LENGTH,
            });
        }
        Ok(Self {
            fixed,
            csrcs,
            extension,
            payload: rest,
            payload_at: header_length,
            wire_length,
        })
    }

    /// Version, always 2 in a view that exists.
    pub const fn version(&self) -> u8 {
        self.fixed[0] >> 6
    }

    /// P bit: padding at the end of the payload. Its length is the last byte, which SRTP encrypts.
    #[inline]
    pub const fn has_padding(&self) -> bool {
        self.fixed[0] & 0x20 != 0
    }

    /// X bit.
    pub const fn has_extension(&self) -> bool {
        self.fixed[0] & 0x10 != 0
    }

    /// CC: number of contributing sources, 0 to 15.
    pub const fn csrc_count(&self) -> u8 {
        self.fixed[0] & 0x0f
    }

    /// M bit: for video, the last packet of a frame; for audio, the first after silence.
    #[inline]
    pub const fn marker(&self) -> bool {
        self.fixed[1] & 0x80 != 0
    }

    /// Payload type, 7 bits.
    #[inline]
    pub const fn payload_type(&self) -> PayloadType {
        PayloadType(self.fixed[1] & 0x7f)
    }

    /// Sequence number: one more with each packet, wraps at 2¹⁶.
    #[inline]
    pub const fn sequence(&self) -> u16 {
        u16::from_be_bytes([self.fixed[2], self.fixed[3]])
    }

    /// RTP timestamp, in ticks of the payload's clock; wraps at 2³².
    #[inline]
    pub const fn timestamp(&self) -> u32 {
        u32::from_be_bytes([self.fixed[4], self.fixed[5], self.fixed[6], self.fixed[7]])
    }

    /// Synchronization source.
    #[inline]
    pub const fn ssrc(&self) -> Ssrc {
        Ssrc(u32::from_be_bytes([
            self.fixed[8],
            self.fixed[9],
            self.fixed[10],
            self.fixed[11],
        ]))
    }

    /// Contributing sources, in order; those that were captured.
    pub fn csrcs(&self) -> impl Iterator<Item = Ssrc> + 'a {
        let (words, _) = self.csrcs.as_chunks::<4>();
        words.iter().map(|&word| Ssrc(u32::from_be_bytes(word)))
    }

    /// The header extension, if there is one.
    #[inline]
    pub const fn extension(&self) -> Option<Extension<'a>> {
        self.extension
    }

    /// Bytes before the payload: 12, the CSRC list and the extension.
    #[inline]
    pub const fn header_length(&self) -> usize {
        self.payload_at
    }

    /// Bytes after the header on the wire: payload, padding, SRTP's tag.
    #[inline]
    pub const fn payload_length(&self) -> usize {
        self.wire_length - self.payload_at
    }

    /// What was captured after the header: payload, padding, SRTP's tag.
    #[inline]
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// Copies the front of the captured header into `room`; gives the bytes copied. Enough to view the header again.
    pub fn copy_to(&self, room: &mut [u8]) -> usize {
        let extension = self.extension.map(|extension| {
            let words = (self.payload_at - extension.offset) / 4;
            (
                extension,
                extension.profile.to_be_bytes(),
                (words as u16).to_be_bytes(),
            )
        });
        let mut at = 0;
        let mut put = |part: &[u8]| {
            let rest = room.get_mut(at..).unwrap_or_default();
            let length = part.len().min(rest.len());
            if let (Some(to), Some(from)) = (rest.get_mut(..length), part.get(..length)) {
                to.copy_from_slice(from);
                at += length;
            }
        };
        put(self.fixed);
        put(self.csrcs);
        if let Some((extension, profile, words)) = extension {
            put(&profile);
            put(&words);
            put(extension.block);
        }
        at
    }

    /// Padding bytes of a *plain* packet, its count byte included; 0 without the P bit.
    ///
    /// Fails when the count is 0, larger than the payload, or was not captured. On SRTP the count is ciphertext.
    #[inline]
    pub fn padding(&self) -> Result<usize, Fault> {
        if !self.has_padding() {
            return Ok(0);
        }
        let length = self.payload_length();
        match self.payload.last() {
            Some(&count) if self.payload.len() == length => {
                if count == 0 || usize::from(count) > length {
                    Err(fault("rtp-padding-overruns", self.wire_length - 1))
                } else {
                    Ok(usize::from(count))
                }
            }
            _ if self.payload.len() < length => {
                Err(Fault::new(Layer::Capture, FRAME_CUT, self.payload_at))
            }
            _ => Err(fault("rtp-padding-missing", self.payload_at)),
        }
    }
}

/// The header extension: `profile`, and the block that follows its 4-byte header.
#[derive(Debug, Clone, Copy)]
pub struct Extension<'a> {
    profile: u16,
    block: &'a [u8],
    offset: usize,
}

/// How an extension block is laid out, by its profile word (RFC 8285 §4.2, §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtensionForm {
    /// `0xBEDE`: 4-bit id, 4-bit length minus one.
    OneByte,
    /// `0x1000` to `0x100F`: 8-bit id, 8-bit length; the low bits belong to the application.
    TwoByte {
        /// The four application bits.
        app_bits: u8,
    },
    /// `0xC0DE`, `0xC2DE`: the same two forms with encrypted elements (Cryptex, RFC 9335 §4).
    Encrypted,
    /// Some other profile: an opaque block.
    Other,
}

impl<'a> Extension<'a> {
    /// The profile word.
    #[inline]
    pub const fn profile(&self) -> u16 {
        self.profile
    }

    /// The block as captured.
    #[inline]
    pub const fn block(&self) -> &'a [u8] {
        self.block
    }

    /// Offset of the block from the start of the packet.
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// The layout that the profile word announces.
    #[inline]
    pub const fn form(&self) -> ExtensionForm {
        match self.profile {
            0xBEDE => ExtensionForm::OneByte,
            0x1000..=0x100F => ExtensionForm::TwoByte {
                app_bits: (self.profile & 0x0f) as u8,
            },
            0xC0DE | 0xC2DE => ExtensionForm::Encrypted,
            _ => ExtensionForm::Other,
        }
    }

    /// The elements, in order; a fault ends them. None for opaque and encrypted blocks.
    #[inline]
    pub const fn elements(&self) -> Elements<'a> {
        Elements {
            rest: match self.form() {
                ExtensionForm::OneByte | ExtensionForm::TwoByte { .. } => self.block,
                ExtensionForm::Encrypted | ExtensionForm::Other => &[],
            },
            one_byte: matches!(self.form(), ExtensionForm::OneByte),
            offset: self.offset,
        }
    }
}

/// One extension element; what its id means is agreed in signaling (`a=extmap`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// Local identifier: 1 to 14, or 1 to 255 in the two-byte form.
    pub id: u8,
    /// Its data.
    pub value: &'a [u8],
    /// Offset of the data from the start of the packet.
    pub offset: usize,
}

/// Walks extension elements. Padding bytes are skipped (RFC 8285 §4.1.2).
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    rest: &'a [u8],
    one_byte: bool,
    offset: usize,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Element<'a>, Fault>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (&first, after) = self.rest.split_first()?;
            if first == 0 {
                self.rest = after;
                self.offset += 1;
                continue;
            }
            let (id, length, value_at, after) = if self.one_byte {
                match first >> 4 {
                    // An id of 0 with a length, and id 15, end the processing of the block (RFC 8285 §4.2).
                    0 => return Some(self.end("rtp-extension-id-0-with-length")),
                    15 => return Some(self.end("rtp-extension-id-15")),
                    id => (id, usize::from(first & 0x0f) + 1, 1, after),
                }
            } else {
                let Some((&length, after)) = after.split_first() else {
                    return Some(self.end("rtp-extension-length-missing"));
                };
                (first, usize::from(length), 2, after)
            };
            let Some((value, rest)) = after.split_at_checked(length) else {
                return Some(self.end("rtp-extension-element-overruns"));
            };
            let offset = self.offset + value_at;
            self.rest = rest;
            self.offset = offset + length;
            return Some(Ok(Element { id, value, offset }));
        }
    }
}

impl<'a> Elements<'a> {
    /// Ends the walk with a fault at the current element.
    fn end(&mut self, name: &'static str) -> Result<Element<'a>, Fault> {
        self.rest = &[];
        Err(fault(name, self.offset))
    }
}

/// Could this datagram be RTP? Version 2, a header that fits, and not an RTCP packet type (RFC 5761 §4).
///
/// One packet proves nothing: DNS, QUIC and obfuscated media pass at times. The stream tracker asks for several that agree.
#[inline]
pub fn probe(datagram: &[u8]) -> bool {
    Header::new(datagram).is_ok_and(|header| !is_rtcp_type(header.fixed[1]))
}

/// Is the second byte of a packet an RTCP packet type? 192 to 223, which RTP avoids under rtcp-mux (RFC 5761 §4).
#[inline]
pub const fn is_rtcp_type(second_byte: u8) -> bool {
    matches!(second_byte, 192..=223)
}

/// Splits `length` bytes, or what is left, off the front of `rest`.
#[inline]
fn cut_off<'a>(rest: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (front, back) = rest.split_at_checked(length).unwrap_or((*rest, &[]));
    *rest = back;
    front
}

const fn fault(name: &'static str, offset: usize) -> Fault {
    Fault::new(Layer::Rtp, name, offset)
}

/// Bytes of the header up to the SSRC.
pub const FIXED_LENGTH: usize = 12;
/// Profile word and length word.
const EXTENSION_HEADER_LENGTH: usize = 4;
/// The only version in use.
const VERSION: u8 = 2;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// V=2 X CC=1, M, PT 111, seq 0x1234, ts 1, ssrc 2, csrc 3, 0xBEDE, one word: id 1 length 1, padding, id 0.
    const SAMPLE: &[u8] = &[
        0x91, 0xef, 0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xbe, 0xde, 0, 1, 0x10, 0xaa,
        0, 0, 9, 9,
    ];

    fn elements(profile: u16, block: &[u8]) -> Vec<Result<(u8, Vec<u8>), &'static str>> {
        let mut packet = vec![0x90, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        packet.extend(profile.to_be_bytes());
        packet.extend(((block.len() / 4) as u16).to_be_bytes());
        packet.extend(block);
        let header = Header::new(&packet).unwrap();
        let extension = header.extension().unwrap();
        extension
            .elements()
            .map(|element| {
                element
                    .map(|e| (e.id, e.value.to_vec()))
                    .map_err(|f| f.name)
            })
            .collect()
    }

    #[test]
    fn every_header_field_is_shown() {
        let h = Header::new(SAMPLE).unwrap();
        assert_eq!(
            (h.version(), h.has_padding(), h.has_extension()),
            (2, false, true)
        );
        assert_eq!(
            (h.csrc_count(), h.marker(), h.payload_type().0),
            (1, true, 111)
        );
        assert_eq!(
            (h.sequence(), h.timestamp(), h.ssrc()),
            (0x1234, 1, Ssrc(2))
        );
        assert_eq!(h.csrcs().collect::<Vec<_>>(), [Ssrc(3)]);
        assert_eq!(
            (h.header_length(), h.payload(), h.payload_length()),
            (24, &[9, 9][..], 2)
        );
        let element = h.extension().unwrap().elements().next().unwrap().unwrap();
        assert_eq!(
            (element.id, element.value, element.offset),
            (1, &[0xaa][..], 21)
        );
    }

    #[test]
    fn elements_of_both_forms_are_read_and_padding_skipped() {
        assert_eq!(
            elements(0xbede, &[0x32, 1, 2, 3, 0, 0x50, 7, 0]),
            [Ok((3, vec![1, 2, 3])), Ok((5, vec![7]))]
        );
        assert_eq!(
            elements(0x1003, &[0, 200, 2, 8, 9, 17, 0, 0]),
            [Ok((200, vec![8, 9])), Ok((17, vec![]))]
        );
        assert_eq!(elements(0xc0de, &[0x32, 1, 2, 3]), []);
    }

    #[test]
    fn broken_elements_are_faults_after_the_good_ones() {
        assert_eq!(
            elements(0xbede, &[0x10, 1, 0x55, 2]),
            [Ok((1, vec![1])), Err("rtp-extension-element-overruns")]
        );
        assert_eq!(
            elements(0xbede, &[0xf0, 1, 0x10, 2]),
            [Err("rtp-extension-id-15")]
        );
        assert_eq!(
            elements(0xbede, &[0x01, 1, 2, 0]),
            [Err("rtp-extension-id-0-with-length")]
        );
        assert_eq!(
            elements(0x1000, &[1, 1, 0, 9]),
            [Ok((1, vec![0])), Err("rtp-extension-length-missing")]
        );
        // The packet on which the rtp crate panics: an element longer than its block.
        assert_eq!(
            elements(0xbede, &[0x10, 0x55, 0x22, 0x01, 2, 3, 0, 0x20]),
            [
                Ok((1, vec![0x55])),
                Ok((2, vec![1, 2, 3])),
                Err("rtp-extension-element-overruns")
            ]
        );
    }

    #[test]
    fn a_header_that_does_not_fit_is_a_fault() {
        let name = |bytes: &[u8]| Header::new(bytes).err().map(|f| f.name);
        assert_eq!(name(&SAMPLE[..11]), Some("rtp-header-truncated"));
        assert_eq!(name(&SAMPLE[..15]), Some("rtp-csrc-list-overruns"));
        assert_eq!(name(&SAMPLE[..18]), Some("rtp-extension-truncated"));
        assert_eq!(name(&SAMPLE[..23]), Some("rtp-extension-overruns"));
        assert_eq!(name(&[0x40; 12]), Some("rtp-version-not-2"));
    }

    #[test]
    fn a_snap_length_leaves_the_lengths_of_the_wire() {
        let h = Header::of_span(Span::new(&SAMPLE[..21], 1_000)).unwrap();
        assert_eq!(
            (h.header_length(), h.payload_length(), h.payload()),
            (24, 976, &[][..])
        );
        let cut = Header::of_span(Span::new(&SAMPLE[..18], 1_000))
            .err()
            .map(|f| f.name);
        assert_eq!(cut, Some(FRAME_CUT));
    }

    #[test]
    fn padding_is_counted_from_the_last_byte() {
        let mut packet = vec![0xa0, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 3];
        assert_eq!(Header::new(&packet).unwrap().padding(), Ok(3));
        *packet.last_mut().unwrap() = 5;
        let fault = Header::new(&packet).unwrap().padding().unwrap_err();
        assert_eq!((fault.name, fault.offset), ("rtp-padding-overruns", 15));
        assert_eq!(Header::new(SAMPLE).unwrap().padding(), Ok(0));
    }

    #[test]
    fn the_probe_refuses_rtcp_and_other_versions() {
        assert!(probe(SAMPLE));
        let mut rtcp = SAMPLE.to_vec();
        rtcp[1] = 200;
        assert!(!probe(&rtcp));
        assert!(!probe(&[0; 40]));
    }

    #[test]
    fn cut_and_flipped_packets_never_panic() {
        for end in 0..=SAMPLE.len() {
            for bit in 0..SAMPLE.len() * 8 {
                let mut bytes = SAMPLE.to_vec();
                bytes[bit / 8] ^= 1 << (bit % 8);
                walk(&bytes[..end]);
            }
        }
    }

    fn walk(bytes: &[u8]) {
        probe(bytes);
        if let Ok(h) = Header::of_span(Span::new(bytes, bytes.len() + 3)) {
            let _ = (h.padding(), h.csrcs().count());
        }
        if let Ok(h) = Header::new(bytes) {
            assert_eq!(h.header_length() + h.payload().len(), bytes.len());
            let _ = (h.padding(), h.csrcs().count());
            h.extension().into_iter().for_each(|e| {
                e.elements().count();
            });
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_safe(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            walk(&bytes);
        }
    }
}
