//! Bytes as captured, beside the length they had on the wire.
//!
//! A snap length cuts frames in the middle of any layer. That is the capture's doing, not the sender's, so each layer has to know both
//! lengths to say which of the two broke: `capture-frame-cut`, or a fault of its own.

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;

/// The captured bytes of one layer, and how many there were on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span<'a> {
    /// What was captured.
    pub bytes: &'a [u8],
    /// Length on the wire; never below `bytes.len()`.
    pub on_wire: usize,
}

impl<'a> Span<'a> {
    /// `bytes` of a layer that had `on_wire` bytes; a smaller `on_wire` is raised to what is there.
    #[inline]
    pub fn new(bytes: &'a [u8], on_wire: usize) -> Self {
        Self {
            bytes,
            on_wire: on_wire.max(bytes.len()),
        }
    }

    /// Everything was captured.
    #[inline]
    pub const fn whole(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            on_wire: bytes.len(),
        }
    }

    /// Without the first `count` bytes, or what of them there is.
    #[inline]
    #[must_use]
    pub fn skip(self, count: usize) -> Self {
        Self {
            bytes: self.bytes.get(count..).unwrap_or_default(),
            on_wire: self.on_wire.saturating_sub(count),
        }
    }

    /// The first `count` bytes on the wire: what a header's length field announces. Longer than the span means that bytes are missing.
    #[inline]
    #[must_use]
    pub fn announced(self, count: usize) -> Self {
        Self {
            bytes: self.bytes.get(..count).unwrap_or(self.bytes),
            on_wire: count,
        }
    }

    /// `inner`, a part of these bytes that reaches as far as they do: what they lack, it lacks.
    #[inline]
    pub const fn inner(self, inner: &[u8]) -> Span<'_> {
        Span {
            bytes: inner,
            on_wire: inner.len() + self.missing(),
        }
    }

    /// Bytes that were on the wire but are not captured.
    #[inline]
    pub const fn missing(self) -> usize {
        self.on_wire.saturating_sub(self.bytes.len())
    }

    /// Why `needed` bytes can't be read here: the snap length took them, or the sender never sent them (then `name` of `layer`).
    #[cold]
    pub fn too_short(self, needed: usize, layer: Layer, name: &'static str) -> Fault {
        if self.on_wire >= needed {
            Fault::new(Layer::Capture, FRAME_CUT, self.bytes.len())
        } else {
            Fault::new(layer, name, self.bytes.len())
        }
    }
}

/// Fault name for a header that the snap length cut.
pub const FRAME_CUT: &str = "capture-frame-cut";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_snap_length_took_is_not_the_senders_fault() {
        let cut = Span::new(&[0; 4], 20);
        let short = Span::whole(&[0; 4]);
        assert_eq!(cut.too_short(8, Layer::Udp, "udp-x").name, FRAME_CUT);
        assert_eq!(short.too_short(8, Layer::Udp, "udp-x").name, "udp-x");
        assert_eq!((cut.skip(2).missing(), short.skip(9).missing()), (16, 0));
        assert_eq!(short.announced(6).missing(), 2);
        assert_eq!(short.announced(3).bytes.len(), 3);
    }
}
