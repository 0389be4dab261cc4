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
//! of the same call passes; tests on one kind that `and` joins ask it of one and the same row ([`evaluate`]).
//!
//! | file | what |
//! | --- | --- |
//! | [`lexer`], [`parser`] | text → [`expression`], bounded in length and depth |
//! | [`literal`] | what a value means to its field: units, addresses, words |
//! | [`error`], [`nearest`] | what is wrong, where, and what was probably meant |
//! | [`catalogue`] | the fields: the JSON report's names, and how each is read |
//! | [`rows`], [`value`] | rows of the analysis, and what a field holds in one |
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
pub mod parser;
pub mod rows;
pub mod shown;
pub mod value;

use std::str::FromStr;

use crate::filter::error::FilterError;
use crate::filter::expression::Expression;
use crate::filter::rows::Row;
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
}

impl FromStr for Filter {
    type Err = FilterError;

    /// # Errors
    ///
    /// The text is no filter; the error says where and why.
    fn from_str(text: &str) -> Result<Self, FilterError> {
        Ok(Self {
            text: text.trim().to_owned(),
            expression: parser::parse(text)?,
        })
    }
}
