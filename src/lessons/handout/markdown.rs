//! The handout in Markdown.

use std::fmt::Write;

use crate::lessons::exhibit::Exhibit;
use crate::lessons::exhibit::Shade;
use crate::lessons::glossary;
use crate::lessons::handout::Page;
use crate::lessons::play::Asked;
use crate::lessons::play::Shown;
use crate::lessons::prose::Block;
use crate::lessons::prose::Ink;
use crate::lessons::prose::Span;
use crate::lessons::prose::plain;

/// Some lessons, one after another, and the terms that they use.
pub fn write(pages: &[Page<'_>], answers: bool) -> String {
    let mut out = String::new();
    for page in pages {
        let lesson = page.lesson;
        let _ = writeln!(out, "# {}. {}\n", lesson.number, lesson.title);
        let _ = writeln!(out, "{}\n", escaped(&lesson.about));
        for (number, (capture, shown)) in (1..).zip(&page.steps) {
            let title = escaped(&shown.title);
            let _ = writeln!(out, "## {}.{number} {title}\n", lesson.number);
            let _ = writeln!(out, "Capture: {}\n", code(capture));
            step(&mut out, shown, answers);
        }
    }
    terms(&mut out, pages);
    out
}

fn step(out: &mut String, shown: &Shown, answers: bool) {
    if let Some(absent) = &shown.absent {
        let _ = writeln!(out, "*{}*\n", escaped(&absent.sentence()));
        return;
    }
    blocks(out, &shown.prose);
    for exhibit in &shown.exhibits {
        exhibit_text(out, exhibit);
    }
    if let Some(asked) = &shown.question {
        question(out, asked, answers);
    }
    if !shown.why.is_empty() {
        out.push_str("**Why it matters.**\n\n");
        blocks(out, &shown.why);
    }
}

fn question(out: &mut String, asked: &Asked, answers: bool) {
    out.push_str("### Question\n\n");
    blocks(out, &asked.prose);
    for (number, option) in (1..).zip(&asked.options) {
        let _ = writeln!(out, "{number}. {}", escaped(option));
    }
    if !asked.options.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "Answer ({}): \\_\\_\\_\\_\\_\\_\\_\\_\n", asked.wanted);
    out.push_str("**Hint.**\n\n");
    blocks(out, &asked.hint);
    if answers {
        let _ = writeln!(out, "**Answer:** {}\n", code(&asked.answer));
    }
}

/// An exhibit as a block of code; what is lit stands between ⟦ and ⟧, so that it needs no colour.
fn exhibit_text(out: &mut String, exhibit: &Exhibit) {
    let _ = writeln!(out, "{}:\n", escaped(&exhibit.title));
    let mut text = String::new();
    for line in &exhibit.lines {
        let mut row = String::new();
        for piece in line {
            let whole = line.len() == 1;
            if piece.shade == Shade::Lit && !whole {
                let _ = write!(row, "⟦{}⟧", piece.text);
            } else {
                row.push_str(&piece.text);
            }
        }
        // Lit bytes side by side are one stretch.
        let row = row.replace("⟧ ⟦", " ");
        text.push_str(row.trim_end());
        text.push('\n');
    }
    let fence = fence(&text);
    let _ = writeln!(out, "{fence}text\n{text}{fence}\n");
}

fn blocks(out: &mut String, blocks: &[Block]) {
    let mut listed = false;
    for block in blocks {
        let item = matches!(block, Block::Item(..));
        if listed && !item {
            out.push('\n');
        }
        listed = item;
        match block {
            Block::Paragraph(words) => {
                let _ = writeln!(out, "{}\n", spans(words));
            }
            Block::Item(mark, words) => {
                let indent = mark.len() - mark.trim_start().len();
                let mark = mark.trim().replace('•', "-");
                let _ = writeln!(out, "{:indent$}{mark} {}", "", spans(words));
            }
            Block::Code(words) => {
                let text = plain(words);
                let fence = fence(&text);
                let _ = writeln!(out, "{fence}text\n{text}\n{fence}\n");
            }
            Block::Table(rows) => {
                for (at, row) in rows.iter().enumerate() {
                    let cells: Vec<String> =
                        row.iter().map(|it| spans(it).replace('|', "\\|")).collect();
                    let _ = writeln!(out, "| {} |", cells.join(" | "));
                    if at == 0 {
                        let _ = writeln!(out, "|{}", " --- |".repeat(row.len()));
                    }
                }
                out.push('\n');
            }
        }
    }
    if listed {
        out.push('\n');
    }
}

fn spans(spans: &[Span]) -> String {
    let mut out = String::new();
    for span in spans {
        let words = match span.ink {
            Ink::Plain => escaped(&span.text),
            Ink::Strong => format!("**{}**", escaped(&span.text)),
            Ink::Emphasis => format!("*{}*", escaped(&span.text)),
            Ink::Code => code(&span.text),
        };
        match &span.term {
            Some(term) => {
                let _ = write!(out, "[{words}](#{term})");
            }
            None => out.push_str(&words),
        }
    }
    out
}

fn terms(out: &mut String, pages: &[Page<'_>]) {
    let used = super::html::used(pages);
    if used.is_empty() {
        return;
    }
    out.push_str("# Terms\n\n");
    for entry in glossary::all() {
        if used.contains(entry.key.as_str()) {
            let _ = writeln!(
                out,
                "### {}\n\n{} *{}*\n",
                entry.term, entry.meaning, entry.reference
            );
        }
    }
}

/// Text without anything that Markdown would take for its own.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(
            c,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '&' | '~'
        ) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Text in code, with as many backticks around it as it takes.
fn code(text: &str) -> String {
    let longest = longest_run(text);
    let ticks = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{ticks}{space}{text}{space}{ticks}")
}

fn fence(text: &str) -> String {
    "`".repeat((longest_run(text) + 1).max(3))
}

/// The most backticks in a row.
fn longest_run(text: &str) -> usize {
    let runs = text.split(|c| c != '`').map(str::len);
    runs.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_the_wire_stays_text() {
        assert_eq!(escaped("a*b_<c>"), r"a\*b\_\<c\>");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(fence("x\n```\n"), "````");
    }
}
