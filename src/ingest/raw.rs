//! Where capture bytes come from, and how to get at them a second time.
//!
//! A path can be opened again and memory is there already. A stream (standard input, a FIFO) passes by once, so its bytes are
//! copied, if somebody may want them again, as they come and still compressed, into an unlinked temporary file that only this process can see (mode 0600 in the
//! system's temporary directory). It keeps the last [`SPOOL_BYTES`]; when the disk is full, copying stops, the analysis goes on, and only the
//! bytes of later frames are out of reach (`capture-spool-stopped`).

use std::fs::File;
use std::io;
use std::io::IsTerminal;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use crate::ingest::compressed::Compression;
use crate::ingest::error::IngestError;
use crate::ingest::follow::Follower;
use crate::ingest::format;
use crate::ingest::recent::Recent;
use crate::ingest::store::Store;

/// One capture to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file or FIFO.
    Path(PathBuf),
    /// A file that still grows, and those of its set that come after it.
    Growing(PathBuf),
    /// Standard input.
    Stdin,
    /// A capture that is in memory, such as the embedded sample.
    Memory {
        /// Name to show.
        name: String,
        /// The file's bytes.
        bytes: &'static [u8],
    },
}

/// What of a stream, which passes by once, can be had again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Its last bytes, [`SPOOL_BYTES`] of them.
    Bytes,
    /// Nothing.
    Nothing,
}

impl Input {
    /// What to call it: the path as given, or `standard input`.
    pub fn name(&self) -> String {
        match self {
            Self::Path(path) | Self::Growing(path) => path.display().to_string(),
            Self::Stdin => "standard input".into(),
            Self::Memory { name, .. } => name.clone(),
        }
    }

    /// Opens it and looks at its first bytes. `keep`: what of it, if it is a stream.
    pub(crate) fn open(self, keep: Keep) -> Result<RawStream, IngestError> {
        let name = self.name();
        match self {
            Self::Path(path) => open_path(name, &path, keep),
            Self::Growing(path) => {
                let follower = Follower::open(&path);
                let follower = follower.map_err(|error| IngestError::opening(&name, error))?;
                RawStream::passing(name, Box::new(follower), keep)
            }
            Self::Stdin if io::stdin().is_terminal() => Err(IngestError::Terminal),
            Self::Stdin => RawStream::passing(name, Box::new(io::stdin()), keep),
            Self::Memory { bytes, .. } => RawStream::new(
                name,
                Some(bytes.len() as u64),
                Box::new(bytes),
                Store::memory(bytes),
            ),
        }
    }
}

/// An opened input: its decoded bytes, and where to find them again.
pub(crate) struct RawStream {
    /// What to call it.
    pub(crate) name: String,
    /// Its size, compressed as it is; `None` for a stream.
    pub(crate) total: Option<u64>,
    /// Bytes taken from it so far.
    pub(crate) read: Arc<AtomicU64>,
    /// Set when a stream could not be kept.
    pub(crate) spool_stopped: Arc<AtomicBool>,
    /// How it is compressed.
    pub(crate) compression: Option<Compression>,
    /// The decoded bytes.
    pub(crate) reader: Box<dyn Read + Send>,
    /// The decoded bytes, by offset.
    pub(crate) store: Store,
}

impl RawStream {
    /// A stream that passes by once.
    pub(crate) fn passing(
        name: String,
        reader: Box<dyn Read + Send>,
        keep: Keep,
    ) -> Result<Self, IngestError> {
        if keep == Keep::Nothing {
            return Self::new(name, None, reader, Store::nothing());
        }
        let spool_stopped = Arc::new(AtomicBool::new(false));
        let (store, reader): (_, Box<dyn Read + Send>) = match Recent::new(SPOOL_BYTES, None) {
            Ok(recent) => {
                let tee = Spool {
                    reader,
                    recent: recent.clone(),
                    stopped: Arc::clone(&spool_stopped),
                };
                (Store::recent(recent), Box::new(tee))
            }
            Err(_no_room) => {
                spool_stopped.store(true, Ordering::Relaxed);
                (Store::nothing(), reader)
            }
        };
        let mut stream = Self::new(name, None, reader, store)?;
        stream.spool_stopped = spool_stopped;
        Ok(stream)
    }

    /// A stream whose bytes `recent` keeps, without our doing.
    pub(crate) fn kept(
        name: String,
        reader: Box<dyn Read + Send>,
        recent: Recent,
    ) -> Result<Self, IngestError> {
        Self::new(name, None, reader, Store::recent(recent))
    }

    fn new(
        name: String,
        total: Option<u64>,
        reader: Box<dyn Read + Send>,
        store: Store,
    ) -> Result<Self, IngestError> {
        let read = Arc::new(AtomicU64::new(0));
        let mut reader = Counted {
            reader,
            count: Arc::clone(&read),
        };
        let mut head = [0; HEAD_BYTES];
        let length = match fill(&mut reader, &mut head) {
            Ok(0) => return Err(IngestError::Empty { name }),
            Ok(length) => length,
            Err(source) => return Err(IngestError::Read { name, source }),
        };
        let head = head.get(..length).unwrap_or_default().to_vec();
        if let Some((method, tool)) = format::other_compression(&head) {
            return Err(IngestError::OtherCompression { name, method, tool });
        }
        let compression = Compression::of(&head);
        let whole: Box<dyn Read + Send> = Box::new(io::Cursor::new(head).chain(reader));
        let (reader, store) = match compression {
            Some(compression) => (compression.decode(whole), store.decoded(compression)),
            None => (whole, store),
        };
        Ok(Self {
            name,
            total,
            read,
            spool_stopped: Arc::default(),
            compression,
            reader,
            store,
        })
    }
}

fn open_path(name: String, path: &Path, keep: Keep) -> Result<RawStream, IngestError> {
    let about = std::fs::metadata(path).map_err(|error| IngestError::opening(&name, error))?;
    if about.is_dir() {
        return Err(IngestError::Directory { name });
    }
    let file = File::open(path).map_err(|error| IngestError::opening(&name, error))?;
    if about.is_file() {
        let store = Store::path(path.to_owned());
        RawStream::new(name, Some(about.len()), Box::new(file), store)
    } else {
        RawStream::passing(name, Box::new(file), keep)
    }
}

/// Reads until `room` is full or the stream ends: a pipe may deliver byte by byte.
fn fill(reader: &mut impl Read, room: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = room.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Counts the bytes that pass.
struct Counted {
    reader: Box<dyn Read + Send>,
    count: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(room)?;
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Copies the bytes that pass into a temporary file.
struct Spool {
    reader: Box<dyn Read + Send>,
    recent: Recent,
    stopped: Arc<AtomicBool>,
}

impl Read for Spool {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(room)?;
        if self
            .recent
            .push(room.get(..count).unwrap_or_default())
            .is_err()
        {
            self.stopped.store(true, Ordering::Relaxed);
        }
        Ok(count)
    }
}

/// Bytes that tell compressions apart.
const HEAD_BYTES: usize = 8;
/// Bytes of a stream that are kept.
const SPOOL_BYTES: u64 = 8 << 30;
