//! The thin binary: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    rtcscope::cli::run::run(std::env::args_os())
}
