//! The terminal UI. Floor 10.
//!
//! ```text
//!  keys ─keymap─► Action ─┐
//!  mouse ────────────────►├─► update(&mut State) ──► Vec<Effect> ──► worker: frames, clipboard, files, scans
//!  loader, scans ── News ─┘          │                                  │
//!                                    └──► render(&State): only draws ◄──┘ what was read goes into State
//! ```
//!
//! | file | what |
//! | --- | --- |
//! | [`run`] | the terminal, and the loop above |
//! | [`choose`] | which interface to capture on |
//! | [`keys`] | waits for keys, notices a terminal that is gone |
//! | [`reopen`] | reads another capture, or the same with more keys, while one is shown |
//! | [`suspend`] | back to the shell for a while |
//! | [`readings`] | which reading is listened to |
//! | [`load`] | reads the capture in the background, with snapshots while it goes on |
//! | [`watch`] | a capture that runs, looked after by the loop |
//! | [`state`] | everything that the screens show |
//! | [`action`], [`keymap`] | what can be done, and by which key: one table, also for footer and help |
//! | [`update`] | what an action, a click or news change |
//! | [`effect`], [`worker`], [`scan`] | what is done outside of the state: frames read, text copied, files written |
//! | `teach` | plays lessons |
//! | [`packet`] | one frame as a line and as a tree |
//! | [`compare`] | two messages beside each other |
//! | [`detail`] | a row of the ladder in detail |
//! | [`command`] | what the command line can be told |
//! | [`asked`] | lines of the screens as a filter sees them |
//! | [`sheet`] | what stands in the screens that are a list with a detail pane |
//! | [`screens`], [`widgets`] | drawing |
//! | [`config`] | what users may set, and remembering it |
//! | [`privacy`] | addresses and names masked |
//! | [`theme`], [`text`], [`times`] | colours and shapes, text that fits, instants |
//!
//! Screens read one `Arc<Analysis>` and conclude nothing. Every frame shown is read from the file when it is needed: a list of a
//! million packets costs as much as what is shown of it.

pub mod action;
pub mod asked;
pub mod choose;
pub mod command;
pub mod compare;
pub mod config;
pub mod detail;
pub mod effect;
pub mod judge;
pub mod keymap;
pub mod keys;
pub mod load;
pub mod packet;
pub mod privacy;
pub mod readings;
pub mod reopen;
pub mod run;
pub mod scan;
pub mod screens;
pub mod sheet;
pub mod state;
pub mod suspend;
mod teach;
pub mod text;
pub mod theme;
pub mod times;
pub mod update;
pub mod watch;
pub mod widgets;
pub mod worker;
