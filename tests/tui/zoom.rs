//! A stretch of a call's time: with keys, with the wheel, drawn with the mouse.

use rtcscope::tui::action::Pointer;
use rtcscope::tui::state::live::LiveView;
use rtcscope::tui::state::zoom::Stretch;
use rtcscope::tui::update;
use rtcscope::vocab::time::Timestamp;

use crate::harness::Program;

const SIZE: (u16, u16) = (120, 40);

fn point(program: &mut Program, pointers: &[Pointer]) {
    for pointer in pointers {
        update::point(&mut program.state, *pointer);
        program.settle();
    }
}

fn stretch(program: &Program) -> Option<Stretch> {
    program.state.zoom().stretch()
}

/// From the first to the last instant on the lanes, in seconds of the capture.
fn shown(program: &Program) -> (f64, f64) {
    let start = program.state.analysis.scene.start;
    let shown = stretch(program).unwrap();
    (
        shown.from.seconds_from(start),
        shown.until.seconds_from(start),
    )
}

fn cursor(program: &Program) -> Timestamp {
    let open = program.state.call.as_ref().unwrap();
    open.rows[open.selected_row().unwrap()].at
}

/// Columns and lines of the screen where words stand.
#[track_caller]
fn place(program: &mut Program, words: &str) -> (u16, u16) {
    let text = program.text();
    let mut lines = text.lines().zip(0..);
    let found = lines.find_map(|(line, y)| {
        let before = line.split_once(words)?.0;
        Some((u16::try_from(before.chars().count()).unwrap(), y))
    });
    assert!(found.is_some(), "{words} is not there:\n{text}");
    found.unwrap()
}

#[test]
fn keys_come_closer_to_the_cursor_and_back() {
    let mut program = Program::open("lossy", SIZE);
    program.press("Enter End Up Up + +");
    let (from, until) = shown(&program);
    let at = cursor(&program).seconds_from(program.state.analysis.scene.start);
    assert!(
        from < at && at < until && until - from < 9.0,
        "{from} {at} {until}"
    );
    assert!(program.text().contains(" of 17.3 s · 0: all"));
    program.press("-");
    let wider = shown(&program);
    assert!(
        (wider.1 - wider.0 - 2.0 * (until - from)).abs() < 0.001,
        "{wider:?}"
    );
    program.press("0");
    assert_eq!(stretch(&program), None);
    // Esc leads out of the stretch before it leads out of the call.
    program.press("+ Esc");
    assert_eq!(stretch(&program), None);
    assert!(program.state.call.is_some());
    program.press("Esc");
    assert!(program.state.call.is_none());
}

#[test]
fn the_closest_is_a_burst() {
    let mut program = Program::open("lossy", SIZE);
    program.press("Enter");
    for _ in 0..40 {
        program.press("+");
    }
    assert_eq!(stretch(&program).unwrap().lasts().as_micros(), 1_000);
    assert!(program.text().contains("there is nothing closer"));
    // Microseconds are told apart.
    assert!(program.text().contains("2.598583"), "{}", program.text());
}

#[test]
fn the_stretch_follows_the_cursor_and_the_cursor_the_stretch() {
    let mut program = Program::open("lossy", SIZE);
    program.press("Enter + + End Up");
    let last = cursor(&program);
    assert!(stretch(&program).unwrap().holds(last));
    for _ in 0..40 {
        program.press("(");
    }
    let shown = stretch(&program).unwrap();
    assert!(!shown.holds(last));
    assert!(shown.holds(cursor(&program)), "{shown:?}");
    // The ladder has the same cursor.
    program.press("Right Down Down Down");
    assert!(stretch(&program).unwrap().holds(cursor(&program)));
}

#[test]
fn what_is_drawn_over_with_the_mouse_is_seen_closer() {
    let mut program = Program::open("lossy", SIZE);
    program.press("Enter");
    let (x, y) = place(&mut program, "┊3.16");
    point(
        &mut program,
        &[Pointer::Click(x + 5, y + 2), Pointer::Drag(x + 24, y + 3)],
    );
    // Nothing has changed yet, but what was drawn over is lit.
    assert_eq!(stretch(&program), None);
    assert!(program.text().contains("let go to see it"));
    let lit = program.draw();
    let style = |x: u16| lit.cell((x, y + 2)).unwrap().style();
    assert_eq!(style(x + 5), style(x + 24));
    assert_ne!(style(x + 24), style(x + 25));
    let drawn = program.state.zoom().drawn.unwrap().stretch();
    point(&mut program, &[Pointer::Release(x + 24, y + 3)]);
    assert_eq!(stretch(&program), Some(drawn));
    let (from, until) = shown(&program);
    let text = program.text();
    assert!(text.contains(&format!("{from:.2} ")), "{text}");
    assert!(text.contains(&format!("{until:.2} s")), "{text}");
    // A key in the middle of it leaves it.
    point(&mut program, &[Pointer::Click(x, y + 2)]);
    program.press("0");
    point(&mut program, &[Pointer::Release(x + 24, y + 3)]);
    assert_eq!(stretch(&program), None);
}

#[test]
fn a_click_on_the_lanes_takes_the_cursor_there() {
    let mut program = Program::open("lossy", SIZE);
    program.press("Enter");
    let (x, y) = place(&mut program, "close_notify●");
    let x = x + 12;
    point(
        &mut program,
        &[Pointer::Click(x, y), Pointer::Release(x, y)],
    );
    assert_eq!(stretch(&program), None);
    let open = program.state.call.as_ref().unwrap();
    let row = &open.rows[open.selected_row().unwrap()];
    assert_eq!(row.text, "close_notify");
    // The wheel over the list scrolls, over the lanes it comes closer.
    let (_, list) = place(&mut program, "What happened");
    point(&mut program, &[Pointer::Wheel(x, list + 3, -3)]);
    assert_eq!(stretch(&program), None);
    point(&mut program, &[Pointer::Wheel(x, y, -3)]);
    let once = stretch(&program).unwrap();
    point(
        &mut program,
        &[Pointer::Wheel(x, y, -3), Pointer::Wheel(x, y, 3)],
    );
    let again = stretch(&program).unwrap();
    assert!(again.lasts().abs_diff(once.lasts()).as_micros() < 10);
    point(&mut program, &[Pointer::Wheel(x, y, 3)]);
    assert_eq!(stretch(&program), None);
}

#[test]
fn the_list_of_calls_comes_closer_to_the_selected_one_and_takes_it_along() {
    let mut program = Program::open("lossy", SIZE);
    program.press("+");
    let seen = stretch(&program).unwrap();
    program.press("Enter");
    assert_eq!(stretch(&program), Some(seen));
    program.press("Esc Esc");
    assert_eq!(stretch(&program), Some(seen));
    // Another call is looked at as a whole.
    program.press("Down");
    assert_eq!(stretch(&program), None);
    let (x, y) = place(&mut program, "signaling ");
    point(
        &mut program,
        &[
            Pointer::Click(x + 30, y),
            Pointer::Drag(x + 50, y),
            Pointer::Release(x + 50, y),
        ],
    );
    assert!(stretch(&program).is_some());
    program.press("Esc");
    assert_eq!(stretch(&program), None);
    assert!(!program.state.quit);
}

#[test]
fn the_charts_show_the_same_stretch() {
    let mut program = Program::open("lossy", SIZE);
    program.press("Enter m + +");
    let shown = stretch(&program).unwrap();
    let open = program.state.call.as_ref().unwrap();
    let second = open.media.instant(&program.state.analysis.scene).unwrap();
    assert!(shown.holds(second), "the worst second is in sight");
    let all = Program::open("lossy", SIZE).press("Enter m").text();
    let bars = |text: &str| text.matches('█').count();
    let some = program.text();
    assert!(bars(&some) > 0 && some != all, "{some}");
    // The marked second stays in sight.
    program.press("Tab Right Right Right Right Right Right Right Right");
    let open = program.state.call.as_ref().unwrap();
    let second = open.media.instant(&program.state.analysis.scene).unwrap();
    let there = stretch(&program).unwrap();
    assert!(there.holds(second) && there != shown);
}

#[test]
fn the_mouse_does_over_the_charts_what_it_does_over_the_lanes() {
    let mut program = Program::open("lossy", SIZE);
    program.press("Enter m");
    let (x, y) = place(&mut program, "│ bit rate");
    let x = x + 15;
    let second = |program: &Program| {
        let open = program.state.call.as_ref().unwrap();
        open.media.instant(&program.state.analysis.scene).unwrap()
    };
    // A click takes the mark there, and the keys with it.
    point(
        &mut program,
        &[Pointer::Click(x + 1, y), Pointer::Release(x + 1, y)],
    );
    let first = second(&program);
    assert!(program.state.call.as_ref().unwrap().media.list.in_detail);
    point(
        &mut program,
        &[Pointer::Click(x + 30, y), Pointer::Release(x + 30, y)],
    );
    assert!(second(&program) > first);
    assert_eq!(stretch(&program), None);
    // The wheel comes closer to the pointer and back.
    point(&mut program, &[Pointer::Wheel(x + 1, y, -3)]);
    let pointed = first.after(std::time::Duration::from_millis(500));
    assert!(stretch(&program).unwrap().holds(pointed));
    for _ in 0..20 {
        point(&mut program, &[Pointer::Wheel(x + 1, y, -3)]);
    }
    let closest = stretch(&program).unwrap();
    assert!(closest.lasts().as_secs_f64() > 0.4, "{closest:?}");
    for _ in 0..20 {
        point(&mut program, &[Pointer::Wheel(x + 1, y, 3)]);
    }
    assert_eq!(stretch(&program), None);
    // What is drawn over is lit, and then seen closer.
    point(
        &mut program,
        &[Pointer::Click(x + 2, y), Pointer::Drag(x + 20, y)],
    );
    assert!(program.text().contains("let go to see it"));
    let lit = program.draw();
    let style = |x: u16| lit.cell((x, y)).unwrap().style().add_modifier;
    assert_eq!(style(x + 3), style(x + 19));
    assert_ne!(style(x + 19), style(x + 30));
    let drawn = program.state.zoom().drawn.unwrap().stretch();
    point(&mut program, &[Pointer::Release(x + 20, y)]);
    assert_eq!(stretch(&program), Some(drawn));
    // Over the list of streams the wheel scrolls.
    point(&mut program, &[Pointer::Wheel(x + 20, 4, 3)]);
    assert_eq!(stretch(&program), Some(drawn));
}

#[test]
fn bars_say_their_length_when_they_are_broad() {
    let mut program = Program::open("lossy", SIZE);
    program.press("Enter");
    assert!(!program.text().contains("a bar:"));
    program.press("End Up Up + + + +");
    assert!(program.text().contains("a bar: 1"), "{}", program.text());
}

#[test]
fn a_running_call_goes_on_behind_a_stretch_that_stays() {
    let mut program = Program::start("lossy", SIZE, |analysis| analysis);
    let end = program.state.analysis.scene.peer_connections[0].last_at;
    let after = |seconds: u64| Timestamp::from_nanos(end.nanos() + seconds * 1_000_000_000);
    program.state.live = Some(LiveView::new(String::new(), after(2)));
    program.press("Enter");
    assert!(program.text().contains("21.89 s"), "{}", program.text());
    program.state.live.as_mut().unwrap().now = after(4);
    assert!(program.text().contains("23.89 s"), "{}", program.text());
    program.press("+");
    let seen = stretch(&program);
    let lanes = |text: String| text.lines().nth(3).unwrap().to_owned();
    let before = lanes(program.text());
    program.state.live.as_mut().unwrap().now = after(9);
    assert_eq!(lanes(program.text()), before);
    assert_eq!(stretch(&program), seen);
    program.press("0");
    assert!(program.text().contains("28.89 s"), "{}", program.text());
}
