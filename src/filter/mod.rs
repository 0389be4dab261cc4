//! The filter language: one line that says which rows of an analysis are wanted. Floor 8: above the analysis, whose rows it reads, and
//! below the report and the screens, which both filter by it.
//!
//! ```text
//! any   = all { ("or" | "||") all }
//! all   = one { ["and" | "&&"] one }                                     two terms side by side: both
//! one   = ("not" | "!") one | "(" any ")" | test | word                  a word, or "text", searches all fields
//! test  = field (== != < <= > >= ~) value | field in { value, … } | field      a field alone: is it known?
//! value = word | "text"                                                   1.5s · 20ms · 2% · 300kbps · 10.0.0.0/8 · [2001:db8::1]:3478
//! ```
//!
//! A test of what is not known is false, whatever it asks. A test on another kind of row than the one in question asks whether any such row
//! of the same call passes, on a packet whether one that the packet belongs to does; tests on one kind that `and` joins ask it of one and the same row ([`evaluate`]).
//!
//! | file | what |
//! | --- | --- |
//! | [`lexer`], [`parser`] | text → [`expression`], bounded in length and depth |
//! | [`literal`] | what a value means to its field: units, addresses, words |
//! | [`error`], [`nearest`] | what is wrong, where, and what was probably meant |
//! | [`catalogue`] | the fields: the JSON report's names, and how each is read |
//! | [`rows`], [`value`] | rows of the analysis, and what a field holds in one |
//! | [`packet`] | packets, which the analysis does not keep, and the rows that they belong to |
//! | [`surroundings`] | what ran around a call |
//! | [`evaluate`] | does a row pass? |
//! | [`complete`] | what could stand at the cursor |
//! | [`help`] | the language and its fields, for people |
//! | [`shown`] | what of an analysis a filter of calls leaves |

pub mod catalogue;
pub mod complete;
pub mod error;
pub mod evaluate;
pub mod expression;
pub mod help;
pub mod lexer;
pub mod literal;
pub mod nearest;
pub mod packet;
pub mod parser;
pub mod rows;
pub mod shown;
pub mod surroundings;
pub mod value;

use std::str::FromStr;

use crate::filter::catalogue::Field;
use crate::filter::error::FilterError;
use crate::filter::error::Problem;
use crate::filter::expression::Expression;
use crate::filter::lexer::TokenKind;
use crate::filter::packet::Packet;
use crate::filter::rows::Row;
use crate::filter::rows::RowKind;
use crate::filter::rows::Rows;

/// A filter, ready to use.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    text: String,
    expression: Expression,
}

impl Filter {
    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Does `row` pass?
    pub fn passes(&self, rows: &Rows<'_>, row: Row) -> bool {
        evaluate::passes(&self.expression, rows, row)
    }

    /// Does a packet, or a line that stands for some, pass?
    pub fn passes_packet(&self, rows: &Rows<'_>, packet: &Packet<'_>) -> bool {
        evaluate::passes_packet(&self.expression, rows, packet)
    }

    /// Does it ask what a packet says, beside what it belongs to?
    pub fn reads_packets(&self) -> bool {
        self.expression.searches()
            || self.asks_of_any(|row| row.is_none_or(|row| row == RowKind::Packet))
    }

    /// Does it ask what a packet carries?
    pub fn reads_payloads(&self) -> bool {
        let payload = |field: &Field| field.name == "packet.payload";
        self.expression.searches() || self.expression.fields().into_iter().any(payload)
    }

    /// Reads a filter of a list of `rows`, whose word may be left out before an operator: `packetsLost > 10` among streams.
    ///
    /// # Errors
    ///
    /// The text is no filter, or asks for what only packets have and the list has none; the error says where.
    pub fn of_list(text: &str, rows: RowKind) -> Result<Self, FilterError> {
        let filter = Self::of_lines(text, rows)?;
        filter.suits(rows, text)?;
        Ok(filter)
    }

    /// The same for lines that stand for packets, with what they say of `rows`.
    ///
    /// # Errors
    ///
    /// The text is no filter; the error says where.
    pub fn of_lines(text: &str, rows: RowKind) -> Result<Self, FilterError> {
        Ok(Self {
            text: text.trim().to_owned(),
            expression: parser::parse(Some(rows), text)?,
        })
    }

    fn suits(&self, rows: RowKind, text: &str) -> Result<(), FilterError> {
        if rows == RowKind::Packet || !self.asks_of_any(|row| row == Some(RowKind::Packet)) {
            return Ok(());
        }
        let tokens = lexer::tokens(text)?;
        let found = tokens.iter().find_map(|token| match &token.kind {
            TokenKind::Word(word) => {
                let field = Field::find(word).filter(|field| field.row == Some(RowKind::Packet))?;
                Some((field, token.span.clone()))
            }
            _ => None,
        });
        found.map_or(Ok(()), |(field, span)| {
            let problem = Problem::OnlyOfPackets { field: field.name };
            Err(FilterError::new(span, problem))
        })
    }

    fn asks_of_any(&self, row: impl Fn(Option<RowKind>) -> bool) -> bool {
        self.expression
            .fields()
            .into_iter()
            .any(|field| row(field.row))
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    /// # Errors
    ///
    /// The text is no filter; the error says where and why.
    fn from_str(text: &str) -> Result<Self, FilterError> {
        Ok(Self {
            text: text.trim().to_owned(),
            expression: parser::parse(None, text)?,
        })
    }
}
