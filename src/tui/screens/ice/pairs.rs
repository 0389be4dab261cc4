//! The pair grid.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::session::model::ice::CandidatePair;
use crate::session::model::ice::PairPath;
use crate::session::model::ice::PairState;
use crate::session::model::peer_connection::PeerConnection;
use crate::tui::screens::ice::WIDE;
use crate::tui::screens::ice::address_of;
use crate::tui::screens::ice::transport_of;
use crate::tui::state::State;
use crate::tui::state::call::Call;
use crate::tui::text::bare_milliseconds;
use crate::tui::text::count;
use crate::tui::text::elide_middle;
use crate::tui::text::span;
use crate::tui::theme::Theme;
use crate::tui::times::stamp;
use crate::tui::widgets::filtered::heading;
use crate::tui::widgets::filtered::say_nothing_passes;
use crate::tui::widgets::paint::Piece;
use crate::tui::widgets::paint::pane;
use crate::tui::widgets::paint::pane_note;
use crate::tui::widgets::paint::put;
use crate::tui::widgets::paint::style_row;
use crate::tui::widgets::table::Column;
use crate::tui::widgets::table::Columns;
use crate::tui::widgets::table::Fit;

/// Draws the pane.
pub(super) fn render(
    buffer: &mut Buffer,
    area: Rect,
    state: &State,
    open: &Call,
    call: &PeerConnection,
) {
    let theme = state.theme;
    let all = call.ice.pairs.len();
    let title = heading(
        "Candidate pairs · checks sent ▸ answered",
        &open.pairs.filter,
        open.pairs.shown.len(),
        all,
    );
    let inner = pane(buffer, area, &title, true, theme);
    if call.ice.pairs.is_empty() {
        put(
            buffer,
            inner,
            1,
            0,
            "No pair was tried on the wire.",
            theme.dim(),
        );
        return;
    }
    if open.pairs.shown.is_empty() {
        say_nothing_passes(buffer, inner, &open.pairs.filter, theme);
        return;
    }
    let wide = inner.width >= ALL_COLUMNS;
    let table = Columns::new(
        if wide { COLUMNS } else { NARROW_COLUMNS },
        inner.width.saturating_sub(3),
    );
    let cells = Rect {
        x: inner.x + 2,
        width: inner.width.saturating_sub(3),
        ..inner
    };
    table.head(buffer, cells, 0, theme.dim());
    let height = usize::from(inner.height.saturating_sub(1));
    let length = open.pairs.shown.len();
    for (y, at) in (1..inner.height).zip(open.pairs.cursor.visible(length, height)) {
        let pair = open.pairs.shown.get(at);
        let Some(pair) = pair.and_then(|&at| call.ice.pairs.get(at)) else {
            continue;
        };
        let name = pair_name(call, pair, inner.width >= WIDE);
        let pieces = pair_pieces(state, pair, name, wide);
        let shown = pieces
            .into_iter()
            .enumerate()
            .filter(|(at, _)| wide || *at != PATH_COLUMN);
        let shown: Vec<Piece> = shown.map(|(_, piece)| piece).collect();
        table.row(buffer, cells, y, &shown);
        if at == open.pairs.cursor.at {
            style_row(buffer, inner, y, theme.selected());
        }
        let sign = match (pair.selected, at == open.pairs.cursor.at) {
            (true, _) => "★",
            (false, true) => "▸",
            (false, false) => " ",
        };
        put(buffer, inner, 0, y, sign, theme.good());
    }
    if length > height {
        pane_note(
            buffer,
            area,
            &format!("{} pairs", count(length as u64)),
            theme.dim(),
        );
    }
}

fn pair_pieces(state: &State, pair: &CandidatePair, name: String, wide: bool) -> [Piece; 8] {
    let theme = state.theme;
    let (glyph, style) = state_glyph(pair.state, theme);
    let asked = |sent: u64, answered: u64| format!("{} ▸ {}", count(sent), count(answered));
    let times = pair.round_trip.map_or_else(
        || "–".to_owned(),
        |times| {
            let ms = bare_milliseconds;
            if wide {
                format!("{} {} {}", ms(times.min), ms(times.median), ms(times.max))
            } else {
                ms(times.median)
            }
        },
    );
    let nominated = match (pair.nominated, pair.nominated_at) {
        (true, Some(at)) => stamp(state, at, None, 3),
        (true, None) => "yes".to_owned(),
        (false, _) => "–".to_owned(),
    };
    let path = match pair.path {
        PairPath::Direct => "direct",
        PairPath::Relay => "relay",
    };
    let end = state.analysis.scene.end;
    let consent = pair.last_answered_at.map_or_else(
        || "–".to_owned(),
        |at| format!("{} before end", span(end.since(at))),
    );
    [
        Piece::plain(name),
        Piece::plain(path),
        Piece::new(format!("{glyph} {}", pair.state.word()), style),
        Piece::plain(asked(pair.requests_sent, pair.responses_received)),
        Piece::plain(asked(pair.requests_received, pair.responses_sent)),
        Piece::plain(times),
        Piece::plain(nominated),
        Piece::plain(consent),
    ]
}

fn state_glyph(state: PairState, theme: Theme) -> (char, Style) {
    match state {
        PairState::Succeeded => ('●', theme.good()),
        PairState::Failed => ('✖', theme.bad()),
        PairState::InProgress => ('◐', theme.poor()),
        PairState::Waiting => ('·', theme.dim()),
    }
}

/// `srflx 203.0.113.101:29181 ↔ host 203.0.113.10:10112`; where room is short, ports tell them apart.
fn pair_name(call: &PeerConnection, pair: &CandidatePair, whole: bool) -> String {
    let end = |at: usize| match call.ice.candidates.get(at) {
        Some(it) if whole => format!("{} {}", it.kind.word(), elide_middle(&address_of(it), 21)),
        Some(it) => format!("{} …:{}", it.kind.word(), it.port),
        None => "?".to_owned(),
    };
    // Both ends of a pair have the same transport (RFC 6544 §6.2).
    let transport = call.ice.candidates.get(pair.a).filter(|_| whole);
    let transport = transport
        .map(|it| transport_of(it, false))
        .unwrap_or_default();
    format!("{} ↔ {}{transport}", end(pair.a), end(pair.b))
}

/// From this width on there is room for all columns beside whole addresses.
const ALL_COLUMNS: u16 = 150;

/// Left out where room is short: `relay` is told by the candidate too.
const PATH_COLUMN: usize = 1;

const COLUMNS: &[Column] = &[
    Column::flexible("pair", 20, 3, Fit::Left),
    Column::fixed("path", 6, Fit::Left),
    Column::fixed("state", 13, Fit::Left),
    Column::fixed("a checks", 9, Fit::Left),
    Column::fixed("b checks", 9, Fit::Left),
    Column::flexible("RTT min med max ms", 18, 1, Fit::Left),
    Column::fixed("nominated", 12, Fit::Left),
    Column::flexible("last answered", 17, 1, Fit::Left),
];

const NARROW_COLUMNS: &[Column] = &[
    Column::flexible("pair", 26, 3, Fit::Left),
    Column::fixed("state", 13, Fit::Left),
    Column::fixed("a checks", 8, Fit::Left),
    Column::fixed("b checks", 8, Fit::Left),
    // The median; the paragraph below tells least and most, too.
    Column::fixed("RTT ms", 7, Fit::Left),
    Column::fixed("nominated", 12, Fit::Left),
];
