//! The stream as `Source` reads it; on the way, each piece is kept on disk, if somebody may look at it again, and written to the files wanted.

use std::io;
use std::io::Read;
use std::sync::mpsc::Receiver;

use crate::ingest::live::chunk::Chunk;
use crate::ingest::live::output::Output;
use crate::ingest::recent::Recent;
use crate::ingest::writer::PcapngWriter;

/// Reads the stream: waits for what comes, ends when the capture does.
pub(super) struct Feed {
    chunks: Receiver<Chunk>,
    recent: Option<Recent>,
    output: Option<Output>,
    bytes: Vec<u8>,
    at: usize,
}

impl Feed {
    /// A reader of what comes through `chunks`.
    pub(super) const fn new(
        chunks: Receiver<Chunk>,
        recent: Option<Recent>,
        output: Option<Output>,
    ) -> Self {
        Self {
            chunks,
            recent,
            output,
            bytes: Vec::new(),
            at: 0,
        }
    }

    fn take(&mut self, chunk: Chunk) -> io::Result<()> {
        if let Some(output) = &self.output {
            output.take(&chunk);
        }
        self.at = 0;
        self.bytes = match chunk {
            Chunk::Head(bytes) | Chunk::Packets { bytes, .. } => bytes,
            Chunk::Counted { counters, at } => {
                let mut writer = PcapngWriter::within(Vec::new());
                for (interface, counters) in (0..).zip(counters) {
                    writer.statistics(interface, at, counters.received, counters.dropped, &[])?;
                }
                writer.finish()?
            }
        };
        if let Some(recent) = &self.recent {
            recent.push(&self.bytes);
        }
        Ok(())
    }
}

impl Read for Feed {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        while self.at == self.bytes.len() {
            match self.chunks.recv() {
                Ok(chunk) => self.take(chunk)?,
                Err(_capture_ended) => return Ok(0),
            }
        }
        let count = self.bytes.get(self.at..).unwrap_or_default().read(room)?;
        self.at += count;
        Ok(count)
    }
}
