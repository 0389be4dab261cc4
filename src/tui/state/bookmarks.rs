//! Places to come back to.

use crate::tui::state::Page;
use crate::tui::state::call::Tab;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PeerConnectionId;

/// A place to come back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bookmark {
    /// The page.
    pub page: Page,
    /// The call that was open there, and its tab.
    pub call: Option<(PeerConnectionId, Tab)>,
    /// The frame: the first, where the place has several.
    pub frame: Option<FrameNumber>,
    /// What it is called. Printable.
    pub words: String,
}

/// All of them, in order.
#[derive(Debug, Default)]
pub struct Bookmarks {
    /// The list.
    pub list: Vec<Bookmark>,
}

impl Bookmarks {
    /// Remembers a place; forgets it when it was remembered, unless it gets another name. Gives whether it is remembered now.
    pub fn toggle(&mut self, place: Bookmark, named: bool) -> bool {
        let same = |known: &Bookmark| {
            (known.page, known.call, known.frame) == (place.page, place.call, place.frame)
        };
        if let Some(at) = self.list.iter().position(same) {
            self.list.remove(at);
            if !named {
                return false;
            }
        }
        if self.list.len() >= KEPT {
            self.list.remove(0);
        }
        self.list.push(place);
        true
    }
}

/// Places remembered at most; then the first is forgotten.
const KEPT: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn place(frame: u64, words: &str) -> Bookmark {
        Bookmark {
            page: Page::Packets,
            call: None,
            frame: Some(FrameNumber::new(0, frame)),
            words: words.to_owned(),
        }
    }

    #[test]
    fn a_place_is_remembered_once_and_forgotten_the_second_time() {
        let mut bookmarks = Bookmarks::default();
        assert!(bookmarks.toggle(place(1, "a"), false));
        assert!(bookmarks.toggle(place(2, "b"), false));
        assert!(!bookmarks.toggle(place(1, "a"), false));
        assert!(bookmarks.toggle(place(2, "the offer"), true));
        assert_eq!(bookmarks.list, [place(2, "the offer")]);
    }

    #[test]
    fn the_list_has_an_end() {
        let mut bookmarks = Bookmarks::default();
        for frame in 1..=KEPT as u64 + 5 {
            bookmarks.toggle(place(frame, ""), false);
        }
        assert_eq!(bookmarks.list.len(), KEPT);
        assert_eq!(bookmarks.list[0], place(6, ""));
    }
}
