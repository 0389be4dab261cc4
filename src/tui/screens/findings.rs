//! Verdicts and findings: what is wrong, what shows it, what to do.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::analyzer::analysis::Analysis;
use crate::diagnosis::finding::Finding;
use crate::diagnosis::finding::Outcome;
use crate::diagnosis::finding::RungMark;
use crate::diagnosis::finding::Stage;
use crate::diagnosis::finding::Verdict;
use crate::timeline::layer::Tone;
use crate::tui::detail::DetailLine;
use crate::tui::detail::Look;
use crate::tui::state::State;
use crate::tui::state::findings::Findings;
use crate::tui::state::findings::Item;
use crate::tui::text::counted;
use crate::tui::text::frames;
use crate::tui::text::shown;
use crate::tui::text::wrap;
use crate::tui::widgets::filtered::heading;
use crate::tui::widgets::filtered::say_nothing_passes;
use crate::tui::widgets::lines::lay_out;
use crate::tui::widgets::lines::style;
use crate::tui::widgets::paint::Piece;
use crate::tui::widgets::paint::inside;
use crate::tui::widgets::paint::pane;
use crate::tui::widgets::paint::pane_note;
use crate::tui::widgets::paint::put;
use crate::tui::widgets::paint::put_pieces;
use crate::tui::widgets::paint::style_row;

/// The list's pane, the detail's pane: beside each other where there is room. Of nothing there is no detail.
pub fn areas(body: Rect, page: &Findings) -> (Rect, Rect) {
    if page.shown.is_empty() {
        let none = Rect {
            y: body.y + body.height,
            height: 0,
            ..body
        };
        return (body, none);
    }
    if body.width >= BESIDE {
        let list = body.width * 2 / 5;
        return (
            Rect {
                width: list,
                ..body
            },
            Rect {
                x: body.x + list,
                width: body.width - list,
                ..body
            },
        );
    }
    let list = body.height * 2 / 5;
    (
        Rect {
            height: list,
            ..body
        },
        Rect {
            y: body.y + list,
            height: body.height - list,
            ..body
        },
    )
}

/// Lines of the list that fit.
pub fn list_height(body: Rect, page: &Findings) -> usize {
    inside(areas(body, page).0).height.into()
}

/// Draws the page.
pub fn render(buffer: &mut Buffer, body: Rect, state: &State) {
    let (theme, page) = (state.theme, state.findings_shown());
    let (list, detail) = areas(body, page);
    let title = match page.call {
        Some(id) => format!("Findings of call {}", id.index() + 1),
        None => "Findings".to_owned(),
    };
    let title = heading(&title, &page.filter, page.shown.len(), page.items.len());
    let inner = pane(buffer, list, &title, !page.in_detail, theme);
    if page.shown.is_empty() && !page.items.is_empty() {
        say_nothing_passes(buffer, inner, &page.filter, theme);
    } else if page.shown.is_empty() {
        let text = match &state.loading {
            Some(_) => "Reading. Findings appear here as they are made.",
            None if state.analysis.scene.peer_connections.is_empty() => {
                "Nothing to report: no call was found, and nothing is wrong with the capture. Page 5 has what was said between whom, \
                 page 2 the packets."
            }
            None => "Nothing to report.",
        };
        let lines = wrap(text, usize::from(inner.width.saturating_sub(2)));
        for (y, line) in (0..inner.height).zip(lines) {
            put(buffer, inner, 1, y, &line, theme.dim());
        }
    }
    for (y, at) in (0..inner.height).zip(page.cursor.visible(page.shown.len(), inner.height.into()))
    {
        let Some(item) = page.shown.get(at).and_then(|&at| page.items.get(at)) else {
            continue;
        };
        put_pieces(buffer, inner, 1, y, &item_pieces(state, *item));
        if at == page.cursor.at {
            let style = if page.in_detail {
                theme.selected_elsewhere()
            } else {
                theme.selected()
            };
            style_row(buffer, inner, y, style);
        }
    }
    if page.shown.len() > usize::from(inner.height) {
        pane_note(
            buffer,
            list,
            &counted(page.shown.len() as u64, "line"),
            theme.dim(),
        );
    }
    if !detail.is_empty() {
        render_detail(buffer, detail, state);
    }
}

fn item_pieces(state: &State, item: Item) -> Vec<Piece> {
    let (theme, analysis) = (state.theme, &state.analysis);
    match item {
        Item::Verdict(at) => match analysis.verdicts.get(at) {
            Some(verdict) => {
                let (glyph, style, word) = theme.outcome(verdict.outcome);
                vec![
                    Piece::new(format!("{glyph} "), style),
                    Piece::new(subject(analysis, verdict), theme.bold()),
                    Piece::new(format!(" · {word}"), style),
                ]
            }
            None => Vec::new(),
        },
        Item::Finding(at) => match analysis.findings.get(at) {
            Some(finding) => {
                let (glyph, style) = theme.severity(finding.severity);
                vec![
                    Piece::new(format!("  {glyph} "), style),
                    Piece::new(
                        format!("{:<9} ", finding.layer.word()),
                        theme.finding(finding.layer),
                    ),
                    Piece::plain(shown(&finding.title).into_owned()),
                ]
            }
            None => Vec::new(),
        },
    }
}

/// What a verdict is about.
fn subject(analysis: &Analysis, verdict: &Verdict) -> String {
    let call = verdict
        .peer_connection
        .and_then(|id| Some((id, analysis.scene.peer_connections.get(id.index())?)));
    if let Some((id, call)) = call {
        return format!("Call {} · {}", id.index() + 1, shown(&call.label));
    }
    match verdict
        .dialogue
        .and_then(|id| analysis.scene.dialogues.get(id.index()))
    {
        Some(dialogue) => format!(
            "{} signaling of {}, no call",
            dialogue.protocol.word(),
            dialogue.client
        ),
        None => "the capture".to_owned(),
    }
}

fn render_detail(buffer: &mut Buffer, area: Rect, state: &State) {
    let (theme, page) = (state.theme, state.findings_shown());
    let inner = pane(buffer, area, "Detail", page.in_detail, theme);
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    let (lines, evidence) = detail(state, page);
    let laid = lay_out(&lines, inner.width.saturating_sub(2));
    let chosen = evidence.get(page.evidence).copied();
    let top = page
        .detail_top
        .min(laid.len().saturating_sub(inner.height.into()));
    for (y, (indent, text, look, line)) in (0..inner.height).zip(laid.iter().skip(top)) {
        put(buffer, inner, *indent, y, text, style(*look, theme));
        if Some(*line) == chosen {
            let style = if page.in_detail {
                theme.selected()
            } else {
                theme.selected_elsewhere()
            };
            style_row(buffer, inner, y, style);
        }
    }
    if laid.len() > usize::from(inner.height) {
        pane_note(
            buffer,
            area,
            &format!(
                "{} of {}",
                (top + usize::from(inner.height)).min(laid.len()),
                laid.len()
            ),
            theme.dim(),
        );
    }
}

/// Goes `by` lines of evidence up or down, and beyond the first and the last scrolls the rest into sight.
pub fn scroll(state: &mut State, by: isize) {
    let inner = inside(areas(super::areas(state).body, state.findings_shown()).1);
    let (lines, evidence) = detail(state, state.findings_shown());
    let laid = lay_out(&lines, inner.width.saturating_sub(4));
    let height = usize::from(inner.height);
    let most = laid.len().saturating_sub(height);
    let page = state.findings_shown_mut();
    let to = page
        .evidence
        .checked_add_signed(by)
        .filter(|to| *to < evidence.len());
    let Some(to) = to else {
        page.detail_top = page.detail_top.saturating_add_signed(by).min(most);
        return;
    };
    page.evidence = to;
    let chosen = evidence.get(to).copied();
    if let Some(at) = laid.iter().position(|(.., line)| Some(*line) == chosen) {
        if at < page.detail_top {
            page.detail_top = at;
        } else if at >= page.detail_top + height {
            page.detail_top = (at + 1).saturating_sub(height);
        }
    }
}

/// The selected line in detail, and which of the lines are evidence.
fn detail(state: &State, page: &Findings) -> (Vec<DetailLine>, Vec<usize>) {
    match page.selected() {
        Some(Item::Finding(at)) => match state.analysis.findings.get(at) {
            Some(finding) => finding_lines(&state.analysis, finding),
            None => (Vec::new(), Vec::new()),
        },
        Some(Item::Verdict(at)) => match state.analysis.verdicts.get(at) {
            Some(verdict) => (verdict_lines(&state.analysis, verdict), Vec::new()),
            None => (Vec::new(), Vec::new()),
        },
        None => (Vec::new(), Vec::new()),
    }
}

fn finding_lines(analysis: &Analysis, finding: &Finding) -> (Vec<DetailLine>, Vec<usize>) {
    let line = |indent, text: &str, look| DetailLine::new(indent, text, look);
    let head = format!(
        "{} · {} · {}",
        finding.severity.word(),
        finding.layer.word(),
        finding.rule
    );
    let mut lines = vec![
        line(0, &finding.title, Look::Heading),
        line(0, &head, Look::Dim),
        line(0, "", Look::Plain),
    ];
    lines.push(line(0, &finding.explanation, Look::Plain));
    lines.push(line(0, "", Look::Plain));
    lines.push(line(0, "Evidence", Look::Heading));
    let mut evidence = Vec::new();
    for seen in &finding.evidence {
        evidence.push(lines.len());
        let shown = frames(&seen.frames, &analysis.capture);
        let text = if shown.is_empty() {
            seen.text.clone()
        } else {
            format!("{} ({shown})", seen.text)
        };
        lines.push(line(2, &text, Look::Plain));
    }
    for (heading, text) in [
        ("What to do", &finding.advice),
        ("What would disprove it", &finding.would_disprove),
        ("Reference", &finding.reference),
    ] {
        if !text.is_empty() {
            lines.push(line(0, "", Look::Plain));
            lines.push(line(0, heading, Look::Heading));
            lines.push(line(2, text, Look::Plain));
        }
    }
    (lines, evidence)
}

fn verdict_lines(analysis: &Analysis, verdict: &Verdict) -> Vec<DetailLine> {
    let line = |indent, text: &str, look| DetailLine::new(indent, text, look);
    let mut lines = vec![line(0, &subject(analysis, verdict), Look::Heading)];
    let word = match verdict.outcome {
        Outcome::Ok => "It worked.".to_owned(),
        Outcome::Degraded => "It worked, badly.".to_owned(),
        Outcome::Failed => match verdict.stage {
            Some(stage) => format!("It failed at {}.", stage.label()),
            None => "It failed.".to_owned(),
        },
        Outcome::Unknown => "The capture can't tell how it came out.".to_owned(),
    };
    lines.push(line(
        0,
        &format!("{word} Confidence: {}.", verdict.confidence.word()),
        Look::Plain,
    ));
    lines.push(line(0, "", Look::Plain));
    for stage in Stage::LADDER {
        let label = stage.label();
        let (text, look) = match verdict.mark(stage) {
            None if verdict.outcome == Outcome::Unknown => (format!("· {label}"), Look::Dim),
            None | Some(RungMark::Passed) => (format!("● {label}"), Look::Tone(Tone::Good)),
            Some(RungMark::NotShown) => (format!("? {label} (not shown)"), Look::Dim),
            Some(RungMark::Degraded) => (format!("◐ {label}"), Look::Plain),
            Some(RungMark::Broken) => (format!("✖ {label}"), Look::Tone(Tone::Bad)),
            Some(RungMark::Beyond) => (format!("· {label}"), Look::Dim),
        };
        lines.push(line(2, &text, look));
    }
    if let Some(cause) = verdict.cause.and_then(|at| analysis.findings.get(at)) {
        lines.push(line(0, "", Look::Plain));
        lines.push(line(0, &format!("Because: {}", cause.title), Look::Plain));
    }
    if !verdict.cannot_tell.is_empty() {
        lines.push(line(0, "", Look::Plain));
        lines.push(line(0, "What this capture can't tell", Look::Heading));
        lines.extend(
            verdict
                .cannot_tell
                .iter()
                .map(|text| line(2, text, Look::Plain)),
        );
    }
    lines
}

/// The selected finding as text for a ticket.
pub fn as_text(state: &State) -> Option<String> {
    let (lines, _) = detail(state, state.findings_shown());
    let text: Vec<String> = lines
        .iter()
        .map(|line| format!("{}{}", " ".repeat(line.indent.into()), line.text))
        .collect();
    (!text.is_empty()).then(|| text.join("\n"))
}

/// From this width on list and detail stand beside each other.
const BESIDE: u16 = 120;
