//! Long lists are filtered in the background; the keys go on.

use ratatui::crossterm::event::KeyCode;
use rtcscope::tui::keymap::Scope;
use rtcscope::tui::sheet;
use rtcscope::tui::state::State;
use rtcscope::tui::update;

use crate::harness::Program;

/// A capture with very many conversations: those of a recorded one again and again.
fn long() -> Program {
    let mut program = Program::start("videoroom-http", (120, 40), |mut analysis| {
        let once = analysis.scene.flows.clone();
        while analysis.scene.flows.len() < 30_000 {
            analysis.scene.flows.extend(once.iter().cloned());
        }
        analysis
    });
    program.settle();
    program
}

fn shown(state: &State) -> usize {
    sheet::length(state, Scope::Flows)
}

#[test]
fn a_long_list_is_filtered_while_the_keys_go_on() {
    let mut program = long();
    program.press("5");
    let all = shown(&program.state);
    assert!(all >= 30_000);
    // The line is typed; what it leaves is not waited for.
    program.press("/").type_in("203.0.113.53");
    let enter = KeyCode::Enter.into();
    update::press(&mut program.state, enter);
    assert!(program.state.is_judging());
    assert_eq!(shown(&program.state), 0);
    program.settle();
    assert!(!program.state.is_judging());
    let left = shown(&program.state);
    assert!(left > 0 && left < all, "{left} of {all}");
    let text = program.text();
    assert!(text.contains("· 203.0.113.53"), "{text}");
    // Another order is another order of the same rows, at once.
    let sort = KeyCode::Char('>').into();
    update::press(&mut program.state, sort);
    assert!(!program.state.is_judging());
    assert_eq!(shown(&program.state), left);
    program.filter("no-such-word");
    assert_eq!(shown(&program.state), 0);
    assert!(program.text().contains("Nothing here passes no-such-word"));
    program.press("Esc");
    assert_eq!(shown(&program.state), all);
}

#[test]
fn what_was_asked_for_before_is_not_shown_for_what_is_asked_now() {
    let mut program = long();
    program.press("5 /").type_in("no-such-word");
    let enter = KeyCode::Enter.into();
    update::press(&mut program.state, enter);
    // It has begun.
    assert!(!update::settle(&mut program.state).is_empty());
    sheet::judged(&mut program.state, Scope::Flows, 99, vec![1, 2, 3], true);
    assert_eq!(shown(&program.state), 0);
    assert!(program.state.is_judging());
}
