//! The text report: what a support engineer reads first, and pastes into a ticket.
//!
//! ```text
//! header      file, packets, span · what lowers trust in the rest, said first
//! summary     so many calls, how they came out
//! calls       ● Call 1 …: verdict, who, path, setup, DTLS, media, findings with frames and advice
//! rest        dialogues without a call, TURN and STUN servers, findings on the capture, faults
//! ```
//!
//! 80 columns, units everywhere, glyphs and words beside every colour. It says nothing that the JSON report does not.
//!
//! | file | what |
//! | --- | --- |
//! | [`words`] | text with styles, safe to print |
//! | [`page`] | lines: wrapping, fields |
//! | [`table`] | rows and columns |
//! | [`figures`] | numbers with units, frame lists |
//! | [`header`] | the capture and what to beware of |
//! | [`call`] | one peer connection |
//! | [`agreed`] | what its offer and answer agreed |
//! | [`path`] | its candidate pairs |
//! | [`security`] | its DTLS associations |
//! | [`media`], [`feedback`] | its streams, and what RTCP says of them |
//! | [`data`] | its data channels |
//! | [`findings`] | findings with evidence and advice |
//! | [`rest`] | what belongs to no call |

pub mod agreed;
pub mod call;
mod carrier;
pub mod data;
pub mod feedback;
pub mod figures;
pub mod findings;
pub mod header;
pub mod media;
pub mod page;
pub mod path;
pub mod rest;
pub mod security;
pub mod table;
pub mod words;

use std::io;

use crate::analyzer::analysis::Analysis;
use crate::filter::shown::Shown;
use crate::report::conclusions::Conclusions;
use crate::report::text::page::Page;

/// Writes the report. Styles are written too: give a stream that strips them where they are not wanted.
pub fn write(analysis: &Analysis, out: &mut dyn io::Write) -> io::Result<()> {
    print(analysis, None, out)
}

/// As [`write`], without what a filter leaves out.
pub fn write_shown(analysis: &Analysis, shown: &Shown, out: &mut dyn io::Write) -> io::Result<()> {
    print(analysis, Some(shown), out)
}

fn print(analysis: &Analysis, shown: Option<&Shown>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page::new(out);
    let conclusions = Conclusions::new(analysis);
    header::print(analysis, shown, &mut page)?;
    call::print_all(analysis, shown, &conclusions, &mut page)?;
    rest::print(analysis, shown, &conclusions, &mut page)
}
