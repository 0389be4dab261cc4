//! A report to standard output or, whole or not at all, to a file.

use std::ffi::OsString;
use std::fs;
use std::fs::File;
use std::io;
use std::io::BufWriter;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use anstream::AutoStream;
use anstream::ColorChoice;
use anstream::adapter::StripBytes;

use crate::cli::failure::Failure;

/// Where a report goes.
#[derive(Debug, Clone, Copy)]
pub enum Destination<'a> {
    /// Standard output.
    Stdout,
    /// A file; what was there stays until the new report is whole.
    File(&'a Path),
}

impl Destination<'_> {
    /// Lets `print` write the report. `colour` decides what becomes of its styles.
    ///
    /// A reader that stops reading (`| head`) is no failure: the rest is not wanted.
    pub fn deliver(
        self,
        colour: ColorChoice,
        print: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        match self {
            Self::Stdout => match print_to_stdout(colour, print) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    Err(Failure::Stdout(error))
                }
                _ => Ok(()),
            },
            Self::File(path) => to_file(path, colour, print),
        }
    }
}

fn print_to(
    out: impl Write,
    print: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, out);
    print(&mut out)?;
    out.flush()
}

/// Prints to standard output, with the styles that it can show.
fn print_to_stdout(
    colour: ColorChoice,
    print: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let out = io::stdout();
    let colour = match colour {
        ColorChoice::Auto => AutoStream::choice(&out),
        chosen => chosen,
    };
    match colour {
        ColorChoice::Never => print_plain(out, print),
        shown => print_to(AutoStream::new(out, shown), print),
    }
}

/// Prints to a file, which is no terminal: with styles, or with none.
fn print_to_file(
    file: File,
    styled: bool,
    print: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    if styled {
        print_to(file, print)
    } else {
        print_plain(file, print)
    }
}

/// Prints without styles.
fn print_plain(
    out: impl Write,
    print: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    // Between two styles are a few words: gathered again behind the stripping, or each would be a system call.
    let plain = Plain {
        state: StripBytes::new(),
        out: BufWriter::with_capacity(BUFFER_BYTES, out),
    };
    print_to(plain, print)
}

/// Leaves escape sequences out.
struct Plain<W: Write> {
    state: StripBytes,
    out: W,
}

impl<W: Write> Write for Plain<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in self.state.strip_next(bytes) {
            self.out.write_all(part)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn to_file(
    path: &Path,
    colour: ColorChoice,
    print: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let failed = |source| Failure::Output {
        path: path.to_owned(),
        source,
    };
    // A link keeps pointing where it points; what it points to is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let existing = fs::metadata(&target).ok();
    if existing.as_ref().is_some_and(fs::Metadata::is_dir) {
        return Err(Failure::OutputDirectory {
            path: path.to_owned(),
        });
    }
    // A file is no terminal: styles only when asked for.
    let styled = matches!(colour, ColorChoice::Always | ColorChoice::AlwaysAnsi);
    if existing.as_ref().is_some_and(|there| !there.is_file()) {
        // A device or FIFO cannot be replaced, only written to.
        let file = File::options().write(true).open(&target).map_err(failed)?;
        return match print_to_file(file, styled, print) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(failed(error)),
            _ => Ok(()),
        };
    }
    let draft = Draft::beside(&target).map_err(failed)?;
    draft
        .open()
        .and_then(|file| print_to_file(file, styled, print))
        .and_then(|()| draft.replace(&target, existing.as_ref()))
        .map_err(failed)
}

/// A temporary name beside the real one, in use until the report is whole; what is left of it goes when this goes.
struct Draft {
    path: PathBuf,
}

impl Draft {
    /// A hidden name in the same directory, so that renaming moves no bytes.
    fn beside(target: &Path) -> io::Result<Self> {
        let name = target
            .file_name()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it has no file name"))?;
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.part", std::process::id()));
        Ok(Self {
            path: target.with_file_name(hidden),
        })
    }

    fn open(&self) -> io::Result<File> {
        File::create(&self.path)
    }

    /// Gives the finished file its real name, and the permissions of the one it replaces.
    fn replace(&self, target: &Path, existing: Option<&fs::Metadata>) -> io::Result<()> {
        if let Some(existing) = existing {
            fs::set_permissions(&self.path, existing.permissions())?;
        }
        fs::rename(&self.path, target)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After `replace` the name is gone, and that is fine too.
        let _ = fs::remove_file(&self.path);
    }
}

/// Reports run to megabytes; one system call for each 64 KiB.
const BUFFER_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn deliver(path: &Path, text: &'static str) -> Result<(), Failure> {
        Destination::File(path).deliver(ColorChoice::Auto, |out| out.write_all(text.as_bytes()))
    }

    fn names(dir: &Path) -> Vec<OsString> {
        let entries = fs::read_dir(dir).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect()
    }

    #[test]
    fn a_report_replaces_the_last_one_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report.txt");
        deliver(&path, "first, and longer").unwrap();
        deliver(&path, "\x1b[1msecond\x1b[0m").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(names(dir.path()), ["report.txt"]);
    }

    #[test]
    fn a_report_that_fails_halfway_leaves_the_old_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report.txt");
        deliver(&path, "first").unwrap();
        let failed = Destination::File(&path).deliver(ColorChoice::Auto, |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("interrupted"))
        });
        assert!(failed.unwrap_err().to_string().contains("interrupted"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        assert_eq!(names(dir.path()), ["report.txt"]);
    }

    #[test]
    fn a_directory_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let message = deliver(dir.path(), "x").unwrap_err().to_string();
        assert!(message.contains("is a directory"), "{message}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        deliver(&link, "new").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
