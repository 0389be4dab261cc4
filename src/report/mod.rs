//! Analysis to text, JSON, NDJSON. Floor 9.
//!
//! | file | for whom |
//! | --- | --- |
//! | [`text`] | people: 80 columns, the answer first |
//! | [`json`] | programs: `rtcscope-report/1`, the public and versioned face of the analysis |
//! | [`ndjson`] | pipes: what happened, in order of time, one object a line |
//!
//! [`conclusions`] sorts findings and verdicts by what they concern. All three read one `Analysis` and conclude nothing. The structs of [`json`] are the only ones in the crate that serialize,
//! so that the model can change without the contract changing with it.

pub mod conclusions;
pub mod json;
pub mod ndjson;
pub mod text;
