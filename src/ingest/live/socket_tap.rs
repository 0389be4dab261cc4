//! An interface captured through one of Linux's packet sockets.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::event::Timespec;
use rustix::event::poll;

use crate::ingest::live::chunk::Counters;
use crate::ingest::live::error::LiveError;
use crate::ingest::live::filter;
use crate::ingest::live::filter::Instruction;
use crate::ingest::live::filter::Layer;
use crate::ingest::live::filter::error::FilterError;
use crate::ingest::live::options::ANY;
use crate::ingest::live::options::Options;
use crate::ingest::live::packet::Packet;
use crate::ingest::live::rights;
use crate::ingest::live::ring::BLOCK_BYTES;
use crate::ingest::live::socket;
use crate::ingest::live::socket::Socket;
use crate::ingest::live::socket::index_of;
use crate::ingest::live::status::InterfaceState;
use crate::ingest::live::tap::Taken;
use crate::ingest::live::tap::is_up;
use crate::ingest::live::tap::no_interface;
use crate::vocab::frame::LinkType;

/// An interface captured through a packet socket.
#[derive(Debug)]
pub(super) struct SocketTap {
    /// The interface's number, 0 for all.
    index: i32,
    socket: Socket,
    /// For frames that bytes are put into.
    room: Vec<u8>,
    clock: Clock,
}

/// Whose times are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clock {
    /// The kernel's, as wanted; or it has been said that they are.
    Settled,
    /// The network card's are wanted, and no packet had one so far.
    Wanted { packets: u64 },
}

impl SocketTap {
    pub(super) fn open(name: &str, options: &Options) -> Result<Self, LiveError> {
        let index = if name == ANY {
            0
        } else {
            index_of(name).map_err(|_unknown| no_interface(name))?
        };
        let blocks = (options.buffer_bytes / options.interfaces.len().max(1) / BLOCK_BYTES)
            .clamp(LEAST_BLOCKS, MOST_BLOCKS);
        let mut refused = None;
        let socket = Socket::open(
            index,
            |link| {
                program(options.filter.as_deref(), link, name).map_err(|error| {
                    refused = Some(error);
                    io::Error::from(io::ErrorKind::InvalidInput)
                })
            },
            blocks,
            options.hardware_time,
        );
        if let Some(refused) = refused {
            return Err(refused);
        }
        let socket = socket.map_err(|source| self::refused(name, source))?;
        Ok(Self {
            index,
            socket,
            room: Vec::new(),
            clock: if options.hardware_time {
                Clock::Wanted { packets: 0 }
            } else {
                Clock::Settled
            },
        })
    }

    pub(super) const fn link(&self) -> LinkType {
        self.socket.link()
    }

    /// Takes a block, if there is one.
    pub(super) fn drain(&mut self, mut take: impl FnMut(Taken<'_>)) -> bool {
        let link = self.socket.link();
        let (room, clock) = (&mut self.room, &mut self.clock);
        self.socket.take_block(|block| {
            Packet::each(block, |packet| {
                if let Clock::Wanted { packets } = clock {
                    *packets += 1;
                    if packet.is_hardware_time {
                        *clock = Clock::Settled;
                    }
                }
                if !packet.is_double() {
                    let (data, length) = packet.frame(link, room);
                    take((packet.at, length, data));
                }
            });
        })
    }

    pub(super) fn counters(&mut self) -> Counters {
        self.socket.counters()
    }

    pub(super) fn refilter(&self, program: &[Instruction]) -> io::Result<()> {
        self.socket.refilter(program)
    }

    /// Lets no more packets come; what is in the ring stays. Gives whether that worked.
    pub(super) fn close(&self) -> bool {
        self.socket.refilter(&[filter::NOTHING]).is_ok()
    }

    /// Are the card's own times wanted, and do packets come without? Said once, after some: not each that it sends has one.
    pub(super) fn lacks_clock(&mut self) -> bool {
        let lacks = matches!(self.clock, Clock::Wanted { packets } if packets >= FIRST_PACKETS);
        if lacks {
            self.clock = Clock::Settled;
        }
        lacks
    }

    /// How the interface is, and whether it is another of its name.
    pub(super) fn look_after(
        &mut self,
        name: &str,
        before: InterfaceState,
    ) -> (InterfaceState, bool) {
        let error = self.socket.take_error();
        if self.index == 0 {
            return (before, false);
        }
        match index_of(name) {
            Err(_gone) => (InterfaceState::Gone, false),
            Ok(index) if index != self.index => {
                // Another interface of this name: the socket goes on with it.
                if self.socket.rebind(index).is_ok() {
                    self.index = index;
                    (InterfaceState::Up, true)
                } else {
                    (before, false)
                }
            }
            Ok(_) => {
                let down = error.is_some_and(|error| error.raw_os_error() == Some(libc::ENETDOWN));
                if !down && before == InterfaceState::Up {
                    (before, false)
                } else if is_up(name) == Some(true) {
                    (InterfaceState::Up, false)
                } else {
                    (InterfaceState::Down, false)
                }
            }
        }
    }
}

/// Waits for a block of any of them, at most `moment`.
pub(super) fn wait(taps: &[&SocketTap], moment: Duration) {
    let events = PollFlags::IN | PollFlags::ERR;
    let mut sockets: Vec<PollFd<'_>> = taps
        .iter()
        .map(|tap| PollFd::from_borrowed_fd(tap.socket.as_fd(), events))
        .collect();
    let moment = Timespec {
        tv_sec: 0,
        tv_nsec: moment.subsec_nanos().into(),
    };
    // An interrupted wait is a short one.
    let _ = poll(&mut sockets, Some(&moment));
    if sockets
        .iter()
        .any(|socket| socket.revents().contains(PollFlags::ERR))
    {
        // Else the error would end every wait at once until it is looked at.
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Looks whether this process has the right to capture at all.
pub(super) fn may_capture() -> Result<(), LiveError> {
    socket::is_allowed().map_err(|source| refused(ANY, source))
}

/// The filter for an interface with frames of this type.
pub(super) fn program(
    expression: Option<&str>,
    link: LinkType,
    name: &str,
) -> Result<Vec<Instruction>, LiveError> {
    let Some(expression) = expression.filter(|expression| !expression.trim().is_empty()) else {
        return Ok(vec![filter::EVERYTHING]);
    };
    let layer = match link {
        LinkType::Ethernet => Layer::Ethernet,
        LinkType::RawIp | LinkType::LinuxSll2 => Layer::Network,
        _ => {
            return Err(LiveError::FilterHere {
                name: name.to_owned(),
            });
        }
    };
    let program: Result<_, FilterError> = filter::compile(expression, layer);
    Ok(program?)
}

/// The error for what the operating system refused on `name`.
fn refused(name: &str, source: io::Error) -> LiveError {
    match source.raw_os_error() {
        Some(libc::EPERM | libc::EACCES) => LiveError::NoRights {
            program: rights::program(),
        },
        Some(libc::ENODEV) => no_interface(name),
        _ => LiveError::System {
            doing: format!("capturing on {name}"),
            source,
        },
    }
}

/// Packets after which a card that stamped none is taken for one that does not.
const FIRST_PACKETS: u64 = 16;
/// Blocks of a ring at least and at most.
const LEAST_BLOCKS: usize = 4;
const MOST_BLOCKS: usize = 4_096;
