//! The command line: arguments, exit codes, where a report goes. Floor 11.
//!
//! | file | what |
//! | --- | --- |
//! | [`raw`] | what may be typed, for clap, its help and completions |
//! | [`args`] | what was meant: one action, its inputs |
//! | [`run`] | does it, and turns the outcome into an exit status |
//! | [`failure`] | why not, in one sentence |
//! | [`load`] | inputs and key logs to an `Analysis`, with a progress bar |
//! | [`live`] | capturing: its options, signals, key logs that grow, the list of interfaces |
//! | `screen` | settings to how the screens start |
//! | [`learn`] | lessons, and their handout |
//! | [`export`] | packets to a file |
//! | [`output`] | a report to standard output or, whole or not at all, to a file |
//!
//! Exit status: 0 done · 1 `--fail-on` was met, or nothing was there to export · 2 usage, or an input or output that cannot be used.

pub mod args;
pub mod export;
pub mod failure;
pub mod learn;
pub mod live;
pub mod load;
pub mod output;
pub mod raw;
pub mod run;
mod screen;
