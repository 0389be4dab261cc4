//! Key logs that grow while the call runs: whole lines are handed on as they come, also from a file that takes the place of the last.

use std::fs::File;
use std::io;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;
use std::path::Path;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crate::crypt::keylog::KeyLog;
use crate::ingest::follow::is_still;
use crate::ingest::live::control::Control;
use crate::ingest::live::status::Status;

/// Follows `paths` in the background, or the file that browsers started from this shell write; a file may come later.
pub fn follow(mut paths: Vec<PathBuf>, control: Control, status: Status) {
    let is_asked_for = !paths.is_empty();
    if !is_asked_for {
        let path = std::env::var_os(KEY_LOG_VARIABLE).filter(|path| !path.is_empty());
        paths.extend(path.map(PathBuf::from));
    }
    if paths.is_empty() {
        return;
    }
    let mut logs: Vec<Growing> = paths.into_iter().map(Growing::new).collect();
    for log in &mut logs {
        log.is_awaited = is_asked_for;
    }
    // What is there already comes before the first packet.
    take(&mut logs, &control, &status);
    // Ends with the program.
    let work = move || {
        loop {
            thread::sleep(LOOK_EVERY);
            take(&mut logs, &control, &status);
        }
    };
    let _without = thread::Builder::new().name("key-log".into()).spawn(work);
}

fn take(logs: &mut [Growing], control: &Control, status: &Status) {
    for log in logs {
        let lines = match log.new_lines() {
            Ok(lines) => lines,
            // It may be there the next time.
            Err(error) => {
                if std::mem::take(&mut log.is_awaited) {
                    status.tell(awaited(&log.path, &error), true);
                }
                continue;
            }
        };
        // What was there once goes away for a moment when it is rotated: that is no news.
        log.is_awaited = false;
        if lines.is_empty() {
            continue;
        }
        if is_key_log(&lines) {
            control.add_secrets(&lines);
        } else if !log.is_doubted {
            log.is_doubted = true;
            let path = log.path.display();
            status.tell(
                format!("{path} is no key log: no line of it holds a secret"),
                true,
            );
        }
    }
}

/// Said once of a key log that was named and can't be read.
fn awaited(path: &Path, error: &io::Error) -> String {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => format!(
            "{path} does not exist yet: it is waited for, and nothing is decrypted with it until then"
        ),
        _ => format!(
            "{path} can't be read: {error}; it is tried again, and nothing is decrypted with it until then"
        ),
    }
}

/// Is there a secret in these lines, or at least nothing else? Comments are welcome.
fn is_key_log(lines: &[u8]) -> bool {
    let mut secrets = KeyLog::default();
    secrets.add(lines).is_empty() || !secrets.is_empty()
}

/// A file that grows, or is replaced.
#[derive(Debug)]
struct Growing {
    path: PathBuf,
    file: Option<File>,
    taken: u64,
    /// The begin of a line whose end has not come.
    rest: Vec<u8>,
    /// It was said that it is no key log.
    is_doubted: bool,
    /// It was asked for, it was not there yet, and nothing was said of that.
    is_awaited: bool,
}

impl Growing {
    const fn new(path: PathBuf) -> Self {
        Self {
            path,
            file: None,
            taken: 0,
            rest: Vec::new(),
            is_doubted: false,
            is_awaited: false,
        }
    }

    /// The lines that came since the last look.
    fn new_lines(&mut self) -> io::Result<Vec<u8>> {
        let mut lines = Vec::new();
        if let Some(file) = self.file.take() {
            // What was still written to the old file, before a look at the new one.
            self.read(&file, &mut lines)?;
            if is_still(&file, &self.path) {
                self.file = Some(file);
            } else {
                self.begin_anew();
            }
        }
        if self.file.is_none() {
            let file = File::open(&self.path)?;
            self.begin_anew();
            self.read(&file, &mut lines)?;
            self.file = Some(file);
        }
        Ok(lines)
    }

    fn begin_anew(&mut self) {
        self.taken = 0;
        self.rest.clear();
    }

    fn read(&mut self, mut file: &File, lines: &mut Vec<u8>) -> io::Result<()> {
        if file.metadata()?.len() < self.taken {
            // Emptied and written anew.
            self.begin_anew();
        }
        file.seek(SeekFrom::Start(self.taken))?;
        let count = file.take(MOST_AT_ONCE).read_to_end(&mut self.rest)?;
        self.taken += count as u64;
        let whole = self
            .rest
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        lines.extend(self.rest.drain(..whole));
        if self.rest.len() as u64 >= LONGEST_LINE {
            // No key log: its lines have some hundred bytes.
            self.rest.clear();
        }
        Ok(())
    }
}

/// Where browsers started from this shell write their secrets.
const KEY_LOG_VARIABLE: &str = "SSLKEYLOGFILE";
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Bytes taken at once; more comes the next time.
const MOST_AT_ONCE: u64 = 1 << 20;
/// Bytes of a line.
const LONGEST_LINE: u64 = 64 << 10;

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn whole_lines_come_once_also_from_a_file_that_was_rotated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.log");
        let mut log = Growing::new(path.clone());
        assert!(log.new_lines().is_err());
        let mut file = File::create(&path).unwrap();
        file.write_all(b"one\ntw").unwrap();
        assert_eq!(log.new_lines().unwrap(), b"one\n");
        file.write_all(b"o\n").unwrap();
        assert_eq!(log.new_lines().unwrap(), b"two\n");
        assert_eq!(log.new_lines().unwrap(), b"");
        file.write_all(b"three\n").unwrap();
        std::fs::rename(&path, folder.path().join("old")).unwrap();
        std::fs::write(&path, "four\nfi").unwrap();
        assert_eq!(log.new_lines().unwrap(), b"three\nfour\n");
        std::fs::write(&path, "six\n").unwrap();
        assert_eq!(log.new_lines().unwrap(), b"six\n");
    }

    #[test]
    fn a_key_log_that_is_not_there_yet_is_said_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.log");
        let (control, status) = (Control::new(None), Status::default());
        let mut logs = [Growing::new(path.clone())];
        take(&mut logs, &control, &status);
        assert_eq!(status.take_events(), [], "nobody asked for it");
        logs[0].is_awaited = true;
        for _ in 0..2 {
            take(&mut logs, &control, &status);
        }
        let events = status.take_events();
        assert_eq!(events.len(), 1);
        assert!(events[0].text.contains("keys.log does not exist yet"));
        logs[0].is_awaited = true;
        std::fs::write(&path, "# nothing yet\n").unwrap();
        take(&mut logs, &control, &status);
        std::fs::remove_file(&path).unwrap();
        for _ in 0..2 {
            take(&mut logs, &control, &status);
        }
        assert_eq!(status.take_events(), [], "it was there");
    }

    #[test]
    fn what_holds_no_secret_is_not_taken_for_a_key_log() {
        assert!(is_key_log(b"# only a comment\n\n"));
        let secret = format!("CLIENT_RANDOM {} {}\n", "ab".repeat(32), "cd".repeat(48));
        assert!(is_key_log(secret.as_bytes()));
        assert!(is_key_log(format!("nonsense\n{secret}").as_bytes()));
        assert!(!is_key_log(b"\x0a\x0d\x0d\x0a binary\nof a capture\n"));
    }
}
