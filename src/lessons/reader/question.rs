//! The question of a step: its prose, and the answer that is expected.

use crate::lessons::error::LessonError;
use crate::lessons::figure::Unit;
use crate::lessons::lesson::Answer;
use crate::lessons::lesson::Expects;
use crate::lessons::lesson::Find;
use crate::lessons::lesson::Tolerance;
use crate::lessons::prose::Block;
use crate::lessons::reader::Here;
use crate::lessons::reader::Line;

impl Here<'_> {
    pub(super) fn question(
        &self,
        lines: &[Line<'_>],
        find: &Find,
        head: &Line<'_>,
    ) -> Result<(Vec<Block>, Answer), LessonError> {
        let (answer, prose) = self.take_fence(lines, "answer")?;
        let answer = answer.and_then(<[_]>::split_first).ok_or_else(|| {
            self.error(
                head.number,
                "a question has a block ```answer, such as `number xor.port`",
            )
        })?;
        let answer = self.answer(answer.0, answer.1, find)?;
        Ok((self.prose(prose, find)?, answer))
    }

    fn answer(
        &self,
        first: &Line<'_>,
        rest: &[Line<'_>],
        find: &Find,
    ) -> Result<Answer, LessonError> {
        let (spec, tolerance) = match first.text.split_once(" within ") {
            Some((spec, tolerance)) => (spec, Some(self.tolerance(first.number, tolerance)?)),
            None => (first.text, None),
        };
        let (kind, figure) = spec
            .trim()
            .split_once(' ')
            .unwrap_or_else(|| (spec.trim(), ""));
        let figure = figure.trim();
        self.figure(first.number, figure, find)?;
        let expects = match (kind, tolerance) {
            ("number", tolerance) => {
                Expects::Number(tolerance.unwrap_or(Tolerance::Absolute(0.0, Unit::None)))
            }
            ("address", None) => Expects::Address,
            ("word", None) => Expects::Word,
            ("choice", None) => Expects::Choice(self.options(rest, first)?),
            _ => {
                return Err(self.error(
                    first.number,
                    "an answer is `number FIGURE`, `number FIGURE within 5 %`, `address FIGURE`, `word FIGURE` or `choice FIGURE`",
                ));
            }
        };
        if let (false, Some(line)) = (
            matches!(expects, Expects::Choice(_)),
            rest.iter().find(|line| !line.is_blank()),
        ) {
            return Err(self.error(line.number, "only a choice has lines below it"));
        }
        Ok(Answer {
            figure: figure.to_owned(),
            expects,
        })
    }

    fn options(
        &self,
        lines: &[Line<'_>],
        first: &Line<'_>,
    ) -> Result<Vec<(String, String)>, LessonError> {
        let mut options = Vec::new();
        for line in lines.iter().filter(|line| !line.is_blank()) {
            let option = line.text.trim().strip_prefix("- ");
            let (key, text) = option
                .and_then(|it| it.split_once(": "))
                .ok_or_else(|| self.error(line.number, "an option is `- key: text`"))?;
            options.push((key.trim().to_owned(), text.trim().to_owned()));
        }
        if (2..=OPTIONS_MAX).contains(&options.len()) {
            return Ok(options);
        }
        let reason = format!("a choice has from two to {OPTIONS_MAX} options, `- key: text`");
        Err(self.error(first.number, &reason))
    }

    fn tolerance(&self, line: usize, text: &str) -> Result<Tolerance, LessonError> {
        let (number, unit) = text
            .trim()
            .split_once(' ')
            .unwrap_or_else(|| (text.trim(), ""));
        let number: f64 = number
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite() && *number >= 0.0)
            .ok_or_else(|| self.error(line, "behind `within` stands a number"))?;
        Ok(match unit.trim() {
            "%" => Tolerance::Relative(number / 100.0),
            "ms" => Tolerance::Absolute(number, Unit::Milliseconds),
            "s" => Tolerance::Absolute(number, Unit::Seconds),
            "" => Tolerance::Absolute(number, Unit::None),
            _ => return Err(self.error(line, "`within` takes %, ms, s, or the figure's own unit")),
        })
    }
}

/// Most options of a choice.
const OPTIONS_MAX: usize = 9;
