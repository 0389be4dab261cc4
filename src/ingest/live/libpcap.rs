//! An interface captured through libpcap: macOS, the BSDs, Windows with Npcap; on Linux where it is asked for.
//!
//! Filters are compiled by libpcap, VLAN tags put back and the loopback's doubles left out by it.

use pcap::Active;
use pcap::Capture;
use pcap::Device;
use pcap::Error;
use pcap::Linktype;

use crate::ingest::live::chunk::Counters;
use crate::ingest::live::error::LiveError;
#[cfg(not(unix))]
use crate::ingest::live::interfaces::Interface;
use crate::ingest::live::options::ANY;
use crate::ingest::live::options::Options;
use crate::ingest::live::rights;
use crate::ingest::live::status::InterfaceState;
use crate::ingest::live::tap::Taken;
use crate::ingest::live::tap::is_up;
use crate::ingest::live::tap::no_interface;
use crate::vocab::frame::LinkType;
use crate::vocab::time::Timestamp;

/// An interface captured through libpcap.
pub(super) struct LibpcapTap {
    capture: Capture<Active>,
    link: LinkType,
    /// To open it again, should the interface be removed and come back.
    wanted: Wanted,
    counters: Counters,
    /// What libpcap told last: it counts in 32 bits, and anew for an interface opened again.
    told: [u32; 3],
    /// Is it among the system's interfaces? Libpcap has others, too: `any`, or what monitors a bus.
    is_listed: bool,
    /// Reading failed since the last look.
    failed: bool,
    /// The interface was removed: the handle stays with what is gone.
    is_stale: bool,
}

#[derive(Debug, Clone)]
struct Wanted {
    /// As libpcap calls it.
    device: String,
    filter: String,
    buffer_bytes: usize,
    /// Npcap's handles have no choice of clocks.
    #[cfg(unix)]
    hardware_time: bool,
}

impl LibpcapTap {
    pub(super) fn open(name: &str, options: &Options) -> Result<Self, LiveError> {
        let share = options.buffer_bytes / options.interfaces.len().max(1);
        let wanted = Wanted {
            device: device(name).ok_or_else(|| no_interface(name))?,
            filter: options.filter.clone().unwrap_or_default(),
            buffer_bytes: share.clamp(LEAST_BYTES, i32::MAX as usize),
            #[cfg(unix)]
            hardware_time: options.hardware_time,
        };
        let capture = wanted.open().map_err(|error| refused(name, &error))?;
        Ok(Self {
            link: link_of(capture.get_datalink()),
            capture,
            wanted,
            counters: Counters::default(),
            told: [0; 3],
            is_listed: is_up(name).is_some(),
            failed: false,
            is_stale: false,
        })
    }

    pub(super) const fn link(&self) -> LinkType {
        self.link
    }

    /// Takes what is there, at most [`AT_ONCE`] frames; gives whether there may be more.
    pub(super) fn drain(&mut self, mut take: impl FnMut(Taken<'_>)) -> bool {
        for _ in 0..AT_ONCE {
            match self.capture.next_packet() {
                Ok(packet) => {
                    let time = packet.header.ts;
                    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
                    let rest = u64::try_from(time.tv_usec).unwrap_or_default();
                    let nanos = seconds
                        .saturating_mul(1_000_000_000)
                        .saturating_add(rest.saturating_mul(NANOS_EACH));
                    take((Timestamp::from_nanos(nanos), packet.header.len, packet.data));
                }
                Err(Error::TimeoutExpired) => return false,
                Err(_gone_or_down) => {
                    self.failed = true;
                    return false;
                }
            }
        }
        true
    }

    pub(super) fn counters(&mut self) -> Counters {
        // One that was removed has none.
        if let Ok(new) = self.capture.stats() {
            let new = [new.received, new.dropped, new.if_dropped];
            let [received, dropped, by_interface] = [0, 1, 2].map(|at: usize| {
                let (new, told) = (new.get(at), self.told.get(at));
                new.zip(told)
                    .map_or(0, |(new, told)| new.wrapping_sub(*told))
            });
            self.told = new;
            self.counters.received += u64::from(received);
            self.counters.dropped += u64::from(dropped) + u64::from(by_interface);
        }
        self.counters
    }

    pub(super) fn refilter(&mut self, filter: &str) -> Result<(), String> {
        self.capture
            .filter(filter, true)
            .map_err(|error| text(&error))?;
        filter.clone_into(&mut self.wanted.filter);
        Ok(())
    }

    /// How the interface is, and whether it was opened again.
    pub(super) fn look_after(
        &mut self,
        name: &str,
        before: InterfaceState,
    ) -> (InterfaceState, bool) {
        let failed = std::mem::take(&mut self.failed);
        if !self.is_listed {
            return (before, false);
        }
        match is_up(name) {
            None => {
                self.is_stale = true;
                return (InterfaceState::Gone, false);
            }
            // One that came back is not up at once.
            Some(false) if self.is_stale => return (before, false),
            Some(false) => return (InterfaceState::Down, false),
            Some(true) if !failed && !self.is_stale => return (InterfaceState::Up, false),
            Some(true) => {}
        }
        match self.wanted.open() {
            Ok(capture) if link_of(capture.get_datalink()) == self.link => {
                self.capture = capture;
                self.told = [0; 3];
                self.is_stale = false;
                (InterfaceState::Up, true)
            }
            _ => (before, false),
        }
    }
}

impl std::fmt::Debug for LibpcapTap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LibpcapTap")
            .field("wanted", &self.wanted)
            .finish_non_exhaustive()
    }
}

impl Wanted {
    /// Opens it. An interface that can't be promiscuous still shows what is meant for it.
    fn open(&self) -> Result<Capture<Active>, Error> {
        let may_be = self.device != ANY;
        self.open_as(may_be).or_else(|error| {
            if may_be {
                self.open_as(false)
            } else {
                Err(error)
            }
        })
    }

    fn open_as(&self, promiscuous: bool) -> Result<Capture<Active>, Error> {
        let capture = Capture::from_device(self.device.as_str())?
            .promisc(promiscuous)
            .snaplen(SNAP_BYTES)
            .timeout(HAND_ON_MS)
            .buffer_size(i32::try_from(self.buffer_bytes).unwrap_or(i32::MAX));
        #[cfg(target_os = "linux")]
        let capture = capture.precision(pcap::Precision::Nano);
        #[cfg(unix)]
        let capture = if self.hardware_time {
            capture.tstamp_type(pcap::TimestampType::Adapter)
        } else {
            capture
        };
        let mut capture = capture.open()?;
        if self.device == ANY {
            // The newer cooked header names interfaces; a libpcap that has only the older one keeps it.
            let _older = capture.set_datalink(Linktype(i32::from(LinkType::LinuxSll2.number())));
        }
        if !self.filter.trim().is_empty() {
            capture.filter(&self.filter, true)?;
        }
        capture.setnonblock()
    }
}

/// What can be captured on, as libpcap tells: where the system does not.
///
/// # Errors
///
/// Libpcap does not tell.
#[cfg(not(unix))]
pub(super) fn list() -> std::io::Result<Vec<Interface>> {
    let devices = Device::list().map_err(|error| std::io::Error::other(text(&error)))?;
    Ok(devices
        .into_iter()
        .map(|device| Interface {
            up: device.flags.is_up(),
            running: device.flags.connection_status != pcap::ConnectionStatus::Disconnected,
            loopback: device.flags.is_loopback(),
            addresses: device.addresses.iter().map(|it| it.addr).collect(),
            packets: None,
            // Windows' own names are numbers; what they describe is what people know.
            name: device.desc.unwrap_or(device.name),
        })
        .collect())
}

/// Looks whether this process has the right to capture at all.
pub(super) fn may_capture() -> Result<(), LiveError> {
    let Some(device) = Device::list().unwrap_or_default().into_iter().next() else {
        return Err(no_rights());
    };
    let name = device.name.clone();
    let opened = Capture::from_device(device).and_then(Capture::open);
    match opened.map_err(|error| refused(&name, &error)) {
        Err(error @ LiveError::NoRights { .. }) => Err(error),
        // Of another kind: it is said of the interface that is chosen.
        _ => Ok(()),
    }
}

/// The filter's words, once libpcap understood them for frames of this type.
pub(super) fn check(
    expression: Option<&str>,
    link: LinkType,
    name: &str,
) -> Result<String, LiveError> {
    let words = expression.unwrap_or_default();
    if let LinkType::Other(_) = link
        && expression.is_some()
    {
        return Err(LiveError::FilterHere {
            name: name.to_owned(),
        });
    }
    let compiled = Capture::dead(Linktype(i32::from(link.number())))
        .and_then(|dead| dead.compile(words, true).map(|_| ()));
    match compiled {
        Ok(()) => Ok(words.to_owned()),
        Err(error) => Err(LiveError::LibpcapFilter { text: text(&error) }),
    }
}

/// What libpcap calls the interface that we, and the user, call `name`.
fn device(name: &str) -> Option<String> {
    if cfg!(target_os = "linux") && name == ANY {
        return Some(ANY.to_owned());
    }
    let devices = Device::list().unwrap_or_default();
    devices
        .into_iter()
        .find(|device| device.name == name || device.desc.as_deref() == Some(name))
        .map(|device| device.name)
}

fn refused(name: &str, error: &Error) -> LiveError {
    let text = text(error);
    // Libpcap tells in words only.
    let lower = text.to_lowercase();
    if ["permi", "denied", "not permitted"]
        .iter()
        .any(|word| lower.contains(word))
    {
        no_rights()
    } else {
        LiveError::Libpcap {
            name: name.to_owned(),
            text,
        }
    }
}

fn no_rights() -> LiveError {
    LiveError::NoRights {
        program: rights::program(),
    }
}

fn text(error: &Error) -> String {
    match error {
        Error::PcapError(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The link type of a handle's frames. Some systems number raw IP in their own way; [`LinkType`] knows them.
fn link_of(told: Linktype) -> LinkType {
    u16::try_from(told.0).map_or(LinkType::Other(u16::MAX), LinkType::from_number)
}

/// Frames taken before other interfaces have their turn.
const AT_ONCE: usize = 4_096;
/// Bytes kept of a frame: segmentation offload makes frames larger than the interface's own limit.
const SNAP_BYTES: i32 = 262_144;
/// Milliseconds after which frames that came are handed on.
const HAND_ON_MS: i32 = 20;
/// Memory for frames, at least.
const LEAST_BYTES: usize = 1 << 20;
/// Nanoseconds in the smaller unit of a frame's time: on Linux we ask for nanoseconds, elsewhere not every system has them.
const NANOS_EACH: u64 = if cfg!(target_os = "linux") { 1 } else { 1_000 };
