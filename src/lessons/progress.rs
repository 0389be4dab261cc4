//! How far somebody got: which steps were answered, and where the last visit ended. A small text file that one can read, and mend.
//!
//! ```text
//! rtcscope-progress 1
//! at 3 2                lesson 3, step 2
//! done 1 1              lesson 1, step 1 was answered
//! ```

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::io;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

/// How far somebody got. Lessons and steps count from 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Where the last visit ended: lesson, step.
    pub at: Option<(u32, u32)>,
    /// Steps whose questions were answered: lesson, step.
    pub done: BTreeSet<(u32, u32)>,
}

impl Progress {
    /// Reads what [`Progress::text`] wrote; lines that are none are passed over.
    pub fn parse(text: &str) -> Self {
        let mut progress = Self::default();
        for line in text.lines().take(LINES_MAX) {
            let mut words = line.split_whitespace();
            let (Some(key), Some(lesson), Some(step)) = (words.next(), words.next(), words.next())
            else {
                continue;
            };
            let (Ok(lesson), Ok(step)) = (lesson.parse(), step.parse()) else {
                continue;
            };
            match key {
                "at" => progress.at = Some((lesson, step)),
                "done" => {
                    progress.done.insert((lesson, step));
                }
                _ => {}
            }
        }
        progress
    }

    /// As it stands in the file.
    pub fn text(&self) -> String {
        let mut text = "rtcscope-progress 1\n".to_owned();
        if let Some((lesson, step)) = &self.at {
            let _ = writeln!(text, "at {lesson} {step}");
        }
        for (lesson, step) in &self.done {
            let _ = writeln!(text, "done {lesson} {step}");
        }
        text
    }

    /// Reads a file; one that is not there is a beginning.
    pub fn load(path: &Path) -> Self {
        let mut text = String::new();
        let read =
            fs::File::open(path).and_then(|file| file.take(FILE_MAX).read_to_string(&mut text));
        match read {
            Ok(_) => Self::parse(&text),
            Err(_) => Self::default(),
        }
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    ///
    /// The directory cannot be made, or the file not written.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        let draft = path.with_extension(format!("{}.part", std::process::id()));
        fs::write(&draft, self.text())?;
        fs::rename(&draft, path)
    }
}

/// Where progress is remembered: in the user's data directory. None when there is no home.
pub fn path() -> Option<PathBuf> {
    let directories = directories::ProjectDirs::from("", "", "rtcscope")?;
    Some(directories.data_dir().join("progress"))
}

/// Longest file that is read, bytes.
const FILE_MAX: u64 = 64 << 10;
/// Lines that are read.
const LINES_MAX: usize = 4_096;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/progress");
        assert_eq!(Progress::load(&path), Progress::default());
        let progress = Progress {
            at: Some((3, 2)),
            done: [(1, 1), (1, 2)].into(),
        };
        progress.save(&path).unwrap();
        assert_eq!(Progress::load(&path), progress);
    }

    proptest! {
        #[test]
        fn any_file_is_some_progress(text in any::<String>()) {
            let progress = Progress::parse(&text);
            prop_assert_eq!(Progress::parse(&progress.text()), progress);
        }
    }
}
