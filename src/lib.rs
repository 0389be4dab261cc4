//! rtcscope rebuilds WebRTC calls from packets.
//!
//! # Layout
//!
//! Floors, lowest first; a module imports lower floors only (`tests/floors.rs` holds that). `docs/ARCHITECTURE.md` is the map.
//!
//! | floor | module | purpose |
//! | --- | --- | --- |
//! | 0 | [`vocab`] | the field's nouns with their units |
//! | 1 | [`wire`] | bytes → typed views |
//! | 1 | [`sdp`] | text → session description |
//! | 1 | [`ingest`] | file, pipe or interface → frames |
//! | 2 | [`crypt`] | key material → plaintext |
//! | 3 | [`flow`] | frames → conversations → observations |
//! | 4 | [`track`] | one tracker per protocol conversation |
//! | 5 | [`session`] | joins trackers into peer connections |
//! | 6 | [`diagnosis`] | session → findings and a verdict |
//! | 6 | [`timeline`] | session → ordered events, lanes, ladder rows |
//! | 7 | [`analyzer`] | the whole pipe: frames in, one `Analysis` out |
//! | 8 | [`filter`] | which rows are wanted: a language over all fields |
//! | 9 | [`lessons`] | walkthroughs that find their own frames in any analysis |
//! | 9 | [`report`] | analysis → text, JSON, NDJSON |
//! | 10 | [`tui`] | the terminal UI |
//! | 11 | [`cli`] | arguments, exit codes |

pub mod analyzer;
pub mod cli;
pub mod crypt;
pub mod diagnosis;
pub mod filter;
pub mod flow;
pub mod ingest;
pub mod lessons;
pub mod report;
pub mod sdp;
pub mod session;
pub mod timeline;
pub mod track;
pub mod tui;
pub mod vocab;
pub mod wire;
