//! Signals that ask for an end: it is a tidy one, and another signal a moment later ends at once.
//!
//! Not each second signal is a user's impatience: `timeout` sends its signal to the program and to its group, and a terminal that hangs up is told by the
//! kernel and by the shell.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
#[cfg(unix)]
use std::sync::atomic::Ordering;
#[cfg(unix)]
use std::thread;
#[cfg(unix)]
use std::time::Duration;

/// Set when a signal came.
#[derive(Debug, Clone, Default)]
pub struct Signals {
    /// An end was asked for.
    pub stop: Arc<AtomicBool>,
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    ///
    /// The operating system refuses.
    #[cfg(unix)]
    pub fn listen() -> io::Result<Self> {
        use signal_hook::consts::signal;
        use signal_hook::flag;

        let (signals, waited) = (Self::default(), Arc::new(AtomicBool::new(false)));
        for number in [signal::SIGINT, signal::SIGTERM, signal::SIGHUP] {
            flag::register_conditional_shutdown(number, 128 + number, Arc::clone(&waited))?;
            flag::register(number, Arc::clone(&signals.stop))?;
        }
        let stop = Arc::clone(&signals.stop);
        // Ends with the program.
        thread::Builder::new()
            .name("signals".into())
            .spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    thread::sleep(LOOK_EVERY);
                }
                thread::sleep(MOMENT);
                waited.store(true, Ordering::Relaxed);
            })?;
        Ok(signals)
    }

    /// Where there are no such signals, none come.
    ///
    /// # Errors
    ///
    /// None.
    #[cfg(not(unix))]
    pub fn listen() -> io::Result<Self> {
        Ok(Self::default())
    }
}

/// Between two looks whether a signal came.
#[cfg(unix)]
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Signals that come as soon after the first are one with it.
#[cfg(unix)]
const MOMENT: Duration = Duration::from_millis(500);
