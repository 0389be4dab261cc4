//! Why there is no live capture: one message that says what to do.

use std::io;

use crate::ingest::error::IngestError;
use crate::ingest::live::filter::error::FilterError;

/// Why there is no live capture.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The kernel does not let this user capture.
    #[cfg_attr(
        target_os = "linux",
        error(
            "capturing needs a right that this user lacks. Give it to rtcscope once:\n  sudo setcap cap_net_raw+ep {program}\nor let \
         tcpdump capture, here or elsewhere:\n  sudo tcpdump -U -w - | rtcscope -\n  ssh host tcpdump -U -w - | rtcscope -"
        )
    )]
    #[cfg_attr(
        not(target_os = "linux"),
        error(
            "capturing needs a right that this user lacks. Run it as one who has it, or with Npcap open to all users:\n  sudo {program} live\n\
             or let tcpdump capture, here or elsewhere:\n  sudo tcpdump -U -w - | rtcscope -\n  ssh host tcpdump -U -w - | rtcscope -"
        )
    )]
    NoRights {
        /// The path of this program, quoted for a shell.
        program: String,
    },
    /// No interface is called that.
    #[error("there is no interface {name}: {known}, and `any` for all of them")]
    NoInterface {
        /// The name asked for.
        name: String,
        /// `there are lo and eth0`.
        known: String,
    },
    /// `any` with others beside it.
    #[error("`any` is all interfaces already: leave the others out")]
    AnyAndOthers,
    /// More interfaces than are captured at once.
    #[error(
        "{count} interfaces are more than the {limit} that are captured at once: `any` is all of them"
    )]
    TooMany {
        /// How many were asked for.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// The filter is none.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// A filter on an interface whose frames have headers of another kind.
    #[error(
        "{name} gives frames with headers that capture filters do not know: capture it without one"
    )]
    FilterHere {
        /// The interface.
        name: String,
    },
    /// Libpcap refuses an interface.
    #[cfg(feature = "libpcap")]
    #[error("capturing on {name} through libpcap failed: {text}")]
    Libpcap {
        /// The interface.
        name: String,
        /// What libpcap said.
        text: String,
    },
    /// Libpcap does not understand a filter.
    #[cfg(feature = "libpcap")]
    #[error("the capture filter is none that libpcap understands: {text}")]
    LibpcapFilter {
        /// What libpcap said.
        text: String,
    },
    /// Another system than Linux, and no libpcap.
    #[error(
        "this rtcscope was built without libpcap, which capturing needs here: let tcpdump capture, or another program that writes pcap to its output:\n  sudo \
         tcpdump -U -w - | rtcscope -\n  ssh host tcpdump -U -w - | rtcscope -"
    )]
    OtherSystem,
    /// The operating system refused something.
    #[error("{doing} failed: {source}")]
    System {
        /// What was tried: `capturing on eth0`.
        doing: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file can't be written.
    #[error("{path} cannot be written: {source}")]
    Output {
        /// Which.
        path: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// There is no place for recent packets.
    #[error(
        "recent packets cannot be kept in {directory}: {source}; say where with --recent-dir DIR"
    )]
    Recent {
        /// Where they should be.
        directory: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// Our own stream can't be read.
    #[error(transparent)]
    Stream(#[from] IngestError),
}
