//! Which capture format a stream is, by its first bytes, or what else it seems to be.
//!
//! ```text
//!  a1b2c3d4  pcap, microseconds      a1b23c4d  pcap, nanoseconds      a1b2cd34  pcap, Kuznetzov's records
//!  (each in either byte order)       0a0d0d0a …… 1a2b3c4d  pcapng, byte order told by the second word
//! ```

use crate::ingest::error::IngestError;
use crate::ingest::info::FileInfo;
use crate::ingest::parser::Parser;
use crate::ingest::pcap::PcapParser;
use crate::ingest::pcapng::PcapngParser;
use crate::ingest::window::Window;

/// Reads the file header from `window` and gives the parser of what follows.
pub(crate) fn detect(window: &mut Window, info: &mut FileInfo) -> Result<Parser, IngestError> {
    let whole = window.ensure(FILE_HEADER_BYTES);
    if let Some(failure) = window.failure() {
        let source = std::io::Error::new(failure.kind(), failure.to_string());
        if window.data().is_empty() {
            let name = info.path.clone();
            return Err(IngestError::Read { name, source });
        }
    }
    let data = window.data();
    match data {
        [] => Err(IngestError::Empty {
            name: info.path.clone(),
        }),
        [0x0a, 0x0d, 0x0d, 0x0a, ..] if !whole && data.len() < SECTION_HEADER_BYTES => {
            Err(cut(data, info))
        }
        [
            0x0a,
            0x0d,
            0x0d,
            0x0a,
            _,
            _,
            _,
            _,
            0x4d,
            0x3c,
            0x2b,
            0x1a,
            ..,
        ]
        | [
            0x0a,
            0x0d,
            0x0d,
            0x0a,
            _,
            _,
            _,
            _,
            0x1a,
            0x2b,
            0x3c,
            0x4d,
            ..,
        ] => Ok(Parser::Pcapng(PcapngParser::new(info))),
        _ if !PcapParser::recognises(data) => Err(other(data, info)),
        _ if !whole => Err(cut(data, info)),
        _ => PcapParser::new(window, info).map(Parser::Pcap),
    }
}

/// A compression that is not read, with the command that undoes it.
pub(crate) fn other_compression(head: &[u8]) -> Option<(&'static str, &'static str)> {
    Some(match head {
        [0xfd, b'7', b'z', b'X', b'Z', ..] => ("xz", "xz -dc"),
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => ("bzip2", "bzip2 -dc"),
        [0x04, 0x22, 0x4d, 0x18, ..] => ("lz4", "lz4 -dc"),
        [b'L', b'Z', b'I', b'P', ..] => ("lzip", "lzip -dc"),
        [0x1f, 0x9d, ..] => ("compress", "uncompress -c"),
        [b'P', b'K', 3, 4, ..] => ("zip", "unzip -p"),
        [b'7', b'z', 0xbc, 0xaf, ..] => ("7-Zip", "7z x -so"),
        _ => return None,
    })
}

fn cut(data: &[u8], info: &FileInfo) -> IngestError {
    IngestError::HeaderCut {
        name: info.path.clone(),
        bytes: data.len() as u64,
    }
}

fn other(data: &[u8], info: &FileInfo) -> IngestError {
    let name = info.path.clone();
    let other_format = match data {
        [b's', b'n', b'o', b'o', b'p', 0, 0, 0, ..] => Some("a Solaris snoop capture"),
        [b'b', b't', b's', b'n', b'o', b'o', b'p', 0, ..] => Some("a Bluetooth btsnoop capture"),
        [b'R', b'T', b'S', b'S', ..] | [b'G', b'M', b'B', b'U', ..] => {
            Some("a Network Monitor capture")
        }
        [b'T', b'R', b'S', b'N', b'I', b'F', b'F', ..] => Some("a Sniffer capture"),
        [b'X', b'C', b'P', 0, ..] => Some("a NetXray capture"),
        [b'i', b'p', b't', b'r', b'a', b'c', b'e', ..] => Some("an AIX iptrace capture"),
        [0xab | 0xac, 0x01, 0x00, 0x1c, ..] | [0x1c, 0x00, 0x01, 0xab | 0xac, ..] => {
            Some("an IXIA lcap capture")
        }
        _ => None,
    };
    if let Some(kind) = other_format {
        return IngestError::OtherFormat { name, kind };
    }
    let kind = match data {
        _ if info.compression.is_some()
            && crate::ingest::compressed::Compression::of(data).is_some() =>
        {
            "compressed twice"
        }
        [0x0a, 0x0d, 0x0d, 0x0a, ..] => "damaged at its very start",
        [0x7f, b'E', b'L', b'F', ..] => "a program",
        [b'{' | b'[', ..] => "a JSON file",
        [b'<', ..] => "an HTML or XML file",
        _ if data
            .iter()
            .all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~')) =>
        {
            "a text file"
        }
        _ => "a file of unknown format",
    };
    IngestError::NotACapture { name, kind }
}

/// The pcap file header.
const FILE_HEADER_BYTES: usize = 24;
/// The smallest Section Header Block.
const SECTION_HEADER_BYTES: usize = 28;
