//! The ring that the kernel and this process share (`TPACKET_V3`).
//!
//! ```text
//!  block 0        block 1        …        block_status: 0 the kernel's · 1 ours
//!  ┌────┬──┬──┬──┐┌────┬──┬──┐
//!  │head│p │p │p ││head│p │p │            a block is given to us when it is full, or some milliseconds after its first frame
//!  └────┴──┴──┴──┘└────┴──┴──┘
//! ```

use std::io;
use std::os::fd::AsRawFd;
use std::os::fd::OwnedFd;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

/// A mapped ring.
#[derive(Debug)]
pub(super) struct Ring {
    base: NonNull<u8>,
    blocks: usize,
    /// The block that the kernel fills, or gave us.
    next: usize,
}

#[expect(unsafe_code, reason = "the mapping has one owner, wherever that lives")]
// SAFETY: nothing else holds the pointer; the kernel's side is guarded by `block_status`.
unsafe impl Send for Ring {}

impl Ring {
    /// Maps the ring of `socket`, which was asked for `blocks` blocks of [`BLOCK_BYTES`].
    #[expect(unsafe_code, reason = "shared memory is what makes capturing fast")]
    pub(super) fn map(socket: &OwnedFd, blocks: usize) -> io::Result<Self> {
        // SAFETY: a new mapping at an address of the kernel's choice touches nothing of ours.
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                blocks * BLOCK_BYTES,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                socket.as_raw_fd(),
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let base = NonNull::new(base.cast()).ok_or_else(io::Error::last_os_error)?;
        Ok(Self {
            base,
            blocks,
            next: 0,
        })
    }

    /// Lets `take` see the next block, when the kernel has given it to us, then gives it back.
    #[expect(
        unsafe_code,
        reason = "a block is ours between two changes of its status"
    )]
    pub(super) fn take_block(&mut self, take: impl FnOnce(&[u8])) -> bool {
        // SAFETY: `next` stays below `blocks`, so the block lies in the mapping; its status is aligned to 4 bytes.
        let (block, status) = unsafe {
            let block = self.base.add(self.next * BLOCK_BYTES);
            (
                block,
                AtomicU32::from_ptr(block.add(STATUS_AT).cast().as_ptr()),
            )
        };
        if status.load(Ordering::Acquire) & libc::TP_STATUS_USER == 0 {
            return false;
        }
        // SAFETY: the block is in the mapping, and the kernel does not write to it until its status says it may. The status itself is
        // written by us alone meanwhile, after `take` is done.
        take(unsafe { std::slice::from_raw_parts(block.as_ptr(), BLOCK_BYTES) });
        status.store(libc::TP_STATUS_KERNEL, Ordering::Release);
        self.next = (self.next + 1) % self.blocks;
        true
    }
}

impl Drop for Ring {
    #[expect(unsafe_code, reason = "gives back what `map` took")]
    fn drop(&mut self) {
        // SAFETY: mapped with this length, and no slice of it outlives `take_block`.
        unsafe {
            libc::munmap(self.base.as_ptr().cast(), self.blocks * BLOCK_BYTES);
        }
    }
}

/// Bytes of a block: a frame of 64 KiB, as segmentation offload makes them, fits many times.
pub(super) const BLOCK_BYTES: usize = 1 << 20;
/// Where a block's status is.
const STATUS_AT: usize = 8;
