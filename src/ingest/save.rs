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
    /// The comment; without one, the frame keeps the comment it had.
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
    let name = path.display().to_string();
    let file = File::create(path).map_err(|source| IngestError::Write {
        name: name.clone(),
        source,
    })?;
    write_frames(BufWriter::new(file), &name, frames, reader, files, remarks)
}

/// Writes `frames` in the order given, as a pcapng file; gives how many were written. `name`: what to call the output in an error.
///
/// # Errors
///
/// As [`save_frames`].
pub fn write_frames(
    output: impl Write,
    name: &str,
    frames: &[Marked<'_>],
    reader: &mut FrameReader,
    files: &[FileInfo],
    remarks: Remarks<'_>,
) -> Result<u64, IngestError> {
    let failed = |source: io::Error| IngestError::Write {
        name: name.to_owned(),
        source,
    };
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
            .frame(
                interface,
                &frame.as_frame(),
                marked.comment.or(frame.comment.as_deref()),
            )
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

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::ingest::raw::Input;
    use crate::ingest::samples::Bytes;
    use crate::ingest::samples::Order;
    use crate::ingest::samples::faults;
    use crate::ingest::samples::input;
    use crate::ingest::samples::read;
    use crate::ingest::source::Item;
    use crate::ingest::source::Source;

    #[test]
    fn saved_frames_read_back_as_they_were() {
        let ng = Bytes::new(Order::Big)
            .section()
            .interface(1, |b| b.option(2, b"eth0").option(9, &[9]))
            .packet(0, 1_700_000_000_123_456_789, &[0xff; 61], |b| b)
            .packet(0, 1_700_000_001_000_000_000, &[0xee; 60], |b| {
                b.option(1, b"kept")
            });
        let old =
            Bytes::new(Order::Little)
                .pcap(0xa1b2_c3d4, 113)
                .record(1_700_000_000, 5, &[0xdd; 62]);
        let mut source = Source::open(vec![input(ng.bytes), input(old.bytes)]).unwrap();
        let (frames, _) = read(&mut source);
        let marks: Vec<Marked<'_>> = frames
            .iter()
            .map(|frame| Marked {
                number: FrameNumber::new(frame.file, frame.number),
                comment: (frame.file == 1).then_some("from the other file"),
            })
            .collect();

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marked.pcapng");
        let mut reader = FrameReader::new(source.index());
        let remarks = Remarks {
            comment: Some("why these"),
            key_log: Some(b"CLIENT_RANDOM 00 11\n"),
        };
        let written = save_frames(&path, &marks, &mut reader, source.files(), remarks).unwrap();
        assert_eq!(written, 3);

        let mut back = Source::open(vec![Input::Path(path.clone())]).unwrap();
        match back.pull() {
            Some(Item::Secrets { text, .. }) => assert_eq!(text, b"CLIENT_RANDOM 00 11\n"),
            other => panic!("{other:?}"),
        }
        let (again, info) = read(&mut back);
        for (was, is) in frames.iter().zip(&again) {
            assert_eq!(
                (was.nanos, &was.data, was.link),
                (is.nanos, &is.data, is.link)
            );
        }
        assert_eq!(faults(&info), []);
        assert_eq!(info.comments, ["why these"]);
        assert!(info.application.unwrap().starts_with("rtcscope "));
        assert_eq!(info.interfaces[1].name.as_deref(), Some("eth0"));
        let mut reader = FrameReader::new(back.index());
        let comments: Vec<_> = (1..=3)
            .map(|n| reader.read(FrameNumber::new(0, n)).unwrap().comment)
            .collect();
        let expected = [
            Some("from the other file".into()),
            None,
            Some("kept".into()),
        ];
        assert_eq!(comments, expected);
        tshark_agrees(&path);
    }

    /// The same by Wireshark's reader, where it is installed.
    fn tshark_agrees(path: &Path) {
        let fields =
            "-Tfields -eframe.time_epoch -eframe.len -eframe.comment -eframe.interface_name";
        let run = Command::new("tshark")
            .arg("-r")
            .arg(path)
            .args(fields.split(' '))
            .output();
        let Ok(run) = run else {
            println!("skipped: no tshark");
            return;
        };
        let said = String::from_utf8_lossy(&run.stdout);
        assert_eq!(
            said.lines().collect::<Vec<_>>(),
            [
                "1700000000.000005000\t62\tfrom the other file\tunknown",
                "1700000000.123456789\t61\t\teth0",
                "1700000001.000000000\t60\tkept\teth0",
            ],
            "{}",
            String::from_utf8_lossy(&run.stderr)
        );
    }

    #[test]
    fn a_place_that_cannot_be_written_is_an_error() {
        let source = Source::open(vec![input(
            Bytes::new(Order::Little).pcap(0xa1b2_c3d4, 1).bytes,
        )])
        .unwrap();
        let mut reader = FrameReader::new(source.index());
        let path = Path::new("/nonexistent/marked.pcapng");
        let error = save_frames(path, &[], &mut reader, source.files(), Remarks::default());
        assert!(matches!(error, Err(IngestError::Write { .. })));
    }
}
