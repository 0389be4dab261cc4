//! The stream as `Source` reads it; on the way, each piece is kept on disk, if somebody may look at it again, and written to the files wanted.

use std::io;
use std::io::Read;
use std::sync::mpsc::Receiver;

use crate::ingest::live::chunk::Chunk;
use crate::ingest::live::output::Output;
use crate::ingest::live::status::Status;
use crate::ingest::recent::Recent;
use crate::ingest::writer::PcapngWriter;

/// Said once, when recent packets can't be kept any longer.
fn recent_ends(why: &str) -> String {
    format!(
        "packets from here on can't be looked into, because recent ones can't be kept: {why} (--recent-dir names another place); the analysis goes on"
    )
}

/// Reads the stream: waits for what comes, ends when the capture does.
pub(super) struct Feed {
    chunks: Receiver<Chunk>,
    /// `None` from when the disk took no more, too: what is there stays readable by its other handles.
    recent: Option<Recent>,
    output: Option<Output>,
    status: Status,
    bytes: Vec<u8>,
    at: usize,
}

impl Feed {
    /// A reader of what comes through `chunks`.
    pub(super) const fn new(
        chunks: Receiver<Chunk>,
        recent: Option<Recent>,
        output: Option<Output>,
        status: Status,
    ) -> Self {
        Self {
            chunks,
            recent,
            output,
            status,
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
        if let Some(Err(why)) = self.recent.as_ref().map(|it| it.push(&self.bytes)) {
            self.recent = None;
            self.status.tell(recent_ends(&why), true);
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// What is said of `recent`, and when it is asked for what it could not keep.
    fn said_of(recent: &Recent) -> (String, String) {
        let (sender, chunks) = mpsc::sync_channel(2);
        for bytes in [vec![1, 2, 3], vec![4, 5]] {
            sender.send(Chunk::Head(bytes)).expect("there is room");
        }
        drop(sender);
        let status = Status::default();
        let mut feed = Feed::new(chunks, Some(recent.clone()), None, status.clone());
        let mut read = Vec::new();
        feed.read_to_end(&mut read).expect("it loses nothing");
        assert_eq!(read, [1, 2, 3, 4, 5]);
        let events = status.take_events();
        assert_eq!(events.len(), 1);
        assert!(events[0].bad && events[0].text.contains("--recent-dir"));
        let refused = recent.read_at(0, &mut [0; 3]);
        let refused = refused.expect_err("nothing was kept").to_string();
        (events[0].text.clone(), refused)
    }

    #[test]
    fn a_full_disk_under_recent_packets_is_said_once_and_loses_nothing() {
        let (told, refused) = said_of(&Recent::on_a_full_disk().unwrap());
        assert!(told.contains(": the disk is full ("), "{told}");
        assert!(refused.ends_with(": the disk is full"), "{refused}");
    }

    #[test]
    fn another_reason_is_not_called_a_full_disk() {
        let (told, refused) = said_of(&Recent::that_refuses().unwrap());
        assert!(told.contains("Bad file descriptor"), "{told}");
        assert!(refused.contains("Bad file descriptor"), "{refused}");
    }
}
