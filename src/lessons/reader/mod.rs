//! Reads a lesson's file. What it may hold is checked here, once, so that a lesson that opens also plays.
//!
//! ````text
//! ---
//! lesson: 3                        its number; the other keys are title, about, capture
//! ---
//! ## What the server saw           a step
//! ```step
//! find = stun.response             a named query, or `stream where stream.kind == video`
//! look = message xor.answer, field XOR-MAPPED-ADDRESS
//! capture = nat-no-relay           where it is to be found, if not in the lesson's capture
//! ```
//! Prose with {figures} and [terms](term:nat).
//! ### Question
//! Which port is that?
//! ```answer
//! number xor.port                  or address, word; `within 5 %`, `within 0.1 ms`; choice, then lines `- key: text`
//! ```
//! ### Hint
//! ### Why it matters
//! ````

mod question;

use crate::filter::catalogue::Field;
use crate::filter::rows::RowKind;
use crate::lessons::error::LessonError;
use crate::lessons::find;
use crate::lessons::glossary;
use crate::lessons::lesson::Find;
use crate::lessons::lesson::Lesson;
use crate::lessons::lesson::Look;
use crate::lessons::lesson::Question;
use crate::lessons::lesson::Step;
use crate::lessons::library;
use crate::lessons::prose;
use crate::lessons::prose::Block;

/// Reads a lesson. `file` names it in errors.
///
/// # Errors
///
/// The first thing that is wrong, with its line.
pub fn read(file: &str, text: &str) -> Result<Lesson, LessonError> {
    if text.len() > FILE_MAX {
        let reason = format!("a lesson has {} KiB at most", FILE_MAX >> 10);
        return Err(LessonError::new(file, 0, reason));
    }
    let lines: Vec<Line<'_>> = text
        .lines()
        .zip(1..)
        .map(|(text, number)| Line { number, text })
        .collect();
    let here = Here { file };
    let (front, body) = here.split_front(&lines)?;
    let mut lesson = here.front(front)?;
    let starts: Vec<usize> = headings(body, "## ");
    let before = body.get(..*starts.first().unwrap_or(&body.len()));
    if let Some(line) = before.into_iter().flatten().find(|line| !line.is_blank()) {
        return Err(here.error(
            line.number,
            "before the first step (`## title`) there is nothing",
        ));
    }
    if starts.is_empty() {
        return Err(here.error(1, "a lesson has steps: each begins with `## title`"));
    }
    if starts.len() > STEPS_MAX {
        return Err(here.error(1, &format!("a lesson has {STEPS_MAX} steps at most")));
    }
    let ends = starts.iter().skip(1).copied().chain([body.len()]);
    for (&start, end) in starts.iter().zip(ends) {
        let lines = body.get(start..end).unwrap_or_default();
        let step = here.step(lines, &lesson.capture)?;
        lesson.steps.push(step);
    }
    Ok(lesson)
}

#[derive(Debug, Clone, Copy)]
struct Line<'a> {
    number: usize,
    text: &'a str,
}

impl Line<'_> {
    fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// Places of the lines that begin with `mark`, fenced blocks left out.
fn headings(lines: &[Line<'_>], mark: &str) -> Vec<usize> {
    let mut fenced = false;
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if line.text.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && line.text.starts_with(mark) {
            found.push(at);
        }
    }
    found
}

struct Here<'a> {
    file: &'a str,
}

impl Here<'_> {
    fn error(&self, line: usize, reason: &str) -> LessonError {
        LessonError::new(self.file, line, reason)
    }

    fn split_front<'a, 'b>(
        &self,
        lines: &'b [Line<'a>],
    ) -> Result<(&'b [Line<'a>], &'b [Line<'a>]), LessonError> {
        let wrong = || {
            self.error(
                1,
                "a lesson begins with `---`, then `lesson:`, `title:`, `about:` and `capture:`, then `---`",
            )
        };
        let is_rule = |line: &Line<'_>| line.text.trim_end() == "---";
        let (first, rest) = lines.split_first().ok_or_else(wrong)?;
        let end = rest.iter().position(is_rule);
        let end = end.filter(|_| is_rule(first)).ok_or_else(wrong)?;
        let front = rest.get(..end).unwrap_or_default();
        Ok((front, rest.get(end + 1..).unwrap_or_default()))
    }

    fn front(&self, lines: &[Line<'_>]) -> Result<Lesson, LessonError> {
        let mut lesson = Lesson {
            number: 0,
            title: String::new(),
            about: String::new(),
            capture: library::SAMPLE.to_owned(),
            file: self.file.to_owned(),
            steps: Vec::new(),
        };
        for line in lines.iter().filter(|line| !line.is_blank()) {
            let (key, value) = line
                .text
                .split_once(':')
                .ok_or_else(|| self.error(line.number, "a line here is `key: value`"))?;
            let value = value.trim();
            match key.trim() {
                "lesson" => {
                    let number = value.parse().ok().filter(|number| *number > 0);
                    lesson.number = number.ok_or_else(|| {
                        self.error(line.number, "`lesson:` is a number from 1 on")
                    })?;
                }
                "title" => value.clone_into(&mut lesson.title),
                "about" => value.clone_into(&mut lesson.about),
                "capture" => lesson.capture = self.capture(line.number, value)?,
                other => {
                    let reason = format!(
                        "there is no `{other}:` here, only `lesson:`, `title:`, `about:` and `capture:`"
                    );
                    return Err(self.error(line.number, &reason));
                }
            }
        }
        for (missing, key) in [
            (lesson.number == 0, "lesson"),
            (lesson.title.is_empty(), "title"),
            (lesson.about.is_empty(), "about"),
        ] {
            if missing {
                return Err(self.error(1, &format!("`{key}:` is missing between the two `---`")));
            }
        }
        Ok(lesson)
    }

    fn capture(&self, line: usize, name: &str) -> Result<String, LessonError> {
        if library::capture(name).is_some() {
            return Ok(name.to_owned());
        }
        let known: Vec<&str> = library::CAPTURES.iter().map(|known| known.name).collect();
        let reason = format!(
            "no built-in capture is called `{name}`; there are {}",
            known.join(", ")
        );
        Err(self.error(line, &reason))
    }

    fn step(&self, lines: &[Line<'_>], capture: &str) -> Result<Step, LessonError> {
        let Some((title, lines)) = lines.split_first() else {
            return Err(self.error(1, "a step begins with `## title`"));
        };
        let starts = headings(lines, "### ");
        let first = starts.first().copied().unwrap_or(lines.len());
        let body = lines.get(..first).unwrap_or_default();
        let (settings, prose) = self.take_fence(body, "step")?;
        let settings = settings.ok_or_else(|| {
            self.error(
                title.number,
                "a step says what it finds: a block ```step with a line `find = …`",
            )
        })?;
        let mut step = self.settings(title, settings, capture)?;
        step.prose = self.prose(prose, &step.find)?;
        if step.prose.is_empty() {
            return Err(self.error(title.number, "a step has prose"));
        }
        let (mut asked, mut hint) = (None, None);
        let ends = starts.iter().skip(1).copied().chain([lines.len()]);
        for (&start, end) in starts.iter().zip(ends) {
            let part = lines.get(start..end).unwrap_or_default();
            let Some((head, part)) = part.split_first() else {
                continue;
            };
            match head.text.trim_start_matches('#').trim() {
                "Question" => asked = Some((head.number, self.question(part, &step.find, head)?)),
                "Hint" => hint = Some(self.prose(part, &step.find)?),
                "Why it matters" => step.why = self.prose(part, &step.find)?,
                other => {
                    let reason = format!(
                        "a part of a step is `### Question`, `### Hint` or `### Why it matters`, and not `{other}`"
                    );
                    return Err(self.error(head.number, &reason));
                }
            }
        }
        if let Some((line, (prose, answer))) = asked {
            let hint = hint.ok_or_else(|| self.error(line, "a question has a `### Hint`"))?;
            step.question = Some(Question {
                prose,
                answer,
                hint,
            });
        }
        Ok(step)
    }

    fn settings(
        &self,
        title: &Line<'_>,
        lines: &[Line<'_>],
        capture: &str,
    ) -> Result<Step, LessonError> {
        let (mut found, mut looks, mut capture) = (None, Vec::new(), capture.to_owned());
        for line in lines.iter().filter(|line| !line.is_blank()) {
            let (key, value) = line
                .text
                .split_once('=')
                .ok_or_else(|| self.error(line.number, "a line here is `key = value`"))?;
            let value = value.trim();
            match key.trim() {
                "find" => found = Some(self.find(line.number, value)?),
                "look" => looks.push((line.number, self.look(line.number, value)?)),
                "capture" => capture = self.capture(line.number, value)?,
                other => {
                    let reason =
                        format!("there is no `{other} =` here, only `find`, `look` and `capture`");
                    return Err(self.error(line.number, &reason));
                }
            }
        }
        let find = found.ok_or_else(|| self.error(title.number, "`find = …` is missing"))?;
        for (line, look) in &looks {
            if let Look::Message { figure, .. } = look {
                self.figure(*line, figure, &find)?;
            }
        }
        Ok(Step {
            title: title.text.trim_start_matches('#').trim().to_owned(),
            line: title.number,
            find,
            capture,
            looks: looks.into_iter().map(|(_, look)| look).collect(),
            prose: Vec::new(),
            question: None,
            why: Vec::new(),
        })
    }

    fn find(&self, line: usize, text: &str) -> Result<Find, LessonError> {
        if let Some((row, filter)) = text.split_once(" where ") {
            let kind = RowKind::ALL
                .into_iter()
                .find(|kind| kind.word() == row.trim() && *kind != RowKind::Packet)
                .ok_or_else(|| {
                    let kinds = RowKind::ALL.into_iter();
                    let lists = kinds.filter(|kind| *kind != RowKind::Packet);
                    let words: Vec<&str> = lists.map(RowKind::word).collect();
                    let words = words.join(", ");
                    let row = row.trim();
                    self.error(line, &format!("`{row}` is no row; there are {words}"))
                })?;
            let filter = filter
                .parse()
                .map_err(|wrong| self.error(line, &format!("the filter: {wrong}")))?;
            return Ok(Find::Row(kind, filter));
        }
        find::named(text).map(Find::Named).ok_or_else(|| {
            let names: Vec<&str> = find::all().map(|query| query.name).collect();
            let reason = format!(
                "no query is called `{text}`; there are {}; or `stream where …` with a filter",
                names.join(", ")
            );
            self.error(line, &reason)
        })
    }

    fn look(&self, line: usize, text: &str) -> Result<Look, LessonError> {
        let (what, rest) = text.split_once(' ').unwrap_or((text, ""));
        let rest = rest.trim();
        Ok(match (what, rest) {
            ("message", figure) if !figure.is_empty() => {
                let (figure, field) = match figure.split_once(',') {
                    Some((figure, field)) => (figure, Some(field.trim())),
                    None => (figure, None),
                };
                let field = match field.map(|field| field.strip_prefix("field ")) {
                    None => None,
                    Some(Some(field)) => Some(field.trim().to_owned()),
                    Some(None) => {
                        return Err(
                            self.error(line, "behind the comma stands `field` and its name")
                        );
                    }
                };
                Look::Message {
                    figure: figure.trim().to_owned(),
                    field,
                }
            }
            ("ladder", "") => Look::Ladder,
            ("candidates", "") => Look::Candidates,
            ("pairs", "") => Look::Pairs,
            ("chart", "") => Look::Chart,
            ("agreed", "") => Look::Agreed,
            ("description", "offer") => Look::Description { offer: true },
            ("description", "answer") => Look::Description { offer: false },
            ("http", "") => Look::Http,
            ("flights", "") => Look::Flights,
            _ => {
                return Err(self.error(
                    line,
                    "to look at there are `message FIGURE`, `message FIGURE, field NAME`, `ladder`, `candidates`, `pairs`, `chart`, `agreed`, `description offer`, `description answer`, `http` and `flights`",
                ));
            }
        })
    }

    /// Does a figure of this name come out of what the step finds?
    fn figure(&self, line: usize, name: &str, find: &Find) -> Result<(), LessonError> {
        let (known, names): (bool, Vec<&str>) = match find {
            Find::Named(query) => {
                let names: Vec<&str> = query.figures.iter().map(|(name, _)| *name).collect();
                (names.contains(&name), names)
            }
            Find::Row(kind, _) => {
                let field = Field::find(name).filter(|field| field.row == Some(*kind));
                (field.is_some(), Vec::new())
            }
        };
        if known || find::COMMON.iter().any(|(common, _)| *common == name) {
            return Ok(());
        }
        let instead = if names.is_empty() {
            "`rtcscope report --filter help` lists the fields".to_owned()
        } else {
            format!("it gives {}", names.join(", "))
        };
        let reason = format!("what this step finds has no figure `{name}`; {instead}");
        Err(self.error(line, &reason))
    }

    fn prose(&self, lines: &[Line<'_>], find: &Find) -> Result<Vec<Block>, LessonError> {
        let mut text = String::new();
        for line in lines {
            text.push_str(line.text);
            text.push('\n');
        }
        let first = lines.first().map_or(1, |line| line.number);
        let blocks = prose::read(&text).map_err(|wrong| {
            let before = text.get(..wrong.at).unwrap_or_default();
            self.error(first + before.matches('\n').count(), &wrong.what)
        })?;
        for span in prose::spans(&blocks) {
            // The line where the name stands: prose keeps no offsets.
            let line_of = |what: &str| {
                let mut lines = lines.iter();
                let line = lines.find(|line| line.text.contains(what));
                line.map_or(first, |line| line.number)
            };
            if let Some(figure) = &span.figure {
                self.figure(line_of(&format!("{{{figure}}}")), figure, find)?;
            }
            if let Some(term) = &span.term
                && glossary::find(term).is_none()
            {
                let reason = format!("the glossary has no term `{term}`");
                return Err(self.error(line_of(&format!("term:{term}")), &reason));
            }
        }
        Ok(blocks)
    }

    /// The lines inside the block ```` ```name ````, and the lines after it. Without such a block, all of them.
    fn take_fence<'a, 'b>(
        &self,
        lines: &'b [Line<'a>],
        name: &str,
    ) -> Result<(Option<&'b [Line<'a>]>, &'b [Line<'a>]), LessonError> {
        let mark = format!("```{name}");
        let Some(start) = lines.iter().position(|line| line.text.trim_end() == mark) else {
            return Ok((None, lines));
        };
        let rest = lines.get(start + 1..).unwrap_or_default();
        let end = rest.iter().position(|line| line.text.trim_end() == "```");
        let end = end.ok_or_else(|| {
            let line = lines.get(start).map_or(1, |line| line.number);
            self.error(line, "this block does not end: ``` is missing")
        })?;
        let inside = rest.get(..end).unwrap_or_default();
        let after = rest.get(end + 1..).unwrap_or_default();
        // In a step the block comes first, in a question last.
        let before = lines.get(..start).unwrap_or_default();
        let blank = |lines: &[Line<'_>]| lines.iter().all(Line::is_blank);
        match (blank(before), blank(after)) {
            (true, _) => Ok((Some(inside), after)),
            (false, true) => Ok((Some(inside), before)),
            (false, false) => {
                let line = lines.get(start).map_or(1, |line| line.number);
                let reason = format!("```{name} stands before the prose, or after it");
                Err(self.error(line, &reason))
            }
        }
    }
}

/// Longest lesson, bytes.
const FILE_MAX: usize = 256 << 10;
/// Most steps of a lesson.
const STEPS_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::lessons::lesson::Expects;

    const GOOD: &str = "---\nlesson: 1\ntitle: T\nabout: A\ncapture: videoroom-http\n---\n\n## One\n\n```step\nfind = dns\nlook = message dns.answer\n```\n\nThe [name](term:dns) is {dns.name}.\n\n### Question\n\nWhich?\n\n```answer\naddress dns.address\n```\n\n### Hint\n\nThere.\n\n### Why it matters\n\nBecause.\n";

    #[test]
    fn a_lesson_has_its_parts() {
        let lesson = read("a.md", GOOD).unwrap();
        let step = &lesson.steps[0];
        assert_eq!(
            (lesson.number, step.title.as_str(), step.line),
            (1, "One", 8)
        );
        assert_eq!(step.looks.len(), 1);
        let question = step.question.as_ref().unwrap();
        assert_eq!(question.answer.expects, Expects::Address);
        assert!(!step.why.is_empty() && !question.hint.is_empty());
    }

    #[track_caller]
    fn check(from: &str, to: &str, line: usize, word: &str) {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "nothing was replaced");
        let error = read("own/a.md", &text).unwrap_err();
        assert_eq!(error.line, line, "{error}");
        assert!(error.to_string().starts_with("own/a.md:"), "{error}");
        assert!(error.reason.contains(word), "{error}");
    }

    #[test]
    fn every_slip_is_told_with_its_line() {
        check("find = dns", "find = dsn", 11, "no query is called `dsn`");
        check("{dns.name}", "{dns.nmae}", 15, "no figure `dns.nmae`");
        check("term:dns", "term:dsn", 15, "no term `dsn`");
        check("message dns.answer", "message dns.x", 12, "no figure");
        check(
            "look = message",
            "look = massage",
            12,
            "to look at there are",
        );
        check(
            "address dns.address",
            "adress dns.address",
            22,
            "an answer is",
        );
        check("### Hint", "### Tip", 25, "a part of a step");
        check("capture: videoroom-http", "capture: nothing", 5, "built-in");
        check("lesson: 1", "lesson: one", 2, "number");
        check("title: T\n", "", 1, "`title:` is missing");
        check("is {dns.name}.", "is <b>.", 15, "HTML");
        check("### Hint\n\nThere.\n", "", 17, "Hint");
        check(
            "find = dns",
            "find = stream where stream.kin == video",
            11,
            "filter",
        );
        check("\n## One", "\nWords\n\n## One", 8, "before the first step");
    }

    #[test]
    fn a_filter_finds_rows_and_their_fields_are_figures() {
        let text = GOOD
            .replace("find = dns", "find = stream where stream.kind == video")
            .replace("look = message dns.answer\n", "look = chart\n")
            .replace("{dns.name}", "{stream.codec}")
            .replace("address dns.address", "word stream.codec");
        let lesson = read("a.md", &text).unwrap();
        assert!(matches!(
            lesson.steps[0].find,
            Find::Row(RowKind::Stream, _)
        ));
    }

    proptest! {
        #[test]
        fn no_file_breaks_the_reader(text in any::<String>(), cut in 0_usize..600, junk in "\\PC{0,12}") {
            let _ = read("a.md", &text);
            let at = GOOD.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(GOOD.len());
            let (before, after) = GOOD.split_at(at);
            let _ = read("a.md", before);
            let _ = read("a.md", &format!("{before}{junk}{after}"));
        }
    }
}
