//! Pieces that screens are made of. Each draws into its area and nowhere else.
//!
//! | file | what |
//! | --- | --- |
//! | [`paint`] | clipped text, panes |
//! | [`prose`] | prose of lessons |
//! | [`table`] | columns that share a width |
//! | [`bars`] | title, tabs, footer |
//! | [`lanes`] | a call over time |
//! | [`chart`] | one figure of a stream over time |
//! | [`arrows`] | a call as arrows between hosts |
//! | [`tree`] | the decode tree |
//! | [`hex`] | the bytes |
//! | [`lines`] | a pane of detail lines |
//! | [`help`] | the keys |

pub mod arrows;
pub mod axis;
pub mod bars;
pub mod chart;
pub mod chooser;
pub mod editor;
pub mod filtered;
pub mod help;
pub mod hex;
pub mod lanes;
pub mod lines;
pub mod paint;
pub mod prose;
pub mod table;
pub mod tree;
