//! What a filter asks, once it is read.

use crate::filter::catalogue::Field;
use crate::filter::literal::Literal;
use crate::filter::rows::RowKind;

/// A question that a row answers with yes or no.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// Anything: the empty filter.
    Everything,
    /// All of them.
    All(Vec<Group>),
    /// One of them.
    Any(Vec<Self>),
    /// Not that.
    Not(Box<Self>),
    /// A field compared with a value.
    Compare(&'static Field, Operator, Literal),
    /// A field is one of several values.
    In(&'static Field, Vec<Literal>),
    /// A field is known.
    Known(&'static Field),
    /// Text, in lower case, somewhere.
    Search(String),
}

/// Parts of a conjunction that are asked of one and the same row.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Which kind of row all parts are about; `None`: whatever each is about.
    pub row: Option<RowKind>,
    /// The parts.
    pub parts: Vec<Expression>,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `~`
    Contains,
}

impl Operator {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 7] = [
        Self::Equal,
        Self::NotEqual,
        Self::Less,
        Self::AtMost,
        Self::Greater,
        Self::AtLeast,
        Self::Contains,
    ];

    /// As it is typed.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::Contains => "~",
        }
    }

    /// Does it compare by size?
    pub const fn orders(self) -> bool {
        matches!(
            self,
            Self::Less | Self::AtMost | Self::Greater | Self::AtLeast
        )
    }
}

impl Expression {
    /// The parts of a conjunction, those about one kind of row put together.
    ///
    /// Negations alone stay apart: `not stream.packetsLost > 10` is for calls without such a stream, not for those with another one.
    pub fn all(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1
            && let Some(only) = parts.pop()
        {
            return only;
        }
        let mut groups: Vec<Group> = Vec::new();
        for part in parts {
            let row = part.sole_row();
            match groups.iter_mut().find(|group| group.row == row) {
                Some(group) => group.parts.push(part),
                None => groups.push(Group {
                    row,
                    parts: vec![part],
                }),
            }
        }
        for group in &mut groups {
            let negations_only = group.parts.iter().all(|part| matches!(part, Self::Not(_)));
            if negations_only || group.parts.len() == 1 {
                group.row = None;
            }
        }
        Self::All(groups)
    }

    /// The fields that it asks for.
    pub fn fields(&self) -> Vec<&'static Field> {
        match self {
            Self::Everything | Self::Search(_) => Vec::new(),
            Self::All(groups) => {
                let parts = groups.iter().flat_map(|group| &group.parts);
                parts.flat_map(Self::fields).collect()
            }
            Self::Any(parts) => parts.iter().flat_map(Self::fields).collect(),
            Self::Not(part) => part.fields(),
            Self::Compare(field, ..) | Self::In(field, _) | Self::Known(field) => vec![field],
        }
    }

    /// Does it search for words?
    pub fn searches(&self) -> bool {
        match self {
            Self::Search(_) => true,
            Self::All(groups) => {
                let mut parts = groups.iter().flat_map(|group| &group.parts);
                parts.any(Self::searches)
            }
            Self::Any(parts) => parts.iter().any(Self::searches),
            Self::Not(part) => part.searches(),
            Self::Everything | Self::Compare(..) | Self::In(..) | Self::Known(_) => false,
        }
    }

    /// The one kind of row that this is about, when it is one other than the call.
    fn sole_row(&self) -> Option<RowKind> {
        let common = |mut rows: Vec<Option<RowKind>>| {
            rows.dedup();
            match rows.as_slice() {
                [only] => *only,
                _ => None,
            }
        };
        match self {
            Self::Everything | Self::Search(_) => None,
            Self::All(groups) => common(
                groups
                    .iter()
                    .flat_map(|group| &group.parts)
                    .map(Self::sole_row)
                    .collect(),
            ),
            Self::Any(parts) => common(parts.iter().map(Self::sole_row).collect()),
            Self::Not(part) => part.sole_row(),
            Self::Compare(field, ..) | Self::In(field, _) | Self::Known(field) => {
                field.row.filter(|row| *row != RowKind::Call)
            }
        }
    }
}
