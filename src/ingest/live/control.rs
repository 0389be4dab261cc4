//! What steers a capture from other threads.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use crate::ingest::live::program::Program;

/// What steers a capture from other threads; a copy is a handle.
#[derive(Debug, Clone, Default)]
pub struct Control(Arc<Orders>);

#[derive(Debug, Default)]
struct Orders {
    stop: AtomicBool,
    until: Option<Instant>,
    /// Key-log text to put into the stream.
    secrets: Mutex<Vec<u8>>,
    /// New filters, by interface.
    filters: Mutex<Option<Vec<Program>>>,
}

impl Control {
    /// For a capture that ends by itself after `duration`.
    pub fn new(duration: Option<Duration>) -> Self {
        Self(Arc::new(Orders {
            until: duration.and_then(|duration| Instant::now().checked_add(duration)),
            ..Orders::default()
        }))
    }

    /// Ends the capture: what the rings hold is still taken.
    pub fn stop(&self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }

    /// Puts key-log lines into the stream, for the packets that follow.
    pub fn add_secrets(&self, text: &[u8]) {
        let mut secrets = self
            .0
            .secrets
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        secrets.extend_from_slice(text);
    }

    pub(super) fn refilter(&self, filters: Vec<Program>) {
        *self
            .0
            .filters
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(filters);
    }

    pub(super) fn take_secrets(&self) -> Vec<u8> {
        let mut secrets = self
            .0
            .secrets
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *secrets)
    }

    pub(super) fn take_filters(&self) -> Option<Vec<Program>> {
        let mut filters = self
            .0
            .filters
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        filters.take()
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.stop.load(Ordering::Relaxed)
            || self.0.until.is_some_and(|until| Instant::now() >= until)
    }
}
