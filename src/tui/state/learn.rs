//! The lessons: which step is shown, what was answered, what of it is on the screen.

use std::path::PathBuf;
use std::sync::Arc;

use tui_input::Input;

use crate::analyzer::analysis::Analysis;
use crate::ingest::info::FileInfo;
use crate::lessons::answer::Mark;
use crate::lessons::lesson::Lesson;
use crate::lessons::lesson::Step;
use crate::lessons::library;
use crate::lessons::play::Shown;
use crate::lessons::progress::Progress;
use crate::tui::state::cursor::Cursor;

/// The page of lessons.
#[derive(Debug, Default)]
pub struct Learn {
    /// The lessons; empty until the page is opened.
    pub lessons: Arc<[Lesson]>,
    /// Is a lesson open, and not the list of them?
    pub open: bool,
    /// Selection in the list.
    pub cursor: Cursor,
    /// The open lesson, by its place.
    pub lesson: usize,
    /// Its step.
    pub step: usize,
    /// The step on the capture; `None` until it was played.
    pub shown: Option<Shown>,
    /// What it was played for: lesson, step, columns, and how often the capture was changed.
    pub played: Option<(usize, usize, usize, u64)>,
    /// Which exhibit.
    pub exhibit: usize,
    /// First line of the prose.
    pub prose_top: usize,
    /// First line of the evidence.
    pub evidence_top: usize,
    /// Does the evidence have the keys?
    pub in_evidence: bool,
    /// The answer being typed.
    pub typed: Option<Input>,
    /// What was answered last on this step, and how that was marked.
    pub reply: Option<(String, Mark)>,
    /// First line of the terms shown; `None` when they are not.
    pub terms: Option<usize>,
    /// How far the user got.
    pub progress: Progress,
    /// Where that is remembered; `None`: nowhere.
    pub remembered_at: Option<PathBuf>,
    /// The built-in capture that is open; `None` for the user's own.
    pub built_in: Option<String>,
    /// The user's own capture, while a built-in one is open in its place.
    pub home: Option<Home>,
    /// How often the capture was changed.
    pub changes: u64,
    /// A field to light as soon as its frame is open.
    pub light: Option<String>,
}

/// A capture that is put away for a while.
#[derive(Debug, Clone)]
pub struct Home {
    /// The analysis.
    pub analysis: Arc<Analysis>,
    /// The files.
    pub files: Arc<[FileInfo]>,
    /// Their names.
    pub names: Vec<String>,
}

impl Learn {
    /// Makes the lessons ready: the built-in ones, unless others were given. Begins where the user left.
    pub fn prepare(&mut self) {
        if self.lessons.is_empty() {
            // A test holds that they read.
            self.lessons = library::lessons().unwrap_or_default().into();
        }
        if let (Some((lesson, step)), false) = (self.progress.at, self.open) {
            let mut lessons = self.lessons.iter();
            if let Some(at) = lessons.position(|it| it.number == lesson) {
                self.cursor.at = at;
                let steps = self.lessons.get(at).map_or(0, |it| it.steps.len());
                let step = usize::try_from(step).unwrap_or(1).max(1);
                self.go_to(at, step.min(steps) - 1);
            }
        }
    }

    /// Opens a lesson by its number, at the first step that is not answered yet.
    pub fn begin(&mut self, number: u32) {
        let mut lessons = self.lessons.iter();
        if let Some(at) = lessons.position(|it| it.number == number) {
            let steps = self.lessons.get(at).map_or(0, |it| it.steps.len());
            let step = (0..steps).find(|step| !self.is_done(at, *step));
            self.go_to(at, step.unwrap_or(0));
        }
    }

    /// To a step of a lesson, by their places.
    pub fn go_to(&mut self, lesson: usize, step: usize) {
        self.open = true;
        self.lesson = lesson;
        self.step = step;
        self.cursor.at = lesson;
        self.shown = None;
        self.played = None;
        self.exhibit = 0;
        self.prose_top = 0;
        self.evidence_top = 0;
        self.in_evidence = false;
        self.typed = None;
        self.reply = None;
        self.terms = None;
        self.progress.at = self.numbers(lesson, step);
    }

    /// The open lesson.
    pub fn lesson(&self) -> Option<&Lesson> {
        self.lessons.get(self.lesson).filter(|_| self.open)
    }

    /// The step of it.
    pub fn step(&self) -> Option<&Step> {
        self.lesson()?.steps.get(self.step)
    }

    /// Was the question of a step answered?
    pub fn is_done(&self, lesson: usize, step: usize) -> bool {
        let numbers = self.numbers(lesson, step);
        numbers.is_some_and(|numbers| self.progress.done.contains(&numbers))
    }

    /// Remembers that the question of this step was answered.
    pub fn solve(&mut self) {
        let numbers = self.numbers(self.lesson, self.step);
        self.progress.done.extend(numbers);
    }

    /// The numbers of a lesson and a step, as progress counts them.
    fn numbers(&self, lesson: usize, step: usize) -> Option<(u32, u32)> {
        let number = self.lessons.get(lesson)?.number;
        Some((number, u32::try_from(step).ok()?.saturating_add(1)))
    }
}
