//! A lesson as it is written: steps with prose, what to find, where to look, a question, and why it matters.

use crate::filter::Filter;
use crate::filter::rows::RowKind;
use crate::lessons::figure::Unit;
use crate::lessons::find::Query;
use crate::lessons::prose::Block;

/// A lesson.
#[derive(Debug, Clone)]
pub struct Lesson {
    /// Its number, from 1.
    pub number: u32,
    /// Its title.
    pub title: String,
    /// What it is about, in a sentence.
    pub about: String,
    /// The built-in capture that it is made for.
    pub capture: String,
    /// The file it was read from.
    pub file: String,
    /// Its steps, in order; never empty.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its title.
    pub title: String,
    /// Line of the title in the file, from 1.
    pub line: usize,
    /// What it finds.
    pub find: Find,
    /// The built-in capture that has it; the lesson's unless it names another.
    pub capture: String,
    /// What to look at, in order.
    pub looks: Vec<Look>,
    /// The prose.
    pub prose: Vec<Block>,
    /// The question.
    pub question: Option<Question>,
    /// Why it matters.
    pub why: Vec<Block>,
}

/// What a step finds in an analysis.
#[derive(Debug, Clone)]
pub enum Find {
    /// A query by name.
    Named(&'static Query),
    /// The first row that passes a filter; its fields are the figures.
    Row(RowKind, Filter),
}

/// What to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// The frame of a figure as a tree and in bytes, with a field lit.
    Message {
        /// The figure that names the frame.
        figure: String,
        /// The field, by a part of its name.
        field: Option<String>,
    },
    /// A stretch of the call as arrows around the frames found.
    Ladder,
    /// The candidates of the call.
    Candidates,
    /// Its candidate pairs.
    Pairs,
    /// The stream over time.
    Chart,
    /// Offer beside answer, and what was agreed.
    Agreed,
    /// A description line by line.
    Description {
        /// The offer, or the answer?
        offer: bool,
    },
    /// Request and response, with header fields.
    Http,
    /// The flights of the handshake.
    Flights,
}

/// A question with the answer that the capture gives.
#[derive(Debug, Clone)]
pub struct Question {
    /// What is asked.
    pub prose: Vec<Block>,
    /// The right answer.
    pub answer: Answer,
    /// A hint, for a wrong one.
    pub hint: Vec<Block>,
}

/// The right answer: a figure, and how an answer is compared with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The figure.
    pub figure: String,
    /// What is expected.
    pub expects: Expects,
}

/// What kind of answer is expected.
#[derive(Debug, Clone, PartialEq)]
pub enum Expects {
    /// One of these: the figure's word, and what to show for it.
    Choice(Vec<(String, String)>),
    /// A number, this far off at most.
    Number(Tolerance),
    /// An address, with its port where the figure has one.
    Address,
    /// A word.
    Word,
}

/// How far off a number may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tolerance {
    /// This much, in this unit; `Unit::None`: the figure's own.
    Absolute(f64, Unit),
    /// This part of it: 0.05 is 5 %.
    Relative(f64),
}
