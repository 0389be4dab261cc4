//! The last bytes of a stream that passes by, on disk: a file that is written round and round.
//!
//! ```text
//!  stream   …………………│ oldest ……………………………… written │         the byte at offset o is at o modulo the capacity
//! ```
//!
//! The file has no name from the moment it is there: only this process can see it, and it is gone when the process is, however that ends.

use std::fs::File;
use std::io;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

/// The last bytes of a stream; a copy is a handle.
#[derive(Debug, Clone)]
pub struct Recent(Arc<Mutex<Ring>>);

#[derive(Debug)]
struct Ring {
    file: File,
    capacity: u64,
    written: u64,
    /// From when on nothing could be kept.
    stopped: Option<Stopped>,
}

/// The end of keeping.
#[derive(Debug)]
struct Stopped {
    /// Offset of the first byte that was not kept.
    at: u64,
    /// Why, for a user: `the disk is full`.
    why: String,
}

impl Recent {
    /// Room for at most `capacity` bytes in `directory`, or in the system's for temporary files.
    ///
    /// # Errors
    ///
    /// No file can be made there.
    pub fn new(capacity: u64, directory: Option<&Path>) -> io::Result<Self> {
        Ok(Self::over(nameless_file(directory)?, capacity))
    }

    fn over(file: File, capacity: u64) -> Self {
        Self(Arc::new(Mutex::new(Ring {
            file,
            capacity: capacity.max(1),
            written: 0,
            stopped: None,
        })))
    }

    /// One on a disk that is full.
    #[cfg(all(test, target_os = "linux"))]
    pub(crate) fn on_a_full_disk() -> io::Result<Self> {
        let file = File::options().read(true).write(true).open("/dev/full")?;
        Ok(Self::over(file, 100))
    }

    /// One that can't be written for another reason.
    #[cfg(all(test, target_os = "linux"))]
    pub(crate) fn that_refuses() -> io::Result<Self> {
        let file = File::options().read(true).open("/dev/null")?;
        Ok(Self::over(file, 100))
    }

    /// Keeps the next bytes; the oldest make room. A full disk, or another that refuses, ends it for good.
    ///
    /// # Errors
    ///
    /// They could not be kept: why, in words that follow a colon.
    pub fn push(&self, bytes: &[u8]) -> Result<(), String> {
        let mut ring = self.ring();
        if let Some(stopped) = &ring.stopped {
            return Err(stopped.why.clone());
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let (at, room) = ring.place(ring.written);
            let (now, later) = rest.split_at(rest.len().min(room));
            let written = ring
                .file
                .seek(SeekFrom::Start(at))
                .and_then(|_| ring.file.write_all(now));
            if let Err(error) = written {
                let why = refusal(&error);
                ring.stopped = Some(Stopped {
                    at: ring.written,
                    why: why.clone(),
                });
                return Err(why);
            }
            ring.written += now.len() as u64;
            rest = later;
        }
        Ok(())
    }

    /// Offset of the oldest byte that is still there.
    pub fn oldest(&self) -> u64 {
        self.ring().oldest()
    }

    /// Reads from `offset` on.
    ///
    /// # Errors
    ///
    /// Those bytes made room for others, or could not be kept.
    pub fn read_at(&self, offset: u64, room: &mut [u8]) -> io::Result<usize> {
        let mut ring = self.ring();
        if offset < ring.oldest() {
            return Err(io::Error::other(
                "it made room for later packets: only the most recent are kept on disk",
            ));
        }
        if let Some(stopped) = ring.stopped.as_ref().filter(|it| offset >= it.at) {
            let why = &stopped.why;
            return Err(io::Error::other(format!(
                "it could not be kept when it came: {why}"
            )));
        }
        let (at, until_end) = ring.place(offset);
        let there = usize::try_from(ring.written.saturating_sub(offset)).unwrap_or(usize::MAX);
        let count = room.len().min(there).min(until_end);
        ring.file.seek(SeekFrom::Start(at))?;
        ring.file.read(room.get_mut(..count).unwrap_or_default())
    }

    /// A panic while the lock was held leaves a file at another position: every use seeks first.
    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    const fn oldest(&self) -> u64 {
        self.written.saturating_sub(self.capacity)
    }

    /// Where the byte at `offset` is, and how many there are up to the file's end.
    fn place(&self, offset: u64) -> (u64, usize) {
        let at = offset % self.capacity;
        (
            at,
            usize::try_from(self.capacity - at).unwrap_or(usize::MAX),
        )
    }
}

/// Why a disk takes no more, in words: the system's own, but for the one that everybody meets.
fn refusal(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        _ => error.to_string(),
    }
}

/// A file without a name in `directory`, or in the system's for temporary files.
///
/// # Errors
///
/// None can be made there.
pub(crate) fn nameless_file(directory: Option<&Path>) -> io::Result<File> {
    let file = match directory {
        Some(directory) => tempfile::tempfile_in(directory)?,
        None => tempfile::tempfile()?,
    };
    // Without a name it can be reached through its process all the same.
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(recent: &Recent, offset: u64, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while bytes.len() < count {
            let mut room = vec![0; count - bytes.len()];
            let length = recent.read_at(offset + bytes.len() as u64, &mut room)?;
            if length == 0 {
                break;
            }
            bytes.extend_from_slice(&room[..length]);
        }
        Ok(bytes)
    }

    #[test]
    fn the_last_bytes_are_there_and_older_ones_are_not() {
        let recent = Recent::new(100, None).unwrap();
        let stream: Vec<u8> = (0..=250).collect();
        for part in stream.chunks(7) {
            recent.push(part).unwrap();
        }
        assert_eq!(recent.oldest(), 151);
        assert_eq!(read(&recent, 151, 100).unwrap(), stream[151..]);
        assert_eq!(read(&recent, 240, 100).unwrap(), stream[240..]);
        assert!(
            read(&recent, 150, 1)
                .unwrap_err()
                .to_string()
                .contains("most recent")
        );
        assert!(read(&recent, 251, 5).unwrap().is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::MetadataExt;

        let recent = Recent::new(100, None).unwrap();
        let mode = recent.ring().file.metadata().unwrap().mode();
        assert_eq!(mode & 0o7777, 0o600);
    }

    #[test]
    fn a_push_larger_than_the_ring_leaves_its_end() {
        let recent = Recent::new(10, None).unwrap();
        recent.push(&(0..35).collect::<Vec<u8>>()).unwrap();
        assert_eq!(
            read(&recent, 25, 10).unwrap(),
            (25..35).collect::<Vec<u8>>()
        );
    }
}
