//! Stopping and going on, as a shell's job control has it: the terminal is given back before, and taken again after.
//!
//! ```text
//!  Ctrl-Z ─► SIGTSTP to the whole job ─► one thread waits for it ─► the loop gives the terminal back ─┐
//!  the loop takes the terminal again ◄─ SIGCONT: `fg` ◄─ that thread stops the program ◄──────────────┘
//! ```
//!
//! All threads block SIGTSTP, so that none stops the program in the middle of a picture. The one that stops it lets the signal's default
//! action do so: then the kernel doesn't stop what nobody could wake up again, a process group without a shell.

use std::io;

use ratatui::DefaultTerminal;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::DisableMouseCapture;
use ratatui::crossterm::event::EnableMouseCapture;
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::Clear;
use ratatui::crossterm::terminal::ClearType;
use ratatui::crossterm::terminal::EnterAlternateScreen;
use ratatui::crossterm::terminal::disable_raw_mode;
use ratatui::crossterm::terminal::enable_raw_mode;

#[cfg(unix)]
mod job;
#[cfg(not(unix))]
mod nothing;

#[cfg(unix)]
pub use crate::tui::suspend::job::Stops;
#[cfg(not(unix))]
pub use crate::tui::suspend::nothing::Stops;

/// Does the program take what the mouse does?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    /// Yes: select, scroll, drag.
    Taken,
    /// No: it stays the terminal's.
    Left,
}

impl Stops {
    /// Stops the program when that was asked for, and takes the terminal again when it goes on. Gives whether the screen has to be drawn anew.
    ///
    /// # Errors
    ///
    /// The terminal can't be used.
    pub fn heed(&self, terminal: &mut DefaultTerminal, mouse: Mouse) -> io::Result<Option<Stop>> {
        if !self.is_asked() {
            // Somebody stopped the program without asking (SIGSTOP): its shell has used the terminal since.
            if self.has_gone_on() {
                take_again(terminal, mouse)?;
                return Ok(Some(Stop::Over));
            }
            return Ok(None);
        }
        execute!(io::stdout(), DisableMouseCapture)?;
        ratatui::try_restore()?;
        execute!(io::stdout(), Show)?;
        let stop = self.stop();
        // Ended while it was stopped: there is no terminal to take.
        if self.is_over() {
            return Ok(Some(stop));
        }
        take_again(terminal, mouse)?;
        Ok(Some(stop))
    }
}

/// What became of a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The program was stopped, and goes on.
    Over,
    /// It was not: there is no shell that could let it go on.
    Refused,
}

/// Raw mode comes first: where the program goes on in the background, that stops it before it writes over the shell's lines.
fn take_again(terminal: &mut DefaultTerminal, mouse: Mouse) -> io::Result<()> {
    // Whatever was remembered of the terminal is what it was before the stop.
    disable_raw_mode()?;
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, Clear(ClearType::All))?;
    if mouse == Mouse::Taken {
        execute!(io::stdout(), EnableMouseCapture)?;
    }
    // One that knows nothing of what was drawn before. Its own way to clear would ask the terminal where the cursor is, and wait.
    *terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
    Ok(())
}
