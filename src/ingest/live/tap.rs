//! One interface that is captured, in whichever way this program can.

use std::time::Duration;

use crate::ingest::live::chunk::Counters;
use crate::ingest::live::error::LiveError;
use crate::ingest::live::interfaces;
#[cfg(feature = "libpcap")]
use crate::ingest::live::libpcap::LibpcapTap;
use crate::ingest::live::options::Backend;
use crate::ingest::live::options::Options;
use crate::ingest::live::program::Program;
#[cfg(target_os = "linux")]
use crate::ingest::live::socket_tap;
#[cfg(target_os = "linux")]
use crate::ingest::live::socket_tap::SocketTap;
use crate::ingest::live::status::InterfaceState;
use crate::vocab::frame::LinkType;
use crate::vocab::time::Timestamp;

/// One interface that is captured.
#[derive(Debug)]
pub(super) struct Tap {
    pub(super) name: String,
    pub(super) state: InterfaceState,
    /// Frames taken.
    pub(super) packets: u64,
    way: Way,
}

/// In which way.
#[derive(Debug)]
enum Way {
    #[cfg(target_os = "linux")]
    Socket(SocketTap),
    #[cfg(feature = "libpcap")]
    Libpcap(LibpcapTap),
}

/// A frame as it came: when, its length on the wire, its bytes.
pub(super) type Taken<'a> = (Timestamp, u32, &'a [u8]);

impl Tap {
    /// Captures `name`, filtered from the first packet on.
    ///
    /// # Errors
    ///
    /// No such interface, no right to, no memory, or a filter that does not fit its frames.
    pub(super) fn open(name: &str, options: &Options) -> Result<Self, LiveError> {
        let way = match options.backend {
            #[cfg(target_os = "linux")]
            Backend::Sockets => Way::Socket(SocketTap::open(name, options)?),
            #[cfg(feature = "libpcap")]
            Backend::Libpcap => Way::Libpcap(LibpcapTap::open(name, options)?),
        };
        Ok(Self {
            name: name.to_owned(),
            state: InterfaceState::Up,
            packets: 0,
            way,
        })
    }

    /// How its frames begin.
    pub(super) const fn link(&self) -> LinkType {
        match &self.way {
            #[cfg(target_os = "linux")]
            Way::Socket(tap) => tap.link(),
            #[cfg(feature = "libpcap")]
            Way::Libpcap(tap) => tap.link(),
        }
    }

    /// Lets `take` see the frames that are there, at most so many that other interfaces need not wait long. Gives whether there may be more.
    pub(super) fn drain(&mut self, mut take: impl FnMut(Taken<'_>)) -> bool {
        let mut count = 0;
        let count_and_take = |taken: Taken<'_>| {
            count += 1;
            take(taken);
        };
        let any = match &mut self.way {
            #[cfg(target_os = "linux")]
            Way::Socket(tap) => tap.drain(count_and_take),
            #[cfg(feature = "libpcap")]
            Way::Libpcap(tap) => tap.drain(count_and_take),
        };
        self.packets += count;
        any
    }

    /// What was counted since it was opened.
    pub(super) fn counters(&mut self) -> Counters {
        match &mut self.way {
            #[cfg(target_os = "linux")]
            Way::Socket(tap) => tap.counters(),
            #[cfg(feature = "libpcap")]
            Way::Libpcap(tap) => tap.counters(),
        }
    }

    /// Replaces the filter, at once; an error says why the old one stays.
    pub(super) fn refilter(&mut self, program: &Program) -> Result<(), String> {
        match (&mut self.way, program) {
            #[cfg(target_os = "linux")]
            (Way::Socket(tap), Program::Compiled(program)) => {
                tap.refilter(program).map_err(|error| error.to_string())
            }
            #[cfg(feature = "libpcap")]
            (Way::Libpcap(tap), Program::Words(words)) => tap.refilter(words),
            // Made for interfaces captured in the other way.
            #[cfg(all(target_os = "linux", feature = "libpcap"))]
            _ => Ok(()),
        }
    }

    /// Are the card's own times wanted, and does it give none? Said once.
    pub(super) fn lacks_clock(&mut self) -> bool {
        match &mut self.way {
            #[cfg(target_os = "linux")]
            Way::Socket(tap) => tap.lacks_clock(),
            // Libpcap refuses a clock that is not there.
            #[cfg(feature = "libpcap")]
            Way::Libpcap(_) => false,
        }
    }

    /// Lets no more packets come, where that can be done without losing those that came; gives whether it can.
    pub(super) fn close(&mut self) -> bool {
        match &mut self.way {
            #[cfg(target_os = "linux")]
            Way::Socket(tap) => tap.close(),
            // Libpcap puts each new filter to the packets that wait, too.
            #[cfg(feature = "libpcap")]
            Way::Libpcap(_) => false,
        }
    }

    /// Looks whether the interface is still there; gives what to tell when that changed.
    pub(super) fn look_after(&mut self) -> Option<String> {
        let before = self.state;
        let (state, is_another) = match &mut self.way {
            #[cfg(target_os = "linux")]
            Way::Socket(tap) => tap.look_after(&self.name, before),
            #[cfg(feature = "libpcap")]
            Way::Libpcap(tap) => tap.look_after(&self.name, before),
        };
        self.state = state;
        let name = &self.name;
        if is_another {
            return Some(format!("{name} is there again, and captured"));
        }
        (state != before).then(|| match state {
            InterfaceState::Up => format!("{name} is up again"),
            InterfaceState::Down => format!("{name} went down: waiting for it to come back"),
            InterfaceState::Gone => format!("{name} was removed: waiting for one of that name"),
        })
    }

    /// Waits for frames on any of `taps`, at most `moment`.
    pub(super) fn wait(taps: &[Self], moment: Duration) {
        #[cfg(target_os = "linux")]
        {
            let sockets: Vec<&SocketTap> = taps.iter().filter_map(Self::socket).collect();
            if sockets.len() == taps.len() {
                return socket_tap::wait(&sockets, moment);
            }
        }
        // Libpcap's own ways to wait differ from system to system; its buffers hold more than comes in a nap.
        let _ = taps;
        std::thread::sleep(moment.min(NAP));
    }

    #[cfg(target_os = "linux")]
    #[cfg_attr(
        not(feature = "libpcap"),
        expect(
            clippy::unnecessary_wraps,
            reason = "without libpcap it is the only way"
        )
    )]
    const fn socket(&self) -> Option<&SocketTap> {
        match &self.way {
            Way::Socket(tap) => Some(tap),
            #[cfg(feature = "libpcap")]
            Way::Libpcap(_) => None,
        }
    }
}

/// The error for an interface that is not there.
pub(super) fn no_interface(name: &str) -> LiveError {
    let names: Vec<String> = interfaces::list()
        .unwrap_or_default()
        .into_iter()
        .map(|interface| interface.name)
        .collect();
    LiveError::NoInterface {
        name: name.to_owned(),
        known: match names.split_last() {
            None => "there is none".to_owned(),
            Some((only, [])) => format!("there is {only}"),
            Some((last, before)) => format!("there are {} and {last}", before.join(", ")),
        },
    }
}

/// Is the interface switched on? `None`: there is no such one.
pub(super) fn is_up(name: &str) -> Option<bool> {
    let interfaces = interfaces::list().unwrap_or_default();
    let found = interfaces.iter().find(|interface| interface.name == name)?;
    Some(found.up)
}

/// Between two looks at what has no way to wait.
const NAP: Duration = Duration::from_millis(5);
