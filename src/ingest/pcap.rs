//! The libpcap file format (draft-ietf-opsawg-pcap).
//!
//! ```text
//!  file    magic 4 │ version 2+2 │ zone 4 │ accuracy 4 │ snap length 4 │ FCS and link type 4
//!  record  seconds 4 │ fraction 4 │ captured length 4 │ original length 4 │ bytes …
//!          Kuznetzov's format adds: interface index 4 │ protocol 2 │ packet type 1 │ padding 1
//! ```
//!
//! Byte order and the fraction's unit come from the magic. `pcap-parser` reads header and records; the window is ours, so that
//! a cut or damaged file can be told from a slow pipe, and read on after the damage.

use pcap_parser::LegacyPcapBlock;
use pcap_parser::PcapError;
use pcap_parser::PcapHeader;
use pcap_parser::nom;
use pcap_parser::nom::IResult;
use pcap_parser::parse_pcap_frame;
use pcap_parser::parse_pcap_frame_be;
use pcap_parser::parse_pcap_frame_modified;
use pcap_parser::parse_pcap_header;

use crate::ingest::error::IngestError;
use crate::ingest::info::FileInfo;
use crate::ingest::info::Format;
use crate::ingest::info::InterfaceInfo;
use crate::ingest::record::FrameHead;
use crate::ingest::record::Record;
use crate::ingest::window::Window;
use crate::vocab::frame::LinkType;
use crate::vocab::time::Timestamp;

/// Reads the records of a pcap file.
#[derive(Debug, Clone)]
pub struct PcapParser {
    layout: Layout,
    link: LinkType,
    fcs_bytes: u8,
    /// Nanoseconds of a unit of the fraction, and how many of them make a second.
    unit_nanos: u64,
    units_per_second: u32,
    /// Longest record that is believed.
    longest: u32,
    last_seconds: Option<u32>,
}

impl PcapParser {
    /// Is this the magic of a pcap file?
    pub fn recognises(data: &[u8]) -> bool {
        matches!(
            data,
            [0xd4, 0xc3, 0xb2, 0xa1, ..]
                | [0xa1, 0xb2, 0xc3, 0xd4, ..]
                | [0x4d, 0x3c, 0xb2, 0xa1, ..]
                | [0xa1, 0xb2, 0x3c, 0x4d, ..]
                | [0x34, 0xcd, 0xb2, 0xa1, ..]
                | [0xa1, 0xb2, 0xcd, 0x34, ..]
        )
    }

    /// Reads the file header, which `window` holds whole.
    pub(crate) fn new(window: &mut Window, info: &mut FileInfo) -> Result<Self, IngestError> {
        let (layout, header) = header(window.data()).ok_or_else(|| IngestError::HeaderCut {
            name: info.path.clone(),
            bytes: window.data().len() as u64,
        })?;
        if header.version_major != 2 {
            return Err(IngestError::UnknownVersion {
                name: info.path.clone(),
                major: header.version_major,
                minor: header.version_minor,
            });
        }
        window.consume(header.size());

        let network = header.network.0.cast_unsigned();
        let link = LinkType::from_number(network as u16);
        // Bit 26 says that bits 28–31 hold the length of the frame check sequence, in units of two bytes.
        let fcs_bytes = if network & 0x0400_0000 == 0 {
            0
        } else {
            (network >> 28) as u8 * 2
        };
        let (format, unit_nanos, units_per_second) = if header.is_nanosecond_precision() {
            (Format::PcapNanoseconds, 1, 1_000_000_000)
        } else if matches!(layout, Layout::ModifiedLittle | Layout::ModifiedBig) {
            (Format::PcapModified, 1_000, 1_000_000)
        } else {
            (Format::Pcap, 1_000, 1_000_000)
        };
        info.format = format;
        info.sections = 1;
        info.add_interface(InterfaceInfo::bare(link, header.snaplen));
        Ok(Self {
            layout,
            link,
            fcs_bytes,
            unit_nanos,
            units_per_second,
            longest: header.snaplen.clamp(USUAL_LONGEST, LONGEST),
            last_seconds: None,
        })
    }

    /// The next frame, or the end.
    #[inline]
    pub(crate) fn next(&mut self, window: &mut Window, info: &mut FileInfo) -> Record {
        loop {
            let data = window.data();
            if let Ok((rest, record)) = self.layout.parse(data) {
                let span = data.len() - rest.len();
                let odd = self.oddity(&record);
                let mut head = self.head(&record, window.position());
                let seconds = record.ts_sec;
                if let Some(odd) = odd {
                    if !self.is_believable(odd, seconds, span, window) {
                        self.resynchronise(odd.fault(), window, info);
                        continue;
                    }
                    info.frame_fault(odd.fault(), window.offset());
                    // Looking ahead may have moved the bytes.
                    head.position = window.position() + self.layout.header_bytes();
                }
                self.last_seconds = Some(seconds);
                window.consume(span);
                return Record::Frame(head);
            }
            if !self.read_on(window, info) {
                return Record::End;
            }
        }
    }

    #[inline]
    fn head(&self, record: &LegacyPcapBlock<'_>, position: usize) -> FrameHead {
        // Both factors fit 32 bits, so neither product nor sum overflows.
        let nanos =
            u64::from(record.ts_sec) * 1_000_000_000 + u64::from(record.ts_usec) * self.unit_nanos;
        let head = FrameHead {
            at: Timestamp::from_nanos(nanos),
            position: position + self.layout.header_bytes(),
            length: record.caplen,
            original_length: record.origlen.max(record.caplen),
            link: self.link,
            interface: 0,
        };
        if self.fcs_bytes == 0 {
            head
        } else {
            head.without_fcs(self.fcs_bytes)
        }
    }

    /// What no writer should have written. One or two compares on the packet path.
    #[inline]
    fn oddity(&self, record: &LegacyPcapBlock<'_>) -> Option<Oddity> {
        if record.caplen > self.longest {
            Some(Oddity::TooLong)
        } else if record.ts_usec >= self.units_per_second {
            Some(Oddity::Fraction)
        } else if record.caplen > record.origlen {
            Some(Oddity::Lengths)
        } else if record.origlen == 0 && record.ts_sec == 0 {
            Some(Oddity::Empty)
        } else {
            None
        }
    }

    /// Some writers do write odd records: it counts as one when what follows is a record too, or the end.
    fn is_believable(&self, odd: Oddity, seconds: u32, span: usize, window: &mut Window) -> bool {
        if matches!(odd, Oddity::TooLong | Oddity::Empty) {
            return false;
        }
        let header = self.layout.header_bytes();
        if !window.ensure(span + header) {
            return window.data().len() == span;
        }
        self.layout
            .words(window.data().get(span..).unwrap_or_default())
            .is_some_and(|[next, _, captured, _]| {
                captured <= self.longest && next.abs_diff(seconds) <= BELIEVED_SECONDS
            })
    }

    /// Gets more bytes of an incomplete record. `false`: there is no more.
    #[cold]
    fn read_on(&mut self, window: &mut Window, info: &mut FileInfo) -> bool {
        let header = self.layout.header_bytes();
        if !window.ensure(header) {
            return cut(window, info);
        }
        let Some([_, _, captured, _]) = self.layout.words(window.data()) else {
            return cut(window, info);
        };
        if captured > self.longest {
            self.resynchronise(Oddity::TooLong.fault(), window, info);
            return true;
        }
        window.ensure(header + captured as usize) || cut(window, info)
    }

    /// Passes over bytes until two record headers in a row make sense, or to the end.
    #[cold]
    fn resynchronise(&mut self, fault: &'static str, window: &mut Window, info: &mut FileInfo) {
        let from = window.offset();
        info.fault(fault, from);
        window.consume(1);
        let found = self.search(window);
        info.skipped_bytes += window.offset() - from;
        if found {
            info.fault("capture-resynchronised", window.offset());
        }
    }

    fn search(&self, window: &mut Window) -> bool {
        let header = self.layout.header_bytes();
        while window.ensure(header) {
            let found = window
                .data()
                .windows(header)
                .position(|head| self.is_plausible(head));
            let Some(at) = found else {
                window.consume(window.data().len() - header + 1);
                continue;
            };
            window.consume(at);
            let captured = self
                .layout
                .words(window.data())
                .map_or(0, |[_, _, captured, _]| captured as usize);
            let span = header + captured;
            let holds = if window.ensure(span + header) {
                self.is_plausible(window.data().get(span..).unwrap_or_default())
            } else {
                window.data().len() == span
            };
            if holds {
                return true;
            }
            window.consume(1);
        }
        window.consume(window.data().len());
        false
    }

    fn is_plausible(&self, head: &[u8]) -> bool {
        self.layout
            .words(head)
            .is_some_and(|[seconds, fraction, captured, original]| {
                fraction < self.units_per_second
                    && (1..=USUAL_LONGEST).contains(&captured)
                    && (captured..=LONGEST).contains(&original)
                    && self
                        .last_seconds
                        .is_none_or(|last| last.abs_diff(seconds) <= BELIEVED_SECONDS)
            })
    }
}

/// Byte order and length of the record headers.
#[derive(Debug, Clone, Copy)]
enum Layout {
    Little,
    Big,
    ModifiedLittle,
    ModifiedBig,
}

impl Layout {
    #[inline]
    fn parse(self, data: &[u8]) -> IResult<&[u8], LegacyPcapBlock<'_>, PcapError<&[u8]>> {
        match self {
            Self::Little => parse_pcap_frame(data),
            Self::Big => parse_pcap_frame_be(data),
            Self::ModifiedLittle => parse_pcap_frame_modified(data),
            Self::ModifiedBig => parse_pcap_frame_modified_be(data),
        }
    }

    #[inline]
    const fn header_bytes(self) -> usize {
        match self {
            Self::Little | Self::Big => 16,
            Self::ModifiedLittle | Self::ModifiedBig => 24,
        }
    }

    /// Seconds, fraction, captured and original length.
    fn words(self, data: &[u8]) -> Option<[u32; 4]> {
        let (words, _) = data.first_chunk::<16>()?.as_chunks::<4>();
        let words: [[u8; 4]; 4] = words.try_into().ok()?;
        Some(match self {
            Self::Little | Self::ModifiedLittle => words.map(u32::from_le_bytes),
            Self::Big | Self::ModifiedBig => words.map(u32::from_be_bytes),
        })
    }
}

#[derive(Debug, Clone, Copy)]
enum Oddity {
    TooLong,
    Fraction,
    Lengths,
    Empty,
}

impl Oddity {
    const fn fault(self) -> &'static str {
        match self {
            Self::TooLong => "capture-bad-record-length",
            Self::Fraction => "capture-bad-timestamp",
            Self::Lengths => "capture-longer-than-original",
            Self::Empty => "capture-empty-record",
        }
    }
}

/// The file header, with what `pcap-parser` does not know: Kuznetzov's format in big-endian order.
fn header(data: &[u8]) -> Option<(Layout, PcapHeader)> {
    if let Some(rest) = data.strip_prefix(&[0xa1, 0xb2, 0xcd, 0x34]) {
        let ordinary = [&[0xa1, 0xb2, 0xc3, 0xd4], rest.get(..20)?].concat();
        let (_, header) = parse_pcap_header(&ordinary).ok()?;
        return Some((Layout::ModifiedBig, header));
    }
    let (_, header) = parse_pcap_header(data).ok()?;
    let layout = match (header.is_modified_format(), header.is_bigendian()) {
        (true, _) => Layout::ModifiedLittle,
        (false, true) => Layout::Big,
        (false, false) => Layout::Little,
    };
    Some((layout, header))
}

/// The sibling that `pcap_parser::parse_pcap_frame_modified` lacks.
fn parse_pcap_frame_modified_be(
    data: &[u8],
) -> IResult<&[u8], LegacyPcapBlock<'_>, PcapError<&[u8]>> {
    let incomplete = nom::Err::Incomplete(nom::Needed::Unknown);
    let Some([ts_sec, ts_usec, caplen, origlen]) = Layout::ModifiedBig.words(data) else {
        return Err(incomplete);
    };
    let Some((bytes, rest)) = data
        .get(24..)
        .and_then(|body| body.split_at_checked(caplen as usize))
    else {
        return Err(incomplete);
    };
    let block = LegacyPcapBlock {
        ts_sec,
        ts_usec,
        caplen,
        origlen,
        data: bytes,
    };
    Ok((rest, block))
}

/// The stream ends here; what is left is the start of a record.
fn cut(window: &mut Window, info: &mut FileInfo) -> bool {
    let left = window.data().len();
    if left > 0 {
        info.fault("capture-cut-short", window.offset());
        info.skipped_bytes += left as u64;
        window.consume(left);
    }
    false
}

/// Longest record of an ordinary capture: tcpdump's and Wireshark's largest snap length.
const USUAL_LONGEST: u32 = 256 << 10;
/// Longest record that is read at all, whatever the file's snap length says.
const LONGEST: u32 = 16 << 20;
/// After damage, a record this far in time from the last good one is taken for chance.
const BELIEVED_SECONDS: u32 = 7 * 86_400;
