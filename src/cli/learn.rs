//! Lessons: which ones, on which captures, and their handout.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use crate::analyzer::analysis::Analysis;
use crate::analyzer::pipeline::Analyzer;
use crate::analyzer::pipeline::analyze;
use crate::cli::args::Learn;
use crate::cli::args::Print;
use crate::cli::failure::Failure;
use crate::cli::load::analyzer;
use crate::cli::raw::Handout;
use crate::ingest::frame_reader::FrameReader;
use crate::ingest::index::FrameIndex;
use crate::ingest::raw::Input;
use crate::ingest::source::Source;
use crate::lessons::desk::Desk;
use crate::lessons::handout;
use crate::lessons::handout::Page;
use crate::lessons::lesson::Lesson;
use crate::lessons::library;
use crate::lessons::play;
use crate::lessons::reader;
use crate::tui::packet::known::Known;
use crate::tui::packet::tree::tree;

/// The lessons asked for: built in, or of a directory; in order of their numbers.
///
/// # Errors
///
/// The directory or a file in it cannot be read, or holds no lesson; a lesson has a slip; there is none of the number asked for.
pub fn lessons(wanted: &Learn) -> Result<Vec<Lesson>, Failure> {
    let mut lessons = match &wanted.directory {
        None => library::lessons().map_err(Failure::Lesson)?,
        Some(directory) => of_directory(directory)?,
    };
    lessons.sort_by_key(|lesson| lesson.number);
    match wanted.lesson {
        Some(number) if !lessons.iter().any(|it| it.number == number) => {
            Err(Failure::NoSuchLesson {
                number,
                known: lessons.iter().map(|it| it.number).collect(),
            })
        }
        _ => Ok(lessons),
    }
}

fn of_directory(directory: &Path) -> Result<Vec<Lesson>, Failure> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Failure::Lessons { path, source }
    };
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed(directory))? {
        let path = entry.map_err(failed(directory))?.path();
        if path.extension().is_some_and(|it| it == "md") {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() {
        return Err(Failure::NoLessons {
            path: directory.to_owned(),
        });
    }
    paths.truncate(LESSONS_MAX);
    let mut lessons: Vec<Lesson> = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).map_err(failed(&path))?;
        let name = path.display().to_string();
        lessons.push(reader::read(&name, &text).map_err(Failure::Lesson)?);
    }
    Ok(lessons)
}

/// The handout of the lessons asked for.
///
/// # Errors
///
/// As [`lessons`], and when a capture cannot be read.
pub fn handout(wanted: &Learn, print: &Print) -> Result<String, Failure> {
    let lessons = lessons(wanted)?;
    let own = match wanted.load.inputs.as_slice() {
        [] => None,
        inputs => Some(Opened::open(inputs.to_vec(), analyzer(&wanted.load)?)?),
    };
    let mut built_in: BTreeMap<String, Opened> = BTreeMap::new();
    let chosen = lessons
        .iter()
        .filter(|it| wanted.lesson.is_none_or(|number| it.number == number));
    let mut pages = Vec::new();
    for lesson in chosen {
        let mut steps = Vec::new();
        for step in &lesson.steps {
            let opened = if let Some(own) = &own {
                own
            } else {
                if !built_in.contains_key(&step.capture) {
                    let opened = Opened::built_in(&step.capture)?;
                    built_in.insert(step.capture.clone(), opened);
                }
                match built_in.get(&step.capture) {
                    Some(opened) => opened,
                    None => continue,
                }
            };
            let dissect = |frame: &crate::vocab::frame::Frame<'_>| tree(frame, &opened.known);
            let frames = FrameReader::new(opened.index.clone());
            let mut desk = Desk::new(&opened.analysis, frames, &dissect);
            let shown = play::show(step, &mut desk, handout::COLUMNS);
            steps.push((opened.name.clone(), shown));
        }
        pages.push(Page { lesson, steps });
    }
    Ok(match print.format {
        Handout::Md => handout::markdown::write(&pages, print.answers),
        Handout::Html => handout::html::write(&pages, print.answers),
    })
}

/// A capture that was read.
struct Opened {
    name: String,
    analysis: Analysis,
    index: FrameIndex,
    known: Known,
}

impl Opened {
    fn open(inputs: Vec<Input>, mut analyzer: Analyzer) -> Result<Self, Failure> {
        let names: Vec<String> = inputs.iter().map(Input::name).collect();
        let mut source = Source::open_ahead(inputs)?;
        analyze(&mut source, &mut analyzer, |_, _| true);
        let analysis = analyzer.into_analysis(source.files());
        Ok(Self {
            name: names.join(", "),
            known: Known::of(&analysis.scene),
            index: source.index(),
            analysis,
        })
    }

    fn built_in(name: &str) -> Result<Self, Failure> {
        let mut analyzer = Analyzer::default();
        let capture = library::capture(name);
        if let Some(capture) = capture {
            analyzer.add_key_log(capture.key_log);
        }
        let inputs = capture.map(library::BuiltIn::input);
        Self::open(inputs.into_iter().collect(), analyzer)
    }
}

/// Lessons of a directory that are read.
const LESSONS_MAX: usize = 100;
