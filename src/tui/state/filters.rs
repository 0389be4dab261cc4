//! The filters of all lists: which one is shown, and which were there before.

use crate::tui::judge;
use crate::tui::keymap::Scope;
use crate::tui::sheet;
use crate::tui::state::State;
use crate::tui::state::filter::Filter;
use crate::vocab::ids::PeerConnectionId;

/// What was filtered by before.
#[derive(Debug, Default)]
pub struct Filters {
    /// What was typed, the latest last.
    pub history: Vec<String>,
    /// The same for commands.
    pub commands: Vec<String>,
    /// What lists were filtered by before their last change, the latest last.
    past: Vec<Past>,
}

/// A filter that a list had.
#[derive(Debug)]
struct Past {
    place: Place,
    filter: Filter,
}

/// A list: its screen, and the call where it is a call's.
type Place = (Scope, Option<PeerConnectionId>);

impl Filters {
    /// Remembers what was typed; what was typed before moves to the end.
    pub fn remember(&mut self, text: &str) {
        push(&mut self.history, text);
    }

    /// The same for a command.
    pub fn remember_command(&mut self, text: &str) {
        push(&mut self.commands, text);
    }
}

impl State {
    /// The filter of the list shown.
    pub fn filter_shown(&self) -> &Filter {
        let call = self.call.as_ref();
        match self.scope() {
            Scope::Calls => &self.calls.filter,
            Scope::Findings | Scope::CallFindings => &self.findings_shown().filter,
            Scope::Packets => &self.packets.filter,
            Scope::CallPackets => call.map_or(&self.packets.filter, |call| &call.packets.filter),
            Scope::Timeline | Scope::Ladder => call.map_or(&self.calls.filter, |call| &call.filter),
            Scope::Ice => call.map_or(&self.calls.filter, |call| &call.pairs.filter),
            scope => sheet::listing(self, scope).map_or(&self.calls.filter, |list| &list.filter),
        }
    }

    /// Gives the list shown another filter; the one that it had can be had back.
    pub fn change_filter(&mut self, filter: Filter) {
        let before = self.filter_shown().clone();
        if before == filter {
            return;
        }
        let place = self.place();
        self.filters.past.push(Past {
            place,
            filter: before,
        });
        let surplus = self.filters.past.len().saturating_sub(KEPT);
        self.filters.past.drain(..surplus);
        self.set_filter(filter);
    }

    /// Gives the list shown the filter back that it had before; gives whether it had one.
    pub fn filter_before(&mut self) -> bool {
        let place = self.place();
        let at = self.filters.past.iter().rposition(|it| it.place == place);
        let Some(at) = at else {
            return false;
        };
        let past = self.filters.past.remove(at);
        self.set_filter(past.filter);
        true
    }

    fn place(&self) -> Place {
        let scope = match self.scope() {
            // They share what is searched for.
            Scope::Ladder => Scope::Timeline,
            scope => scope,
        };
        let call = self.call.as_ref().filter(|_| scope.is_of_call());
        (scope, call.map(|call| call.id))
    }

    fn set_filter(&mut self, filter: Filter) {
        let analysis = std::sync::Arc::clone(&self.analysis);
        match self.scope() {
            Scope::Calls => {
                self.calls.filter = filter;
                self.calls.apply_filter(&analysis);
            }
            Scope::CallFindings | Scope::Findings => {
                let findings = self.findings_shown_mut();
                findings.filter = filter;
                findings.apply_filter(&analysis);
            }
            Scope::CallPackets | Scope::Packets => {
                if let Some(packets) = self.packets_shown_mut() {
                    packets.change_filter(filter);
                }
            }
            Scope::Timeline | Scope::Ladder => {
                if let Some(call) = &mut self.call {
                    call.filter = filter;
                    call.refilter(&analysis);
                }
            }
            Scope::Ice => {
                if let Some(call) = &mut self.call {
                    call.pairs.filter = filter;
                    call.refilter(&analysis);
                }
            }
            scope => {
                let is_long = !scope.is_of_call() && sheet::all(self, scope) > judge::AT_ONCE;
                if let Some(list) = sheet::listing_mut(self, scope) {
                    list.filter = filter;
                    if is_long && !list.filter.is_empty() {
                        // What another filter left is not what this one does.
                        list.shown.clear();
                    }
                }
                sheet::arrange(self, scope);
            }
        }
    }
}

fn push(history: &mut Vec<String>, text: &str) {
    if text.is_empty() {
        return;
    }
    history.retain(|known| known != text);
    history.push(text.to_owned());
    let surplus = history.len().saturating_sub(KEPT);
    history.drain(..surplus);
}

/// Filters remembered, of each sort.
const KEPT: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_again_moves_to_the_end() {
        let mut filters = Filters::default();
        for text in ["a", "b", "", "a"] {
            filters.remember(text);
        }
        assert_eq!(filters.history, ["b", "a"]);
    }
}
