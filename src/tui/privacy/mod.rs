//! Privacy mode: addresses and names on the screen are replaced by stand-ins, the same one every time.
//!
//! ```text
//!  192.168.10.2:48633 → host-1:48633     2001:db8::2 → host-2     02:00:00:00:00:01 → mac-1
//!  turn.example.com   → host-3 (that of its address)              alice, bob@example.com → name-1, name-2
//! ```
//!
//! | file | what |
//! | --- | --- |
//! | [`mask`] | who has which stand-in |
//! | [`find`] | what in a text is an address or a name |
//!
//! The mask is in force while a screen is drawn, and holds for whatever measures, cuts or draws text then ([`crate::tui::text`],
//! [`crate::tui::widgets::paint`]): no screen can forget it, and nothing is cut before it is masked. What it cannot know are names that no
//! protocol tells as such; what shows bytes as they are, is not shown at all.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;

use crate::tui::privacy::mask::Mask;

mod find;
pub mod mask;

thread_local! {
    static IN_FORCE: RefCell<Option<Arc<Mask>>> = const { RefCell::new(None) };
}

/// Does something with `mask` in force; with `None`, as it is.
pub fn with<T>(mask: Option<&Arc<Mask>>, work: impl FnOnce() -> T) -> T {
    /// Ends it also when `work` panics.
    struct Before(Option<Arc<Mask>>);
    impl Drop for Before {
        fn drop(&mut self) {
            IN_FORCE.set(self.0.take());
        }
    }
    let _before = Before(IN_FORCE.replace(mask.map(Arc::clone)));
    work()
}

/// `text` as it may be shown now.
pub fn masked(text: &str) -> Cow<'_, str> {
    IN_FORCE.with_borrow(|mask| match mask {
        Some(mask) => mask.apply(text),
        None => Cow::Borrowed(text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_holds_while_it_is_in_force() {
        let mask = Arc::new(Mask::default());
        assert_eq!(masked("10.0.0.1"), "10.0.0.1");
        with(Some(&mask), || {
            assert_eq!(masked("10.0.0.1"), "host-1");
            with(None, || assert_eq!(masked("10.0.0.1"), "10.0.0.1"));
            assert_eq!(masked("10.0.0.1"), "host-1");
        });
        assert_eq!(masked("10.0.0.1"), "10.0.0.1");
    }
}
