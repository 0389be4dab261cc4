//! The screens, as a user meets them: keys in, text out. No terminal is needed; `tui_pty` has one.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod figures;
mod handout;
mod harness;
mod hostile;
mod journeys;
mod learn;
mod long;
mod picture;
mod screens;
mod zoom;
