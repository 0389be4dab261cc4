//! What a live capture says while it runs.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

/// What a live capture says; a copy is a handle to the same words.
#[derive(Debug, Clone, Default)]
pub struct Status(Arc<Mutex<Words>>);

#[derive(Debug, Default)]
struct Words {
    interfaces: Vec<InterfaceStatus>,
    events: VecDeque<Event>,
    file: Option<String>,
}

/// One interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterfaceStatus {
    /// Its name.
    pub name: String,
    /// Is it there?
    pub state: InterfaceState,
    /// Frames taken.
    pub packets: u64,
    /// Frames that the kernel had no room for.
    pub dropped: u64,
}

/// Is an interface there?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InterfaceState {
    /// It is up.
    Up,
    /// It is down; its packets are taken when it comes back.
    Down,
    /// It was removed; one of the same name takes its place when it comes.
    Gone,
}

/// Something happened. Printable once its name is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What, in a sentence without its full stop.
    pub text: String,
    /// Is it bad news?
    pub bad: bool,
}

impl Status {
    /// The interfaces.
    pub fn interfaces(&self) -> Vec<InterfaceStatus> {
        self.words().interfaces.clone()
    }

    /// The file being written.
    pub fn file(&self) -> Option<String> {
        self.words().file.clone()
    }

    /// What happened since the last look, each once.
    pub fn take_events(&self) -> Vec<Event> {
        self.words().events.drain(..).collect()
    }

    /// Packets that the kernel had no room for.
    pub fn dropped(&self) -> u64 {
        self.words()
            .interfaces
            .iter()
            .map(|interface| interface.dropped)
            .sum()
    }

    pub(super) fn set_interfaces(&self, interfaces: Vec<InterfaceStatus>) {
        self.words().interfaces = interfaces;
    }

    pub(super) fn set_file(&self, file: Option<String>) {
        self.words().file = file;
    }

    /// Tells something; who never listens hears the last few.
    pub fn tell(&self, text: String, bad: bool) {
        let mut words = self.words();
        if words.events.len() == EVENTS_KEPT {
            words.events.pop_front();
        }
        words.events.push_back(Event { text, bad });
    }

    /// A panic while the lock was held leaves words as they were.
    fn words(&self) -> MutexGuard<'_, Words> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Events that wait for a listener.
const EVENTS_KEPT: usize = 64;
