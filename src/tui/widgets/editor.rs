//! A filter being typed: the line, what is wrong with it, and what could stand at the cursor.
//!
//! ```text
//! ┌ Filter: Calls ───────────────────────────────────────────────┐
//! │ call.outcom == failed                                        │
//! │ ^^^^^^^^^^^ no field is called `call.outcom`; did you mean … │
//! │ ▸ call.outcome           word     how it came out            │
//! └──────────────────────────────────────── Tab takes · 3 of 17 ┘
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Clear;
use ratatui::widgets::Widget;

use crate::filter::catalogue;
use crate::filter::help::examples;
use crate::filter::help::holds;
use crate::filter::help::meaning;
use crate::filter::rows::RowKind;
use crate::tui::action::Action;
use crate::tui::command::COMMANDS;
use crate::tui::keymap::BINDINGS;
use crate::tui::state::State;
use crate::tui::state::editor::Editor;
use crate::tui::state::editor::Mistake;
use crate::tui::state::editor::Purpose;
use crate::tui::text::shown;
use crate::tui::text::width;
use crate::tui::text::wrap;
use crate::tui::theme::Theme;
use crate::tui::theme::palette::Palette;
use crate::tui::widgets::paint::Piece;
use crate::tui::widgets::paint::pane;
use crate::tui::widgets::paint::pane_note;
use crate::tui::widgets::paint::put;
use crate::tui::widgets::paint::put_pieces;
use crate::tui::widgets::paint::style_row;

/// Draws the line with what belongs to it over the end of `body`.
pub fn render(buffer: &mut Buffer, body: Rect, state: &State, editor: &Editor) {
    let theme = state.theme;
    if let Some(top) = editor.help {
        render_help(buffer, body, editor, top, theme);
        return;
    }
    let columns = usize::from(body.width.saturating_sub(4));
    let wrong = editor
        .error
        .as_ref()
        .map(|error| mark(editor, error, columns));
    let proposals = editor.proposals.len().min(PROPOSALS_SHOWN);
    let lines = 1 + wrong.as_ref().map_or(0, Vec::len) + proposals;
    let height = u16::try_from(lines + 2)
        .unwrap_or(u16::MAX)
        .min(body.height);
    let area = Rect {
        y: body.y + body.height - height,
        height,
        ..body
    };
    Clear.render(area, buffer);
    let title = match editor.purpose {
        Purpose::Filter => format!("Filter: {}", state.scope().title()),
        Purpose::Command(_) => "Command".to_owned(),
    };
    let inner = pane(buffer, area, &title, true, theme);
    render_line(buffer, inner, editor, theme);
    let mut y = 1;
    for line in wrong.iter().flatten() {
        put(buffer, inner, 1, y, line, theme.bad());
        y += 1;
    }
    render_proposals(buffer, inner, y, editor, theme);
    let all = editor.proposals.len();
    if all > usize::from(inner.height.saturating_sub(y)) {
        let at = editor.chosen.map_or(0, |at| at + 1);
        pane_note(buffer, area, &format!("Tab: {at} of {all}"), theme.dim());
    }
}

/// The text with the cursor; of a long one, the part around the cursor.
fn render_line(buffer: &mut Buffer, inner: Rect, editor: &Editor, theme: Theme) {
    let from = first_shown(editor, usize::from(inner.width.saturating_sub(2)));
    let rest: String = editor.text().chars().skip(from).collect();
    let cursor = editor.input.cursor().saturating_sub(from);
    let before: String = rest.chars().take(cursor).collect();
    let under: String = rest.chars().skip(cursor).take(1).collect();
    let after: String = rest.chars().skip(cursor + 1).collect();
    let under = if under.is_empty() { " " } else { &under };
    let x = put(buffer, inner, 1, 0, &shown(&before), Style::new());
    let x = put(buffer, inner, x, 0, under, theme.selected());
    put(buffer, inner, x, 0, &shown(&after), Style::new());
}

/// The first character shown, so that the cursor is in sight.
fn first_shown(editor: &Editor, columns: usize) -> usize {
    let cursor = editor.input.cursor();
    let before: Vec<char> = editor.text().chars().take(cursor).collect();
    let mut room = columns.saturating_sub(1);
    let fits = before.iter().rev().take_while(|c| {
        let taken = width(c.encode_utf8(&mut [0; 4]));
        let fits = taken <= room;
        room = room.saturating_sub(taken);
        fits
    });
    cursor - fits.count()
}

/// Signs under what is wrong, and the sentence that says so, on lines of `columns`.
fn mark(editor: &Editor, error: &Mistake, columns: usize) -> Vec<String> {
    let text = editor.text();
    let from = first_shown(editor, columns);
    let start = text
        .char_indices()
        .nth(from)
        .map_or(text.len(), |(at, _)| at);
    let before = text.get(start..error.span.start).unwrap_or_default();
    let inside = text.get(error.span.start.max(start)..error.span.end);
    let signs = "^".repeat(width(inside.unwrap_or_default()).max(1));
    let indent = width(before).min(columns.saturating_sub(1));
    let signs: String = signs.chars().take(columns - indent).collect();
    let sentence = &error.text;
    let mut lines = vec![format!("{}{signs}", " ".repeat(indent))];
    lines.extend(
        wrap(&shown(sentence), columns)
            .into_iter()
            .take(SENTENCE_LINES),
    );
    lines
}

fn render_proposals(buffer: &mut Buffer, inner: Rect, from: u16, editor: &Editor, theme: Theme) {
    let room = usize::from(inner.height.saturating_sub(from));
    // The chosen one in sight.
    let chosen = editor.chosen.unwrap_or(0);
    let top = (chosen + 1).saturating_sub(room);
    let rows = editor.proposals.iter().enumerate().skip(top);
    for (y, (at, it)) in (from..inner.height).zip(rows) {
        let name = format!("{:<NAME$} ", shown(&it.text));
        let pieces = [
            Piece::plain(name),
            Piece::new(format!("{:<8} ", it.holds), theme.dim()),
            Piece::new(shown(&it.meaning).into_owned(), theme.dim()),
        ];
        put_pieces(buffer, inner, 3, y, &pieces);
        if editor.chosen == Some(at) {
            put(buffer, inner, 1, y, "▸", theme.bold());
            style_row(buffer, inner, y, theme.selected());
        }
    }
}

/// Examples, then the fields of the list, then all others.
fn render_help(buffer: &mut Buffer, body: Rect, editor: &Editor, top: usize, theme: Theme) {
    Clear.render(body, buffer);
    let title = match editor.purpose {
        Purpose::Filter => "What a filter can ask for",
        Purpose::Command(_) => "Commands",
    };
    let inner = pane(buffer, body, title, true, theme);
    let lines = help_lines(editor, theme);
    let top = top.min(lines.len().saturating_sub(inner.height.into()));
    for (y, line) in (0..inner.height).zip(lines.iter().skip(top)) {
        put_pieces(buffer, inner, 1, y, line);
    }
    let end = (top + usize::from(inner.height)).min(lines.len());
    let note = format!("↓ {end} of {} · any other key closes", lines.len());
    pane_note(buffer, body, &note, theme.dim());
}

/// Lines of the help.
pub fn help_length(editor: &Editor) -> usize {
    help_lines(editor, Theme::new(Palette::Plain, false)).len()
}

fn help_lines(editor: &Editor, theme: Theme) -> Vec<Vec<Piece>> {
    match editor.purpose {
        Purpose::Filter => filter_help(editor.rows, theme),
        Purpose::Command(_) => command_help(theme),
    }
}

fn command_help(theme: Theme) -> Vec<Vec<Piece>> {
    let row = |name: String, meaning: &str| {
        vec![
            Piece::plain(format!("  {name:<NAME$} ")),
            Piece::new(meaning.to_owned(), theme.dim()),
        ]
    };
    let commands = COMMANDS.iter();
    let commands = commands.map(|it| row(format!("{} {}", it.name, it.takes), it.meaning));
    let mut lines: Vec<Vec<Piece>> = commands.collect();
    lines.push(row(
        "17, 12.5s".to_owned(),
        "a frame or an instant alone: go there",
    ));
    lines.push(Vec::new());
    lines.push(vec![Piece::new("What keys do, by name", theme.bold())]);
    let known = |action| BINDINGS.iter().find(|row| row.action == action);
    lines.extend(
        Action::NAMED
            .iter()
            .filter_map(|(name, action)| Some(row((*name).to_owned(), known(*action)?.words))),
    );
    lines
}

fn filter_help(rows: RowKind, theme: Theme) -> Vec<Vec<Piece>> {
    let heading = |text: &str| vec![Piece::new(text.to_owned(), theme.bold())];
    let mut lines = vec![heading("For example")];
    lines.extend(examples(rows).iter().map(|(example, words)| {
        vec![
            Piece::plain(format!("  {example:<EXAMPLE$} ")),
            Piece::new(*words, theme.dim()),
        ]
    }));
    lines.push(Vec::new());
    lines.push(heading("Language"));
    lines.extend(LANGUAGE.map(|text| vec![Piece::plain(format!("  {text}"))]));
    let others = RowKind::ALL.into_iter().chain([RowKind::Packet]);
    let others = others.filter(|kind| *kind != rows).map(Some);
    for kind in [Some(rows), None].into_iter().chain(others) {
        lines.push(Vec::new());
        lines.push(match kind {
            Some(kind) if kind == rows => heading("Fields of this list"),
            Some(kind) => heading(&format!("Fields of a {}", kind.word())),
            None => heading("Fields of all"),
        });
        let fields = catalogue::all().filter(|field| field.row == kind);
        lines.extend(fields.map(|field| {
            vec![
                Piece::plain(format!("  {:<NAME$} ", field.name)),
                Piece::new(
                    format!("{:<8} {}", holds(field), meaning(field)),
                    theme.dim(),
                ),
            ]
        }));
    }
    lines
}

const LANGUAGE: [&str; 7] = [
    "words                  search in everything; side by side: all of them",
    "\"two words\"            search for just that",
    "field == value         also != < <= > >=, and ~ for: holds the text",
    "field in {a, b}        one of several",
    "field                  it is known; not field: it is not",
    "and or not ( )         put together; what is about one kind of row is about the same row",
    "20ms 1.5s 2% 300kbps   numbers take units; 10.0.0.0/8 is a network",
];

/// Proposals shown at once, at most.
const PROPOSALS_SHOWN: usize = 8;
/// Lines of what is wrong, at most.
const SENTENCE_LINES: usize = 2;
/// Columns of a field's name.
const NAME: usize = 30;
/// Columns of an example.
const EXAMPLE: usize = 46;
