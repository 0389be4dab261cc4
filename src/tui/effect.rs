//! What has to be done outside of the state, and the news that come from there.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::analyzer::analysis::Analysis;
use crate::ingest::index::FrameIndex;
use crate::ingest::info::FileInfo;
use crate::ingest::raw::Input;
use crate::tui::config::Setting;
use crate::tui::keymap::Scope;
use crate::tui::packet::known::Known;
use crate::tui::state::filter::Filter;
use crate::tui::state::loading::Loading;
use crate::vocab::address::FiveTuple;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::time::Timestamp;

/// Something to do outside of the state.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Read the lines of these frames for the list that is shown.
    ReadLines(Vec<FrameNumber>),
    /// Read a frame whole, to be looked at.
    LookAt(FrameNumber),
    /// Select the first frame from an instant on in the list that is shown.
    Seek(Timestamp),
    /// Find out which rows of a long list pass its filter; what comes of it comes as news.
    Judge {
        /// The list's screen.
        scope: Scope,
        /// Which judging.
        number: u64,
        /// The filter.
        filter: Filter,
        /// Where the rows are.
        analysis: Arc<Analysis>,
    },
    /// Search the capture for frames; what is found comes as news.
    Scan {
        /// Which list it is for.
        target: Target,
        /// Its number.
        scan: u64,
        /// What is searched for.
        query: Query,
    },
    /// Stop the search for a list.
    StopScan(Target),
    /// Play the open step of the open lesson, for evidence of so many columns.
    Play(usize),
    /// Open a built-in capture in the place of the one that is open.
    OpenBuiltIn(String),
    /// Open the user's own capture again.
    OpenOwn,
    /// Remember how far the user got in the lessons.
    SaveProgress,
    /// Put text into the clipboard.
    Copy(String),
    /// Search the capture for a call's frames and save them; how it went comes as news.
    SaveCall {
        /// Where.
        path: PathBuf,
        /// What is searched for.
        query: Query,
    },
    /// Read two frames and compare them.
    Compare([FrameNumber; 2]),
    /// Open and read captures; what comes of it comes as news.
    Reopen {
        /// Which.
        inputs: Vec<Input>,
        /// With which key logs.
        key_logs: Vec<PathBuf>,
        /// Are they those that are shown?
        keep: bool,
    },
    /// Keep a setting for the next start.
    Remember(Setting),
    /// Let only these packets in from now on.
    Refilter(String),
    /// Save frames.
    Save {
        /// Where.
        path: PathBuf,
        /// Which.
        frames: Vec<FrameNumber>,
    },
}

/// A list of frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The page of all packets.
    Page,
    /// The tab of a call.
    Call,
}

/// What a scan searches for.
#[derive(Debug, Clone)]
pub struct Query {
    /// What a frame must pass.
    pub filter: Filter,
    /// What the filter is asked of.
    pub analysis: Arc<Analysis>,
    /// The call that it must belong to.
    pub call: Option<PeerConnectionId>,
    /// The conversation that it must belong to, in either direction.
    pub flow: Option<FiveTuple>,
    /// Frames that belong to the call although their conversation serves others too: its signaling.
    pub also: HashSet<FrameNumber>,
    /// Frames per file to look at.
    pub totals: Vec<u64>,
    /// Which conversation belongs to which call.
    pub known: Arc<Known>,
}

/// Captures that are read while others are shown.
#[derive(Debug, Default)]
pub struct Opened {
    /// Which.
    pub inputs: Vec<Input>,
    /// With which key logs.
    pub key_logs: Vec<PathBuf>,
    /// Are they those that are shown?
    pub keep: bool,
}

/// Captures that were read while others were shown.
#[derive(Debug)]
pub struct Reopened {
    /// Their names.
    pub names: Vec<String>,
    /// What was opened.
    pub inputs: Vec<Input>,
    /// With which key logs.
    pub key_logs: Vec<PathBuf>,
    /// Are they those that were shown?
    pub keep: bool,
    /// Where their frames are.
    pub index: FrameIndex,
    /// What they show.
    pub analysis: Arc<Analysis>,
    /// The files.
    pub files: Arc<[FileInfo]>,
}

/// News from outside of the state.
#[derive(Debug)]
pub enum News {
    /// Reading goes on.
    Progress(Loading),
    /// Everything known so far, and the files as far as they were read.
    Snapshot(Arc<Analysis>, Arc<[FileInfo]>),
    /// Reading is over; a last snapshot came before.
    Loaded,
    /// Captures were opened that take the place of what is shown as soon as they are read; with what they are read.
    Opened(Box<Opened>),
    /// Captures were read, to be shown instead.
    Reopened(Box<Reopened>),
    /// They could not be opened; why, printable.
    NotReopened(String),
    /// A call was saved, or could not be.
    Saved {
        /// What to tell. Printable.
        text: String,
        /// Was it saved?
        good: bool,
    },
    /// Rows of a long list passed its filter.
    Judged {
        /// The list's screen.
        scope: Scope,
        /// Which judging.
        number: u64,
        /// Positions of the rows.
        passed: Vec<usize>,
        /// Is it over?
        done: bool,
    },
    /// A scan found frames, or got further without.
    Found {
        /// Which list.
        target: Target,
        /// Which scan.
        scan: u64,
        /// The frames, in the order of the list.
        frames: Vec<FrameNumber>,
        /// Frames looked at so far.
        looked_at: u64,
        /// Is it over?
        done: bool,
    },
}
