//! The handout as one HTML page that needs nothing else: no script, no font, no picture. maud escapes whatever comes from the wire.

use std::collections::BTreeSet;

use maud::DOCTYPE;
use maud::Markup;
use maud::PreEscaped;
use maud::html;

use crate::lessons::exhibit::Exhibit;
use crate::lessons::exhibit::Shade;
use crate::lessons::glossary;
use crate::lessons::handout::Page;
use crate::lessons::play::Asked;
use crate::lessons::play::Shown;
use crate::lessons::prose;
use crate::lessons::prose::Block;
use crate::lessons::prose::Ink;
use crate::lessons::prose::Span;

/// Some lessons, one after another, and the terms that they use.
pub fn write(pages: &[Page<'_>], answers: bool) -> String {
    let title = match pages {
        [page] => format!("{}. {}", page.lesson.number, page.lesson.title),
        _ => "How a call works, on real packets".to_owned(),
    };
    let used = used(pages);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                @if pages.len() > 1 {
                    nav {
                        h1 { (title) }
                        ol {
                            @for page in pages {
                                li value=(page.lesson.number) {
                                    a href={ "#lesson-" (page.lesson.number) } { (page.lesson.title) }
                                    " " span.about { (page.lesson.about) }
                                }
                            }
                        }
                    }
                }
                @for page in pages { (lesson(page, answers)) }
                @if !used.is_empty() {
                    section.terms {
                        h1 { "Terms" }
                        dl {
                            @for entry in glossary::all() {
                                @if used.contains(entry.key.as_str()) {
                                    dt id=(entry.key) { (entry.term) }
                                    dd { (entry.meaning) " " cite { (entry.reference) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    page.into_string()
}

/// Keys of the terms that the pages link to.
pub fn used<'a>(pages: &'a [Page<'_>]) -> BTreeSet<&'a str> {
    let steps = pages.iter().flat_map(|page| &page.steps);
    steps
        .flat_map(|(_, shown)| {
            let question = shown.question.iter();
            let asked = question.flat_map(|it| [&it.prose, &it.hint]);
            [&shown.prose, &shown.why].into_iter().chain(asked)
        })
        .flat_map(|blocks| prose::spans(blocks))
        .filter_map(|span| span.term.as_deref())
        .collect()
}

fn lesson(page: &Page<'_>, answers: bool) -> Markup {
    let number = page.lesson.number;
    html! {
        section.lesson id={ "lesson-" (number) } {
            h1 { (number) ". " (page.lesson.title) }
            p.about { (page.lesson.about) }
            @for (place, (capture, shown)) in (1..).zip(&page.steps) {
                article {
                    h2 { (number) "." (place) " " (shown.title) }
                    p.capture { "Capture: " code { (capture) } }
                    (step(shown, answers))
                }
            }
        }
    }
}

fn step(shown: &Shown, answers: bool) -> Markup {
    html! {
        @if let Some(absent) = &shown.absent {
            p.absent { (absent.sentence()) }
        } @else {
            (blocks(&shown.prose))
            @for it in &shown.exhibits { (exhibit(it)) }
            @if let Some(asked) = &shown.question { (question(asked, answers)) }
            @if !shown.why.is_empty() {
                div.why { h3 { "Why it matters" } (blocks(&shown.why)) }
            }
        }
    }
}

fn question(asked: &Asked, answers: bool) -> Markup {
    html! {
        div.question {
            h3 { "Question" }
            (blocks(&asked.prose))
            @if !asked.options.is_empty() {
                ol { @for option in &asked.options { li { (option) } } }
            }
            p.blank { "Answer (" (asked.wanted) "): " span.line {} }
            div.hint { strong { "Hint. " } (blocks(&asked.hint)) }
            @if answers {
                p.answer { strong { "Answer: " } code { (asked.answer) } }
            }
        }
    }
}

fn exhibit(exhibit: &Exhibit) -> Markup {
    html! {
        figure {
            figcaption { (exhibit.title) }
            pre {
                @for line in &exhibit.lines {
                    @for piece in line {
                        @match piece.shade {
                            Shade::Plain => (piece.text),
                            Shade::Dim => span.dim { (piece.text) },
                            Shade::Head => b { (piece.text) },
                            Shade::Lit => mark { (piece.text) },
                            Shade::Good => span.good { (piece.text) },
                            Shade::Bad => span.bad { (piece.text) },
                        }
                    }
                    "\n"
                }
            }
        }
    }
}

fn blocks(blocks: &[Block]) -> Markup {
    html! {
        @for group in grouped(blocks) {
            @match group {
                [Block::Item(..), ..] => ul {
                    @for block in group {
                        @if let Block::Item(mark, words) = block {
                            li.item { span.mark { (mark.trim()) } " " (spans(words)) }
                        }
                    }
                },
                _ => @for block in group { (one(block)) },
            }
        }
    }
}

/// Items that follow each other stand together.
fn grouped(blocks: &[Block]) -> impl Iterator<Item = &[Block]> {
    blocks.chunk_by(|one, next| matches!(one, Block::Item(..)) == matches!(next, Block::Item(..)))
}

fn one(block: &Block) -> Markup {
    html! {
        @match block {
            Block::Paragraph(words) => p { (spans(words)) },
            Block::Item(mark, words) => p { (mark) " " (spans(words)) },
            Block::Code(words) => pre { @for span in words { (words_of(span)) } },
            Block::Table(rows) => table {
                @for (at, row) in rows.iter().enumerate() {
                    tr {
                        @for cell in row {
                            @if at == 0 { th { (spans(cell)) } } @else { td { (spans(cell)) } }
                        }
                    }
                }
            },
        }
    }
}

fn spans(spans: &[Span]) -> Markup {
    html! {
        @for span in spans {
            @if let Some(term) = &span.term {
                a.term href={ "#" (term) } { (words_in_ink(span)) }
            } @else {
                (words_in_ink(span))
            }
        }
    }
}

fn words_in_ink(span: &Span) -> Markup {
    html! {
        @match span.ink {
            Ink::Plain => (words_of(span)),
            Ink::Strong => strong { (words_of(span)) },
            Ink::Emphasis => em { (words_of(span)) },
            Ink::Code => code { (words_of(span)) },
        }
    }
}

/// The words; a figure shows that it is one.
fn words_of(span: &Span) -> Markup {
    html! {
        @if span.figure.is_some() {
            span.figure.missing[span.missing] { (span.text) }
        } @else {
            (span.text)
        }
    }
}

const STYLE: &str = "
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1f24; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin-top: 3rem; }
h2 { font-size: 1.25rem; margin-top: 2.2rem; }
h3 { font-size: 1rem; margin: 0 0 .3rem; }
.about { color: #57606a; }
.capture { color: #57606a; font-size: .85rem; margin: -.6rem 0 .8rem; }
pre { font: 13px/1.4 ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; background: #f6f8fa; padding: .7rem .9rem; border-radius: 6px; overflow-x: auto; }
code { font: .9em ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; background: #f0f2f5; padding: 0 .25em; border-radius: 3px; overflow-wrap: anywhere; }
figure { margin: 1rem 0; } figcaption { font-size: .85rem; font-weight: 600; color: #57606a; }
span.figure { color: #0b5cad; font-weight: 600; } .missing { color: #a15c00; font-weight: 400; }
mark { background: #ffe69c; font-weight: 600; } .dim { color: #6e7781; } .good { color: #176f2c; } .bad { color: #b3261e; }
a.term { color: inherit; text-decoration: underline dotted; }
.question { border-left: 4px solid #0b5cad; padding: .2rem 1rem; margin: 1.2rem 0; }
.hint { color: #57606a; font-size: .92rem; } .hint p:first-of-type { display: inline; }
.why { border-left: 4px solid #8250df; padding: .2rem 1rem; margin: 1.2rem 0; }
.absent { background: #fff8e6; padding: .6rem .9rem; border-radius: 6px; }
.answer { background: #e8f5e9; padding: .3rem .6rem; border-radius: 6px; }
.line { display: inline-block; width: 14rem; border-bottom: 1px solid #57606a; }
ul:has(.item) { list-style: none; padding-left: 1rem; } .mark { color: #57606a; }
table { border-collapse: collapse; margin: .8rem 0; } th, td { border: 1px solid #d0d7de; padding: .2rem .6rem; text-align: right; } th { background: #f6f8fa; }
dt { font-weight: 600; margin-top: .8rem; } dd { margin-left: 1rem; } cite { color: #57606a; font-size: .9em; }
@media print { body { max-width: none; font-size: 11pt; } .lesson { break-before: page; } figure, .question { break-inside: avoid; } }
";
