//! The mouse on the page of lessons.

use rtcscope::tui::action::Pointer;
use rtcscope::tui::update;

use crate::harness::Program;

/// Clicks the first place where these words stand; gives the screen after it.
#[track_caller]
fn click(program: &mut Program, words: &str) -> String {
    let screen = program.text();
    let found = screen
        .lines()
        .enumerate()
        .find_map(|(y, line)| Some((y, line.split_once(words)?.0.chars().count())));
    assert!(found.is_some(), "{words} is not there:\n{screen}");
    let (y, x) = found.unwrap();
    let pointer = Pointer::Click(u16::try_from(x).unwrap(), u16::try_from(y).unwrap());
    update::point(&mut program.state, pointer);
    program.text()
}

fn wheel(program: &mut Program, x: u16, lines: i16) -> String {
    update::point(&mut program.state, Pointer::Wheel(x, 12, lines));
    program.text()
}

#[test]
fn a_lesson_is_taken_with_the_mouse() {
    let mut program = Program::open("videoroom-http", (120, 40));
    // On the same bar as everywhere, then the list: a click selects, a second one opens.
    let list = click(&mut program, "7 Learn");
    assert!(list.contains("0 of 7 answered"), "{list}");
    click(&mut program, "3. Candidates and NAT");
    assert_eq!(program.state.learn.cursor.at, 2);
    assert!(!program.state.learn.open);
    let step = click(&mut program, "3. Candidates and NAT");
    assert!(step.contains("3.1 of"), "{step}");
    let next = {
        program.state.learn.solve();
        click(&mut program, "→ next step")
    };
    assert!(next.contains("3.2 of"), "{next}");
}

#[test]
fn a_click_on_what_a_lesson_is_about_selects_it() {
    let mut program = Program::open("videoroom-http", (120, 40));
    program.press("7");
    click(&mut program, "The 401 that");
    assert_eq!(program.state.learn.cursor.at, 4);
}

#[test]
fn an_option_is_answered_with_a_click() {
    let mut program = Program::open("ice-failure-blocked", (120, 40));
    program.press("7 End Enter Right");
    let wrong = click(&mut program, "5. ");
    assert!(wrong.contains("not quite"), "{wrong}");
    click(&mut program, "a: answer again");
    assert!(program.state.learn.typed.is_some());
    let right = click(&mut program, "1. ");
    assert!(right.contains("Why it matters"), "{right}");
    assert!(program.state.learn.typed.is_none());
}

#[test]
fn a_second_click_on_the_evidence_opens_it_and_the_wheel_scrolls_what_it_is_over() {
    let mut program = Program::open("videoroom-http", (80, 24));
    program.press("7 Down Down Enter Right Right Right");
    let before = program.text();
    let evidence = wheel(&mut program, 60, 2);
    assert!(program.state.learn.in_evidence);
    assert_eq!(program.state.learn.evidence_top, 2);
    assert_ne!(before, evidence);
    wheel(&mut program, 10, 3);
    assert!(!program.state.learn.in_evidence);
    assert!(program.state.learn.prose_top > 0);
    wheel(&mut program, 10, -20);
    assert_eq!(program.state.learn.prose_top, 0);
    let pointer = Pointer::Click(60, 12);
    update::point(&mut program.state, pointer);
    assert!(program.text().contains("3.4 of"));
    update::point(&mut program.state, pointer);
    let opened = program.text();
    assert!(opened.contains("Packets"), "{opened}");
    assert!(!opened.contains("3.4 of"), "{opened}");
    let back = program.press("Esc").text();
    assert!(back.contains("3.4 of"), "{back}");
    // Terms lie over both: the wheel scrolls them, a click takes them away.
    program.press("?");
    wheel(&mut program, 10, 1);
    assert_eq!(program.state.learn.terms, Some(1));
    update::point(&mut program.state, pointer);
    assert_eq!(program.state.learn.terms, None);
}
