//! A capture that runs, as the loop of the screens sees it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use crate::ingest::live::clock::now;
use crate::ingest::live::session::Live;
use crate::tui::state::Prompt;
use crate::tui::state::State;
use crate::tui::state::live::LiveView;
use crate::tui::text::shown;

/// A capture that runs.
#[derive(Debug)]
pub struct Watch {
    /// The capture.
    pub live: Live,
    /// Set when a signal asks for an end.
    pub ended: Arc<AtomicBool>,
    /// Its capture filter.
    pub filter: String,
    looked: Option<Instant>,
}

impl Watch {
    /// Watches `live`, which lets pass what `filter` does, until the user leaves or `ended` is set.
    pub const fn new(live: Live, ended: Arc<AtomicBool>, filter: String) -> Self {
        Self {
            live,
            ended,
            filter,
            looked: None,
        }
    }

    /// The view to begin with.
    pub fn view(&self) -> LiveView {
        LiveView::new(self.filter.clone(), now())
    }

    /// Now and then: takes what the capture says, and moves the view on. Gives whether the picture may have changed.
    pub fn look(&mut self, state: &mut State) -> bool {
        if self.ended.load(Ordering::Relaxed) {
            state.quit = true;
        }
        if self
            .looked
            .is_some_and(|looked| looked.elapsed() < LOOK_EVERY)
        {
            return false;
        }
        self.looked = Some(Instant::now());
        let Some(view) = &mut state.live else {
            return false;
        };
        view.interfaces = self.live.status().interfaces();
        view.file = self.live.status().file();
        if !view.paused {
            view.now = now();
        }
        for event in self.live.status().take_events() {
            if event.bad {
                state.complain(shown(&event.text).into_owned());
            } else {
                state.tell(shown(&event.text).into_owned());
            }
        }
        true
    }
}

/// Captures what another filter lets pass; one that can't be used is asked for again, and the one before stays.
pub(super) fn refilter(live: &Live, text: &str, state: &mut State) {
    let text = text.trim();
    match live.refilter(Some(text)) {
        Ok(()) => {
            state.tried = None;
            if let Some(view) = &mut state.live {
                text.clone_into(&mut view.filter);
            }
            state.tell(if text.is_empty() {
                "everything is captured from now on".to_owned()
            } else {
                format!("captured from now on: {}", shown(text))
            });
        }
        Err(error) => {
            let error = shown(&error.to_string()).into_owned();
            match state.tried.take() {
                Some(tried) => {
                    let error = Some(error);
                    state.prompt = Some(Prompt { error, ..tried });
                }
                None => state.complain(error),
            }
        }
    }
}

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);
