//! The decoded bytes of a file a second time, at any offset.
//!
//! A path is opened anew, memory is at hand, a pipe was spooled. What is compressed is decoded once more, only as far as asked, into
//! an unlinked temporary file: going back then costs a seek and not another decoding.

use std::fmt;
use std::fs::File;
use std::io;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::ingest::compressed::Compression;
use crate::ingest::recent::Recent;
use crate::ingest::recent::nameless_file;

/// The decoded bytes of a file, by offset. A copy is a handle.
#[derive(Clone)]
pub(crate) struct Store(Arc<Mutex<Backing>>);

impl Store {
    /// A stream that could not be kept, or need not.
    pub(crate) fn nothing() -> Self {
        Self::of(Backing::Nothing)
    }

    /// A file that is opened when needed.
    pub(crate) fn path(path: PathBuf) -> Self {
        Self::of(Backing::Path { path, file: None })
    }

    /// The last bytes of a stream.
    pub(crate) fn recent(recent: Recent) -> Self {
        Self::of(Backing::Recent(recent))
    }

    /// Bytes in memory.
    pub(crate) fn memory(bytes: &'static [u8]) -> Self {
        Self::of(Backing::Memory(bytes))
    }

    /// What these bytes decode to.
    pub(crate) fn decoded(self, compression: Compression) -> Self {
        Self::of(Backing::Decoded(Decoded {
            compression,
            compressed: self,
            reader: None,
            spool: None,
            filled: 0,
        }))
    }

    fn of(backing: Backing) -> Self {
        Self(Arc::new(Mutex::new(backing)))
    }

    /// The decoded bytes from `offset` on.
    pub(crate) fn reader_at(&self, offset: u64) -> Box<dyn Read + Send> {
        Box::new(StoreReader {
            store: self.clone(),
            offset,
        })
    }

    /// Offset of the first byte that is still there.
    pub(crate) fn oldest(&self) -> u64 {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Backing::Recent(recent) => recent.oldest(),
            // None is: places in it are not worth keeping.
            Backing::Nothing => u64::MAX,
            // What is not kept packed can't be unpacked again.
            Backing::Decoded(decoded) if decoded.compressed.oldest() == u64::MAX => u64::MAX,
            Backing::Path { .. } | Backing::Memory(_) | Backing::Decoded(_) => 0,
        }
    }

    fn read_at(&self, offset: u64, room: &mut [u8]) -> io::Result<usize> {
        // A panic while the lock was held leaves a file at another position: every read seeks first.
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Backing::Nothing => Err(io::Error::other(
                "it came through a pipe, and the temporary directory had no room to keep it",
            )),
            Backing::Path { path, file } => {
                let file = match file {
                    Some(file) => file,
                    None => file.insert(File::open(path)?),
                };
                read_file_at(file, offset, room)
            }
            Backing::Recent(recent) => recent.read_at(offset, room),
            Backing::Memory(bytes) => {
                let from = usize::try_from(offset).unwrap_or(usize::MAX);
                bytes.get(from..).unwrap_or_default().read(room)
            }
            Backing::Decoded(decoded) => decoded.read_at(offset, room),
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

enum Backing {
    Nothing,
    Path { path: PathBuf, file: Option<File> },
    Recent(Recent),
    Memory(&'static [u8]),
    Decoded(Decoded),
}

/// A compressed file, decoded into a temporary file as far as it was asked for.
struct Decoded {
    compression: Compression,
    compressed: Store,
    reader: Option<Box<dyn Read + Send>>,
    spool: Option<File>,
    filled: u64,
}

impl Decoded {
    fn read_at(&mut self, offset: u64, room: &mut [u8]) -> io::Result<usize> {
        let wanted = offset.saturating_add(room.len() as u64);
        let outcome = self.decode_to(wanted);
        if self.filled <= offset {
            // A stream may end here for now and grow: the next read decodes again from the start, up to here.
            return outcome.map(|()| 0);
        }
        let available = usize::try_from(self.filled - offset).unwrap_or(usize::MAX);
        let length = room.len().min(available);
        match (&mut self.spool, room.get_mut(..length)) {
            (Some(spool), Some(room)) => read_file_at(spool, offset, room),
            _ => Ok(0),
        }
    }

    fn decode_to(&mut self, wanted: u64) -> io::Result<()> {
        if self.filled >= wanted {
            return Ok(());
        }
        let spool = match &mut self.spool {
            Some(spool) => spool,
            None => self.spool.insert(nameless_file(None)?),
        };
        let mut reader = if let Some(reader) = self.reader.take() {
            reader
        } else {
            let mut reader = self.compression.decode(self.compressed.reader_at(0));
            io::copy(&mut reader.by_ref().take(self.filled), &mut io::sink())?;
            reader
        };
        spool.seek(SeekFrom::Start(self.filled))?;
        let mut part = vec![0; DECODE_BYTES];
        while self.filled < wanted {
            // No byte more than wanted: beyond it, a stream that is still coming in may not be decodable yet.
            let limit = usize::try_from(wanted - self.filled).unwrap_or(usize::MAX);
            let limit = limit.min(part.len());
            let count = reader.read(part.get_mut(..limit).unwrap_or_default())?;
            if count == 0 {
                return Ok(());
            }
            spool.write_all(part.get(..count).unwrap_or_default())?;
            self.filled += count as u64;
        }
        self.reader = Some(reader);
        Ok(())
    }
}

/// Reads a store from an offset on.
struct StoreReader {
    store: Store,
    offset: u64,
}

impl Read for StoreReader {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.store.read_at(self.offset, room)?;
        self.offset += count as u64;
        Ok(count)
    }
}

fn read_file_at(file: &mut File, offset: u64, room: &mut [u8]) -> io::Result<usize> {
    file.seek(SeekFrom::Start(offset))?;
    file.read(room)
}

/// Bytes decoded at once.
const DECODE_BYTES: usize = 64 << 10;
