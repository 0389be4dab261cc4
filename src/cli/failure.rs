//! Why it could not be done: one sentence that says what to do next.

use std::io;
use std::path::PathBuf;

use crate::filter::error::FilterError;
use crate::ingest::error::IngestError;
use crate::ingest::live::error::LiveError;
use crate::lessons::error::LessonError;
use crate::vocab::printable::printable;

/// What ends the program with exit status 2. The message is meant for the user as it stands.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A capture cannot be used.
    #[error(transparent)]
    Input(#[from] IngestError),
    /// Packets cannot be captured.
    #[error(transparent)]
    Live(#[from] LiveError),
    /// The interfaces cannot be listed.
    #[error("the interfaces cannot be listed: {0}")]
    Interfaces(io::Error),
    /// Signals cannot be listened for.
    #[error("signals cannot be caught: {0}")]
    Signals(io::Error),
    /// The configuration cannot be used.
    #[error("{0}\n\n`rtcscope config` prints the configuration with its defaults")]
    Config(String),
    /// A key log cannot be read.
    #[error("key log {} cannot be read: {source}", path.display())]
    KeyLog {
        /// Its path.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A key log is too large to be one.
    #[error("key log {} is larger than {limit} MiB: cut out the lines of the time in question", path.display())]
    KeyLogTooLarge {
        /// Its path.
        path: PathBuf,
        /// The most that is read, MiB.
        limit: u64,
    },
    /// A key log without a secret in it, of another kind of file by the look of it.
    #[error(
        "{} holds no secret: a key log has lines like `CLIENT_RANDOM 5b58… 8f1c…`, as SSLKEYLOGFILE makes browsers write them",
        path.display()
    )]
    NoKeyLog {
        /// Its path.
        path: PathBuf,
    },
    /// The filter is none.
    #[error(
        "filter: {}\n\n{}\n\n`rtcscope report --filter help` explains filters and lists the fields",
        printable(&error.to_string()),
        indented(&error.pointed(expression))
    )]
    Filter {
        /// What was typed.
        expression: String,
        /// What is wrong with it.
        error: FilterError,
    },
    /// A lesson has a slip.
    #[error("{}", printable(&.0.to_string()))]
    Lesson(LessonError),
    /// A directory of lessons, or a lesson, cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Lessons {
        /// Its path.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A directory without lessons.
    #[error("{} holds no lesson: lessons are files called *.md; docs/teaching.md shows how to write one", path.display())]
    NoLessons {
        /// Its path.
        path: PathBuf,
    },
    /// There is no lesson of that number.
    #[error("there is no lesson {number}, only {}", list(known))]
    NoSuchLesson {
        /// The number asked for.
        number: u32,
        /// Those there are.
        known: Vec<u32>,
    },
    /// Nobody said where to write the packets.
    #[error("say where to write the packets: `-o OUT.pcapng`, or `-o -` for standard output")]
    NoOutput,
    /// The output is one of the inputs.
    #[error("{} is one of the captures that are read: name another file to write", path.display())]
    OutputIsInput {
        /// Its path.
        path: PathBuf,
    },
    /// Packets are not written where somebody reads.
    #[error("standard output is a terminal: `-o OUT.pcapng` writes the packets to a file")]
    OutputIsTerminal,
    /// The report cannot be written to its file.
    #[error("{} cannot be written: {source}", path.display())]
    Output {
        /// Its path.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The output is a directory.
    #[error("{} cannot be written: it is a directory, name a file in it", path.display())]
    OutputDirectory {
        /// Its path.
        path: PathBuf,
    },
    /// Standard output failed, for another reason than a reader that had enough.
    #[error("standard output cannot be written: {0}")]
    Stdout(io::Error),
    /// The terminal UI failed.
    #[error("the screen cannot be used: {0}; `rtcscope report` prints instead")]
    Screen(io::Error),
}

fn list(numbers: &[u32]) -> String {
    let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
    numbers.join(", ")
}

fn indented(text: &str) -> String {
    let lines = text.lines().map(|line| format!("  {line}"));
    lines.collect::<Vec<_>>().join("\n")
}
