//! "Save these frames": marked frames of any inputs into one pcapng file, each with its interface, its comment and the secrets.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::File;
use std::io;
use std::io::BufWriter;
use std::io::Write;
use std::path::Path;

use crate::ingest::error::IngestError;
use crate::ingest::frame_reader::FrameReader;
use crate::ingest::info::FileInfo;
use crate::ingest::record::SecretsKind;
use crate::ingest::writer::PcapngWriter;
use crate::vocab::frame::Frame;
use crate::vocab::ids::FrameNumber;

/// What goes into the file beside the frames.
#[derive(Debug, Clone, Copy, Default)]
pub struct Remarks<'a> {
    /// A comment on the whole.
    pub comment: Option<&'a str>,
    /// Key-log lines that decrypt the frames.
    pub key_log: Option<&'a [u8]>,
}

/// A frame to save, with a comment on it when there is something to say.
#[derive(Debug, Clone, Copy)]
pub struct Marked<'a> {
    /// The frame.
    pub number: FrameNumber,
    /// The comment.
    pub comment: Option<&'a str>,
}

/// Writes `frames` in the order given to a new file at `path`, which is replaced if it is there; gives how many were written.
///
/// # Errors
///
/// A frame cannot be read again, or the file not be written.
pub fn save_frames(
    path: &Path,
    frames: &[Marked<'_>],
    reader: &mut FrameReader,
    files: &[FileInfo],
    remarks: Remarks<'_>,
) -> Result<u64, IngestError> {
    let failed = |source: io::Error| IngestError::Write {
        name: path.display().to_string(),
        source,
    };
    let output = BufWriter::new(File::create(path).map_err(failed)?);
    let mut writer = PcapngWriter::new(output, remarks.comment).map_err(failed)?;
    if let Some(key_log) = remarks.key_log {
        writer
            .secrets(SecretsKind::TlsKeyLog, key_log)
            .map_err(failed)?;
    }
    let mut interfaces = Interfaces::default();
    for marked in frames {
        let frame = reader.read(marked.number)?;
        let interface = interfaces
            .of(&frame.as_frame(), files, &mut writer)
            .map_err(failed)?;
        writer
            .frame(interface, &frame.as_frame(), marked.comment)
            .map_err(failed)?;
    }
    writer.finish().map_err(failed)?;
    Ok(frames.len() as u64)
}

/// Interfaces described so far, by file and number there.
#[derive(Default)]
struct Interfaces(HashMap<(u16, u32), u32>);

impl Interfaces {
    fn of<W: Write>(
        &mut self,
        frame: &Frame<'_>,
        files: &[FileInfo],
        writer: &mut PcapngWriter<W>,
    ) -> io::Result<u32> {
        let file = frame.number.file();
        match self.0.entry((file, frame.interface)) {
            Entry::Occupied(known) => Ok(*known.get()),
            Entry::Vacant(unknown) => {
                let known = files
                    .get(usize::from(file))
                    .and_then(|info| info.interfaces.get(frame.interface as usize));
                let number = writer.interface(
                    frame.link,
                    known.map_or(0, |known| known.snaplen),
                    known.and_then(|known| known.name.as_deref()),
                )?;
                Ok(*unknown.insert(number))
            }
        }
    }
}
