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

mod layout;

use pcap_parser::LegacyPcapBlock;

use crate::ingest::error::IngestError;
use crate::ingest::info::FileInfo;
use crate::ingest::info::Format;
use crate::ingest::info::InterfaceInfo;
use crate::ingest::pcap::layout::Layout;
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
        let (layout, header) =
            layout::header(window.data()).ok_or_else(|| IngestError::HeaderCut {
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

    /// Does `window` hold the next record whole?
    #[inline]
    pub(crate) fn has_next(&self, window: &Window) -> bool {
        let data = window.data();
        let captured = self.layout.captured(data);
        captured
            .is_some_and(|captured| data.len() >= self.layout.header_bytes() + captured as usize)
    }

    /// Does the next record go on beyond `window`?
    pub(crate) fn wants_more(&self, window: &Window) -> bool {
        let data = window.data();
        match self.layout.captured(data) {
            Some(captured) => data.len() < self.layout.header_bytes() + captured as usize,
            None => data.len() < self.layout.header_bytes(),
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

#[cfg(test)]
mod tests {
    use crate::ingest::info::Format;
    use crate::ingest::samples::Bytes;
    use crate::ingest::samples::ORDERS;
    use crate::ingest::samples::Order;
    use crate::ingest::samples::faults;

    const MICRO: u32 = 0xa1b2_c3d4;
    const NANO: u32 = 0xa1b2_3c4d;
    const MODIFIED: u32 = 0xa1b2_cd34;

    /// Ten frames, one a second.
    fn ten() -> Bytes {
        (1..=10).fold(Bytes::new(Order::Little).pcap(MICRO, 1), |file, n| {
            file.record(1_000_000 + n, 0, &[n as u8; 60])
        })
    }

    #[test]
    fn every_byte_order_and_resolution_is_read() {
        for order in ORDERS {
            for (magic, format, nanos) in [
                (MICRO, Format::Pcap, 5_000_007_000),
                (NANO, Format::PcapNanoseconds, 5_000_000_007),
            ] {
                let (frames, info) = Bytes::new(order)
                    .pcap(magic, 113)
                    .record(5, 7, b"abcde")
                    .read();
                assert_eq!((info.format, frames[0].nanos), (format, nanos));
                assert_eq!(
                    (frames[0].link, frames[0].data.as_slice()),
                    (113, &b"abcde"[..])
                );
                assert!(info.faults.is_empty());
            }
            let (frames, info) = Bytes::new(order)
                .pcap(MODIFIED, 1)
                .u32(5)
                .u32(7)
                .u32(3)
                .u32(9)
                .raw(&[0; 8])
                .raw(b"abc")
                .read();
            assert_eq!(info.format, Format::PcapModified);
            assert_eq!(
                (frames[0].original_length, frames[0].data.as_slice()),
                (9, &b"abc"[..])
            );
            assert_eq!(info.truncated_packets, 1);
        }
    }

    #[test]
    fn a_declared_frame_check_sequence_is_left_out() {
        // FCS length 2 (units of two bytes) and its flag above link type 1.
        let (frames, info) = Bytes::new(Order::Little)
            .pcap(MICRO, 0x2400_0001)
            .record(5, 0, b"payload+FCS!")
            .read();
        assert_eq!(frames[0].data, b"payload+");
        assert_eq!((frames[0].link, frames[0].original_length), (1, 8));
        assert_eq!(info.truncated_packets, 0);
    }

    #[test]
    fn a_wild_length_costs_one_record() {
        let mut file = ten();
        // The third record claims 2 GiB.
        file.bytes[24 + 2 * 76 + 11] = 0x7f;
        let (frames, info) = file.read();
        assert_eq!(frames.len(), 9);
        assert_eq!(frames[2].data, [4; 60]);
        assert_eq!(
            faults(&info),
            [
                ("capture-bad-record-length", 1),
                ("capture-resynchronised", 1)
            ]
        );
        assert_eq!(info.skipped_bytes, 76);
    }

    #[test]
    fn odd_records_count_when_the_next_one_follows() {
        let (frames, info) = Bytes::new(Order::Little)
            .pcap(MICRO, 1)
            .record(5, 2_000_000, b"late")
            .u32(6)
            .u32(0)
            .u32(4)
            .u32(2)
            .raw(b"long")
            .record(7, 0, b"last")
            .read();
        assert_eq!(frames.len(), 3);
        assert_eq!(
            (frames[0].nanos, frames[1].original_length),
            (7_000_000_000, 4)
        );
        assert_eq!(
            faults(&info),
            [
                ("capture-bad-timestamp", 1),
                ("capture-longer-than-original", 1)
            ]
        );
        assert_eq!(info.time_steps_back, 1);
    }

    #[test]
    fn preallocated_zeros_are_no_frames() {
        let mut file = ten();
        file.bytes.resize(10_000, 0);
        let (frames, info) = file.read();
        assert_eq!(frames.len(), 10);
        assert_eq!(faults(&info), [("capture-empty-record", 1)]);
        assert_eq!(info.skipped_bytes, 10_000 - 24 - 760);
    }

    #[test]
    fn every_prefix_gives_its_whole_records() {
        let whole = ten().bytes;
        for length in 24..whole.len() {
            let file = Bytes {
                bytes: whole[..length].to_vec(),
                order: Order::Little,
            };
            let (frames, info) = file.read();
            assert_eq!(frames.len(), (length - 24) / 76);
            assert_eq!(info.faults.is_empty(), (length - 24).is_multiple_of(76));
        }
    }
}
