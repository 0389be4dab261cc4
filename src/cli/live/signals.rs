//! Signals that ask for an end: it is a tidy one, and a second signal ends at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

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

        let signals = Self::default();
        for number in [signal::SIGINT, signal::SIGTERM, signal::SIGHUP] {
            // In this order: the first signal finds the flag unset and sets it, the second finds it set.
            flag::register_conditional_shutdown(number, 128 + number, Arc::clone(&signals.stop))?;
            flag::register(number, Arc::clone(&signals.stop))?;
        }
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
