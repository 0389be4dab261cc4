//! What comes with the program: the lessons, and the captures that they need.

use crate::ingest::raw::Input;
use crate::lessons::error::LessonError;
use crate::lessons::lesson::Lesson;
use crate::lessons::reader;

/// A capture that comes with the program.
#[derive(Debug, Clone, Copy)]
pub struct BuiltIn {
    /// Its name, that of its directory in `captures/`.
    pub name: &'static str,
    /// What happens in it, in a few words.
    pub about: &'static str,
    /// The file.
    pub bytes: &'static [u8],
    /// Secrets that open what is encrypted in it.
    pub key_log: &'static [u8],
}

impl BuiltIn {
    /// As an input to read.
    pub fn input(&self) -> Input {
        Input::Memory {
            name: format!("{} (built in)", self.name),
            bytes: self.bytes,
        }
    }
}

macro_rules! built_in {
    ($name:literal, $about:literal) => {
        BuiltIn {
            name: $name,
            about: $about,
            bytes: include_bytes!(concat!("../../captures/", $name, "/capture.pcapng")),
            key_log: b"",
        }
    };
    ($name:literal with keys, $about:literal) => {
        BuiltIn {
            key_log: include_bytes!(concat!("../../captures/", $name, "/keys.log")),
            ..built_in!($name, $about)
        }
    };
}

/// The captures, the sample first.
pub const CAPTURES: &[BuiltIn] = &[
    built_in!("videoroom-http", "a call in a video room, all well"),
    built_in!(
        "websocket-h2" with keys,
        "such a call whose signaling runs inside TLS, with its keys"
    ),
    built_in!("turn-stale-nonce", "a call through a relay"),
    built_in!("ice-failure-blocked", "a call that fails"),
    built_in!("ice-failure-auth", "a call that fails"),
    built_in!("nat-no-relay", "a call that fails"),
    built_in!("dtls-failure-offer", "a call that fails"),
    built_in!("lossy", "a call that runs badly"),
    built_in!("restart-ice", "a call that begins its ICE anew"),
    built_in!("mdns", "a call whose host candidates hide behind names"),
];

/// The capture that opens when none is named.
pub const SAMPLE: &str = "videoroom-http";

/// The built-in capture called `name`.
pub fn capture(name: &str) -> Option<&'static BuiltIn> {
    CAPTURES.iter().find(|capture| capture.name == name)
}

/// The built-in capture that these inputs are, if they are one.
pub fn known(inputs: &[Input]) -> Option<&'static BuiltIn> {
    let [Input::Memory { bytes, .. }] = inputs else {
        return None;
    };
    CAPTURES.iter().find(|capture| capture.bytes == *bytes)
}

macro_rules! lesson {
    ($file:literal) => {
        ($file, include_str!(concat!("library/", $file)))
    };
}

/// The lessons as they are written: file name, text.
pub const TEXTS: &[(&str, &str)] = &[
    lesson!("1-connecting.md"),
    lesson!("2-signaling.md"),
    lesson!("3-candidates.md"),
    lesson!("4-ice.md"),
    lesson!("5-turn.md"),
    lesson!("6-dtls-srtp.md"),
    lesson!("7-media.md"),
    lesson!("8-failures.md"),
];

/// The lessons that come with the program, in order of their numbers.
///
/// # Errors
///
/// None, as long as its tests pass.
pub fn lessons() -> Result<Vec<Lesson>, LessonError> {
    TEXTS
        .iter()
        .map(|(file, text)| reader::read(file, text))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lesson_reads() {
        let lessons = lessons().unwrap_or_else(|error| panic!("{error}"));
        let numbers: Vec<u32> = lessons.iter().map(|lesson| lesson.number).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
    }

    #[test]
    fn a_built_in_capture_is_known_by_its_bytes() {
        for capture in CAPTURES {
            let known = known(&[capture.input()]).map(|it| it.name);
            assert_eq!(known, Some(capture.name));
        }
        assert!(known(&[Input::Path("lossy".into())]).is_none());
        assert!(known(&[]).is_none());
    }

    #[test]
    fn what_is_built_in_stays_well_under_ten_megabytes() {
        let bytes: usize = CAPTURES.iter().map(|capture| capture.bytes.len()).sum();
        assert!(bytes < 6 << 20, "{bytes}");
    }
}
