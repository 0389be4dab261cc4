//! A capture file that is still being written, and the files of its set that come after it.
//!
//! ```text
//!  call_00001_20260101120000.pcapng ──end──► call_00002_….pcapng …     dumpcap's and rtcscope's sets: the next number
//!  call.pcap ──end──► call.pcap1 ──end──► call.pcap2 …                 tcpdump's (-C): the next number
//!  call.pcap00 ──end──► … call.pcap19 ──end──► call.pcap00 …           tcpdump's (-C -W): round and round
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
        let begin = format!("{stem}_");
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let entries = std::fs::read_dir(folder.unwrap_or_else(|| Path::new("."))).ok()?;
        let names = entries.flatten().map(|entry| entry.file_name());
        // The oldest of a set are removed at some time: then it goes on with the next that is left.
        let later = names.filter_map(|name| {
            let rest = name.to_str()?.strip_prefix(&begin)?.strip_suffix(end)?;
            let (digits, _) = rest.split_once('_').filter(|(it, _)| it.len() == 5)?;
            let its = digits.parse::<u32>().ok().filter(|its| *its > number)?;
            Some((its, name))
        });
        return later.min().map(|(_, name)| path.with_file_name(name));
    }
    let width = name.len() - name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (stem, number) = name.split_at(name.len() - width);
    let number = if width == 0 {
        0
    } else {
        number.parse::<u32>().ok()?
    };
    let numbered = |number: u32| path.with_file_name(format!("{stem}{number:0width$}"));
    let next = numbered(number.checked_add(1)?);
    let first = numbered(0);
    // A set that goes round has a number 0, and files of the round before.
    if width == 0 || !first.exists() || is_newer(&next, path) {
        return Some(next);
    }
    (number > 0 && is_newer(&first, path)).then_some(first)
}

/// Was `next` written since `path` was?
fn is_newer(next: &Path, path: &Path) -> bool {
    let written = |path: &Path| std::fs::metadata(path).and_then(|it| it.modified());
    matches!((written(next), written(path)), (Ok(next), Ok(path)) if next >= path)
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
    fn a_set_goes_on_where_its_next_files_were_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in [
            "a_00001_1.pcapng",
            "a_00007_3.pcapng",
            "a_00005_2.pcapng",
            "a_00002_2.pcap",
        ] {
            std::fs::write(path(name), name).unwrap();
        }
        let next = successor(&path("a_00001_1.pcapng")).unwrap();
        assert_eq!(next, path("a_00005_2.pcapng"));
        assert_eq!(successor(&path("a_00007_3.pcapng")), None);
    }

    #[test]
    fn a_set_that_goes_round_is_followed_to_its_newest() {
        let folder = tempfile::tempdir().unwrap();
        let path = |number: u32| folder.path().join(format!("c.pcap{number:02}"));
        let written = |number: u32, second: u64| {
            let file = File::create(path(number)).unwrap();
            let at = std::time::UNIX_EPOCH + Duration::from_secs(second);
            file.set_modified(at).unwrap();
        };
        for number in 0..12 {
            written(number, 1_000 + u64::from(number));
        }
        assert_eq!(successor(&path(0)), Some(path(1)));
        assert_eq!(successor(&path(9)), Some(path(10)));
        // The last of the set, and nothing newer yet.
        assert_eq!(successor(&path(11)), None);
        written(0, 2_000);
        assert_eq!(successor(&path(11)), Some(path(0)));
        assert_eq!(successor(&path(0)), None);
        // Now those after the first are of the round before.
        written(1, 2_001);
        assert_eq!(successor(&path(1)), None);
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
