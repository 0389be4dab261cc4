//! What could not be done with an input, in one sentence that says what to do next.

use std::io;

/// An input could not be used, a frame not re-read, or a file not written. The message is meant for the user as it stands.
///
/// Damage *inside* a capture is never an error: it is a fault in [`crate::ingest::info::FileInfo::faults`].
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// No input was named.
    #[error("no capture was named: give a pcap or pcapng file, or - for standard input")]
    NoInput,
    /// More inputs than frame numbers can tell apart.
    #[error(
        "{count} captures are too many at once, {limit} is the most: join some first, for example with mergecap"
    )]
    TooManyInputs {
        /// Inputs named.
        count: usize,
        /// Inputs that can be read together.
        limit: usize,
    },
    /// No such file.
    #[error("{name} does not exist: check the path")]
    NotFound {
        /// The input's name.
        name: String,
    },
    /// The operating system refuses.
    #[error("{name} may not be read by this user: check its permissions")]
    PermissionDenied {
        /// The input's name.
        name: String,
    },
    /// Opening failed for another reason.
    #[error("{name} cannot be opened: {source}")]
    Open {
        /// The input's name.
        name: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A directory instead of a file.
    #[error("{name} is a directory: name the capture files in it, for example {name}/*.pcapng")]
    Directory {
        /// The input's name.
        name: String,
    },
    /// Standard input is a keyboard.
    #[error(
        "standard input is a terminal: pipe a capture into it, for example `tcpdump -U -w - | rtcscope -`"
    )]
    Terminal,
    /// Not one byte.
    #[error(
        "{name} is empty: nothing was captured, or its writer has not written yet (tcpdump needs -U)"
    )]
    Empty {
        /// The input's name.
        name: String,
    },
    /// The first read failed.
    #[error("{name} cannot be read: {source}")]
    Read {
        /// The input's name.
        name: String,
        /// What the operating system or the decompressor said.
        source: io::Error,
    },
    /// A capture whose file header is not all there.
    #[error(
        "{name} ends inside its file header, after {bytes} bytes: it holds no packet, capture or copy it again"
    )]
    HeaderCut {
        /// The input's name.
        name: String,
        /// Bytes there are.
        bytes: u64,
    },
    /// A file of another kind.
    #[error(
        "{name} is {kind}, not a packet capture: rtcscope reads pcap and pcapng, also compressed with gzip or zstd"
    )]
    NotACapture {
        /// The input's name.
        name: String,
        /// What it seems to be, with its article.
        kind: &'static str,
    },
    /// A capture in a format that rtcscope does not read.
    #[error(
        "{name} is {kind}: convert it first, for example `editcap -F pcapng {name} out.pcapng`"
    )]
    OtherFormat {
        /// The input's name.
        name: String,
        /// The format, with its article.
        kind: &'static str,
    },
    /// Compressed by a method that rtcscope does not read.
    #[error(
        "{name} is compressed with {method}: decompress it first, for example `{tool} {name} | rtcscope -`"
    )]
    OtherCompression {
        /// The input's name.
        name: String,
        /// The method's name.
        method: &'static str,
        /// A command that writes the content to its standard output.
        tool: &'static str,
    },
    /// A pcap file of a version nobody has defined.
    #[error(
        "{name} is a pcap file of version {major}.{minor}, and only version 2 is defined: capture it again, or convert it with the tool that wrote it"
    )]
    UnknownVersion {
        /// The input's name.
        name: String,
        /// Major version.
        major: u16,
        /// Minor version.
        minor: u16,
    },
    /// A frame number beyond what was read.
    #[error("there is no frame {number} in {name}: it has {packets}")]
    NoSuchFrame {
        /// The input's name.
        name: String,
        /// The number asked for.
        number: u64,
        /// Frames read so far.
        packets: u64,
    },
    /// A frame that was read once and cannot be read again.
    #[error("frame {number} of {name} cannot be read again: {reason}")]
    FrameGone {
        /// The input's name.
        name: String,
        /// The number asked for.
        number: u64,
        /// Why.
        reason: String,
    },
    /// Writing failed.
    #[error("{name} cannot be written: {source}")]
    Write {
        /// The output's name.
        name: String,
        /// What the operating system said.
        source: io::Error,
    },
}

impl IngestError {
    /// The error for a failed open of `name`.
    pub(crate) fn opening(name: &str, source: io::Error) -> Self {
        let name = name.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { name },
            io::ErrorKind::PermissionDenied => Self::PermissionDenied { name },
            io::ErrorKind::IsADirectory => Self::Directory { name },
            _ => Self::Open { name, source },
        }
    }
}
