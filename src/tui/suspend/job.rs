//! Job control: who asks the program to stop, and the thread that stops it.

use std::cell::Cell;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use nix::sys::signal::SigSet;
use nix::sys::signal::Signal;
use nix::sys::signal::kill;
use nix::sys::signal::raise;
use nix::unistd::Pid;
use signal_hook::consts::signal::SIGCONT;
use signal_hook::consts::signal::SIGHUP;
use signal_hook::consts::signal::SIGINT;
use signal_hook::consts::signal::SIGTERM;
use signal_hook::flag;

use crate::tui::suspend::Stop;

/// The way to be stopped.
#[derive(Debug)]
pub struct Stops {
    /// A stop was asked for.
    asked: Receiver<()>,
    /// The terminal is given back.
    ready: Sender<()>,
    /// The program goes on.
    over: Receiver<()>,
    /// Set by SIGCONT.
    gone_on: Arc<AtomicBool>,
    /// Set by the signals that ask for an end.
    ended: Arc<AtomicBool>,
    /// Do these end the program at once, because no screen has the terminal yet?
    at_once: Arc<AtomicBool>,
    /// Does the program itself ask? Then there is an answer, very soon.
    own: Cell<bool>,
}

impl Stops {
    /// From now on the program is stopped in good order. Threads that run already would be stopped at once: this comes before all of them.
    ///
    /// # Errors
    ///
    /// The operating system refuses.
    pub fn listen() -> io::Result<Self> {
        let mut signals = SigSet::empty();
        signals.add(Signal::SIGTSTP);
        signals.thread_block()?;
        let gone_on = Arc::new(AtomicBool::new(false));
        flag::register(SIGCONT, Arc::clone(&gone_on))?;
        // Left to themselves they would end the program with the terminal as it is.
        let ended = Arc::new(AtomicBool::new(false));
        let at_once = Arc::new(AtomicBool::new(true));
        for number in [SIGINT, SIGTERM, SIGHUP] {
            flag::register_conditional_default(number, Arc::clone(&at_once))?;
            flag::register(number, Arc::clone(&ended))?;
        }
        let (ask, asked) = mpsc::channel();
        let (ready, wait_ready) = mpsc::channel();
        let (go_on, over) = mpsc::channel();
        thread::spawn(move || {
            while signals.wait().is_ok() {
                if ask.send(()).is_err() {
                    return;
                }
                // The loop waits for keys; a signal that has a handler ends that.
                let _ = kill(Pid::this(), Signal::SIGWINCH);
                if wait_ready.recv().is_err() {
                    return;
                }
                // Only this thread lets the signal through: it stops all of them, here.
                let _ = signals.thread_unblock();
                let _ = raise(Signal::SIGTSTP);
                let _ = signals.thread_block();
                if go_on.send(()).is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            asked,
            ready,
            over,
            gone_on,
            ended,
            at_once,
            own: Cell::new(false),
        })
    }

    /// Asks for what the terminal would do at Ctrl-Z: every program of the job is told to stop, a pipe's other end too.
    pub fn ask(&self) {
        self.own.set(true);
        let job = Pid::from_raw(0);
        // A sandbox may forbid signals to others.
        if kill(job, Signal::SIGTSTP).is_err() {
            let _ = kill(Pid::this(), Signal::SIGTSTP);
        }
    }

    /// A screen takes the terminal: from now on signals that ask for an end are heeded, and don't end the program themselves.
    pub fn take_over(&self) {
        self.at_once.store(false, Ordering::Relaxed);
    }

    /// Did a signal ask for an end?
    pub fn is_over(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    pub(super) fn is_asked(&self) -> bool {
        if self.own.take() {
            return self.asked.recv_timeout(SOON).is_ok();
        }
        self.asked.try_recv().is_ok()
    }

    pub(super) fn has_gone_on(&self) -> bool {
        self.gone_on.swap(false, Ordering::Relaxed)
    }

    /// Comes back when the program goes on.
    pub(super) fn stop(&self) -> Stop {
        self.gone_on.store(false, Ordering::Relaxed);
        let since = Instant::now();
        if self.ready.send(()).is_ok() {
            // An error: the thread is gone, and nothing was stopped.
            let _ = self.over.recv();
        }
        if !self.has_gone_on() && since.elapsed() < AT_ONCE {
            Stop::Refused
        } else {
            Stop::Over
        }
    }
}

/// How long a signal of our own may take.
const SOON: Duration = Duration::from_millis(500);
/// Nobody types `fg` as fast as that.
const AT_ONCE: Duration = Duration::from_millis(20);
