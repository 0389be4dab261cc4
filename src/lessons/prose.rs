//! Prose: Markdown → blocks of spans, with places for figures and links to terms.
//!
//! ```text
//! The [server](term:turn-server) gave `{turn.relayed}` for **{turn.lifetime}**.
//!      └ link to the glossary          └ a figure, in code    └ a figure, strong
//! ```
//!
//! Paragraphs, lists, code blocks and tables are read; everything else that Markdown knows is refused by name, so that no teacher wonders why it
//! does not show. Braces stand for figures everywhere, in code too; `{{` is a brace.

use pulldown_cmark::CodeBlockKind;
use pulldown_cmark::Event;
use pulldown_cmark::Options;
use pulldown_cmark::Parser;
use pulldown_cmark::Tag;
use pulldown_cmark::TagEnd;

use crate::lessons::figure::Figures;

/// A block of prose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Paragraph(Vec<Span>),
    /// An item of a list, with what stands before it: `•`, `1.`.
    Item(String, Vec<Span>),
    /// Lines as they stand.
    Code(Vec<Span>),
    /// Rows of cells; the first row is the head.
    Table(Vec<Vec<Vec<Span>>>),
}

/// Words in one look.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Span {
    /// The words; for a figure its text, once filled in. Printable.
    pub text: String,
    /// How they look.
    pub ink: Ink,
    /// The term of the glossary that they link to.
    pub term: Option<String>,
    /// The figure that they stand for.
    pub figure: Option<String>,
    /// Is that figure not known in this capture?
    pub missing: bool,
}

/// How words look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ink {
    /// As words.
    #[default]
    Plain,
    /// Important.
    Strong,
    /// Stressed.
    Emphasis,
    /// As on the wire.
    Code,
}

/// What cannot be read, and the byte where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Offset into the text, bytes.
    pub at: usize,
    /// What it is.
    pub what: String,
}

/// Reads Markdown.
///
/// # Errors
///
/// Something that lessons do not have: a heading, a picture, HTML, a link that is no term; or a brace that does not close.
pub fn read(text: &str) -> Result<Vec<Block>, Unreadable> {
    let mut reader = Reader::default();
    let parser = Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter();
    for (event, range) in parser {
        reader.take(event).map_err(|what| Unreadable {
            at: range.start,
            what,
        })?;
    }
    Ok(reader.blocks)
}

/// The same blocks with the figures filled in.
pub fn fill(blocks: &[Block], figures: &Figures) -> Vec<Block> {
    let spans = |spans: &[Span]| -> Vec<Span> {
        spans.iter().map(|span| fill_span(span, figures)).collect()
    };
    let filled = blocks.iter().map(|block| match block {
        Block::Paragraph(words) => Block::Paragraph(spans(words)),
        Block::Item(mark, words) => Block::Item(mark.clone(), spans(words)),
        Block::Code(words) => Block::Code(spans(words)),
        Block::Table(rows) => Block::Table(
            rows.iter()
                .map(|row| row.iter().map(|cell| spans(cell)).collect())
                .collect(),
        ),
    });
    filled.collect()
}

fn fill_span(span: &Span, figures: &Figures) -> Span {
    let mut span = span.clone();
    if let Some(name) = &span.figure {
        let figure = figures.get(name);
        span.missing = figure.is_none();
        span.text = figure
            .map_or("(not in this capture)", |it| &it.text)
            .to_owned();
    }
    span
}

/// All spans of some blocks.
pub fn spans(blocks: &[Block]) -> Vec<&Span> {
    let mut all = Vec::new();
    for block in blocks {
        match block {
            Block::Paragraph(spans) | Block::Item(_, spans) | Block::Code(spans) => {
                all.extend(spans);
            }
            Block::Table(rows) => all.extend(rows.iter().flatten().flatten()),
        }
    }
    all
}

/// Words of a block, without looks.
pub fn plain(spans: &[Span]) -> String {
    spans.iter().map(|span| span.text.as_str()).collect()
}

#[derive(Debug, Default)]
struct Reader {
    blocks: Vec<Block>,
    spans: Vec<Span>,
    strong: usize,
    emphasis: usize,
    term: Option<String>,
    lists: Vec<Option<u64>>,
    code: bool,
    table: Option<Vec<Vec<Vec<Span>>>>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Start(tag) => self.start(&tag)?,
            Event::End(end) => self.end(end),
            Event::Text(text) => self.words(&text, self.ink())?,
            Event::Code(text) => self.words(&text, Ink::Code)?,
            Event::SoftBreak | Event::HardBreak => self.words(" ", Ink::Plain)?,
            other => return Err(format!("lessons have no {}", kind(&other))),
        }
        Ok(())
    }

    fn start(&mut self, tag: &Tag<'_>) -> Result<(), String> {
        match tag {
            Tag::Paragraph | Tag::TableHead | Tag::TableRow | Tag::TableCell | Tag::Item => {}
            Tag::Strong => self.strong += 1,
            Tag::Emphasis => self.emphasis += 1,
            Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => self.code = true,
            Tag::List(first) => {
                self.flush();
                if self.lists.len() == DEPTH {
                    return Err(format!("lists nest {DEPTH} deep at most"));
                }
                self.lists.push(*first);
            }
            Tag::Link { dest_url, .. } => {
                let term = dest_url.strip_prefix("term:");
                let term = term.ok_or_else(|| {
                    format!("a link leads to the glossary, as in (term:candidate), and not to {dest_url}")
                })?;
                self.term = Some(term.to_owned());
            }
            Tag::Table(_) => self.table = Some(Vec::new()),
            Tag::Heading { .. } => {
                return Err(
                    "headings are `## step`, `### Question`, `### Hint` and `### Why it matters`"
                        .to_owned(),
                );
            }
            other => return Err(format!("lessons have no {}", tag_kind(other))),
        }
        if let (Tag::TableHead | Tag::TableRow, Some(rows)) = (tag, &mut self.table) {
            rows.push(Vec::new());
        }
        Ok(())
    }

    fn end(&mut self, end: TagEnd) {
        match end {
            TagEnd::Paragraph | TagEnd::Item => self.flush(),
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Emphasis => self.emphasis = self.emphasis.saturating_sub(1),
            TagEnd::Link => self.term = None,
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
            }
            TagEnd::CodeBlock => {
                self.code = false;
                let mut spans = std::mem::take(&mut self.spans);
                if let Some(last) = spans.last_mut() {
                    last.text.truncate(last.text.trim_end().len());
                }
                self.blocks.push(Block::Code(spans));
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.spans);
                if let Some(row) = self.table.as_mut().and_then(|rows| rows.last_mut()) {
                    row.push(cell);
                }
            }
            TagEnd::Table => self.blocks.extend(self.table.take().map(Block::Table)),
            _ => {}
        }
    }

    /// Ends a paragraph or an item.
    fn flush(&mut self) {
        if self.spans.is_empty() {
            return;
        }
        let spans = std::mem::take(&mut self.spans);
        let depth = self.lists.len();
        self.blocks.push(match self.lists.last_mut() {
            None => Block::Paragraph(spans),
            Some(number) => {
                let mark = match number {
                    None => "•".to_owned(),
                    Some(number) => {
                        let mark = format!("{number}.");
                        *number = number.saturating_add(1);
                        mark
                    }
                };
                Block::Item(format!("{}{mark}", "  ".repeat(depth - 1)), spans)
            }
        });
    }

    fn ink(&self) -> Ink {
        match (self.code, self.strong, self.emphasis) {
            (true, ..) => Ink::Code,
            (_, 1.., _) => Ink::Strong,
            (_, _, 1..) => Ink::Emphasis,
            _ => Ink::Plain,
        }
    }

    /// Splits words at their figures.
    fn words(&mut self, text: &str, ink: Ink) -> Result<(), String> {
        let mut rest = text;
        let mut plain = String::new();
        while let Some(at) = rest.find('{') {
            let (before, after) = rest.split_at(at);
            plain.push_str(before);
            let after = after.get(1..).unwrap_or_default();
            if let Some(after) = after.strip_prefix('{') {
                plain.push('{');
                rest = after;
                continue;
            }
            let (name, after) = after.split_once('}').ok_or_else(|| {
                "a figure is {name}: this brace does not close; {{ is a brace".to_owned()
            })?;
            if name.is_empty() || !name.chars().all(is_name) {
                return Err(format!(
                    "{{{name}}} is no name of a figure; {{{{ is a brace"
                ));
            }
            self.push(std::mem::take(&mut plain), ink, None);
            self.push(String::new(), ink, Some(name.to_owned()));
            rest = after;
        }
        plain.push_str(rest);
        self.push(plain, ink, None);
        Ok(())
    }

    fn push(&mut self, text: String, ink: Ink, figure: Option<String>) {
        if text.is_empty() && figure.is_none() {
            return;
        }
        self.spans.push(Span {
            text,
            ink,
            term: self.term.clone(),
            figure,
            missing: false,
        });
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || ".-".contains(c)
}

fn kind(event: &Event<'_>) -> &'static str {
    match event {
        Event::Html(_) | Event::InlineHtml(_) => "HTML",
        Event::Rule => "rules: a step begins with `## title`",
        Event::FootnoteReference(_) => "footnotes",
        _ => "such thing",
    }
}

fn tag_kind(tag: &Tag<'_>) -> &'static str {
    match tag {
        Tag::Image { .. } => "pictures: `look = …` shows the evidence",
        Tag::BlockQuote(_) => "quotations",
        Tag::HtmlBlock => "HTML",
        _ => "such thing",
    }
}

/// How deep lists may nest.
const DEPTH: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lessons::figure::Figure;

    #[test]
    fn figures_are_filled_in_everywhere() {
        let blocks =
            read("a **{x}** and `b{x}`\n\n    c {x}\n\n- d\n\n| h |\n| - |\n| {y} |\n").unwrap();
        let mut figures = Figures::default();
        figures.set("x", Figure::count(7_u32));
        let filled = fill(&blocks, &figures);
        let texts: Vec<String> = filled
            .iter()
            .map(|block| match block {
                Block::Paragraph(spans) | Block::Code(spans) => plain(spans),
                Block::Item(mark, spans) => format!("{mark} {}", plain(spans)),
                Block::Table(rows) => rows.iter().flatten().map(|cell| plain(cell)).collect(),
            })
            .collect();
        assert_eq!(
            texts,
            ["a 7 and b7", "c 7", "• d", "h(not in this capture)"]
        );
    }

    #[test]
    fn a_term_links_to_the_glossary_and_nothing_else_does() {
        let blocks = read("a [pair](term:candidate-pair)").unwrap();
        let spans = spans(&blocks);
        assert_eq!(spans[1].term.as_deref(), Some("candidate-pair"));
        assert!(read("[x](http://example.com)").is_err());
    }

    #[test]
    fn what_would_not_show_is_refused_by_name() {
        for (text, word) in [
            ("# head", "headings"),
            ("![a](b)", "pictures"),
            ("<b>x</b>", "HTML"),
            ("a {open", "close"),
            ("a {b c}", "no name"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.what.contains(word), "{text}: {}", error.what);
        }
        assert_eq!(read("{{x}").unwrap(), read("{{x}").unwrap());
    }
}
