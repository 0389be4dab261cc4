//! What is wanted of a live capture.

use std::path::PathBuf;
use std::time::Duration;

/// What is wanted of a live capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Interfaces by name; `any` is all of them. Never empty.
    pub interfaces: Vec<String>,
    /// A capture filter; none lets everything pass.
    pub filter: Option<String>,
    /// Memory that the kernel may fill while we are busy, bytes over all interfaces.
    pub buffer_bytes: usize,
    /// Take the interface's own clock where it has one.
    pub hardware_time: bool,
    /// Where packets are written to.
    pub output: Option<OutputOptions>,
    /// The packets kept to be looked at again; `None`: nobody will.
    pub recent: Option<RecentOptions>,
    /// Stop after this long.
    pub duration: Option<Duration>,
    /// What captures.
    pub backend: Backend,
}

/// What captures. A program may have none: then it says what to do instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// Linux's packet sockets.
    #[cfg(target_os = "linux")]
    Sockets,
    /// The library of tcpdump and Wireshark.
    #[cfg(feature = "libpcap")]
    Libpcap,
    /// Nothing.
    #[cfg(not(any(target_os = "linux", feature = "libpcap")))]
    None,
}

impl Default for Backend {
    /// What needs no library, where there is it.
    fn default() -> Self {
        #[cfg(target_os = "linux")]
        {
            Self::Sockets
        }
        #[cfg(all(not(target_os = "linux"), feature = "libpcap"))]
        {
            Self::Libpcap
        }
        #[cfg(not(any(target_os = "linux", feature = "libpcap")))]
        {
            Self::None
        }
    }
}

/// Which packets are kept on disk, to be looked at again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentOptions {
    /// Bytes on disk, at most.
    pub bytes: u64,
    /// In which directory; `None`: the system's for temporary files.
    pub directory: Option<PathBuf>,
}

impl Default for RecentOptions {
    fn default() -> Self {
        Self {
            bytes: RECENT_BYTES,
            directory: None,
        }
    }
}

/// Where packets are written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputOptions {
    /// The file; when rotated, its name gets a number and a time.
    pub path: PathBuf,
    /// When to begin the next file.
    pub rotate: Option<Rotate>,
    /// Files to keep, the newest.
    pub keep: Option<usize>,
}

/// When to begin the next file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotate {
    /// Once it has this many bytes.
    Bytes(u64),
    /// Once its packets span this time.
    Span(Duration),
}

/// All interfaces at once.
pub const ANY: &str = "any";
/// Memory for the kernel's rings, unless told otherwise.
pub const BUFFER_BYTES: usize = 64 << 20;
/// Packets kept on disk, unless told otherwise.
pub const RECENT_BYTES: u64 = 1 << 30;
