//! The lines at the top and the bottom: what is looked at, where we are, which keys live here.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::report::text::figures::short_name;
use crate::tui::action::Action;
use crate::tui::screens::compare;
use crate::tui::screens::learn;
use crate::tui::state::Page;
use crate::tui::state::State;
use crate::tui::state::live::LiveView;
use crate::tui::state::loading::Loading;
use crate::tui::text::count;
use crate::tui::text::counted;
use crate::tui::text::elide_middle;
use crate::tui::text::shown;
use crate::tui::text::span;
use crate::tui::text::width;
use crate::tui::text::wrap;
use crate::tui::theme::Theme;
use crate::tui::widgets::chooser;
use crate::tui::widgets::paint::Piece;
use crate::tui::widgets::paint::put;
use crate::tui::widgets::paint::put_pieces;

/// ` rtcscope · call.pcapng · 1 353 packets · 17.8 s · ! one direction          1 Calls  2 Packets  3 Findings  ? Help`
pub fn title(buffer: &mut Buffer, area: Rect, state: &State) {
    let tabs = pages(state);
    let tabs_width: usize = tabs.iter().map(|piece| width(&piece.text)).sum();
    let tabs_x = area
        .width
        .saturating_sub(u16::try_from(tabs_width).unwrap_or(area.width));
    let room = usize::from(tabs_x).saturating_sub(1);
    put_pieces(
        buffer,
        Rect {
            width: tabs_x.saturating_sub(1),
            ..area
        },
        1,
        0,
        &fitting(state, room.saturating_sub(1)),
    );
    put_pieces(buffer, area, tabs_x, 0, &tabs);
}

/// What fits of name, figures, quality and our own name: when room is short, what matters least goes first.
fn fitting(state: &State, room: usize) -> Vec<Piece> {
    let theme = state.theme;
    let brand = Piece::new("rtcscope", theme.bold());
    let name = names(state);
    let quality = flags(state);
    let (packets, lasted) = facts(state);
    let now: Vec<Piece> = match &state.loading {
        Some(loading) => match &state.live {
            Some(view) => vec![Piece::new(
                view.word(loading.packets),
                if view.paused {
                    theme.poor()
                } else {
                    theme.good()
                },
            )],
            None => progress(loading, theme),
        },
        None => Vec::new(),
    };
    let loading = !now.is_empty();
    let total = |parts: &[Vec<Piece>]| -> usize {
        let pieces: usize = parts.iter().flatten().map(|piece| width(&piece.text)).sum();
        pieces + 3 * parts.len().saturating_sub(1)
    };
    let title = || vec![Piece::plain(name.clone())];
    let mut parts = vec![
        vec![brand],
        title(),
        packets.clone(),
        lasted,
        now.clone(),
        quality.clone(),
    ];
    if loading {
        parts.retain(|part| {
            part.first().map(|piece| &piece.text) != packets.first().map(|piece| &piece.text)
        });
    }
    parts.retain(|part| !part.is_empty());
    let of_capture = of_capture(state);
    let whole = of_capture.iter().map(|piece| width(&piece.text) + 3);
    if total(&parts) + whole.sum::<usize>() > room {
        parts.remove(0);
    }
    // Where not both fit, the filter goes before the file: without it the rest is not understood.
    for part in of_capture {
        let at = parts.len() - usize::from(!quality.is_empty());
        parts.insert(at, vec![part]);
        if total(&parts) > room {
            parts.remove(at);
        }
    }
    if total(&parts) > room && !loading {
        parts = vec![title(), packets, quality.clone()];
        parts.retain(|part| !part.is_empty());
    }
    if total(&parts) > room {
        let short: Vec<Piece> = match &state.live {
            Some(view) => now
                .iter()
                .map(|word| Piece::new(view.short_word(), word.style))
                .collect(),
            None => now,
        };
        parts = vec![title(), short, quality.clone()];
        parts.retain(|part| !part.is_empty());
        let rest = total(&parts).saturating_sub(width(&name));
        // Of a capture that runs, that it does matters more.
        let least = if state.live.is_some() {
            LIVE_NAME_LEAST
        } else {
            NAME_LEAST
        };
        if let Some(first) = parts.first_mut() {
            *first = vec![Piece::plain(
                elide_middle(&name, room.saturating_sub(rest).max(least)).into_owned(),
            )];
        }
    }
    if total(&parts) > room && state.live.is_some() && !quality.is_empty() {
        // What is captured was chosen a moment ago; that packets are lost is news.
        let bare = quality
            .into_iter()
            .map(|piece| Piece::new(piece.text.trim_start_matches("! "), piece.style));
        parts = vec![bare.collect()];
    }
    let mut pieces = Vec::new();
    for part in parts {
        if !pieces.is_empty() {
            pieces.push(Piece::new(" · ", theme.dim()));
        }
        pieces.extend(part);
    }
    pieces
}

/// `videoroom.pcapng`, `videoroom.pcapng and 2 more`.
fn names(state: &State) -> String {
    if let Some(view) = state
        .live
        .as_ref()
        .filter(|view| !view.interfaces.is_empty())
    {
        return view.names();
    }
    let first = state.names.first().map_or("", |name| short_name(name));
    let text = match state.names.len() {
        0 | 1 => first.to_owned(),
        more => format!("{first} and {} more", more - 1),
    };
    shown(&text).into_owned()
}

/// `only udp port 3478`, `to calls.pcapng`: what a live capture takes, and which file is being written.
fn of_capture(state: &State) -> Vec<Piece> {
    let Some(view) = &state.live else {
        return Vec::new();
    };
    let filter = Some(view.filter.trim()).filter(|filter| !filter.is_empty());
    let filter = filter.map(|filter| format!("only {}", shown(filter)));
    let file = view.file.as_deref().map(short_name);
    let file = file.map(|file| format!("to {}", shown(file)));
    let words = filter.into_iter().chain(file);
    words
        .map(|text| Piece::plain(elide_middle(&text, OF_CAPTURE_MOST).into_owned()))
        .collect()
}

fn facts(state: &State) -> (Vec<Piece>, Vec<Piece>) {
    let capture = &state.analysis.capture;
    let lasted = match (capture.start, capture.end) {
        (Some(start), Some(end)) => vec![Piece::plain(span(end.since(start)))],
        _ => Vec::new(),
    };
    (
        vec![Piece::plain(counted(capture.packets, "packet"))],
        lasted,
    )
}

/// `▓▓▓▓▓░░░░░ 52 % · 3 s left`.
fn progress(loading: &Loading, theme: Theme) -> Vec<Piece> {
    let Some(part) = loading.part() else {
        return vec![Piece::plain(format!(
            "reading, {}",
            counted(loading.packets, "packet")
        ))];
    };
    let full = (part * BAR as f64).round() as usize;
    let mut pieces = vec![
        Piece::new("▓".repeat(full), theme.good()),
        Piece::new("░".repeat(BAR.saturating_sub(full)), theme.dim()),
        Piece::plain(format!(" {:.0} %", part * 100.0)),
    ];
    if let Some(left) = loading.left() {
        pieces.push(Piece::plain(format!(
            " · {:.0} s left",
            left.as_secs_f64().ceil()
        )));
    }
    pieces
}

/// What lowers trust in everything else, in red.
fn flags(state: &State) -> Vec<Piece> {
    let quality = &state.analysis.capture.quality;
    let mut words: Vec<String> = Vec::new();
    if quality.one_direction {
        words.push("one direction".to_owned());
    }
    if quality.starts_mid_call {
        words.push("starts mid-call".to_owned());
    }
    if quality.truncated_packets > 0 {
        words.push(format!("{} cut", count(quality.truncated_packets)));
    }
    let told = state.live.as_ref().map_or(0, LiveView::dropped);
    let dropped = quality.dropped_packets.max(told);
    if dropped > 0 {
        words.push(format!("{} dropped", count(dropped)));
    }
    if quality.evicted_calls > 0 {
        words.push(format!(
            "{} forgotten",
            counted(quality.evicted_calls, "call")
        ));
    }
    if quality.cut_short {
        words.push("file cut short".to_owned());
    }
    if quality.clock_is_unsure() {
        words.push("clock steps back".to_owned());
    }
    if quality.burst_interval.is_some() {
        words.push("stamped in bursts".to_owned());
    }
    if words.is_empty() {
        return Vec::new();
    }
    vec![Piece::new(
        format!("! {}", words.join(", ")),
        state.theme.bad(),
    )]
}

/// The pages with their numbers, and the help.
fn pages(state: &State) -> Vec<Piece> {
    let theme = state.theme;
    let mut pieces = Vec::new();
    for (number, page) in (1..).zip(Page::ALL) {
        let here = page == state.page;
        let style = if here { theme.selected() } else { Style::new() };
        let width = tab_width(page, state.page, state.size.0);
        let title = if width == NUMBER_ONLY {
            format!(" {number} ")
        } else {
            format!(" {number} {} ", page.title())
        };
        pieces.push(Piece::new(title, style));
    }
    // Where room is short, the footer has to do.
    if state.size.0 >= ROOM_FOR_HELP {
        pieces.push(Piece::plain(" ? Help "));
    }
    pieces
}

/// Columns of a page's tab while `here` is shown: where room is short, the others have their numbers alone.
fn tab_width(page: Page, here: Page, columns: u16) -> u16 {
    let whole = |page: Page| u16::try_from(page.title().len()).unwrap_or(0) + NUMBER_ONLY + 1;
    let all: u16 = Page::ALL.into_iter().map(whole).sum();
    if page == here || all + NAME_LEAST as u16 <= columns {
        whole(page)
    } else {
        NUMBER_ONLY
    }
}

/// Which page's tab is under column `x` of a title line `columns` wide, on the page `here`; `None` beside the tabs, `Some(None)` for the
/// help.
pub fn page_at(x: u16, columns: u16, here: Page) -> Option<Option<Page>> {
    let widths = Page::ALL.map(|page| tab_width(page, here, columns));
    let help = if columns >= ROOM_FOR_HELP { 8 } else { 0 };
    let mut at = columns.saturating_sub(widths.iter().sum::<u16>() + help);
    if x < at {
        return None;
    }
    for (page, width) in Page::ALL.into_iter().zip(widths) {
        at += width;
        if x < at {
            return Some(Some(page));
        }
    }
    Some(None)
}

/// The last line: a question, news, or the five keys that matter here.
pub fn footer(buffer: &mut Buffer, area: Rect, state: &State) {
    let theme = state.theme;
    if state.editor.is_some() {
        let keys = [
            ("Enter", "do it"),
            ("Tab", "complete"),
            ("↑", "earlier"),
            ("F1", "help"),
            ("Esc", "leave it"),
        ];
        keys_line(
            buffer,
            area,
            1,
            theme,
            keys.map(|(key, does)| (key.to_owned(), does)),
        );
        return;
    }
    if let Some(prompt) = &state.prompt {
        let x = put(
            buffer,
            area,
            1,
            0,
            &format!("{}: ", prompt.kind.question()),
            theme.bold(),
        );
        let typed = shown(prompt.input.value()).into_owned();
        let x = put(buffer, area, x, 0, &typed, Style::new());
        let x = put(buffer, area, x, 0, " ", theme.selected());
        put(
            buffer,
            area,
            x + 2,
            0,
            "Enter: do it · Esc: leave it",
            theme.dim(),
        );
        return;
    }
    if let Some(notice) = &state.notice {
        let style = if notice.bad {
            theme.bad()
        } else {
            theme.good()
        };
        let glyph = if notice.bad { "✖" } else { "●" };
        at_the_bottom(buffer, area, &format!("{glyph} {}", notice.text), style);
        return;
    }
    if state.compare.is_some() {
        let keys = compare::KEYS.map(|(key, does)| (key.to_owned(), does));
        keys_line(buffer, area, 1, theme, keys);
        return;
    }
    if state.chooser.is_some() {
        let keys = chooser::KEYS.map(|(key, does)| (key.to_owned(), does));
        keys_line(buffer, area, 1, theme, keys);
        return;
    }
    let scope = state.scope();
    if state.page == Page::Learn {
        let keys = learn::footer(state).into_iter();
        keys_line(
            buffer,
            area,
            1,
            theme,
            keys.map(|(key, does)| (key.to_owned(), does)),
        );
        return;
    }
    let rows = state
        .keymap
        .footer(scope, |action| state.is_useless(action));
    let keys = rows.iter().map(|row| {
        let words = match row.footer {
            _ if row.action == Action::Back && state.is_at_the_top() => "quit",
            Some((_, short)) => short,
            None => row.words,
        };
        (row.key_name(), words)
    });
    let x = keys_line(buffer, area, 1, theme, keys);
    if !state.marks.is_empty() {
        let text = format!("  •{} marked", count(state.marks.len() as u64));
        put(buffer, area, x, 0, &text, theme.poor());
    }
}

/// What is wrong with an answer, in the line above the question, or more of them.
pub fn complaint(buffer: &mut Buffer, body: Rect, text: &str, theme: Theme) {
    let line = Rect {
        y: body.bottom().saturating_sub(1),
        height: body.height.min(1),
        ..body
    };
    at_the_bottom(buffer, line, &format!("✖ {text}"), theme.bad());
}

/// A sentence in the line `area`; what one line can't hold begins above it, so that it can be read whole.
fn at_the_bottom(buffer: &mut Buffer, area: Rect, text: &str, style: Style) {
    let lines = wrap(text, usize::from(area.width.saturating_sub(2)));
    let most = usize::from(area.bottom().saturating_sub(buffer.area.y));
    let height = lines.len().min(most) as u16;
    let over = Rect {
        y: area.bottom().saturating_sub(height),
        height,
        ..area
    };
    let blank = " ".repeat(over.width.into());
    for (y, line) in (0..height).zip(lines) {
        put(buffer, over, 0, y, &blank, Style::new());
        put(buffer, over, 1, y, &line, style);
    }
}

/// `Enter open · ? help`; gives the column after it.
fn keys_line<'a>(
    buffer: &mut Buffer,
    area: Rect,
    from: u16,
    theme: Theme,
    keys: impl IntoIterator<Item = (String, &'a str)>,
) -> u16 {
    let mut x = from;
    for (at, (key, does)) in keys.into_iter().enumerate() {
        if at > 0 {
            x = put(buffer, area, x, 0, " · ", theme.dim());
        }
        x = put(buffer, area, x, 0, &key, theme.bold());
        x = put(buffer, area, x, 0, &format!(" {does}"), theme.dim());
    }
    x
}

/// From this width on the title line has room for the help.
const ROOM_FOR_HELP: u16 = 110;
/// Columns of a tab that has only its number.
const NUMBER_ONLY: u16 = 3;
/// Cells of the progress bar.
const BAR: usize = 10;
/// A name shorter than this says nothing.
const NAME_LEAST: usize = 6;
/// Columns of a capture filter, and of the name of the file being written; `F` shows the whole filter.
const OF_CAPTURE_MOST: usize = 40;
/// The same for an interface.
const LIVE_NAME_LEAST: usize = 4;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ingest::live::status::InterfaceState;
    use crate::ingest::live::status::InterfaceStatus;
    use crate::tui::theme::palette::Palette;
    use crate::vocab::time::Timestamp;

    fn title_of(dropped: u64, paused: bool, columns: u16) -> String {
        let view = LiveView::new(String::new(), Timestamp::default());
        title_of_view(view, dropped, paused, columns)
    }

    fn title_of_view(mut view: LiveView, dropped: u64, paused: bool, columns: u16) -> String {
        let theme = Theme::new(Palette::Dark, false);
        let mut state = State::new(vec!["wlp0s20f3".to_owned()], theme, (columns, 24));
        view.paused = paused;
        view.interfaces = vec![InterfaceStatus {
            name: "wlp0s20f3".to_owned(),
            state: InterfaceState::Up,
            packets: 1_234_567,
            dropped,
        }];
        state.live = Some(view);
        state.loading = Some(Loading {
            read_bytes: 0,
            total_bytes: None,
            packets: 1_234_567,
            elapsed: Duration::ZERO,
        });
        let area = Rect::new(0, 0, columns, 1);
        let mut buffer = Buffer::empty(area);
        title(&mut buffer, area, &state);
        let cells = buffer.content().iter();
        let text: String = cells.map(ratatui::buffer::Cell::symbol).collect();
        text.split_once(" 1 Calls").unwrap().0.trim().to_owned()
    }

    #[test]
    fn what_is_lost_is_said_however_narrow_the_screen() {
        assert_eq!(title_of(0, false, 80), "wl…f3 · live");
        assert_eq!(title_of(0, true, 80), "wl…f3 · held");
        assert_eq!(title_of(512, false, 80), "512 dropped");
        let wide = "rtcscope · wlp0s20f3 · live, 1 234 567 packets · ! 512 dropped";
        assert_eq!(title_of(512, false, 160), wide);
    }

    #[test]
    fn what_a_live_capture_takes_and_writes_is_said_where_there_is_room() {
        let title_of = |columns| {
            let mut view = LiveView::new("udp port 3478".to_owned(), Timestamp::default());
            view.file = Some("/var/tmp/calls.pcapng".to_owned());
            title_of_view(view, 0, false, columns)
        };
        let all = "wlp0s20f3 · live, 1 234 567 packets · only udp port 3478 · to calls.pcapng";
        assert_eq!(title_of(200), format!("rtcscope · {all}"));
        assert_eq!(title_of(160), all);
        assert_eq!(
            title_of(148),
            "wlp0s20f3 · live, 1 234 567 packets · only udp port 3478"
        );
        assert_eq!(title_of(80), "wl…f3 · live");
    }
}
