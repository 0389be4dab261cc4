//! What commands do.

use std::path::PathBuf;

use crate::tui::command::Asked;
use crate::tui::command::Verb;
use crate::tui::command::read;
use crate::tui::effect::Effect;
use crate::tui::state::State;
use crate::tui::state::editor::FILTER;
use crate::tui::state::editor::Mistake;
use crate::tui::state::filter::Filter;
use crate::tui::update::ask;
use crate::tui::update::bookmark;
use crate::tui::update::travel;
use crate::tui::update::update;

/// Does what a line says.
///
/// # Errors
///
/// It says nothing that can be done: what is wrong, and where.
pub(super) fn run(state: &mut State, line: &str) -> Result<Vec<Effect>, Mistake> {
    if line.trim().is_empty() {
        return Ok(Vec::new());
    }
    let whole = |text: String| Mistake {
        span: 0..line.trim_end().len(),
        text,
    };
    match read(line).map_err(whole)? {
        Asked::Action(action) => Ok(update(state, action)),
        Asked::Command(Verb::Frame | Verb::Time, rest) => {
            ask::go(state, rest).map_err(whole)?;
            Ok(Vec::new())
        }
        Asked::Command(Verb::Filter, rest) => {
            let scope = state.scope();
            let filter = Filter::new(rest, scope).map_err(|error| {
                let from = line.find(FILTER).map_or(0, |at| at + FILTER.len());
                let spaces = line
                    .get(from..)
                    .map_or(0, |it| it.len() - it.trim_start().len());
                Mistake::within(from + spaces, error)
            })?;
            state.filters.remember(rest);
            let search = scope.searches() && !filter.is_empty();
            state.change_filter(filter);
            if search {
                travel::hit(state, 1);
            }
            Ok(Vec::new())
        }
        Asked::Command(Verb::Save, "") => Err(whole("say where: save FILE.pcapng".to_owned())),
        Asked::Command(Verb::Save, rest) => Ok(ask::save_to(state, PathBuf::from(rest))
            .into_iter()
            .collect()),
        Asked::Command(Verb::Bookmark, rest) => {
            bookmark::toggle(state, rest);
            Ok(Vec::new())
        }
        Asked::Command(Verb::Bookmarks, rest) => {
            bookmark::go(state, rest).map_err(whole)?;
            Ok(Vec::new())
        }
    }
}
