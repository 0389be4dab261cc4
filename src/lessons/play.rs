//! A step on a capture: everything that is shown of it, on a screen or on paper.

use crate::lessons::answer::Mark;
use crate::lessons::answer::mark;
use crate::lessons::answer::right_option;
use crate::lessons::answer::wanted;
use crate::lessons::desk::Desk;
use crate::lessons::exhibit::Exhibit;
use crate::lessons::exhibit::lay_out;
use crate::lessons::figure::Figure;
use crate::lessons::find;
use crate::lessons::find::Found;
use crate::lessons::lesson::Expects;
use crate::lessons::lesson::Step;
use crate::lessons::library;
use crate::lessons::prose::Block;
use crate::lessons::prose::fill;

/// A step on a capture.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Its title.
    pub title: String,
    /// Its prose, figures filled in. Empty when the capture has nothing of the kind.
    pub prose: Vec<Block>,
    /// What to look at.
    pub exhibits: Vec<Exhibit>,
    /// The question, where it can be asked.
    pub question: Option<Asked>,
    /// Why it matters.
    pub why: Vec<Block>,
    /// Why there is nothing to show, and where there is.
    pub absent: Option<Absent>,
    /// What was found.
    pub found: Option<Found>,
}

/// A capture that has nothing of what a step is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    /// What it lacks: `long poll`.
    pub what: String,
    /// The built-in capture that has it.
    pub capture: String,
}

impl Absent {
    /// The sentence that says so.
    pub fn sentence(&self) -> String {
        let about = library::capture(&self.capture).map_or("", |capture| capture.about);
        format!(
            "This capture has none: no {}. The built-in capture {} has one: {about}.",
            self.what, self.capture
        )
    }
}

/// A question on a capture.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What is asked.
    pub prose: Vec<Block>,
    /// The options of a choice.
    pub options: Vec<String>,
    /// What is expected, in words.
    pub wanted: String,
    /// The hint.
    pub hint: Vec<Block>,
    /// The right answer, as it is shown.
    pub answer: String,
    expects: Expects,
    figure: Figure,
}

impl Asked {
    /// Marks what was typed.
    pub fn mark(&self, typed: &str) -> Mark {
        mark(typed, &self.expects, &self.figure)
    }

    /// The figure that the answer is compared with.
    pub const fn figure(&self) -> &Figure {
        &self.figure
    }
}

/// Plays `step` on a capture, for panes of `columns`.
pub fn show(step: &Step, desk: &mut Desk<'_>, columns: usize) -> Shown {
    let Some(found) = find::find(&step.find, desk) else {
        return Shown {
            title: step.title.clone(),
            prose: Vec::new(),
            exhibits: Vec::new(),
            question: None,
            why: Vec::new(),
            absent: Some(Absent {
                what: find::what(&step.find),
                capture: step.capture.clone(),
            }),
            found: None,
        };
    };
    let looks = step.looks.iter();
    let exhibits = looks
        .filter_map(|look| lay_out(look, &found, desk, columns))
        .collect();
    let question = step.question.as_ref().and_then(|question| {
        let figure = found.figures.get(&question.answer.figure)?.clone();
        let expects = question.answer.expects.clone();
        let (options, answer) = match &expects {
            Expects::Choice(options) => {
                // A capture whose truth is none of the options cannot be asked about.
                let right = right_option(options, &figure)?.to_owned();
                (
                    options.iter().map(|(_, text)| text.clone()).collect(),
                    right,
                )
            }
            _ => (Vec::new(), figure.text.clone()),
        };
        Some(Asked {
            prose: fill(&question.prose, &found.figures),
            options,
            wanted: wanted(&expects, Some(&figure)),
            hint: fill(&question.hint, &found.figures),
            answer,
            expects,
            figure,
        })
    });
    Shown {
        title: step.title.clone(),
        prose: fill(&step.prose, &found.figures),
        exhibits,
        question,
        why: fill(&step.why, &found.figures),
        absent: None,
        found: Some(found),
    }
}
