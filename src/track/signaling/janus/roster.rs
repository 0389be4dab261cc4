//! Who is who in a session: feeds and private ids of a VideoRoom, with the display names that came with them.

use std::collections::HashMap;

use crate::track::signaling::dialogue::Handle;
use crate::track::signaling::text;

/// Display names by the ids that stand for them.
#[derive(Debug, Clone, Default)]
pub(super) struct Roster {
    feeds: HashMap<String, String>,
    privates: HashMap<String, String>,
}

impl Roster {
    /// Remembers the display name of a feed (publisher id).
    pub(super) fn learn(&mut self, feed: &str, display: &str) {
        keep(&mut self.feeds, feed, display);
    }

    /// Remembers whose private id this is. The same party's subscriptions repeat it.
    pub(super) fn learn_private(&mut self, private: &str, display: &str) {
        keep(&mut self.privates, private, display);
    }

    /// Display name of a feed.
    pub(super) fn display(&self, feed: &str) -> Option<&str> {
        self.feeds.get(feed).map(String::as_str)
    }

    /// Display name of the party with this private id.
    pub(super) fn owner(&self, private: &str) -> Option<&str> {
        self.privates.get(private).map(String::as_str)
    }

    /// Display name of a feed, else its id.
    pub(super) fn name<'a>(&'a self, feed: &'a str) -> &'a str {
        self.display(feed).unwrap_or(feed)
    }
}

/// Notes that `handle` subscribes to `feed`.
pub(super) fn add_feed(handle: &mut Handle, feed: &str, display: Option<&str>) {
    let display = display.map(text::name);
    if let Some((_, known)) = handle.feeds.iter_mut().find(|(id, _)| id == feed) {
        if display.is_some() {
            *known = display;
        }
    } else if handle.feeds.len() < FEEDS_KEPT {
        handle.feeds.push((feed.to_owned(), display));
    }
}

fn keep(names: &mut HashMap<String, String>, id: &str, display: &str) {
    if names.len() < NAMES_KEPT || names.contains_key(id) {
        names.insert(id.to_owned(), text::name(display));
    }
}

/// Names kept per session.
const NAMES_KEPT: usize = 512;

/// Feeds kept per handle.
const FEEDS_KEPT: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_gets_its_name_when_it_comes() {
        let mut handle = Handle::default();
        add_feed(&mut handle, "30", None);
        add_feed(&mut handle, "30", Some("bob"));
        add_feed(&mut handle, "30", None);
        assert_eq!(handle.feeds, [("30".to_owned(), Some("bob".to_owned()))]);
    }

    #[test]
    fn names_have_a_bound() {
        let mut roster = Roster::default();
        (0..NAMES_KEPT + 10).for_each(|id| roster.learn(&id.to_string(), "x"));
        assert_eq!(roster.feeds.len(), NAMES_KEPT);
        roster.learn("0", "y");
        assert_eq!(roster.name("0"), "y");
        assert_eq!(roster.name("unheard-of"), "unheard-of");
    }
}
