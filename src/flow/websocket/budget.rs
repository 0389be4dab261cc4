//! What all WebSocket connections of a capture together may keep and spend.

/// Memory and work left. Tens of bytes on the wire can ask for a window of 32 KiB or a message of a mebibyte, so both are counted over the
/// whole capture.
#[derive(Debug, Default)]
pub struct Budget {
    kept: usize,
    work: u64,
}

impl Budget {
    /// Bytes kept at present: unfinished messages, and windows of compression.
    pub const fn kept(&self) -> usize {
        self.kept
    }

    /// How much of the work is spent: 1 is all.
    pub fn spent(&self) -> f64 {
        self.work as f64 / WORK_MAX as f64
    }

    /// Asks to keep `bytes` more; false when that is too much.
    pub(super) const fn hold(&mut self, bytes: usize) -> bool {
        if self.kept + bytes > KEPT_MAX {
            return false;
        }
        self.kept += bytes;
        true
    }

    /// `bytes` are not kept any more.
    pub(super) const fn release(&mut self, bytes: usize) {
        self.kept = self.kept.saturating_sub(bytes);
    }

    /// Asks for a message to be decompressed; false when too much was already.
    pub(super) const fn may_inflate(&self) -> bool {
        self.work < WORK_MAX
    }

    /// A message was decompressed to `bytes`, after a window of `window`.
    pub(super) const fn spend(&mut self, bytes: usize, window: usize) {
        // Setting a window up is copying, which costs an eighth of decoding.
        self.work += (bytes + window / 8) as u64;
    }
}

/// Bytes kept over all connections: 128 MiB.
pub const KEPT_MAX: usize = 128 << 20;
/// Bytes decompressed over all connections: 8 GiB, some ten seconds of work.
pub const WORK_MAX: u64 = 8 << 30;
/// Longest message kept, bytes: of what was sent, and of what it decompresses to. Signaling stays far below.
pub const MESSAGE_KEPT: usize = 1 << 20;
