//! Reading ahead: a thread that fills blocks while the capture's frames are being analyzed.
//!
//! ```text
//!  block   │ headroom │ bytes read … │        the window puts what is left of the last block into the headroom
//!          0      64 KiB            end
//! ```
//!
//! A few blocks go round between the thread and the window, so memory is bounded and nothing is copied but a frame cut in two.

use std::io;
use std::io::Read;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::mpsc::Sender;
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::Duration;

/// The end of the line that the window holds.
pub(super) struct Ahead {
    filled: Receiver<io::Result<Block>>,
    spent: Sender<Vec<u8>>,
}

/// Bytes that were read, behind some headroom.
pub(super) struct Block {
    /// Headroom and bytes.
    pub(super) bytes: Vec<u8>,
    /// Where the bytes end.
    pub(super) end: usize,
}

/// No block came in time.
#[derive(Debug, Clone, Copy)]
pub(super) struct StillWaiting;

impl Ahead {
    /// Begins to read in blocks of at most `capacity` bytes. The reader comes back where no thread is to be had.
    pub(super) fn new(
        reader: Box<dyn Read + Send>,
        capacity: usize,
    ) -> Result<Self, Box<dyn Read + Send>> {
        let (fill, filled) = mpsc::sync_channel(BLOCKS);
        let (spent, free) = mpsc::channel();
        for _ in 0..BLOCKS {
            // The receiver stands right above.
            let _ = spent.send(Vec::new());
        }
        // The reader follows when the thread is there: a thread that fails to start would take it along.
        let (hand_over, handed_over) = mpsc::sync_channel(1);
        let work = move || {
            if let Ok(reader) = handed_over.recv() {
                read(reader, capacity, &free, &fill);
            }
        };
        // Not joined: it ends with the stream, or when nobody takes its blocks, and a read from a silent pipe can't be called off.
        if thread::Builder::new()
            .name("read-ahead".into())
            .spawn(work)
            .is_err()
        {
            return Err(reader);
        }
        match hand_over.send(reader) {
            Ok(()) => Ok(Self { filled, spent }),
            Err(mpsc::SendError(reader)) => Err(reader),
        }
    }

    /// The next block, waited for; `None` at the end of the stream.
    pub(super) fn next(&self) -> Option<io::Result<Block>> {
        self.filled.recv().ok()
    }

    /// The next block, waited for at most `patience`; `Err`: it did not come.
    pub(super) fn next_within(
        &self,
        patience: Duration,
    ) -> Result<Option<io::Result<Block>>, StillWaiting> {
        match self.filled.recv_timeout(patience) {
            Ok(block) => Ok(Some(block)),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => Err(StillWaiting),
        }
    }

    /// Returns a block's memory.
    pub(super) fn give_back(&self, bytes: Vec<u8>) {
        // At the end of the stream nobody wants it.
        let _ = self.spent.send(bytes);
    }
}

/// Reads until the end, an error, or until nobody takes what was read.
fn read(
    mut reader: Box<dyn Read + Send>,
    capacity: usize,
    free: &Receiver<Vec<u8>>,
    fill: &SyncSender<io::Result<Block>>,
) {
    while let Ok(mut bytes) = free.recv() {
        // Given back larger than it was lent: the window had to grow it.
        bytes.resize(HEADROOM + capacity, 0);
        let Some(room) = bytes.get_mut(HEADROOM..) else {
            return;
        };
        let room_bytes = room.len();
        let filled = loop {
            match reader.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let block = match filled {
            Ok(0) => return,
            // A reader that claims more than the room it got is held to the room.
            Ok(count) => Ok(Block {
                bytes,
                end: HEADROOM + count.min(room_bytes),
            }),
            Err(error) => Err(error),
        };
        let last = block.is_err();
        if fill.send(block).is_err() || last {
            return;
        }
    }
}

/// Room in front of a block: a frame of the largest usual snap length, cut in two, fits.
pub(super) const HEADROOM: usize = 64 << 10;
/// Blocks that go round, the window's own not counted.
const BLOCKS: usize = 3;
