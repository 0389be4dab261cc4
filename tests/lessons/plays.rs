//! Every step of every lesson on every capture: it plays, or says kindly where it would.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use rtcscope::lessons::answer::Mark;
use rtcscope::lessons::find;
use rtcscope::lessons::find::named;
use rtcscope::lessons::lesson::Find;
use rtcscope::lessons::library;
use rtcscope::lessons::play::Shown;
use rtcscope::lessons::prose;
use rtcscope::vocab::printable::acts_on_terminal;

use crate::bench::Bench;
use crate::bench::every_capture;

#[test]
fn every_lesson_plays_on_the_capture_that_it_names() {
    let mut benches: BTreeMap<String, Bench> = BTreeMap::new();
    for lesson in library::lessons().unwrap() {
        for step in &lesson.steps {
            let bench = benches
                .entry(step.capture.clone())
                .or_insert_with(|| Bench::built_in(&step.capture));
            let shown = bench.show(step, 60);
            let at = format!("{}:{} on {}", lesson.file, step.line, bench.name);
            assert_eq!(shown.absent, None, "{at}");
            assert_eq!(shown.exhibits.len(), step.looks.len(), "{at}");
            assert!(shown.question.is_some(), "{at}: no question");
            assert!(!shown.why.is_empty(), "{at}: why does it matter?");
            for exhibit in &shown.exhibits {
                assert!(exhibit.lines.len() > 1, "{at}: {}", exhibit.title);
            }
            for span in all_spans(&shown) {
                assert!(!span.missing, "{at}: {:?}", span.figure);
            }
        }
    }
}

fn all_spans(shown: &Shown) -> Vec<&prose::Span> {
    let asked = shown.question.iter();
    let blocks = asked
        .flat_map(|it| [&it.prose, &it.hint])
        .chain([&shown.prose, &shown.why]);
    blocks.flat_map(|blocks| prose::spans(blocks)).collect()
}

#[test]
fn every_step_plays_on_any_capture_or_says_where_it_would() {
    let lessons = library::lessons().unwrap();
    let mut played: BTreeMap<String, usize> = BTreeMap::new();
    every_capture(|bench| {
        for lesson in &lessons {
            for step in &lesson.steps {
                let shown = bench.show(step, 40);
                let at = format!("{}:{} on {}", lesson.file, step.line, bench.name);
                match (&shown.absent, &shown.question) {
                    (Some(absent), _) => {
                        let said = absent.sentence();
                        assert!(said.contains("built-in capture"), "{at}: {said}");
                        assert!(library::capture(&absent.capture).is_some(), "{at}");
                    }
                    (None, question) => {
                        let place = format!("{}:{}", lesson.file, step.line);
                        *played.entry(place).or_default() += 1;
                        printable(&shown, &at);
                        figures_are_declared(&step.find, &shown, &at);
                        if let Some(asked) = question {
                            let answer = asked.figure().text.clone();
                            assert_eq!(asked.mark(&answer), Mark::Right, "{at}: {answer}");
                            assert_ne!(asked.mark("no such thing"), Mark::Right, "{at}");
                            assert_ne!(asked.mark("-1"), Mark::Right, "{at}");
                        }
                    }
                }
            }
        }
    });
    let steps: usize = lessons.iter().map(|lesson| lesson.steps.len()).sum();
    assert_eq!(played.len(), steps, "some step plays nowhere");
}

fn printable(shown: &Shown, at: &str) {
    for span in all_spans(shown) {
        let text = span.text.replace('\n', "");
        assert!(!text.contains(acts_on_terminal), "{at}: {text:?}");
    }
    let lines = shown.exhibits.iter().flat_map(|it| &it.lines).flatten();
    for piece in lines {
        assert!(!piece.text.contains(acts_on_terminal), "{at}: {piece:?}");
    }
}

fn figures_are_declared(wanted: &Find, shown: &Shown, at: &str) {
    let (Find::Named(query), Some(found)) = (wanted, &shown.found) else {
        return;
    };
    let mut declared: BTreeSet<&str> = query.figures.iter().map(|(name, _)| *name).collect();
    declared.extend(find::COMMON.iter().map(|(name, _)| *name));
    for (name, figure) in found.figures.iter() {
        assert!(declared.contains(name), "{at}: {name} is not declared");
        assert!(!figure.text.is_empty(), "{at}: {name} is empty");
    }
    assert!(!found.frames.is_empty(), "{at}");
}

#[test]
fn queries_have_names_of_their_own() {
    let names: BTreeSet<&str> = find::all().map(|query| query.name).collect();
    assert_eq!(names.len(), find::all().count());
    assert!(names.iter().all(|name| named(name).is_some()));
}

#[test]
fn no_number_of_a_capture_stands_in_a_lesson() {
    // Addresses, ports and ids of the captures would be digits by the dozen: lessons hold only what specifications say.
    for (file, text) in library::TEXTS {
        let plain: String = text
            .split('{')
            .map(|part| part.split_once('}').map_or(part, |(_, after)| after))
            .collect();
        for word in plain.split(|c: char| !c.is_ascii_alphanumeric() && c != '.') {
            let dotted = word.split('.').filter(|it| !it.is_empty()).count();
            let digits = word.chars().filter(char::is_ascii_digit).count();
            let numeric = word.starts_with(|c: char| c.is_ascii_digit());
            assert!(!(numeric && dotted == 4), "{file}: {word}");
            let known = ["2112a442", "0x0001", "0x4000"].contains(&word);
            assert!(digits < 5 || known, "{file}: {word}");
        }
    }
}
