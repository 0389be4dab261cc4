//! A capture file that is still being written, and the files of its set that come after it.
//!
//! ```text
//!  call_00001_20260101120000.pcapng ──end──► call_00002_….pcapng …     dumpcap's and rtcscope's sets: the next number
//!  call.pcap ──end──► call.pcap1 ──end──► call.pcap2 …                 tcpdump's (-C): the next number
//!  call.pcap ──end──► another file of that name                        logrotate's: begun anew
//! ```
//!
//! All of them are read as one stream. A pcapng section begins anew wherever one ends; of a pcap file that goes on another, the header is left out.

use std::fs::File;
use std::io;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

/// Reads a file as it grows. Never ends: who reads it has to stop.
#[derive(Debug)]
pub(crate) struct Follower {
    path: PathBuf,
    file: File,
    taken: u64,
    /// Does the stream have the header of a pcap file, so that later ones are left out?
    pcap: bool,
    /// Bytes of a header to leave out.
    skip: u64,
}

impl Follower {
    /// Follows the file at `path`.
    ///
    /// # Errors
    ///
    /// It can't be opened.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            taken: 0,
            pcap: false,
            skip: 0,
        })
    }

    /// Goes on with the next file, when there is one; gives whether there was.
    fn go_on(&mut self) -> bool {
        let next = if is_still(&self.file, &self.path) {
            successor(&self.path).filter(|next| next.exists())
        } else {
            Some(self.path.clone())
        };
        let Some(next) = next else {
            return false;
        };
        let Ok(file) = File::open(&next) else {
            return false;
        };
        self.skip = if self.pcap { PCAP_HEADER_BYTES } else { 0 };
        (self.path, self.file, self.taken) = (next, file, 0);
        true
    }
}

impl Read for Follower {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            // Looked at before the last bytes are read: what was written to the old file before the new one was begun is not lost.
            let has_next = !is_still(&self.file, &self.path)
                || successor(&self.path).is_some_and(|next| next.exists());
            let count = self.file.read(room)?;
            if count > 0 {
                if self.taken == 0 && self.skip == 0 {
                    self.pcap = room.first_chunk().is_some_and(|magic| is_pcap(*magic));
                }
                self.taken += count as u64;
                let skipped = self.skip.min(count as u64);
                self.skip -= skipped;
                let skipped = usize::try_from(skipped).unwrap_or(count);
                room.copy_within(skipped..count, 0);
                if count > skipped {
                    return Ok(count - skipped);
                }
                continue;
            }
            if !(has_next && self.go_on()) {
                thread::sleep(LOOK_EVERY);
            }
        }
    }
}

/// The next file of a rotated set, when the name has a number and the next is there.
fn successor(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let parts: Vec<&str> = name.rsplitn(3, '_').collect();
    if let [time, number, stem] = parts[..]
        && number.len() == 5
        && let Ok(number) = number.parse::<u32>()
    {
        let end = time.split_once('.').map_or("", |(_, end)| end);
        let begin = format!("{stem}_{:05}_", number.checked_add(1)?);
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let entries = std::fs::read_dir(folder.unwrap_or_else(|| Path::new("."))).ok()?;
        let mut names = entries.flatten().map(|entry| entry.file_name());
        let found = names.find(|name| {
            let name = name.to_string_lossy();
            name.starts_with(&begin) && name.ends_with(end)
        });
        return found.map(|name| path.with_file_name(name));
    }
    let digits = name.len() - name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (stem, number) = name.split_at(name.len() - digits);
    let number = if digits == 0 {
        0
    } else {
        number.parse::<u32>().ok()?
    };
    Some(path.with_file_name(format!("{stem}{}", number.checked_add(1)?)))
}

const fn is_pcap(magic: [u8; 4]) -> bool {
    matches!(
        u32::from_be_bytes(magic),
        0xa1b2_c3d4 | 0xd4c3_b2a1 | 0xa1b2_3c4d | 0x4d3c_b2a1 | 0xa1b2_cd34 | 0x34cd_b2a1
    )
}

/// Is `file` the one that the path names? It is as long as no other is.
#[cfg(unix)]
pub fn is_still(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(ours), Ok(theirs)) => ours.dev() == theirs.dev() && ours.ino() == theirs.ino(),
        // Moved away, and nothing in its place yet: there may be more in the old one.
        _ => true,
    }
}

/// Is `file` the one that the path names? Here nobody can tell, and files that are open can't be moved.
#[cfg(not(unix))]
pub const fn is_still(_: &File, _: &Path) -> bool {
    true
}

/// A pcap file's header.
const PCAP_HEADER_BYTES: u64 = 24;
/// Between two looks at a file that has no more.
const LOOK_EVERY: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn take(follower: &mut Follower, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        follower.read_exact(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_set_is_read_as_one_stream() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("a_00001_2026.pcapng"), "one").unwrap();
        let mut follower = Follower::open(&path("a_00001_2026.pcapng")).unwrap();
        assert_eq!(take(&mut follower, 3), b"one");
        let mut first = File::options()
            .append(true)
            .open(path("a_00001_2026.pcapng"))
            .unwrap();
        first.write_all(b"more").unwrap();
        std::fs::write(path("a_00002_2027.pcapng"), "two").unwrap();
        assert_eq!(take(&mut follower, 7), b"moretwo");
    }

    #[test]
    fn the_header_of_a_later_pcap_file_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let file = |body: &str| {
            let mut bytes = vec![0xd4, 0xc3, 0xb2, 0xa1];
            bytes.resize(24, 0);
            bytes.extend_from_slice(body.as_bytes());
            bytes
        };
        std::fs::write(path("c.pcap"), file("one")).unwrap();
        std::fs::write(path("c.pcap1"), file("two")).unwrap();
        let mut follower = Follower::open(&path("c.pcap")).unwrap();
        assert_eq!(take(&mut follower, 30)[24..], *b"onetwo");
        std::fs::write(path("new"), file("three")).unwrap();
        std::fs::rename(path("new"), path("c.pcap1")).unwrap();
        assert_eq!(take(&mut follower, 5), b"three");
    }
}
