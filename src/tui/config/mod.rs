//! What users may set: theme, colours, keys, columns, names. A TOML file; `rtcscope config` prints it with its defaults.
//!
//! | file | what |
//! | --- | --- |
//! | [`read`] | text to settings; what is wrong, with its line |
//! | [`write`](mod@write) | one setting changed in the text, comments and order kept |
//! | [`document`] | the file with all defaults, commented |
//! | [`place`] | where the file is |
//!
//! A wrong value ends the program before the screen opens, with file, line and what is allowed. A setting of another version is said
//! once and ignored.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::tui::keymap::Keymap;
use crate::tui::state::TimeMode;
use crate::tui::state::columns::CallColumn;
use crate::tui::state::listing::Sort;
use crate::tui::theme::palette::Colours;
use crate::tui::theme::palette::Palette;

pub mod document;
pub mod place;
pub mod read;
pub mod write;

/// The settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// The theme.
    pub theme: Palette,
    /// How times are shown.
    pub times: TimeMode,
    /// Are addresses and names masked?
    pub private: bool,
    /// Columns of the list of calls.
    pub columns: Vec<CallColumn>,
    /// Its order.
    pub sort: Sort,
    /// Keys.
    pub keymap: Keymap,
    /// Colours instead of the theme's.
    pub colours: Colours,
    /// Names of addresses.
    pub names: BTreeMap<IpAddr, String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            theme: Palette::Dark,
            times: TimeMode::default(),
            private: false,
            columns: CallColumn::SHOWN.to_vec(),
            sort: Sort::default(),
            keymap: Keymap::default(),
            colours: Colours::NONE,
            names: BTreeMap::new(),
        }
    }
}

/// A setting that the program remembers for its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// An address has this name; `None`: none any more.
    Name(IpAddr, Option<String>),
    /// Columns of the list of calls.
    Columns(Vec<CallColumn>),
    /// Its order.
    Sort(Sort),
}
