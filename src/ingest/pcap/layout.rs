//! Headers of file and records in every byte order, through `pcap-parser`; what it does not know is Kuznetzov's format big-endian.

use pcap_parser::LegacyPcapBlock;
use pcap_parser::PcapError;
use pcap_parser::PcapHeader;
use pcap_parser::nom;
use pcap_parser::nom::IResult;
use pcap_parser::parse_pcap_frame;
use pcap_parser::parse_pcap_frame_be;
use pcap_parser::parse_pcap_frame_modified;
use pcap_parser::parse_pcap_header;

/// Byte order and length of the record headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    Little,
    Big,
    ModifiedLittle,
    ModifiedBig,
}

impl Layout {
    /// The record at the start of `data`; an error means that it is not all there.
    #[inline]
    pub(super) fn parse(
        self,
        data: &[u8],
    ) -> IResult<&[u8], LegacyPcapBlock<'_>, PcapError<&[u8]>> {
        match self {
            Self::Little => parse_pcap_frame(data),
            Self::Big => parse_pcap_frame_be(data),
            Self::ModifiedLittle => parse_pcap_frame_modified(data),
            Self::ModifiedBig => parse_pcap_frame_modified_be(data),
        }
    }

    /// Length of a record's header.
    #[inline]
    pub(super) const fn header_bytes(self) -> usize {
        match self {
            Self::Little | Self::Big => 16,
            Self::ModifiedLittle | Self::ModifiedBig => 24,
        }
    }

    /// The captured length alone.
    #[inline]
    pub(super) fn captured(self, data: &[u8]) -> Option<u32> {
        let length = *data.get(8..)?.first_chunk()?;
        Some(match self {
            Self::Little | Self::ModifiedLittle => u32::from_le_bytes(length),
            Self::Big | Self::ModifiedBig => u32::from_be_bytes(length),
        })
    }

    /// Seconds, fraction, captured and original length.
    pub(super) fn words(self, data: &[u8]) -> Option<[u32; 4]> {
        let (words, _) = data.first_chunk::<16>()?.as_chunks::<4>();
        let words: [[u8; 4]; 4] = words.try_into().ok()?;
        Some(match self {
            Self::Little | Self::ModifiedLittle => words.map(u32::from_le_bytes),
            Self::Big | Self::ModifiedBig => words.map(u32::from_be_bytes),
        })
    }
}

/// The file header, with what `pcap-parser` does not know: Kuznetzov's format in big-endian order.
pub(super) fn header(data: &[u8]) -> Option<(Layout, PcapHeader)> {
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
