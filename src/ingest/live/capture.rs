//! The thread that empties the rings: packets become blocks of the stream, and what happens to the interfaces is told.

use std::io;
use std::os::fd::AsFd;
use std::sync::mpsc::SyncSender;
use std::time::Duration;
use std::time::Instant;

use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::event::Timespec;
use rustix::event::poll;

use crate::ingest::live::chunk::Chunk;
use crate::ingest::live::chunk::Counters;
use crate::ingest::live::control::Control;
use crate::ingest::live::order::Order;
use crate::ingest::live::packet::Packet;
use crate::ingest::live::socket::Socket;
use crate::ingest::live::socket::index_of;
use crate::ingest::live::status::InterfaceState;
use crate::ingest::live::status::InterfaceStatus;
use crate::ingest::live::status::Status;
use crate::ingest::record::SecretsKind;
use crate::ingest::writer::PcapngWriter;
use crate::vocab::frame::Frame;
use crate::vocab::frame::LinkType;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// One interface that is captured.
#[derive(Debug)]
pub(super) struct Tap {
    name: String,
    index: i32,
    socket: Socket,
    state: InterfaceState,
    packets: u64,
}

impl Tap {
    /// Captures `name`, the interface numbered `index`, through `socket`.
    pub(super) const fn new(name: String, index: i32, socket: Socket) -> Self {
        Self {
            name,
            index,
            socket,
            state: InterfaceState::Up,
            packets: 0,
        }
    }

    /// How its frames begin.
    pub(super) const fn link(&self) -> LinkType {
        self.socket.link()
    }

    /// Looks whether the interface is still there; gives what to tell when that changed.
    fn look_after(&mut self) -> Option<String> {
        let error = self.socket.take_error();
        if self.index == 0 {
            return None;
        }
        let (before, name) = (self.state, &self.name);
        match index_of(name) {
            Err(_gone) => self.state = InterfaceState::Gone,
            Ok(index) if index != self.index => {
                // Another interface of this name: the socket goes on with it.
                if self.socket.rebind(index).is_ok() {
                    self.index = index;
                    self.state = InterfaceState::Up;
                    return Some(format!("{name} is there again, and captured"));
                }
            }
            Ok(_) => {
                let down = error.is_some_and(|error| error.raw_os_error() == Some(libc::ENETDOWN));
                if down || self.state != InterfaceState::Up {
                    self.state = if is_up(name) {
                        InterfaceState::Up
                    } else {
                        InterfaceState::Down
                    };
                }
            }
        }
        (self.state != before).then(|| match self.state {
            InterfaceState::Up => format!("{name} is up again"),
            InterfaceState::Down => format!("{name} went down: waiting for it to come back"),
            InterfaceState::Gone => format!("{name} was removed: waiting for one of that name"),
        })
    }
}

fn is_up(name: &str) -> bool {
    let interfaces = crate::ingest::live::interfaces::list().unwrap_or_default();
    interfaces
        .iter()
        .any(|interface| interface.name == name && interface.up)
}

/// The thread's own.
pub(super) struct Capture {
    taps: Vec<Tap>,
    filter: Option<String>,
    control: Control,
    status: Status,
    sender: SyncSender<Chunk>,
    order: Order,
    begun: Instant,
    writer: PcapngWriter<Vec<u8>>,
    from: Option<Timestamp>,
    until: Timestamp,
    told: Vec<Counters>,
    told_at: Option<Instant>,
}

/// Nobody reads the stream any more.
struct Deaf;

impl Capture {
    pub(super) fn new(
        taps: Vec<Tap>,
        filter: Option<String>,
        control: Control,
        status: Status,
        sender: SyncSender<Chunk>,
    ) -> Self {
        Self {
            taps,
            filter,
            control,
            status,
            sender,
            order: Order::default(),
            begun: Instant::now(),
            writer: PcapngWriter::within(Vec::new()),
            from: None,
            until: Timestamp::default(),
            told: Vec::new(),
            told_at: None,
        }
    }

    /// Captures until told to stop, or until nobody listens.
    pub(super) fn run(mut self) {
        let _nobody_listens = self.work();
    }

    fn work(&mut self) -> Result<(), Deaf> {
        let head = self.head().unwrap_or_default();
        self.send(Chunk::Head(head))?;
        self.count(false)?;
        loop {
            let over = self.control.is_over();
            if over {
                // What came until now is given to us when its block is closed.
                std::thread::sleep(LAST_BLOCK);
            } else {
                self.wait();
            }
            self.obey()?;
            while self.drain()? && !over {}
            self.release(over)?;
            self.flush()?;
            self.count(over)?;
            if over {
                return Ok(());
            }
        }
    }

    /// Section header and interfaces.
    fn head(&self) -> io::Result<Vec<u8>> {
        let mut writer = PcapngWriter::new(Vec::new(), None)?;
        for tap in &self.taps {
            writer.filtered_interface(tap.link(), 0, Some(&tap.name), self.filter.as_deref())?;
        }
        writer.finish()
    }

    /// Waits for a block, at most a moment.
    fn wait(&self) {
        let events = PollFlags::IN | PollFlags::ERR;
        let mut sockets: Vec<PollFd<'_>> = self
            .taps
            .iter()
            .map(|tap| PollFd::from_borrowed_fd(tap.socket.as_fd(), events))
            .collect();
        let moment = Timespec {
            tv_sec: 0,
            tv_nsec: WAIT.subsec_nanos().into(),
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

    /// Does what was ordered from other threads.
    fn obey(&mut self) -> Result<(), Deaf> {
        let secrets = self.control.take_secrets();
        if !secrets.is_empty() {
            self.flush()?;
            let mut writer = PcapngWriter::within(Vec::new());
            // Into memory: does not fail.
            let _ = writer.secrets(SecretsKind::TlsKeyLog, &secrets);
            let bytes = writer.finish().unwrap_or_default();
            self.send(Chunk::Head(bytes))?;
        }
        let filters = self.control.take_filters();
        for (tap, filter) in self.taps.iter().zip(filters.into_iter().flatten()) {
            if let Err(error) = tap.socket.refilter(&filter) {
                self.status
                    .tell(format!("the filter on {} stays: {error}", tap.name), true);
            }
        }
        Ok(())
    }

    /// Takes a block of each ring that has one; gives whether there was any.
    fn drain(&mut self) -> Result<bool, Deaf> {
        let now = self.begun.elapsed();
        let several = self.taps.len() > 1;
        let mut any = false;
        let mut room = Vec::new();
        for (place, tap) in self.taps.iter_mut().enumerate() {
            let link = tap.socket.link();
            let (writer, order, packets) = (&mut self.writer, &mut self.order, &mut tap.packets);
            let (from, until) = (&mut self.from, &mut self.until);
            any |= tap.socket.take_block(|block| {
                Packet::each(block, |packet| {
                    if packet.is_double() {
                        return;
                    }
                    *packets += 1;
                    let (data, length) = packet.frame(link, &mut room);
                    if several {
                        order.hold(packet.at, place, length, data, now);
                    } else {
                        from.get_or_insert(packet.at);
                        *until = (*until).max(packet.at);
                        put(writer, place, packet.at, length, data);
                    }
                });
            });
        }
        self.release(false)?;
        if self.writer.output().len() >= CHUNK_BYTES {
            self.flush()?;
        }
        Ok(any)
    }

    /// Writes the frames that were held long enough; `all`: all of them.
    fn release(&mut self, all: bool) -> Result<(), Deaf> {
        let now = self.begun.elapsed();
        while let Some(held) = self.order.next(now, all) {
            self.from.get_or_insert(held.at);
            self.until = self.until.max(held.at);
            put(
                &mut self.writer,
                held.interface,
                held.at,
                held.length,
                &held.data,
            );
            if self.writer.output().len() >= CHUNK_BYTES {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Hands on what was written.
    fn flush(&mut self) -> Result<(), Deaf> {
        let Some(from) = self.from.take() else {
            return Ok(());
        };
        let bytes = std::mem::take(self.writer.output_mut());
        self.send(Chunk::Packets {
            bytes,
            from,
            until: self.until,
        })
    }

    /// Once a second: what the kernel counted, and whether the interfaces are still there.
    fn count(&mut self, now: bool) -> Result<(), Deaf> {
        let due = self
            .told_at
            .is_none_or(|told| told.elapsed() >= COUNT_EVERY);
        if !due && !now {
            return Ok(());
        }
        self.told_at = Some(Instant::now());
        let mut counters = Vec::with_capacity(self.taps.len());
        for tap in &mut self.taps {
            counters.push(tap.socket.counters());
            if let Some(text) = tap.look_after() {
                self.status.tell(text, tap.state != InterfaceState::Up);
            }
        }
        self.status.set_interfaces(
            self.taps
                .iter()
                .zip(&counters)
                .map(|(tap, counters)| InterfaceStatus {
                    name: tap.name.clone(),
                    state: tap.state,
                    packets: tap.packets,
                    dropped: counters.dropped,
                })
                .collect(),
        );
        let drops =
            |counters: &[Counters]| counters.iter().map(|counted| counted.dropped).sum::<u64>();
        let news = drops(&counters) != drops(&self.told);
        if news || now {
            self.told.clone_from(&counters);
            let at = self.until;
            self.send(Chunk::Counted { counters, at })?;
        }
        Ok(())
    }

    fn send(&self, chunk: Chunk) -> Result<(), Deaf> {
        self.sender.send(chunk).map_err(|_nobody| Deaf)
    }
}

fn put(
    writer: &mut PcapngWriter<Vec<u8>>,
    interface: usize,
    at: Timestamp,
    length: u32,
    data: &[u8],
) {
    let frame = Frame {
        number: FrameNumber::new(0, 1),
        at,
        original_length: length,
        link: LinkType::Ethernet,
        interface: 0,
        data,
    };
    // Into memory: does not fail.
    let _ = writer.frame(interface as u32, &frame, None);
}

/// How long a wait for packets lasts at most: what is ordered is obeyed after that.
const WAIT: Duration = Duration::from_millis(50);
/// Longer than a ring keeps a block that is not full.
const LAST_BLOCK: Duration = Duration::from_millis(60);
/// Between two looks at the kernel's counters.
const COUNT_EVERY: Duration = Duration::from_secs(1);
/// Bytes that are handed on at once.
const CHUNK_BYTES: usize = 512 << 10;
