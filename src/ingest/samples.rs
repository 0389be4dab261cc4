//! Capture files built in memory, for tests.

use crate::ingest::info::FileInfo;
use crate::ingest::raw::Input;
use crate::ingest::source::Item;
use crate::ingest::source::Source;

/// Either byte order.
pub(super) const ORDERS: [Order; 2] = [Order::Little, Order::Big];

#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    Little,
    Big,
}

/// Puts numbers together in one byte order.
#[derive(Debug, Clone)]
pub(super) struct Bytes {
    pub(super) bytes: Vec<u8>,
    pub(super) order: Order,
}

impl Bytes {
    pub(super) const fn new(order: Order) -> Self {
        Self {
            bytes: Vec::new(),
            order,
        }
    }

    pub(super) fn u16(mut self, value: u16) -> Self {
        self.bytes.extend(match self.order {
            Order::Little => value.to_le_bytes(),
            Order::Big => value.to_be_bytes(),
        });
        self
    }

    pub(super) fn u32(mut self, value: u32) -> Self {
        self.bytes.extend(match self.order {
            Order::Little => value.to_le_bytes(),
            Order::Big => value.to_be_bytes(),
        });
        self
    }

    pub(super) fn u64(mut self, value: u64) -> Self {
        self.bytes.extend(match self.order {
            Order::Little => value.to_le_bytes(),
            Order::Big => value.to_be_bytes(),
        });
        self
    }

    pub(super) fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend(bytes);
        self
    }

    pub(super) fn padded(self, bytes: &[u8]) -> Self {
        let mut whole = self.raw(bytes);
        whole.bytes.resize(whole.bytes.len().next_multiple_of(4), 0);
        whole
    }

    pub(super) fn option(self, code: u16, value: &[u8]) -> Self {
        self.u16(code).u16(value.len() as u16).padded(value)
    }

    /// A pcapng block around what `body` adds.
    pub(super) fn block(self, kind: u32, body: impl FnOnce(Self) -> Self) -> Self {
        let body = body(Self::new(self.order)).bytes;
        let length = body.len() as u32 + 12;
        self.u32(kind).u32(length).raw(&body).u32(length)
    }

    /// A section header without options.
    pub(super) fn section(self) -> Self {
        self.block(0x0a0d_0d0a, |b| {
            b.u32(0x1a2b_3c4d).u16(1).u16(0).u64(u64::MAX)
        })
    }

    /// An interface of link type `link` with what `options` adds.
    pub(super) fn interface(self, link: u16, options: impl FnOnce(Self) -> Self) -> Self {
        self.block(1, |b| options(b.u16(link).u16(0).u32(0)))
    }

    /// A packet of `interface` with what `options` adds.
    pub(super) fn packet(
        self,
        interface: u32,
        ticks: u64,
        data: &[u8],
        options: impl FnOnce(Self) -> Self,
    ) -> Self {
        let length = data.len() as u32;
        self.block(6, |b| {
            let b = b.u32(interface).u32((ticks >> 32) as u32).u32(ticks as u32);
            options(b.u32(length).u32(length).padded(data))
        })
    }

    /// A pcap file header.
    pub(super) fn pcap(self, magic: u32, network: u32) -> Self {
        self.u32(magic)
            .u16(2)
            .u16(4)
            .u32(0)
            .u32(0)
            .u32(65_535)
            .u32(network)
    }

    /// A pcap record.
    pub(super) fn record(self, seconds: u32, fraction: u32, data: &[u8]) -> Self {
        let length = data.len() as u32;
        self.u32(seconds)
            .u32(fraction)
            .u32(length)
            .u32(length)
            .raw(data)
    }

    /// A source over the bytes.
    pub(super) fn open(self) -> Source {
        open(self.bytes)
    }

    /// The frames and facts that the bytes give.
    pub(super) fn read(self) -> (Vec<Seen>, FileInfo) {
        read(&mut self.open())
    }
}

/// A frame as a test sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) file: u16,
    pub(super) number: u64,
    pub(super) nanos: u64,
    pub(super) original_length: u32,
    pub(super) link: u16,
    pub(super) interface: u32,
    pub(super) data: Vec<u8>,
}

/// A source over `bytes`, which stay for as long as the tests run.
pub(super) fn open(bytes: Vec<u8>) -> Source {
    Source::open(vec![input(bytes)]).unwrap()
}

/// An input over `bytes`.
pub(super) fn input(bytes: Vec<u8>) -> Input {
    Input::Memory {
        name: "sample".into(),
        bytes: Box::leak(bytes.into_boxed_slice()),
    }
}

/// All frames of `source`, and the facts about its first file.
pub(super) fn read(source: &mut Source) -> (Vec<Seen>, FileInfo) {
    let mut frames = Vec::new();
    while let Some(item) = source.pull() {
        if let Item::Frame(frame) = item {
            frames.push(Seen {
                file: frame.number.file(),
                number: frame.number.number(),
                nanos: frame.at.nanos(),
                original_length: frame.original_length,
                link: frame.link.number(),
                interface: frame.interface,
                data: frame.data.to_vec(),
            });
        }
    }
    (frames, source.files()[0].clone())
}

/// Fault names with their counts.
pub(super) fn faults(info: &FileInfo) -> Vec<(&'static str, u64)> {
    info.faults
        .rows()
        .map(|(_, name, row)| (name, row.count))
        .collect()
}
