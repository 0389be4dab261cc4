//! Where a block begins and ends, and where the next one is after damage.
//!
//! ```text
//!  type 4 │ length 4 │ body … │ length 4         the length counts all of it, in the section's byte order, a multiple of 4
//!  0a0d0d0a │ length 4 │ 1a2b3c4d …             a Section Header says its own byte order
//! ```

use pcap_parser::BOM_MAGIC;
use pcap_parser::CB_MAGIC;
use pcap_parser::DCB_MAGIC;
use pcap_parser::DSB_MAGIC;
use pcap_parser::EPB_MAGIC;
use pcap_parser::PIB_MAGIC;
use pcap_parser::SHB_MAGIC;
use pcap_parser::SJE_MAGIC;

use crate::ingest::window::Window;

/// What stands at the start of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// A block of `span` bytes.
    Whole { kind: u32, span: usize },
    /// A block whose length is no multiple of 4, padded or not.
    Unaligned { kind: u32, span: usize },
    /// Too few bytes to tell.
    Short { needed: usize },
    /// Two different lengths; `span` is the first.
    Unequal { kind: u32, span: usize },
    /// No block.
    Bad(&'static str),
}

impl Framing {
    #[inline]
    pub(super) fn of(data: &[u8], order: ByteOrder) -> Self {
        let Some(&[k0, k1, k2, k3, l0, l1, l2, l3, b0, b1, b2, b3]) =
            data.first_chunk::<HEAD_BYTES>()
        else {
            return Self::Short { needed: HEAD_BYTES };
        };
        let kind = order.u32([k0, k1, k2, k3]);
        let order = if kind == SHB_MAGIC {
            match ByteOrder::of_magic([b0, b1, b2, b3]) {
                Some(order) => order,
                None => return Self::Bad("capture-bad-byte-order-magic"),
            }
        } else {
            order
        };
        let length = order.u32([l0, l1, l2, l3]) as usize;
        if !(SMALLEST_BLOCK..=LARGEST_BLOCK).contains(&length) {
            return Self::Bad("capture-bad-block-length");
        }
        let Some(tail) = order.length_before(data, length) else {
            return Self::Short { needed: length };
        };
        if length.is_multiple_of(4) {
            return if tail == length {
                Self::Whole { kind, span: length }
            } else {
                Self::Unequal { kind, span: length }
            };
        }
        if tail == length {
            return Self::Unaligned { kind, span: length };
        }
        let span = length.next_multiple_of(4);
        match order.length_before(data, span) {
            None => Self::Short { needed: span },
            Some(tail) if tail == length => Self::Unaligned { kind, span },
            Some(_) => Self::Unequal { kind, span },
        }
    }
}

/// Byte order of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    /// By the byte-order magic of a Section Header.
    pub(super) const fn of_magic(magic: [u8; 4]) -> Option<Self> {
        if u32::from_le_bytes(magic) == BOM_MAGIC {
            Some(Self::Little)
        } else if u32::from_be_bytes(magic) == BOM_MAGIC {
            Some(Self::Big)
        } else {
            None
        }
    }

    #[inline]
    pub(super) const fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    #[inline]
    pub(super) const fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }

    #[inline]
    pub(super) const fn u64(self, bytes: [u8; 8]) -> u64 {
        match self {
            Self::Little => u64::from_le_bytes(bytes),
            Self::Big => u64::from_be_bytes(bytes),
        }
    }

    /// The length field that ends at byte `end`.
    #[inline]
    fn length_before(self, data: &[u8], end: usize) -> Option<usize> {
        let tail = data.get(..end)?.last_chunk::<4>()?;
        Some(self.u32(*tail) as usize)
    }

    /// The length in a block's head, when type and length are such as real files have.
    pub(super) fn plausible_length(self, data: &[u8]) -> Option<usize> {
        let &[k0, k1, k2, k3, l0, l1, l2, l3, b0, b1, b2, b3] = data.first_chunk::<HEAD_BYTES>()?;
        let order = match self.u32([k0, k1, k2, k3]) {
            SHB_MAGIC => Self::of_magic([b0, b1, b2, b3])?,
            1..=EPB_MAGIC | SJE_MAGIC | DSB_MAGIC | CB_MAGIC | DCB_MAGIC | PIB_MAGIC => self,
            _ => return None,
        };
        let length = order.u32([l0, l1, l2, l3]) as usize;
        ((SMALLEST_BLOCK..=USUAL_LARGEST_BLOCK).contains(&length) && length.is_multiple_of(4))
            .then_some(length)
    }

    /// Is there a whole block anywhere in `data`, beyond its first byte?
    pub(super) fn finds_block(self, data: &[u8]) -> bool {
        (1..data.len()).any(|at| {
            let rest = data.get(at..).unwrap_or_default();
            self.plausible_length(rest).is_some()
                && matches!(Framing::of(rest, self), Framing::Whole { .. })
        })
    }

    /// Moves `window` to the next plausible block. `false`: there is none, and `window` is at its end.
    pub(super) fn search(self, window: &mut Window) -> bool {
        while window.ensure(HEAD_BYTES) {
            let found = window
                .data()
                .windows(HEAD_BYTES)
                .position(|head| self.plausible_length(head).is_some());
            let Some(at) = found else {
                window.consume(window.data().len() - HEAD_BYTES + 1);
                continue;
            };
            window.consume(at);
            let length = self.plausible_length(window.data()).unwrap_or(HEAD_BYTES);
            if window.ensure(length)
                && matches!(Framing::of(window.data(), self), Framing::Whole { .. })
            {
                return true;
            }
            window.consume(1);
        }
        window.consume(window.data().len());
        false
    }

    /// Is this, at the end of the stream, an Enhanced Packet Block cut among the packet's bytes, rather than one with a wrong length?
    pub(super) fn is_cut_packet(self, data: &[u8]) -> bool {
        let Some(words) = data.first_chunk::<24>().map(|head| head.as_chunks::<4>().0) else {
            // So little is left that nothing else can follow.
            return true;
        };
        let [kind, length, .., captured] = words else {
            return false;
        };
        let (length, captured) = (self.u32(*length), self.u32(*captured));
        let least = u64::from(captured).next_multiple_of(4) + 32;
        // Both lengths agree that more was to come. Payload that holds a pcapng file must not be taken for what follows.
        self.u32(*kind) == EPB_MAGIC && u64::from(length) >= least && (data.len() as u64) < least
    }
}

/// Type, length, and for a Section Header its byte-order magic: also the smallest block.
pub(super) const HEAD_BYTES: usize = 12;
/// An empty body between two lengths.
const SMALLEST_BLOCK: usize = 12;
/// Largest block that is read at all.
pub(super) const LARGEST_BLOCK: usize = 16 << 20;
/// Largest block that is believed in after damage.
const USUAL_LARGEST_BLOCK: usize = 256 << 10;
