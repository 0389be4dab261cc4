//! Waits for keys, and notices when the terminal is gone: crossterm reads on for ever from one that hung up.

#[cfg(target_os = "linux")]
use std::fs::File;
use std::io;
#[cfg(target_os = "linux")]
use std::io::IsTerminal;
#[cfg(target_os = "linux")]
use std::os::fd::AsFd;
#[cfg(target_os = "linux")]
use std::os::fd::OwnedFd;
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
    /// The terminal: standard input, or what the program was started in when a capture comes from there. Asked once: a terminal that
    /// hung up is none any more.
    #[cfg(target_os = "linux")]
    terminal: Option<OwnedFd>,
}

impl Keys {
    /// Those of the terminal that the program was started in.
    pub fn new() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            terminal: if io::stdin().is_terminal() {
                io::stdin().as_fd().try_clone_to_owned().ok()
            } else {
                File::open("/dev/tty").ok().map(OwnedFd::from)
            },
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
        use rustix::termios::OptionalActions;
        use rustix::termios::tcgetattr;
        use rustix::termios::tcsetattr;

        let Some(terminal) = &self.terminal else {
            return asked(patience);
        };
        let mut waiting = [PollFd::new(terminal, PollFlags::IN)];
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
        let waited = asked(Duration::ZERO)?;
        if waited == Waited::Nothing && input.revents().contains(PollFlags::IN) {
            // crossterm was told of this key together with a signal, took the signal, and will not be told again before the next key.
            // Settings that are set tell everybody who waits for the terminal to look again.
            let settings = tcgetattr(terminal)?;
            tcsetattr(terminal, OptionalActions::Now, &settings)?;
            return asked(Duration::ZERO);
        }
        Ok(waited)
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
