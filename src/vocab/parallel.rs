//! Work on many items at once, on all processors.

use rayon::iter::IndexedParallelIterator;
use rayon::iter::IntoParallelRefIterator;
use rayon::iter::ParallelIterator;

/// What `map` makes of each item, in the items' order. Many items are worked on side by side; for few of them threads are not worth their
/// making.
pub fn map_in_order<T: Sync, R: Send>(items: &[T], map: impl Fn(&T) -> R + Sync + Send) -> Vec<R> {
    if items.len() < MANY {
        return items.iter().map(map).collect();
    }
    let parts = items.par_iter().with_min_len(LEAST);
    parts.map(map).collect()
}

/// Items from which on threads are worth it.
const MANY: usize = 32;
/// Items that a thread takes at least.
const LEAST: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_and_few_come_back_in_order() {
        for count in [0, 1, MANY - 1, MANY, 1_000] {
            let items: Vec<usize> = (0..count).collect();
            let doubled = map_in_order(&items, |item| item * 2);
            assert!(doubled.iter().copied().eq((0..count).map(|item| item * 2)));
        }
    }
}
