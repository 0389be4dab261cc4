//! One `AF_PACKET` socket: filtered before its first packet, then bound, then read through its ring.

use std::ffi::CString;
use std::io;
use std::mem::size_of;
use std::os::fd::AsFd;
use std::os::fd::AsRawFd;
use std::os::fd::BorrowedFd;
use std::os::fd::FromRawFd;
use std::os::fd::OwnedFd;

use crate::ingest::live::chunk::Counters;
use crate::ingest::live::filter::Instruction;
use crate::ingest::live::ring::BLOCK_BYTES;
use crate::ingest::live::ring::Ring;
use crate::vocab::frame::LinkType;

/// A socket that captures.
#[derive(Debug)]
pub(super) struct Socket {
    // Unmapped before the socket is closed.
    ring: Ring,
    descriptor: OwnedFd,
    link: LinkType,
    counters: Counters,
}

/// How frames come from a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// With their link-layer header.
    Raw,
    /// Without it: the address beside them says what it said.
    Cooked,
}

impl Socket {
    /// Opens a socket on the interface numbered `index`, 0 for all. Only frames that `filter` lets pass get in, from the first on.
    ///
    /// # Errors
    ///
    /// No right to capture (`EPERM`), no such interface, or no memory for a ring of `blocks` blocks.
    pub(super) fn open(
        index: i32,
        filter: impl FnOnce(LinkType) -> io::Result<Vec<Instruction>>,
        blocks: usize,
        hardware_time: bool,
    ) -> io::Result<Self> {
        let mut socket = new_socket(Kind::Raw)?;
        let mut link = LinkType::LinuxSll2;
        if index != 0 {
            // Bound to no protocol: nothing comes, and the kernel tells what kind of interface it is.
            link = link_of(bind(&socket, index, 0)?);
        }
        if link == LinkType::LinuxSll2 {
            socket = new_socket(Kind::Cooked)?;
        }
        attach(&socket, &filter(link)?)?;
        set(
            &socket,
            libc::SOL_PACKET,
            libc::PACKET_VERSION,
            &libc::tpacket_versions::TPACKET_V3,
        )?;
        let request = libc::tpacket_req3 {
            tp_block_size: BLOCK_BYTES as u32,
            tp_block_nr: blocks as u32,
            tp_frame_size: FRAME_BYTES,
            tp_frame_nr: (blocks * BLOCK_BYTES) as u32 / FRAME_BYTES,
            tp_retire_blk_tov: RETIRE_MS,
            tp_sizeof_priv: 0,
            tp_feature_req_word: 0,
        };
        // The times of frames are those of their arrival and not of their copying, the same for all who capture.
        let wanted = libc::SOF_TIMESTAMPING_SOFTWARE
            | if hardware_time {
                libc::SOF_TIMESTAMPING_RAW_HARDWARE
            } else {
                0
            };
        set(&socket, libc::SOL_SOCKET, libc::SO_TIMESTAMP, &1_i32)?;
        set(&socket, libc::SOL_PACKET, libc::PACKET_TIMESTAMP, &wanted)?;
        set(&socket, libc::SOL_PACKET, libc::PACKET_RX_RING, &request)?;
        let ring = Ring::map(&socket, blocks)?;
        bind(&socket, index, libc::ETH_P_ALL as u16)?;
        see_all(&socket, index);
        Ok(Self {
            ring,
            descriptor: socket,
            link,
            counters: Counters::default(),
        })
    }

    /// How its frames begin.
    pub(super) const fn link(&self) -> LinkType {
        self.link
    }

    /// Lets `take` see the next block, if there is one.
    pub(super) fn take_block(&mut self, take: impl FnOnce(&[u8])) -> bool {
        self.ring.take_block(take)
    }

    /// What the kernel counted since the socket was opened.
    pub(super) fn counters(&mut self) -> Counters {
        // Reading sets the kernel's own counters back.
        if let Ok(new) = get::<libc::tpacket_stats_v3>(
            &self.descriptor,
            libc::SOL_PACKET,
            libc::PACKET_STATISTICS,
        ) {
            // The kernel counts what it dropped among what it received.
            self.counters.received += u64::from(new.tp_packets);
            self.counters.dropped += u64::from(new.tp_drops);
        }
        self.counters
    }

    /// Replaces the filter, at once.
    pub(super) fn refilter(&self, filter: &[Instruction]) -> io::Result<()> {
        attach(&self.descriptor, filter)
    }

    /// Takes the error that waits on the socket, such as that its interface went down.
    pub(super) fn take_error(&self) -> Option<io::Error> {
        match get::<i32>(&self.descriptor, libc::SOL_SOCKET, libc::SO_ERROR) {
            Ok(0) | Err(_) => None,
            Ok(code) => Some(io::Error::from_raw_os_error(code)),
        }
    }

    /// Goes on with another interface, one that took the name of the first.
    pub(super) fn rebind(&self, index: i32) -> io::Result<()> {
        bind(&self.descriptor, index, libc::ETH_P_ALL as u16)?;
        // What was asked of the first ended with it.
        see_all(&self.descriptor, index);
        Ok(())
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// Asks the interface numbered `index` for frames that are meant for others, too; 0, all of them, is asked for nothing.
fn see_all(socket: &OwnedFd, index: i32) {
    if index == 0 {
        return;
    }
    let all = libc::packet_mreq {
        mr_ifindex: index,
        mr_type: libc::PACKET_MR_PROMISC as u16,
        mr_alen: 0,
        mr_address: [0; 8],
    };
    // An interface that can't be promiscuous still shows what is meant for it.
    let _unable = set(socket, libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, &all);
}

/// Can a packet socket be had?
pub(super) fn is_allowed() -> io::Result<()> {
    new_socket(Kind::Raw).map(|_| ())
}

/// The number of the interface called `name`.
#[expect(unsafe_code, reason = "the standard library does not know interfaces")]
pub(super) fn index_of(name: &str) -> io::Result<i32> {
    let name = CString::new(name).map_err(|_zero| io::Error::from_raw_os_error(libc::ENODEV))?;
    // SAFETY: a string that ends with a zero, read before the call returns.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(io::Error::last_os_error()),
        index => Ok(index.cast_signed()),
    }
}

#[expect(unsafe_code, reason = "the standard library has no packet sockets")]
fn new_socket(kind: Kind) -> io::Result<OwnedFd> {
    let kind = match kind {
        Kind::Raw => libc::SOCK_RAW,
        Kind::Cooked => libc::SOCK_DGRAM,
    };
    // Protocol 0: nothing comes before the filter is there and the socket bound.
    // SAFETY: takes numbers only; a result that is no error is a descriptor that nobody else owns.
    unsafe {
        match libc::socket(libc::AF_PACKET, kind | libc::SOCK_CLOEXEC, 0) {
            -1 => Err(io::Error::last_os_error()),
            descriptor => Ok(OwnedFd::from_raw_fd(descriptor)),
        }
    }
}

/// Binds to an interface and an Ethernet protocol; gives the interface's hardware type.
#[expect(unsafe_code, reason = "the standard library has no packet sockets")]
fn bind(socket: &OwnedFd, index: i32, protocol: u16) -> io::Result<u16> {
    let mut address = libc::sockaddr_ll {
        sll_family: libc::AF_PACKET as u16,
        sll_protocol: protocol.to_be(),
        sll_ifindex: index,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    };
    let mut length = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    let place: *mut libc::sockaddr_ll = &raw mut address;
    // SAFETY: the address outlives both calls, and its length is told.
    let outcome = unsafe {
        libc::bind(socket.as_raw_fd(), place.cast(), length)
            | libc::getsockname(socket.as_raw_fd(), place.cast(), &raw mut length)
    };
    if outcome == 0 {
        Ok(address.sll_hatype)
    } else {
        Err(io::Error::last_os_error())
    }
}

fn attach(socket: &OwnedFd, filter: &[Instruction]) -> io::Result<()> {
    let mut program: Vec<libc::sock_filter> = filter
        .iter()
        .map(|step| libc::sock_filter {
            code: step.code,
            jt: step.when_true,
            jf: step.when_false,
            k: step.k,
        })
        .collect();
    let program = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_mut_ptr(),
    };
    set(socket, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &program)
}

#[expect(unsafe_code, reason = "the standard library has few socket options")]
fn set<T>(socket: &OwnedFd, level: i32, option: i32, value: &T) -> io::Result<()> {
    let place: *const T = value;
    // SAFETY: the value outlives the call, and its length is told. What it points to (a filter program) its owner keeps alive.
    let outcome = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            place.cast(),
            size_of::<T>() as libc::socklen_t,
        )
    };
    if outcome == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// For plain numbers and structs of numbers only, of which zeros are a value.
#[expect(unsafe_code, reason = "the standard library has few socket options")]
fn get<T: Copy>(socket: &OwnedFd, level: i32, option: i32) -> io::Result<T> {
    // SAFETY: zeros are a value of every `T` used here (see above); the kernel writes at most `length` bytes to it.
    unsafe {
        let mut value: T = std::mem::zeroed();
        let mut length = size_of::<T>() as libc::socklen_t;
        let place: *mut T = &raw mut value;
        match libc::getsockopt(
            socket.as_raw_fd(),
            level,
            option,
            place.cast(),
            &raw mut length,
        ) {
            0 => Ok(value),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// The link type of an interface's frames, by its hardware type (`ARPHRD_*`); what is not known is captured cooked.
const fn link_of(hardware: u16) -> LinkType {
    match hardware {
        libc::ARPHRD_ETHER | libc::ARPHRD_LOOPBACK => LinkType::Ethernet,
        libc::ARPHRD_NONE
        | libc::ARPHRD_TUNNEL
        | libc::ARPHRD_TUNNEL6
        | libc::ARPHRD_SIT
        | ARPHRD_RAWIP => LinkType::RawIp,
        libc::ARPHRD_IEEE80211 => LinkType::Wlan,
        libc::ARPHRD_IEEE80211_PRISM => LinkType::WlanPrism,
        libc::ARPHRD_IEEE80211_RADIOTAP => LinkType::WlanRadiotap,
        _ => LinkType::LinuxSll2,
    }
}

/// Mobile modems' raw IP; the crate does not name it.
const ARPHRD_RAWIP: u16 = 519;
/// What the kernel reckons a frame to take; in version 3 of the ring frames take what they need.
const FRAME_BYTES: u32 = 2_048;
/// Milliseconds after which a block that is not full is given to us.
const RETIRE_MS: u32 = 20;
