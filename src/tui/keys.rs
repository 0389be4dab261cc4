//! Waits for keys, and notices when the terminal is gone: crossterm reads on for ever from one that hung up.

use std::io;
use std::time::Duration;

use ratatui::crossterm::event;

/// What waiting came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// There is something to read.
    Keys,
    /// There is not.
    Nothing,
    /// Nobody will ever press a key here again.
    HungUp,
}

/// Where keys come from.
#[derive(Debug)]
pub struct Keys {
    /// Keys come from standard input. Asked once: a terminal that hung up is none any more.
    #[cfg(target_os = "linux")]
    on_standard_input: bool,
}

impl Keys {
    /// Those of the terminal that the program was started in.
    pub fn new() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            on_standard_input: io::IsTerminal::is_terminal(&io::stdin()),
        }
    }

    /// Waits at most for `patience`.
    ///
    /// # Errors
    ///
    /// The operating system refuses.
    #[cfg(target_os = "linux")]
    pub fn wait(&self, patience: Duration) -> io::Result<Waited> {
        use rustix::event::PollFd;
        use rustix::event::PollFlags;
        use rustix::event::Timespec;
        use rustix::event::poll;
        use rustix::io::Errno;

        if !self.on_standard_input {
            return asked(patience);
        }
        let input = io::stdin();
        let mut waiting = [PollFd::new(&input, PollFlags::IN)];
        let limit = Timespec {
            tv_sec: patience.as_secs().cast_signed(),
            tv_nsec: patience.subsec_nanos().into(),
        };
        match poll(&mut waiting, Some(&limit)) {
            // A signal: the window has another size, perhaps.
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let [input] = waiting;
        if input.revents().intersects(PollFlags::HUP | PollFlags::ERR) {
            return Ok(Waited::HungUp);
        }
        asked(Duration::ZERO)
    }

    /// Waits at most for `patience`.
    ///
    /// # Errors
    ///
    /// The operating system refuses.
    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unused_self, reason = "the same elsewhere needs it")]
    pub fn wait(&self, patience: Duration) -> io::Result<Waited> {
        asked(patience)
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self::new()
    }
}

fn asked(patience: Duration) -> io::Result<Waited> {
    Ok(if event::poll(patience)? {
        Waited::Keys
    } else {
        Waited::Nothing
    })
}
