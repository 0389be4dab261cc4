//! A live capture: opened, started, steered and ended.

use std::env;
use std::io;
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use crate::ingest::live::capture::Capture;
use crate::ingest::live::clock::now;
use crate::ingest::live::control::Control;
use crate::ingest::live::error::LiveError;
use crate::ingest::live::feed::Feed;
use crate::ingest::live::interfaces;
use crate::ingest::live::options::ANY;
use crate::ingest::live::options::Backend;
use crate::ingest::live::options::Options;
use crate::ingest::live::output::Output;
use crate::ingest::live::program::Program;
use crate::ingest::live::rights;
use crate::ingest::live::rights::Raw;
use crate::ingest::live::status::Status;
use crate::ingest::live::tap::Tap;
use crate::ingest::recent::Recent;
use crate::ingest::source::Source;
use crate::vocab::frame::LinkType;

/// A live capture whose sockets are open. What needs rights is done.
#[derive(Debug)]
pub struct Opened {
    options: Options,
    taps: Vec<Tap>,
    output: Option<Output>,
    recent: Option<Recent>,
    status: Status,
}

/// A live capture that runs; a copy is a handle.
#[derive(Debug, Clone)]
pub struct Live {
    control: Control,
    status: Status,
    output: Option<Output>,
    links: Vec<LinkType>,
    backend: Backend,
}

impl Opened {
    /// Opens what `options` ask for.
    ///
    /// # Errors
    ///
    /// No right to capture, no such interface, no filter, or a file that can't be written.
    pub fn new(mut options: Options) -> Result<Self, LiveError> {
        if options.interfaces.len() > 1 && options.interfaces.iter().any(|name| name == ANY) {
            return Err(LiveError::AnyAndOthers);
        }
        if options.interfaces.len() > MOST_INTERFACES {
            return Err(LiveError::TooMany {
                count: options.interfaces.len(),
                limit: MOST_INTERFACES,
            });
        }
        if !cfg!(target_os = "linux") && options.interfaces.iter().any(|name| name == ANY) {
            // Only Linux can capture on all of them as one.
            options.interfaces = interfaces_that_are_up();
        }
        // A word that is wrong is said first: it needs no rights to be known.
        let filter = options.filter.as_deref();
        Program::new(options.backend, filter, LinkType::Ethernet, "")?;
        let status = Status::default();
        let mut taps = Vec::with_capacity(options.interfaces.len());
        for name in &options.interfaces {
            taps.push(Tap::open(name, &options)?);
        }
        let recent = options.recent.as_ref().map(|wanted| {
            let directory = wanted.directory.as_deref();
            Recent::new(wanted.bytes, directory).map_err(|source| LiveError::Recent {
                directory: directory
                    .map_or_else(env::temp_dir, Path::to_owned)
                    .display()
                    .to_string(),
                source,
            })
        });
        // Before a file is made for the output: what fails leaves none.
        let recent = recent.transpose()?;
        let output = options.output.clone().map(|wanted| {
            let path = wanted.path.display().to_string();
            Output::create(wanted, status.clone(), now())
                .map_err(|source| LiveError::Output { path, source })
        });
        Ok(Self {
            taps,
            output: output.transpose()?,
            recent,
            status,
            options,
        })
    }

    /// Begins: packets that came meanwhile wait in the rings. Rights are given up before the first is looked at: by this thread, those that it
    /// starts later, and the one that captures.
    ///
    /// # Errors
    ///
    /// No thread is to be had.
    pub fn start(self) -> Result<(Source, Live), LiveError> {
        let links = self.taps.iter().map(Tap::link).collect();
        let (sender, chunks) = mpsc::sync_channel(CHUNKS);
        let control = Control::new(self.options.duration);
        let name = self.options.interfaces.join(", ");
        let capture = Capture::new(
            self.taps,
            self.options.filter,
            control.clone(),
            self.status.clone(),
            sender,
        );
        let failed = |source: io::Error| LiveError::System {
            doing: format!("capturing on {name}"),
            source,
        };
        let raw = match self.options.backend {
            // A socket goes on with another interface of the same name; libpcap has to open it anew. This thread looks into no packet.
            #[cfg(feature = "libpcap")]
            Backend::Libpcap => Raw::Kept,
            #[cfg(target_os = "linux")]
            Backend::Sockets => Raw::GivenUp,
        };
        let work = move || {
            rights::give_up(raw);
            capture.run();
        };
        thread::Builder::new()
            .name("capture".into())
            .spawn(work)
            .map_err(failed)?;
        rights::give_up(Raw::GivenUp);
        let feed = Feed::new(
            chunks,
            self.recent.clone(),
            self.output.clone(),
            self.status.clone(),
        );
        let source = Source::open_kept(name, Box::new(feed), self.recent)?;
        let live = Live {
            control,
            status: self.status,
            output: self.output,
            links,
            backend: self.options.backend,
        };
        Ok((source, live))
    }
}

impl Live {
    /// What it says.
    pub const fn status(&self) -> &Status {
        &self.status
    }

    /// What stops and steers it.
    pub const fn control(&self) -> &Control {
        &self.control
    }

    /// Replaces the filter; packets that came before stay.
    ///
    /// # Errors
    ///
    /// The word that is not understood.
    pub fn refilter(&self, expression: Option<&str>) -> Result<(), LiveError> {
        let programs = self.links.iter();
        let programs = programs.map(|link| Program::new(self.backend, expression, *link, ""));
        self.control.refilter(programs.collect::<Result<_, _>>()?);
        Ok(())
    }

    /// Closes the file, when the source has come to its end, with a comment for each finding. Gives its name, and how many there were.
    pub fn finish(&self, comments: &[String]) -> Option<String> {
        let written = self.output.as_ref()?.finish(comments)?;
        Some(written.to_string())
    }
}

/// Looks whether this process has the right to capture at all.
///
/// # Errors
///
/// It has not, with what to do about it.
pub fn may_capture() -> Result<(), LiveError> {
    match Backend::default() {
        #[cfg(target_os = "linux")]
        Backend::Sockets => crate::ingest::live::socket_tap::may_capture(),
        #[cfg(feature = "libpcap")]
        Backend::Libpcap => crate::ingest::live::libpcap::may_capture(),
    }
}

fn interfaces_that_are_up() -> Vec<String> {
    let up = interfaces::list().unwrap_or_default().into_iter();
    let up = up.filter(|interface| interface.up);
    up.map(|interface| interface.name)
        .take(MOST_INTERFACES)
        .collect()
}

/// Interfaces by name at once.
const MOST_INTERFACES: usize = 64;
/// Pieces of the stream that wait to be analyzed, each about as large as a block of a ring.
const CHUNKS: usize = 64;
