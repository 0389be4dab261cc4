//! What the screen shows of a lesson, the handout has: figure by figure, step by step.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use ratatui::layout::Rect;
use rtcscope::lessons::answer::Mark;
use rtcscope::tui::screens::areas;

use crate::harness::Program;
use crate::harness::text;

#[test]
fn the_handout_in_markdown_has_every_figure_of_the_screen() {
    check("md", |handout| {
        let parts = handout.split("\n# Terms").next().unwrap();
        let steps = parts.split("\n## ").skip(1);
        steps.map(unmarked).collect()
    });
}

#[test]
fn the_handout_in_html_has_every_figure_of_the_screen() {
    check("html", |handout| {
        let steps = handout.split("<article>").skip(1);
        let steps = steps.map(|step| step.split("</article>").next().unwrap());
        steps.map(|step| unmarked(&untagged(step))).collect()
    });
}

#[test]
fn the_handout_explains_every_term_that_the_screen_explains() {
    let mut program = begin((120, 40));
    let mut seen = 0;
    for (lesson, steps) in lengths(&program) {
        let markdown = Paper::new(&unmarked(&handout("md", lesson)));
        let html = Paper::new(&unmarked(&untagged(&handout("html", lesson))));
        for step in 0..steps {
            program.state.learn.go_to(lesson, step);
            program.press("?");
            for page in terms(&mut program) {
                for line in page.iter().take_while(|line| line.trim() != "Keys") {
                    for word in line.split_whitespace().filter(|word| is_figure(word)) {
                        let word = plain(&bare(word));
                        let at = format!("{}.{}: {word} in {line}", lesson + 1, step + 1);
                        assert!(markdown.has(&word), "Markdown, {at}");
                        assert!(html.has(&word), "HTML, {at}");
                        seen += 1;
                    }
                }
            }
            program.press("Esc");
        }
    }
    assert!(seen > 100, "only {seen} figures");
}

#[test]
fn handouts() {
    for lesson in 0..8 {
        for format in ["md", "html"] {
            let name = format!("handout_{}_{format}", lesson + 1);
            insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
                insta::assert_snapshot!(name, handout(format, lesson));
            });
        }
    }
}

#[test]
fn first_steps() {
    for size in [(80, 24), (120, 40)] {
        let mut program = begin(size);
        for (lesson, _) in lengths(&program) {
            program.state.learn.go_to(lesson, 0);
            let name = format!("lesson_{}_{}x{}", lesson + 1, size.0, size.1);
            insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
                insta::assert_snapshot!(name, program.text());
            });
        }
    }
}

/// Each figure on the screen of each step, through all of prose and evidence, is in the step's part of the handout.
fn check(format: &str, steps_of: impl Fn(&str) -> Vec<String>) {
    for size in [(80, 24), (120, 40)] {
        let mut program = begin(size);
        let mut count = 0;
        for (lesson, steps) in lengths(&program) {
            let papers = steps_of(&handout(format, lesson));
            assert_eq!(papers.len(), steps);
            for (step, paper) in papers.iter().enumerate() {
                let paper = Paper::new(paper);
                program.state.learn.go_to(lesson, step);
                for screen in screens(&mut program) {
                    let at = format!("{}.{} in {format} at {size:?}", lesson + 1, step + 1);
                    count += compare(&screen, &paper, &at);
                }
            }
        }
        assert!(count > 4_000, "only {count} figures at {size:?}");
    }
}

/// The lessons, each step on the capture that it names.
fn begin(size: (u16, u16)) -> Program {
    let mut program = Program::open("videoroom-http", size);
    program.state.learn.built_in = Some("videoroom-http".to_owned());
    program.press("7");
    program
}

/// Places of the lessons, and how many steps each has.
fn lengths(program: &Program) -> Vec<(usize, usize)> {
    let lessons = program.state.learn.lessons.iter();
    lessons.map(|it| it.steps.len()).enumerate().collect()
}

fn handout(format: &str, lesson: usize) -> String {
    let number = (lesson + 1).to_string();
    let output = Command::new(cargo_bin("rtcscope"))
        .args(["learn", "--print", "--answers", "--format", format])
        .args(["--lesson", &number])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Lines of a pane, and how wide it is.
type Pane = (Vec<String>, usize);

/// All that can be seen of a step: before and after a wrong answer and a right one, each exhibit, scrolled to the end.
fn screens(program: &mut Program) -> Vec<Pane> {
    program.settle();
    let body = areas(&program.state).body;
    // The pane of the prose takes nine of twenty columns; frames stand around both.
    let left = body.width * 9 / 20;
    let prose = Rect {
        width: left,
        ..body
    };
    let evidence = Rect {
        x: body.x + left,
        width: body.width - left,
        ..body
    };
    let mut all = Vec::new();
    let mut add = |pane: Rect, lines| all.push((lines, usize::from(pane.width) - 2));
    for mark in [None, Some(Mark::Wrong), Some(Mark::Right)] {
        program.state.learn.reply = mark.map(|mark| ("–".to_owned(), mark));
        add(prose, scrolled(program, prose));
    }
    program.press("Tab");
    let shown = program.state.learn.shown.as_ref().unwrap();
    let titles: Vec<String> = shown.exhibits.iter().map(|it| it.title.clone()).collect();
    for title in titles {
        add(evidence, vec![title]);
        add(evidence, scrolled(program, evidence));
        program.press("x");
    }
    program.press("Tab");
    all
}

/// The lines inside a frame, from the first to the last.
fn scrolled(program: &mut Program, frame: Rect) -> Vec<String> {
    program.press("Home");
    let mut lines: Vec<String> = Vec::new();
    loop {
        let learn = &program.state.learn;
        let top = if learn.in_evidence {
            learn.evidence_top
        } else {
            learn.prose_top
        };
        let known = lines.len();
        assert!(top <= known, "lines between screens were never seen");
        let screen = inside(program, frame);
        lines.extend(screen.into_iter().skip(known - top));
        if lines.len() == known {
            return lines;
        }
        program.press("PageDown");
    }
}

/// The terms of a step, screen by screen.
fn terms(program: &mut Program) -> Vec<Vec<String>> {
    let body = areas(&program.state).body;
    // They lie over the middle of the page.
    let width = body.width.min(76);
    let frame = Rect {
        x: body.x + (body.width - width) / 2,
        width,
        ..body
    };
    let mut pages = Vec::new();
    loop {
        let lines = inside(program, frame);
        if pages.last() == Some(&lines) {
            return pages;
        }
        pages.push(lines);
        program.press("PageDown");
    }
}

fn inside(program: &mut Program, frame: Rect) -> Vec<String> {
    let text = text(&program.draw());
    let rows = text.lines().skip(frame.y.into()).take(frame.height.into());
    let rows = rows.skip(1).take(usize::from(frame.height) - 2);
    let width = usize::from(frame.width) - 2;
    let cut = rows.map(|row| {
        let cells = row.chars().skip(usize::from(frame.x) + 1);
        cells.take(width).collect::<String>().trim_end().to_owned()
    });
    cut.collect()
}

/// A step of the handout.
struct Paper {
    words: BTreeSet<String>,
    /// The same without spaces: long words are broken on paper as on screens.
    run: String,
}

impl Paper {
    fn new(text: &str) -> Self {
        let text = bare(text);
        Self {
            run: text.split_whitespace().collect(),
            words: text.split_whitespace().map(plain).collect(),
        }
    }

    fn has(&self, word: &str) -> bool {
        self.words.contains(word)
    }
}

/// Finds each figure of a screen on paper; gives how many there were.
#[track_caller]
fn compare((lines, width): &Pane, paper: &Paper, at: &str) -> usize {
    let words = |line: &String| bare(line).split_whitespace().map(str::to_owned).collect();
    let rows: Vec<Vec<String>> = lines.iter().map(words).collect();
    let mut count = 0;
    for (row, words) in rows.iter().enumerate() {
        if let Some(bytes) = dump(words) {
            // How many bytes a row has depends on the room; that they follow each other does not.
            assert!(
                paper.run.contains(&bytes) || halves(words, paper),
                "{at}: {words:?}"
            );
            count += words.len() - 1;
            continue;
        }
        for (place, word) in words.iter().enumerate() {
            if !is_figure(word) {
                continue;
            }
            count += 1;
            if paper.has(&plain(word)) {
                continue;
            }
            // Cut where the pane ends: what is left of it begins a word on paper.
            let full = lines[row].chars().count() + 1 >= *width;
            let last = place + 1 == words.len();
            if let Some(begun) = word
                .strip_suffix('…')
                .or_else(|| full.then_some(word.as_str()))
                && last
                && (paper.words.iter().any(|it| it.starts_with(begun)) || paper.run.contains(begun))
            {
                continue;
            }
            // Broken over lines: together with what stands before or after it.
            let before = row.checked_sub(1).and_then(|row| rows[row].last());
            let after = rows.get(row + 1).and_then(|row| row.first());
            let joined = |one: Option<&String>, other: Option<&String>| {
                one.zip(other)
                    .is_some_and(|(one, other)| paper.run.contains(&format!("{one}{other}")))
            };
            let broken =
                (place == 0 && joined(before, Some(word))) || (last && joined(Some(word), after));
            assert!(broken, "{at}: {word} is not in the handout: {}", lines[row]);
        }
    }
    count
}

/// The bytes of a row of a dump: `003a  00 20 …`, without spaces.
fn dump(words: &[String]) -> Option<String> {
    let hex =
        |word: &String, length| word.len() == length && word.chars().all(|c| c.is_ascii_hexdigit());
    let (offset, bytes) = words.split_first()?;
    let is = hex(offset, 4) && !bytes.is_empty() && bytes.iter().all(|it| hex(it, 2));
    is.then(|| bytes.concat())
}

/// Is each half of a row on paper? A row of the screen may end in the middle of one there, where an offset follows.
fn halves(words: &[String], paper: &Paper) -> bool {
    let bytes = words.get(1..).unwrap_or_default();
    let mut halves = bytes.chunks(8).map(<[String]>::concat);
    halves.all(|half| paper.run.contains(&half))
}

fn is_figure(word: &str) -> bool {
    word.contains(|c: char| c.is_ascii_digit())
}

/// A word without what stands around it.
fn plain(word: &str) -> String {
    let around = |c: char| ",.;:()\"'“”".contains(c);
    word.trim_matches(around).to_owned()
}

/// Text without the places that its links lead to.
fn unmarked(text: &str) -> String {
    text.replace("](#", " (")
}

/// Text without the marks of Markdown, and without those around what is lit.
fn bare(text: &str) -> String {
    text.replace(['\\', '`', '*', '⟦', '⟧', '[', ']'], "")
}

/// HTML as text, items of numbered lists with their numbers.
fn untagged(html: &str) -> String {
    let mut text = String::new();
    let mut number = None;
    for part in html.split('<') {
        let (tag, words) = part.split_once('>').unwrap_or(("", part));
        match tag.split(' ').next().unwrap_or_default() {
            "ol" => number = Some(0),
            "/ol" => number = None,
            "li" => {
                if let Some(number) = &mut number {
                    *number += 1;
                    write!(text, " {number}. ").unwrap();
                }
            }
            // Words in another look are no other words.
            "span" | "/span" | "a" | "/a" | "b" | "/b" | "mark" | "/mark" | "code" | "/code"
            | "strong" | "/strong" | "em" | "/em" => {}
            _ => text.push(' '),
        }
        text.push_str(words);
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">");
    text.replace("&quot;", "\"").replace("&amp;", "&")
}
