//! The thread that empties the rings: packets become blocks of the stream, and what happens to the interfaces is told.

use std::io;
use std::sync::mpsc::SyncSender;
use std::time::Duration;
use std::time::Instant;

use crate::ingest::live::chunk::Chunk;
use crate::ingest::live::chunk::Counters;
use crate::ingest::live::control::Control;
use crate::ingest::live::order::Order;
use crate::ingest::live::status::InterfaceState;
use crate::ingest::live::status::InterfaceStatus;
use crate::ingest::live::status::Status;
use crate::ingest::live::tap::Tap;
use crate::ingest::record::SecretsKind;
use crate::ingest::writer::PcapngWriter;
use crate::vocab::frame::Frame;
use crate::vocab::frame::LinkType;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

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
            let mut patience = WAIT;
            if over {
                self.obey()?;
                patience = self.close();
                // What came until now is given to us when its block is closed.
                std::thread::sleep(LAST_BLOCK);
            } else {
                Tap::wait(&self.taps, WAIT);
                self.obey()?;
            }
            // Where packets come faster than they are taken there are always more: orders and counters can't wait for the last.
            let begun = Instant::now();
            while self.drain()? && begun.elapsed() < patience {}
            self.release(over)?;
            self.flush()?;
            self.count(over)?;
            if over {
                return Ok(());
            }
        }
    }

    /// Lets no more packets come; gives how long those that did may take to be handed on: all the time they need, where they end.
    fn close(&mut self) -> Duration {
        let mut ends = true;
        for tap in &mut self.taps {
            ends &= tap.close();
        }
        if ends { Duration::MAX } else { LAST_PACKETS }
    }

    /// Section header and interfaces.
    fn head(&self) -> io::Result<Vec<u8>> {
        let mut writer = PcapngWriter::new(Vec::new(), None)?;
        for tap in &self.taps {
            writer.filtered_interface(tap.link(), 0, Some(&tap.name), self.filter.as_deref())?;
        }
        writer.finish()
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
        for (tap, filter) in self.taps.iter_mut().zip(filters.into_iter().flatten()) {
            if let Err(error) = tap.refilter(&filter) {
                self.status
                    .tell(format!("the filter on {} stays: {error}", tap.name), true);
            }
        }
        Ok(())
    }

    /// Takes what each interface has at hand; gives whether there may be more.
    fn drain(&mut self) -> Result<bool, Deaf> {
        let now = self.begun.elapsed();
        let several = self.taps.len() > 1;
        let mut any = false;
        for (place, tap) in self.taps.iter_mut().enumerate() {
            let (writer, order) = (&mut self.writer, &mut self.order);
            let (from, until) = (&mut self.from, &mut self.until);
            any |= tap.drain(|(at, length, data)| {
                if several {
                    order.hold(at, place, length, data, now);
                } else {
                    from.get_or_insert(at);
                    *until = (*until).max(at);
                    put(writer, place, at, length, data);
                }
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
            counters.push(tap.counters());
            if let Some(text) = tap.look_after() {
                self.status.tell(text, tap.state != InterfaceState::Up);
            }
            if tap.lacks_clock() {
                let name = &tap.name;
                self.status.tell(
                    format!("{name} stamps no packets itself: the kernel's times are taken"),
                    true,
                );
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
        if news && drops(&self.told) == 0 {
            // Once: how many there are by now is counted on.
            self.status.tell(DROPS.to_owned(), true);
        }
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

/// Said when the kernel had no room for the first time.
const DROPS: &str = "packets come faster than they are taken: the kernel dropped some; a larger --buffer or a filter helps";
/// How long packets are waited for, and then taken, at most: what is ordered is obeyed after that.
const WAIT: Duration = Duration::from_millis(50);
/// Longer than a ring keeps a block that is not full.
const LAST_BLOCK: Duration = Duration::from_millis(60);
/// How long the last packets are taken from interfaces that can't be closed, of which there may be no last.
const LAST_PACKETS: Duration = Duration::from_secs(1);
/// Between two looks at the kernel's counters.
const COUNT_EVERY: Duration = Duration::from_secs(1);
/// Bytes that are handed on at once.
const CHUNK_BYTES: usize = 512 << 10;
