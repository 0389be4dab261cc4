//! Sheets: screens that are a list of rows, and the selected row in detail. Here is what stands in them; `screens/sheet.rs` draws it.
//!
//! | file | rows |
//! | --- | --- |
//! | [`agreed`] | what offer and answer say, m-section by m-section, and what was agreed |
//! | [`raw`] | a description line by line, explained |
//! | [`dtls`] | flights, certificates, alerts |
//! | [`turn`] | what became of each allocation |
//! | [`media`] | the streams |
//! | [`data`] | data channels |
//! | [`http`] | HTTP exchanges |
//! | [`flows`] | conversations |
//! | [`allocations`] | TURN allocations of the whole capture |
//!
//! Figures come from the analysis as they are; what it does not know is `–`.

use crate::filter::rows::Row as Asked;
use crate::session::model::peer_connection::PeerConnection;
use crate::session::model::scene::Scene;
use crate::timeline::layer::Layer;
use crate::tui::detail::DetailLine;
use crate::tui::judge;
use crate::tui::keymap::Scope;
use crate::tui::state::State;
use crate::tui::state::listing::Judging;
use crate::tui::state::listing::Listing;
use crate::tui::state::listing::Sort;
use crate::tui::text::shown;
use crate::tui::times::Times;
use crate::tui::widgets::table::Column;
use crate::vocab::address::Side;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

pub mod agreed;
pub mod allocations;
pub mod data;
pub mod dtls;
pub mod flows;
pub mod http;
pub mod media;
pub mod raw;
pub mod turn;

/// A row.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Column by column.
    pub cells: Vec<Cell>,
    /// Frames that show it.
    pub frames: Vec<FrameNumber>,
    /// More of it, for the pane below.
    pub detail: Vec<DetailLine>,
    /// Does a part of the list begin here?
    pub heading: bool,
    /// The row of the report that it tells of, for filters.
    pub about: Option<Asked>,
}

/// What stands in a column.
#[derive(Debug, Clone)]
pub enum Cell {
    /// Printable text.
    Text(String, Ink),
    /// An instant, shown as the user wants instants shown.
    Time(Timestamp),
    /// A stretch of the time that all rows share, from 0 to 1.
    Stretch(f64, f64, Ink),
}

/// How text stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ink {
    /// As it is.
    #[default]
    Plain,
    /// Of second importance.
    Dim,
    /// A heading.
    Bold,
    /// Good news.
    Good,
    /// It suffers.
    Poor,
    /// Bad news.
    Bad,
    /// Of a layer.
    Of(Layer),
}

impl Cell {
    /// Text that may come from the wire.
    pub fn new(text: &str, ink: Ink) -> Self {
        Self::Text(shown(text).into_owned(), ink)
    }

    /// Its text, where it has any of its own.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text, _) => text,
            Self::Time(_) | Self::Stretch(..) => "",
        }
    }

    /// The same, as it is.
    pub fn plain(text: &str) -> Self {
        Self::new(text, Ink::Plain)
    }
}

/// Rows that are made once, and their list.
#[derive(Debug, Default)]
pub struct Sheet {
    /// The rows.
    pub rows: Vec<Row>,
    /// Selection.
    pub list: Listing,
}

impl Sheet {
    /// The row on a line of the list.
    pub fn row(&self, line: usize) -> Option<&Row> {
        self.rows.get(*self.list.shown.get(line)?)
    }
}

/// The sheet's place in the state, where `scope` has a sheet.
pub fn listing(state: &State, scope: Scope) -> Option<&Listing> {
    let call = state.call.as_ref();
    match scope {
        Scope::OfferAnswer => call.map(|call| &call.agreed.list),
        Scope::Dtls => call.map(|call| &call.dtls.list),
        Scope::Turn => call.map(|call| &call.turn.list),
        Scope::Media => call.map(|call| &call.media.list),
        Scope::Data => call.map(|call| &call.data.list),
        Scope::Http => Some(&state.http),
        Scope::Flows => Some(&state.flows),
        Scope::Allocations => Some(&state.allocations),
        _ => None,
    }
}

/// The same, to change.
pub fn listing_mut(state: &mut State, scope: Scope) -> Option<&mut Listing> {
    let call = state.call.as_mut();
    match scope {
        Scope::OfferAnswer => call.map(|call| &mut call.agreed.list),
        Scope::Dtls => call.map(|call| &mut call.dtls.list),
        Scope::Turn => call.map(|call| &mut call.turn.list),
        Scope::Media => call.map(|call| &mut call.media.list),
        Scope::Data => call.map(|call| &mut call.data.list),
        Scope::Http => Some(&mut state.http),
        Scope::Flows => Some(&mut state.flows),
        Scope::Allocations => Some(&mut state.allocations),
        _ => None,
    }
}

/// Rows of the sheet.
pub fn length(state: &State, scope: Scope) -> usize {
    listing(state, scope).map_or(0, |list| list.shown.len())
}

/// Rows of the sheet without its filter.
pub fn all(state: &State, scope: Scope) -> usize {
    let call = state.call.as_ref();
    match scope {
        Scope::OfferAnswer => call.map_or(0, |call| call.agreed.rows.len()),
        Scope::Dtls => call.map_or(0, |call| call.dtls.rows.len()),
        Scope::Turn => call.map_or(0, |call| call.turn.rows.len()),
        Scope::Media => call.map_or(0, |call| call.media.streams.len()),
        Scope::Data => call.map_or(0, |call| call.data.rows.len()),
        Scope::Http => state.analysis.scene.http.len(),
        Scope::Flows => state.analysis.scene.flows.len(),
        Scope::Allocations => state.analysis.scene.turn.len(),
        _ => 0,
    }
}

/// Is there a sheet, and nothing in it?
pub fn is_empty(state: &State, scope: Scope) -> bool {
    listing(state, scope).is_some() && length(state, scope) == 0
}

/// A row of the sheet.
pub fn row(state: &State, scope: Scope, at: usize) -> Option<Row> {
    let call = state.call.as_ref();
    match scope {
        Scope::OfferAnswer => call?.agreed.row(at).cloned(),
        Scope::Dtls => call?.dtls.row(at).cloned(),
        Scope::Turn => call?.turn.row(at).cloned(),
        Scope::Data => call?.data.row(at).cloned(),
        Scope::Media => {
            let scene = &state.analysis.scene;
            let stream = call?.media.on_line(scene, at)?;
            Some(media::row(
                scene.peer_connections.get(call?.id.index())?,
                stream,
            ))
        }
        Scope::Http => {
            let exchange = state.analysis.scene.http.get(*state.http.shown.get(at)?)?;
            Some(http::row(&state.analysis, exchange))
        }
        Scope::Flows => flows::row(&state.analysis, *state.flows.shown.get(at)?),
        Scope::Allocations => allocations::row(&state.analysis, *state.allocations.shown.get(at)?),
        _ => None,
    }
}

/// The selected row.
pub fn selected(state: &State, scope: Scope) -> Option<Row> {
    row(state, scope, listing(state, scope)?.cursor.at)
}

/// The selected row in detail.
pub fn detail(state: &State, scope: Scope) -> Vec<DetailLine> {
    let analysis = &state.analysis;
    let at = listing(state, scope)
        .and_then(|list| list.shown.get(list.cursor.at))
        .copied();
    let exchange = at.and_then(|at| analysis.scene.http.get(at));
    match (scope, at, exchange) {
        (Scope::Http, _, Some(exchange)) => http::detail(analysis, exchange),
        (Scope::Http, ..) | (Scope::Flows | Scope::Allocations, None, _) => Vec::new(),
        (Scope::Flows, Some(at), _) => flows::detail(analysis, at),
        (Scope::Allocations, Some(at), _) => allocations::detail(analysis, at),
        _ => selected(state, scope)
            .map(|row| row.detail)
            .unwrap_or_default(),
    }
}

/// The sheet's columns.
pub fn columns(state: &State, scope: Scope) -> Vec<Column> {
    match (scope, &state.call) {
        (Scope::OfferAnswer, Some(call)) if call.agreed.is_raw() => raw::COLUMNS.to_vec(),
        (Scope::OfferAnswer, _) => agreed::COLUMNS.to_vec(),
        (Scope::Dtls, _) => dtls::columns(Times::of(state, 3)),
        (Scope::Turn, _) => turn::columns(Times::of(state, 3)),
        (Scope::Media, _) => media::COLUMNS.to_vec(),
        (Scope::Data, _) => data::columns(Times::of(state, 3)),
        (Scope::Http, _) => http::columns(Times::of(state, 3)),
        (Scope::Flows, _) => flows::columns(Times::of(state, 3)),
        (Scope::Allocations, _) => allocations::columns(Times::of(state, 3)),
        _ => Vec::new(),
    }
}

/// Its heading.
pub fn title(state: &State, scope: Scope) -> String {
    match (scope, &state.call) {
        (Scope::OfferAnswer, Some(call)) => call.agreed.title(),
        (Scope::Dtls, _) => "DTLS".to_owned(),
        (Scope::Turn, _) => "TURN".to_owned(),
        (Scope::Media, _) => "Media".to_owned(),
        (Scope::Data, _) => "Data channels · messages, bytes".to_owned(),
        (Scope::Http, _) => sorted("HTTP", state.http.sort, &http::KEYS),
        (Scope::Flows, _) => sorted("Flows", state.flows.sort, &flows::KEYS),
        (Scope::Allocations, _) => sorted(
            "TURN allocations",
            state.allocations.sort,
            &allocations::KEYS,
        ),
        _ => String::new(),
    }
}

/// What stands there when there is no row: what is missing, and what to do about it.
pub fn empty(state: &State, scope: Scope) -> &'static str {
    let analysis = &state.analysis;
    let open = state.call.as_ref();
    let call = open.and_then(|open| analysis.scene.peer_connections.get(open.id.index()));
    match scope {
        Scope::Data => call.map_or("", |call| data::missing(analysis, call)),
        Scope::OfferAnswer => {
            "No offer or answer was read: signaling is encrypted, or not in this capture. \
             With its keys (--keylog) it can be read; page 3 says which."
        }
        Scope::Dtls => {
            "No DTLS was seen on this call's conversations: it did not get that far, or went another way."
        }
        Scope::Turn => {
            "No TURN allocation of this call was seen. Inside TLS (turns:) it shows only with keys (--keylog)."
        }
        Scope::Media => {
            "No RTP of this call was seen: it did not get that far, or media went another way."
        }
        Scope::Http => {
            "No HTTP was read: there is none in this capture, or it is encrypted. With its keys (--keylog) it can be read."
        }
        Scope::Flows => "No UDP or TCP conversation was seen.",
        Scope::Allocations => {
            "No TURN allocation was seen: nobody asked for a relay, or it happened inside TLS (turns:), which shows only with keys. \
             With them (K, --keylog) it can be read; page 5 has the TLS conversations."
        }
        _ => "",
    }
}

/// `HTTP by time`, `Flows by bytes, the largest first`.
pub fn sorted(title: &str, sort: Sort, keys: &[&str]) -> String {
    let key = keys.get(sort.key).copied().unwrap_or_default();
    let order = if sort.descending {
        ", the last first"
    } else {
        ""
    };
    format!("{title} by {key}{order}")
}

/// What the list of `scope` can be sorted by; nothing for the others.
pub const fn sort_keys(scope: Scope) -> &'static [&'static str] {
    match scope {
        Scope::Http => &http::KEYS,
        Scope::Flows => &flows::KEYS,
        Scope::Allocations => &allocations::KEYS,
        _ => &[],
    }
}

/// Filters the rows of a list and puts them in order; the selected one stays selected where it is still there.
pub fn arrange(state: &mut State, scope: Scope) {
    let analysis = std::sync::Arc::clone(&state.analysis);
    let scene = &analysis.scene;
    if scope.is_of_call() {
        if let Some(call) = &mut state.call {
            call.refilter(&analysis);
        }
        return;
    }
    let Some(list) = listing_mut(state, scope) else {
        return;
    };
    let (length, row) = rows_of(scene, scope);
    if length > judge::AT_ONCE && !list.filter.is_empty() {
        // What is shown stays until more is known.
        list.judging = Judging::Wanted;
        return;
    }
    list.judging = Judging::Done;
    let passed = judge::passed(&analysis, &list.filter, length, row);
    put_in_order(scene, scope, list, passed);
}

/// How many rows a list of the whole capture has, and which.
pub fn rows_of(scene: &Scene, scope: Scope) -> (usize, judge::At) {
    match scope {
        Scope::Http => (scene.http.len(), Asked::Http),
        Scope::Allocations => (scene.turn.len(), Asked::Turn),
        _ => (scene.flows.len(), Asked::Flow),
    }
}

/// Shows rows of a list in its order; the selected one stays selected where it is still there.
fn put_in_order(scene: &Scene, scope: Scope, list: &mut Listing, rows: Vec<usize>) {
    let selected = list.shown.get(list.cursor.at).copied();
    list.shown = match scope {
        Scope::Http => http::order(scene, rows, list.sort),
        Scope::Allocations => allocations::order(scene, rows, list.sort),
        _ => flows::order(scene, rows, list.sort),
    };
    let at = list.shown.iter().position(|&at| Some(at) == selected);
    list.cursor.select(at.unwrap_or(0), list.shown.len());
    list.detail_top = 0;
}

/// Puts the rows shown in another order; the first is selected.
pub fn sort(state: &mut State, scope: Scope, sort: Sort) {
    let analysis = std::sync::Arc::clone(&state.analysis);
    if let Some(list) = listing_mut(state, scope) {
        list.sort = sort;
        let rows = std::mem::take(&mut list.shown);
        put_in_order(&analysis.scene, scope, list, rows);
    }
}

/// Takes rows of a long list that passed its filter. They are shown as they come; but where others are shown, when all are known.
pub fn judged(state: &mut State, scope: Scope, number: u64, rows: Vec<usize>, done: bool) {
    let analysis = std::sync::Arc::clone(&state.analysis);
    let Some(list) = listing_mut(state, scope) else {
        return;
    };
    let Judging::Running {
        number: running,
        passed,
    } = &mut list.judging
    else {
        return;
    };
    if *running != number {
        return;
    }
    let grows = passed.len() == list.shown.len();
    passed.extend(rows);
    if done || grows {
        let passed = passed.clone();
        put_in_order(&analysis.scene, scope, list, passed);
    }
    if done {
        list.judging = Judging::Done;
    }
}

/// The selected row as text.
pub fn as_text(state: &State, scope: Scope) -> Option<String> {
    let row = selected(state, scope)?;
    let cells = row.cells.iter().map(|cell| match cell {
        Cell::Text(text, _) => text.clone(),
        Cell::Time(at) => crate::tui::times::stamp(state, *at, None, 3),
        Cell::Stretch(..) => String::new(),
    });
    let cells: Vec<String> = cells.filter(|text| !text.trim().is_empty()).collect();
    let frames = crate::tui::text::frames(&row.frames, &state.analysis.capture);
    Some(if frames.is_empty() {
        cells.join(" · ")
    } else {
        format!("{} ({frames})", cells.join(" · "))
    })
}

/// What a side of a call is called.
pub fn name(call: &PeerConnection, side: Side) -> String {
    let endpoint = call.endpoint(side);
    shown(endpoint.name.as_deref().unwrap_or_else(|| side.word())).into_owned()
}

/// `name        value`, a line of detail.
pub fn fact(name: &str, value: &str) -> DetailLine {
    DetailLine::plain(&format!("{name:<13}{value}"))
}

/// What is not known.
pub const ABSENT: &str = "–";
