//! The parser of whichever format a file has.

use crate::ingest::info::FileInfo;
use crate::ingest::pcap::PcapParser;
use crate::ingest::pcapng::PcapngParser;
use crate::ingest::record::FrameHead;
use crate::ingest::record::Record;
use crate::ingest::window::Window;

/// The parser of a file's format.
#[derive(Debug)]
pub(crate) enum Parser {
    /// libpcap's format.
    Pcap(PcapParser),
    /// pcapng.
    Pcapng(PcapngParser),
}

impl Parser {
    /// The next record.
    #[inline]
    pub(crate) fn next(&mut self, window: &mut Window, info: &mut FileInfo) -> Record {
        match self {
            Self::Pcap(parser) => parser.next(window, info),
            Self::Pcapng(parser) => parser.next(window, info),
        }
    }

    /// Does `window` hold the next record whole, so that it can most likely be had without reading on?
    #[inline]
    pub(crate) fn has_next(&self, window: &Window) -> bool {
        match self {
            Self::Pcap(parser) => parser.has_next(window),
            Self::Pcapng(parser) => parser.has_next(window),
        }
    }

    /// Does the next record go on beyond `window`?
    pub(crate) fn wants_more(&self, window: &Window) -> bool {
        let small = window.data().len() < MOST_WAITED_FOR;
        small
            && match self {
                Self::Pcap(parser) => parser.wants_more(window),
                Self::Pcapng(parser) => parser.wants_more(window),
            }
    }

    /// Takes the records at hand that nobody is told of, so that [`Parser::wants_more`] speaks of one that somebody is.
    pub(crate) fn take_silent(&mut self, window: &mut Window, info: &mut FileInfo) {
        match self {
            Self::Pcap(_) => {}
            Self::Pcapng(parser) => parser.take_silent(window, info),
        }
    }

    /// A copy to read on from here another time.
    pub(crate) fn checkpoint(&self) -> Self {
        match self {
            Self::Pcap(parser) => Self::Pcap(parser.clone()),
            Self::Pcapng(parser) => Self::Pcapng(parser.checkpoint()),
        }
    }

    /// The comment on the frame that came last.
    pub(crate) fn comment_on(&self, head: &FrameHead) -> Option<&str> {
        match self {
            Self::Pcap(_) => None,
            Self::Pcapng(parser) => parser.comment_on(head),
        }
    }

    /// The text of the last name.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Pcap(_) => "",
            Self::Pcapng(parser) => parser.name(),
        }
    }
}

/// Bytes of a record that are waited for with an eye on the clock: a length beyond that may be a lie, and is left to the parser.
const MOST_WAITED_FOR: usize = 1 << 20;
