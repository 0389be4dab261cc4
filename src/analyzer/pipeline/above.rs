//! Where the trackers work: here, or on a thread of their own beside the one that reads.
//!
//! ```text
//! this thread    read ─► decode ─► flow ─► batch ─┐  ▲ emptied batches
//! the other                                       └─►┴─ trackers
//! ```
//!
//! They see the same observations in the same order either way, so that the result is the same. What they know can be looked at only
//! while they are here: whoever asks waits until the other thread has worked off what it was given, and ends it; the next full batch begins
//! a new one.

use std::panic::resume_unwind;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::SyncSender;
use std::sync::mpsc::channel;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::thread::JoinHandle;

use crate::analyzer::pipeline::batch::Batch;
use crate::analyzer::trackers::Trackers;
use crate::flow::observation::Observation;
use crate::vocab::sighting::Sighting;

/// The trackers, wherever they work.
#[derive(Debug)]
pub(super) struct Above {
    /// `None` while they work beside.
    here: Option<Box<Trackers>>,
    thread: Option<Thread>,
    /// Seen, and not told to the trackers yet; used only when they may work beside.
    batch: Batch,
    /// Batches filled so far.
    filled: usize,
    may_work_beside: bool,
}

/// A thread that owns the trackers until nothing comes any more.
#[derive(Debug)]
struct Thread {
    work: SyncSender<Batch>,
    emptied: Receiver<Batch>,
    /// Batches that may be made yet.
    unmade: usize,
    handle: JoinHandle<Option<Box<Trackers>>>,
}

impl Above {
    /// Trackers that work here.
    pub(super) fn new(trackers: Trackers) -> Self {
        Self {
            here: Some(Box::new(trackers)),
            thread: None,
            batch: Batch::default(),
            filled: 0,
            may_work_beside: false,
        }
    }

    /// From now on they may work beside, when there is enough to do.
    pub(super) const fn allow_thread(&mut self) {
        self.may_work_beside = true;
    }

    /// Tells them what was seen.
    #[inline]
    pub(super) fn observe(&mut self, seen: Sighting, observation: &Observation<'_>) {
        if self.may_work_beside {
            self.batch.add(seen, observation);
            if self.batch.is_full() {
                self.hand_over();
            }
        } else if let Some(trackers) = &mut self.here {
            trackers.observe(seen, observation);
        }
    }

    /// The trackers, if they hear of each observation at once.
    #[inline]
    pub(super) fn at_once(&self) -> Option<&Trackers> {
        self.here.as_deref().filter(|_| !self.may_work_beside)
    }

    /// The trackers, after they heard of all that was seen.
    pub(super) fn trackers(&mut self) -> &mut Trackers {
        if let Some(thread) = self.thread.take() {
            self.here = Some(thread.end());
        }
        let trackers = self
            .here
            .as_deref_mut()
            .expect("a thread that ends gives them back");
        self.batch.replay(trackers);
        trackers
    }

    /// A full batch goes to the other thread; the first ones don't, for small captures are read sooner than a thread begins.
    #[cold]
    fn hand_over(&mut self) {
        self.filled += 1;
        if self.filled <= FILLED_BEFORE {
            self.trackers();
            return;
        }
        if let Some(trackers) = self.here.take() {
            match Thread::begin(trackers) {
                Ok(thread) => self.thread = Some(thread),
                // No thread to be had: they go on here.
                Err(trackers) => self.here = Some(trackers),
            }
        }
        match &mut self.thread {
            Some(thread) => thread.swap(&mut self.batch),
            None => {
                self.trackers();
            }
        }
    }
}

impl Thread {
    /// Gives the trackers back when there is no thread to be had.
    fn begin(trackers: Box<Trackers>) -> Result<Self, Box<Trackers>> {
        let (work, given) = sync_channel::<Batch>(BATCHES);
        let (returns, emptied) = channel();
        let (owner, owned) = sync_channel::<Box<Trackers>>(1);
        let spawned = thread::Builder::new()
            .name("trackers".to_owned())
            .spawn(move || {
                let mut trackers = owned.recv().ok()?;
                for mut batch in given {
                    batch.replay(&mut trackers);
                    // Who reads may have gone on to ask for the trackers.
                    let _ = returns.send(batch);
                }
                Some(trackers)
            });
        let Ok(handle) = spawned else {
            return Err(trackers);
        };
        owner.send(trackers).map_err(|refused| refused.0)?;
        Ok(Self {
            work,
            emptied,
            unmade: BATCHES,
            handle,
        })
    }

    /// Takes a full batch to work on, and gives an empty one.
    fn swap(&mut self, batch: &mut Batch) {
        let empty = if self.unmade > 0 {
            self.unmade -= 1;
            Batch::default()
        } else {
            self.emptied.recv().unwrap_or_default()
        };
        // Refused only when the thread panicked: `end` tells.
        let _ = self.work.send(std::mem::replace(batch, empty));
    }

    /// Waits until all is worked off.
    ///
    /// # Panics
    ///
    /// With the thread's own panic.
    fn end(self) -> Box<Trackers> {
        drop(self.work);
        match self.handle.join() {
            Ok(trackers) => trackers.expect("they were sent to it"),
            Err(panic) => resume_unwind(panic),
        }
    }
}

/// Batches that are worked off before a thread is worth its start.
const FILLED_BEFORE: usize = 4;

/// Batches under way between the threads.
const BATCHES: usize = 4;

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::net::Ipv4Addr;

    use super::*;
    use crate::analyzer::limits::Limits;
    use crate::vocab::address::Direction;
    use crate::vocab::ids::FlowId;
    use crate::vocab::ids::FrameNumber;
    use crate::vocab::time::Timestamp;

    fn above() -> Above {
        let mut above = Above::new(Trackers::new(&Limits {
            names: 1 << 20,
            ..Limits::default()
        }));
        above.allow_thread();
        above
    }

    /// Names for the hosts 10.0.0.0 to 10.0.255.255, from `first` on.
    fn learn(above: &mut Above, first: u32, count: u32) {
        for host in first..first + count {
            let seen = Sighting {
                at: Timestamp::default(),
                frame: FrameNumber::new(0, 1),
                flow: FlowId(0),
                direction: Direction::Forward,
            };
            let name = format!("host-{host}");
            let address = IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + host));
            let observation = Observation::Name {
                name: &name,
                address,
            };
            above.observe(seen, &observation);
        }
    }

    #[test]
    fn a_small_capture_needs_no_thread() {
        let mut above = above();
        learn(&mut above, 0, 1_000);
        assert!(above.thread.is_none());
        assert_eq!(above.trackers().names.all().len(), 1_000);
    }

    #[test]
    fn a_large_one_has_a_thread_which_ends_when_somebody_asks_and_begins_anew() {
        let mut above = above();
        for round in 0..3 {
            learn(&mut above, round * 60_000, 60_000);
            assert!(above.thread.is_some() && above.here.is_none());
            let names = above.trackers().names.all();
            assert_eq!(names.len() as u32, (round + 1) * 60_000);
            assert!(above.thread.is_none());
        }
    }

    #[test]
    #[should_panic(expected = "as a bug would")]
    fn a_panic_on_the_other_thread_is_a_panic_here() {
        let (work, given) = sync_channel(1);
        let (returns, emptied) = channel();
        let handle = thread::spawn(|| {
            drop((given, returns));
            panic!("as a bug would")
        });
        let mut above = above();
        above.here = None;
        above.thread = Some(Thread {
            work,
            emptied,
            unmade: 0,
            handle,
        });
        learn(&mut above, 0, 60_000);
        above.trackers();
    }
}
