//! Lessons: walkthroughs that find their own frames in any analysis. Floor 9: they use filters, and print as reports do.
//!
//! ```text
//!  library/*.md ─reader─► Lesson ─┐
//!                                 ├─► play ──► Shown ──► screens, handout
//!  Analysis + frames ──► Desk ────┘    │ find: named queries, filters → figures
//!                                      │ exhibit: what to look at → lines
//! ```
//!
//! No number stands in a lesson: prose has places for figures, and answers are compared with figures. So a lesson is as true of a
//! stranger's capture as of the one it was written with.
//!
//! | file | what |
//! | --- | --- |
//! | [`lesson`], [`prose`] | a lesson as it is written |
//! | [`reader`], [`error`] | its file, and what is wrong with it |
//! | [`desk`], [`find`], [`figure`] | what a step finds, in figures |
//! | [`exhibit`] | what there is to look at |
//! | [`answer`] | is an answer right? |
//! | [`play`] | a step on a capture: everything that is shown of it |
//! | [`handout`] | lessons on paper |
//! | [`library`], [`glossary`] | what comes with the program |
//! | [`progress`] | how far somebody got |

pub mod answer;
pub mod desk;
pub mod error;
pub mod exhibit;
pub mod figure;
pub mod find;
pub mod glossary;
pub mod handout;
pub mod lesson;
pub mod library;
pub mod play;
pub mod progress;
pub mod prose;
pub mod reader;
