//! Everything that the screens show, and nothing else: `update` changes it, `render` draws it.
//!
//! | file | what |
//! | --- | --- |
//! | [`calls`] | the list of calls |
//! | [`columns`] | which columns it has, and choosing them |
//! | [`call`] | an open call and its tabs |
//! | [`zoom`] | the part of its time that is looked at |
//! | [`agreed`], [`media`] | its offers and answers, its streams |
//! | [`packets`] | a list of frames, and the frame looked at |
//! | [`findings`] | verdicts and findings |
//! | [`loading`] | how far reading has come |
//! | [`live`] | a capture that runs |
//! | [`learn`] | lessons |
//! | [`listing`], [`cursor`], [`filter`] | what lists have in common |
//! | [`filters`], [`editor`] | the filters of all lists, and one being typed |
//! | [`bookmarks`] | places to come back to |

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::analyzer::analysis::Analysis;
use crate::ingest::info::FileInfo;
use crate::ingest::raw::Input;
use crate::tui::compare::Compare;
use crate::tui::config::Config;
use crate::tui::keymap::Keymap;
use crate::tui::keymap::Scope;
use crate::tui::packet::known::Known;
use crate::tui::privacy::mask::Mask;
use crate::tui::state::bookmarks::Bookmarks;
use crate::tui::state::call::Call;
use crate::tui::state::call::Tab;
use crate::tui::state::calls::Calls;
use crate::tui::state::columns::Chooser;
use crate::tui::state::editor::Editor;
use crate::tui::state::filters::Filters;
use crate::tui::state::findings::Findings;
use crate::tui::state::learn::Learn;
use crate::tui::state::listing::Listing;
use crate::tui::state::live::LiveView;
use crate::tui::state::loading::Loading;
use crate::tui::state::packets::Packets;
use crate::tui::state::packets::Pane;
use crate::tui::state::zoom::Zoom;
use crate::tui::theme::Theme;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PeerConnectionId;

pub mod agreed;
pub mod bookmarks;
pub mod call;
pub mod calls;
pub mod columns;
pub mod cursor;
pub mod editor;
pub mod filter;
pub mod filters;
pub mod findings;
pub mod learn;
pub mod listing;
pub mod live;
pub mod loading;
pub mod media;
pub mod packets;
pub mod useful;
pub mod zoom;

/// The state of the program.
#[derive(Debug)]
pub struct State {
    /// Everything known so far.
    pub analysis: Arc<Analysis>,
    /// Look-ups over it, for packets.
    pub known: Arc<Known>,
    /// The capture files, as far as they were read.
    pub files: Arc<[FileInfo]>,
    /// How far reading has come; `None` when it is over.
    pub loading: Option<Loading>,
    /// Was what is shown read to its end?
    pub loaded: bool,
    /// Another capture that is being read, to be shown instead.
    pub coming: Option<Vec<Input>>,
    /// The capture that runs, if one does.
    pub live: Option<LiveView>,
    /// Names of the inputs.
    pub names: Vec<String>,
    /// Colours and shapes.
    pub theme: Theme,
    /// Which key does what.
    pub keymap: Keymap,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The page shown.
    pub page: Page,
    /// The page that a jump left, where Back leads.
    pub came_from: Option<Page>,
    /// The list of calls.
    pub calls: Calls,
    /// The call opened on the first page.
    pub call: Option<Call>,
    /// All packets.
    pub packets: Packets,
    /// The findings.
    pub findings: Findings,
    /// HTTP exchanges.
    pub http: Listing,
    /// Conversations.
    pub flows: Listing,
    /// TURN allocations.
    pub allocations: Listing,
    /// Lessons.
    pub learn: Learn,
    /// First line of the help shown; `None` when it is not open.
    pub help: Option<usize>,
    /// A filter or a command being typed.
    pub editor: Option<Editor>,
    /// What was filtered by before.
    pub filters: Filters,
    /// A question to the user.
    pub prompt: Option<Prompt>,
    /// The question whose answer is being tried: it comes back if nothing can be done with that.
    pub tried: Option<Prompt>,
    /// Something to tell, until the next key.
    pub notice: Option<Notice>,
    /// Places to come back to.
    pub bookmarks: Bookmarks,
    /// Marked frames.
    pub marks: BTreeSet<FrameNumber>,
    /// How times are shown.
    pub time_mode: TimeMode,
    /// Are addresses and names masked on the screen?
    pub private: bool,
    /// Their stand-ins.
    pub mask: Arc<Mask>,
    /// Names that the user gave to addresses.
    pub own_names: BTreeMap<IpAddr, String>,
    /// Addresses that can be named where the question for a name was asked.
    pub nameable: Vec<IpAddr>,
    /// What is shown, to read it again.
    pub inputs: Vec<Input>,
    /// Key logs that it was read with.
    pub key_logs: Vec<PathBuf>,
    /// Two messages being compared.
    pub compare: Option<Compare>,
    /// Columns being chosen.
    pub chooser: Option<Chooser>,
    /// Where settings are remembered; `None`: nowhere.
    pub config_path: Option<PathBuf>,
    /// Is a call being saved?
    pub saving: bool,
    /// Scans started so far.
    pub scans: u64,
    /// Does the user want to go back to the shell for a while?
    pub suspend: bool,
    /// Is it over?
    pub quit: bool,
}

/// Pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// Calls, or the open call.
    Calls,
    /// All packets.
    Packets,
    /// Findings.
    Findings,
    /// HTTP exchanges.
    Http,
    /// Conversations.
    Flows,
    /// TURN allocations.
    Turn,
    /// Lessons.
    Learn,
}

impl Page {
    /// In the order of their numbers, from 1.
    pub const ALL: [Self; 7] = [
        Self::Calls,
        Self::Packets,
        Self::Findings,
        Self::Http,
        Self::Flows,
        Self::Turn,
        Self::Learn,
    ];

    /// What its tab says.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Calls => "Calls",
            Self::Packets => "Packets",
            Self::Findings => "Findings",
            Self::Http => "HTTP",
            Self::Flows => "Flows",
            Self::Turn => "TURN",
            Self::Learn => "Learn",
        }
    }
}

/// A question to the user, with the answer so far.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// What is asked.
    pub kind: PromptKind,
    /// What was typed.
    pub input: tui_input::Input,
    /// Why the last answer would not do, until another is typed.
    pub error: Option<String>,
}

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptKind {
    /// A frame number, or an instant.
    GoTo,
    /// A file name for the marked frames.
    Save,
    /// A file name for a call.
    SaveCall(PeerConnectionId),
    /// A name for an address.
    Name(IpAddr),
    /// A capture filter.
    CaptureFilter,
    /// Another capture.
    Open,
    /// A key log.
    KeyLog,
}

impl PromptKind {
    /// The question.
    pub fn question(self) -> Cow<'static, str> {
        let question = match self {
            Self::GoTo => "Go to frame (17) or time (12.5s, 09:06:49)",
            Self::Save => "Save the marked frames as",
            Self::SaveCall(_) => "Save the call as",
            Self::CaptureFilter => "Capture only (udp or tcp port 443)",
            Self::Open => "Open capture",
            Self::KeyLog => "Add key log",
            Self::Name(address) => {
                return format!("Name of {address} (Tab: next address)").into();
            }
        };
        question.into()
    }
}

/// Something to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What. Printable.
    pub text: String,
    /// Did something go wrong?
    pub bad: bool,
}

/// How times are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeMode {
    /// Seconds since the first frame.
    #[default]
    SinceStart,
    /// Seconds since the line before.
    SincePrevious,
    /// Time of day, UTC.
    Clock,
}

impl TimeMode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::SinceStart, Self::SincePrevious, Self::Clock];

    /// As it is written in the configuration.
    pub const fn setting(self) -> &'static str {
        match self {
            Self::SinceStart => "since-start",
            Self::SincePrevious => "since-previous",
            Self::Clock => "clock",
        }
    }

    /// The next one.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::SinceStart => Self::SincePrevious,
            Self::SincePrevious => Self::Clock,
            Self::Clock => Self::SinceStart,
        }
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::SinceStart => "seconds since the first frame",
            Self::SincePrevious => "seconds since the line before",
            Self::Clock => "time of day, UTC",
        }
    }

    /// Columns that such a time needs at least.
    pub const fn columns(self) -> u16 {
        match self {
            Self::SinceStart | Self::SincePrevious => 8,
            Self::Clock => 12,
        }
    }

    /// What a column of such times is called.
    pub const fn title(self) -> &'static str {
        match self {
            Self::SinceStart => "time s",
            Self::SincePrevious => "after s",
            Self::Clock => "UTC",
        }
    }
}

impl State {
    /// Before the first frame was read.
    pub fn new(names: Vec<String>, theme: Theme, size: (u16, u16)) -> Self {
        Self {
            analysis: Arc::default(),
            known: Arc::default(),
            files: Arc::default(),
            loading: Some(Loading::begun()),
            loaded: false,
            coming: None,
            live: None,
            names,
            theme,
            keymap: Keymap::default(),
            size,
            page: Page::Calls,
            came_from: None,
            calls: Calls::default(),
            call: None,
            packets: Packets::default(),
            findings: Findings::default(),
            http: Listing::default(),
            flows: Listing::default(),
            allocations: Listing::default(),
            learn: Learn::default(),
            help: None,
            editor: None,
            filters: Filters::default(),
            prompt: None,
            tried: None,
            notice: None,
            bookmarks: Bookmarks::default(),
            marks: BTreeSet::new(),
            time_mode: TimeMode::default(),
            private: false,
            mask: Arc::default(),
            own_names: BTreeMap::new(),
            nameable: Vec::new(),
            inputs: Vec::new(),
            key_logs: Vec::new(),
            compare: None,
            chooser: None,
            config_path: None,
            saving: false,
            scans: 0,
            suspend: false,
            quit: false,
        }
    }

    /// Takes the user's settings. The theme is the caller's: the environment has a say in it.
    pub fn configure(&mut self, config: Config, path: Option<PathBuf>) {
        self.keymap = config.keymap;
        self.time_mode = config.times;
        self.private |= config.private;
        self.calls.columns = config.columns;
        self.calls.sort = config.sort;
        self.own_names = config.names;
        self.config_path = path;
    }

    /// The mask that the screen is drawn with.
    pub fn mask_in_force(&self) -> Option<&Arc<Mask>> {
        self.private.then_some(&self.mask)
    }

    /// Where keys are pressed.
    pub fn scope(&self) -> Scope {
        match (self.page, &self.call) {
            (Page::Packets, _) => Scope::Packets,
            (Page::Findings, _) => Scope::Findings,
            (Page::Http, _) => Scope::Http,
            (Page::Flows, _) => Scope::Flows,
            (Page::Turn, _) => Scope::Allocations,
            (Page::Learn, _) => Scope::Learn,
            (Page::Calls, None) => Scope::Calls,
            (Page::Calls, Some(call)) => match call.tab {
                Tab::Timeline => Scope::Timeline,
                Tab::Ladder => Scope::Ladder,
                Tab::OfferAnswer => Scope::OfferAnswer,
                Tab::Ice => Scope::Ice,
                Tab::Dtls => Scope::Dtls,
                Tab::Turn => Scope::Turn,
                Tab::Media => Scope::Media,
                Tab::Data => Scope::Data,
                Tab::Findings => Scope::CallFindings,
                Tab::Packets => Scope::CallPackets,
            },
        }
    }

    /// What is looked at of the open call's time; without one, of the call selected among all.
    pub fn zoom(&self) -> &Zoom {
        match &self.call {
            Some(call) if self.page == Page::Calls => &call.zoom,
            _ => &self.calls.zoom,
        }
    }

    /// The same, to change.
    pub fn zoom_mut(&mut self) -> &mut Zoom {
        match &mut self.call {
            Some(call) if self.page == Page::Calls => &mut call.zoom,
            _ => &mut self.calls.zoom,
        }
    }

    /// Is a call's timeline or ladder on the screen?
    pub fn is_in_time(&self) -> bool {
        matches!(self.scope(), Scope::Timeline | Scope::Ladder)
    }

    /// Is somebody looking into the selected frame of the list on the screen?
    pub fn packets_are_open(&self) -> bool {
        self.packets_shown()
            .is_some_and(|packets| packets.pane != Pane::List)
    }

    /// The list of frames on the screen, if one is.
    pub fn packets_shown(&self) -> Option<&Packets> {
        match (self.page, &self.call) {
            (Page::Packets, _) => Some(&self.packets),
            (Page::Calls, Some(call)) if call.tab == Tab::Packets => Some(&call.packets),
            _ => None,
        }
    }

    /// The same, to change.
    pub fn packets_shown_mut(&mut self) -> Option<&mut Packets> {
        match (self.page, &mut self.call) {
            (Page::Packets, _) => Some(&mut self.packets),
            (Page::Calls, Some(call)) if call.tab == Tab::Packets => Some(&mut call.packets),
            _ => None,
        }
    }

    /// The findings on the screen: the open call's, else the capture's.
    pub fn findings_shown(&self) -> &Findings {
        match &self.call {
            Some(call) if self.page == Page::Calls && call.tab == Tab::Findings => &call.findings,
            _ => &self.findings,
        }
    }

    /// The same, to change.
    pub fn findings_shown_mut(&mut self) -> &mut Findings {
        match &mut self.call {
            Some(call) if self.page == Page::Calls && call.tab == Tab::Findings => {
                &mut call.findings
            }
            _ => &mut self.findings,
        }
    }

    /// Tells something until the next key.
    pub fn tell(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice {
            text: text.into(),
            bad: false,
        });
    }

    /// Tells that something went wrong.
    pub fn complain(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice {
            text: text.into(),
            bad: true,
        });
    }
}
