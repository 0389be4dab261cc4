//! A live capture: opened, started, steered and ended.

use std::io;
use std::sync::mpsc;
use std::thread;

use crate::ingest::live::capture::Capture;
use crate::ingest::live::capture::Tap;
use crate::ingest::live::clock::now;
use crate::ingest::live::control::Control;
use crate::ingest::live::error::LiveError;
use crate::ingest::live::feed::Feed;
use crate::ingest::live::filter;
use crate::ingest::live::filter::Instruction;
use crate::ingest::live::filter::Layer;
use crate::ingest::live::filter::error::FilterError;
use crate::ingest::live::interfaces;
use crate::ingest::live::options::Options;
use crate::ingest::live::output::Output;
use crate::ingest::live::rights;
use crate::ingest::live::ring::BLOCK_BYTES;
use crate::ingest::live::socket;
use crate::ingest::live::socket::Socket;
use crate::ingest::live::socket::index_of;
use crate::ingest::live::status::Status;
use crate::ingest::recent::Recent;
use crate::ingest::source::Source;
use crate::vocab::frame::LinkType;

/// A live capture whose sockets are open. What needs rights is done.
#[derive(Debug)]
pub struct Opened {
    options: Options,
    taps: Vec<Tap>,
    output: Option<Output>,
    recent: Recent,
    status: Status,
}

/// A live capture that runs; a copy is a handle.
#[derive(Debug, Clone)]
pub struct Live {
    control: Control,
    status: Status,
    output: Option<Output>,
    links: Vec<LinkType>,
}

impl Opened {
    /// Opens what `options` ask for.
    ///
    /// # Errors
    ///
    /// No right to capture, no such interface, no filter, or a file that can't be written.
    pub fn new(options: Options) -> Result<Self, LiveError> {
        if options.interfaces.len() > 1 && options.interfaces.iter().any(|name| name == ANY) {
            return Err(LiveError::AnyAndOthers);
        }
        if options.interfaces.len() > MOST_INTERFACES {
            return Err(LiveError::TooMany {
                count: options.interfaces.len(),
                limit: MOST_INTERFACES,
            });
        }
        // A word that is wrong is said first: it needs no rights to be known.
        program(options.filter.as_deref(), LinkType::Ethernet, "")?;
        let status = Status::default();
        let blocks = (options.buffer_bytes / options.interfaces.len().max(1) / BLOCK_BYTES)
            .clamp(LEAST_BLOCKS, MOST_BLOCKS);
        let mut taps = Vec::with_capacity(options.interfaces.len());
        for name in &options.interfaces {
            taps.push(tap(name, &options, blocks)?);
        }
        let failed = |doing: &str| {
            let doing = doing.to_owned();
            move |source| LiveError::System { doing, source }
        };
        let recent = Recent::new(options.recent.bytes, options.recent.directory.as_deref())
            .map_err(failed("making room for recent packets on disk"))?;
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

    /// Begins: packets that came meanwhile wait in the rings. Call [`rights::give_up`] before.
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
        thread::Builder::new()
            .name("capture".into())
            .spawn(move || capture.run())
            .map_err(failed)?;
        let feed = Feed::new(chunks, self.recent.clone(), self.output.clone());
        let source = Source::open_kept(name, Box::new(feed), self.recent)?;
        let live = Live {
            control,
            status: self.status,
            output: self.output,
            links,
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
        let programs = self.links.iter().map(|link| program(expression, *link, ""));
        self.control.refilter(programs.collect::<Result<_, _>>()?);
        Ok(())
    }

    /// Closes the file, when the source has come to its end, with a comment for each finding. Gives its name.
    pub fn finish(&self, comments: &[String]) -> Option<String> {
        let path = self.output.as_ref()?.finish(comments)?;
        Some(path.display().to_string())
    }
}

/// Looks whether this process has the right to capture at all.
///
/// # Errors
///
/// It has not, with what to do about it.
pub fn may_capture() -> Result<(), LiveError> {
    socket::is_allowed().map_err(|source| refused(ANY, source))
}

/// The error for what the operating system refused on `name`.
fn refused(name: &str, source: io::Error) -> LiveError {
    match source.raw_os_error() {
        Some(libc::EPERM | libc::EACCES) => LiveError::NoRights {
            program: rights::program(),
        },
        Some(libc::ENODEV) => no_interface(name),
        _ => LiveError::System {
            doing: format!("capturing on {name}"),
            source,
        },
    }
}

fn tap(name: &str, options: &Options, blocks: usize) -> Result<Tap, LiveError> {
    let index = if name == ANY {
        0
    } else {
        index_of(name).map_err(|_unknown| no_interface(name))?
    };
    let mut refused = None;
    let socket = Socket::open(
        index,
        |link| {
            program(options.filter.as_deref(), link, name).map_err(|error| {
                refused = Some(error);
                io::Error::from(io::ErrorKind::InvalidInput)
            })
        },
        blocks,
        options.hardware_time,
    );
    if let Some(refused) = refused {
        return Err(refused);
    }
    let socket = socket.map_err(|source| self::refused(name, source))?;
    Ok(Tap::new(name.to_owned(), index, socket))
}

fn no_interface(name: &str) -> LiveError {
    let names: Vec<String> = interfaces::list()
        .unwrap_or_default()
        .into_iter()
        .map(|interface| interface.name)
        .collect();
    LiveError::NoInterface {
        name: name.to_owned(),
        known: match names.split_last() {
            None => "there is none".to_owned(),
            Some((only, [])) => format!("there is {only}"),
            Some((last, before)) => format!("there are {} and {last}", before.join(", ")),
        },
    }
}

/// The filter for an interface with frames of this type.
fn program(
    expression: Option<&str>,
    link: LinkType,
    name: &str,
) -> Result<Vec<Instruction>, LiveError> {
    let Some(expression) = expression.filter(|expression| !expression.trim().is_empty()) else {
        return Ok(vec![filter::EVERYTHING]);
    };
    let layer = match link {
        LinkType::Ethernet => Layer::Ethernet,
        LinkType::RawIp | LinkType::LinuxSll2 => Layer::Network,
        _ => {
            return Err(LiveError::FilterHere {
                name: name.to_owned(),
            });
        }
    };
    let program: Result<_, FilterError> = filter::compile(expression, layer);
    Ok(program?)
}

/// All interfaces at once.
pub const ANY: &str = "any";
/// Interfaces by name at once.
const MOST_INTERFACES: usize = 64;
/// Blocks of a ring at least and at most.
const LEAST_BLOCKS: usize = 4;
const MOST_BLOCKS: usize = 4_096;
/// Pieces of the stream that wait to be analyzed, each about as large as a block of a ring.
const CHUNKS: usize = 64;
