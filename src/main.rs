//! The thin binary: everything is in the library.

use std::process::ExitCode;

/// Signaling makes many small strings that live as long as the capture; the system's allocator spends twice the time on them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    rtcscope::cli::run::run(std::env::args_os())
}
