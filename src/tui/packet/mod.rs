//! One frame for the packet list: a line that sums it up, and the tree that explains it.
//!
//! | file | what |
//! | --- | --- |
//! | [`summary`] | frame → one line |
//! | [`tree`] | frame → decode tree |
//! | [`known`] | what the analysis knows that a frame alone does not tell |

pub mod known;
pub mod summary;
pub mod tree;
