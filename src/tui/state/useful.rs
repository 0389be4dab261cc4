//! Which keys can do something here: the footer offers no others.

use crate::timeline::fold::Fold;
use crate::tui::action::Action;
use crate::tui::keymap::NEED_ROWS;
use crate::tui::keymap::OVER_TIME;
use crate::tui::keymap::Scope;
use crate::tui::sheet;
use crate::tui::sheet::allocations::call_of;
use crate::tui::state::Page;
use crate::tui::state::State;
use crate::tui::state::call::Tab;
use crate::tui::state::findings::Item;
use crate::tui::state::packets::Packets;
use crate::vocab::ids::FrameNumber;

impl State {
    /// Is there nothing in the list on the screen?
    pub fn lists_nothing(&self) -> bool {
        let scope = self.scope();
        let call = self.call.as_ref();
        match scope {
            Scope::Calls => self.calls.shown.is_empty(),
            Scope::Findings | Scope::CallFindings => self.findings_shown().shown.is_empty(),
            Scope::Packets | Scope::CallPackets => {
                let packets = self.packets_shown();
                packets.is_some_and(|packets| packets.length() == 0)
            }
            Scope::Timeline | Scope::Ladder => call.is_some_and(|call| call.folds.is_empty()),
            Scope::Ice => call.is_some_and(|call| call.pairs.shown.is_empty()),
            _ => sheet::is_empty(self, scope),
        }
    }

    /// Can `action` do nothing here, for want of rows, frames or findings?
    pub fn is_useless(&self, action: Action) -> bool {
        if NEED_ROWS.contains(&action) && self.lists_nothing() {
            return true;
        }
        match action {
            Action::Enter => self.leads_nowhere(),
            Action::NextFinding => self.analysis.findings.is_empty(),
            Action::ZoomOut | Action::ZoomAll => self.zoom().stretch().is_none(),
            // A filter that hides all rows can be changed.
            Action::Filter => self.lists_nothing() && self.filter_shown().is_empty(),
            Action::NextRound => {
                let call = self.call.as_ref();
                call.is_none_or(|call| call.agreed.is_last())
            }
            Action::Fold => self.call.as_ref().is_none_or(|call| {
                let mut folds = call.folds.iter();
                call.folded && !folds.any(|fold| matches!(fold, Fold::Idle { .. }))
            }),
            Action::Tab(Tab::Turn) if self.scope() == Scope::Allocations => {
                let selected = self.allocations.selected();
                selected.is_none_or(|at| call_of(&self.analysis.scene, at).is_none())
            }
            _ => false,
        }
    }

    /// Does the selected line have no frame that Enter could show?
    fn leads_nowhere(&self) -> bool {
        let call = self.call.as_ref();
        match self.scope() {
            // Those open a call, a stream's packets, a pane.
            Scope::Calls
            | Scope::Media
            | Scope::Flows
            | Scope::Packets
            | Scope::CallPackets
            | Scope::Learn => false,
            Scope::Findings | Scope::CallFindings => match self.findings_shown().selected() {
                // A verdict leads to its call.
                Some(Item::Verdict(at)) => {
                    let verdict = self.analysis.verdicts.get(at);
                    verdict.is_none_or(|verdict| verdict.peer_connection.is_none())
                }
                _ => self.selected_frames().is_empty(),
            },
            Scope::Timeline | Scope::Ladder => {
                let fold = call.and_then(|call| call.folds.get(call.cursor.at));
                matches!(fold, Some(Fold::Row(_))) && self.selected_frames().is_empty()
            }
            _ => self.selected_frames().is_empty(),
        }
    }

    /// Does the next step back leave the program?
    pub fn is_at_the_top(&self) -> bool {
        self.page == Page::Calls
            && self.call.is_none()
            && self.came_from.is_none()
            && self.filter_shown().is_empty()
            && !(OVER_TIME.contains(&self.scope()) && self.zoom().stretch().is_some())
    }

    /// The frames of what is selected.
    pub fn selected_frames(&self) -> Vec<FrameNumber> {
        match self.scope() {
            scope if sheet::listing(self, scope).is_some() => {
                let row = sheet::selected(self, scope);
                row.map(|row| row.frames).unwrap_or_default()
            }
            Scope::Timeline | Scope::Ladder | Scope::Ice => self
                .call
                .as_ref()
                .map(|call| call.selected_frames(&self.analysis))
                .unwrap_or_default(),
            Scope::CallPackets | Scope::Packets => self
                .packets_shown()
                .and_then(Packets::selected)
                .into_iter()
                .collect(),
            Scope::CallFindings | Scope::Findings => self
                .findings_shown()
                .selected_frames(&self.analysis)
                .to_vec(),
            _ => Vec::new(),
        }
    }
}
