//! The fields: their names are those of the JSON report, their values those that it prints.
//!
//! A name is the row's word, a dot, and the path in the report's object: `call.setup.iceMs` is `setup.iceMs` of a peer connection. Fields that
//! stand elsewhere in the report, or follow from it, say so in [`Origin`].

mod call;
mod channel;
mod dtls;
mod finding;
mod flow;
mod http;
mod ice;
mod ip;
mod packet;
mod stream;
mod turn;

use std::fmt;
use std::time::Duration;

use crate::diagnosis::finding::Finding;
use crate::filter::packet::Packet;
use crate::filter::rows::Row;
use crate::filter::rows::RowKind;
use crate::filter::rows::Rows;
use crate::filter::value::Value;
use crate::flow::exchange::Exchange;
use crate::flow::table::FlowRecord;
use crate::session::model::data::DataChannel;
use crate::session::model::ice::Candidate;
use crate::session::model::ice::CandidatePair;
use crate::session::model::media::DtlsTransport;
use crate::session::model::media::MediaStream;
use crate::session::model::peer_connection::PeerConnection;
use crate::track::turn::Allocation;

/// A field that a filter can ask for.
#[derive(Clone, Copy)]
pub struct Field {
    /// Its name, with the row's word: `stream.packetsLost`.
    pub name: &'static str,
    /// Which rows have it; `None`: all.
    pub row: Option<RowKind>,
    /// What it holds.
    pub kind: Kind,
    /// Where the report has it.
    pub origin: Origin,
    /// What it means, in a line.
    pub meaning: &'static str,
    read: Reader,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text as somebody wrote it.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// A number.
    Number(Unit),
    /// An IP address, some with a port.
    Address,
    /// Bytes.
    Bytes,
}

/// Unit of a number, as the report has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// None: counts, codes.
    None,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Bytes.
    Bytes,
    /// Bits per second.
    BitsPerSecond,
    /// A part of a whole, from 0 to 1.
    Ratio,
}

/// Where the report has a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// In the row's object, under the rest of the name.
    Row,
    /// In the verdict about the peer connection, under the rest of the name.
    Verdict,
    /// It follows from fields that the report has.
    Derived,
    /// In the capture; the report leaves it out.
    Capture,
}

impl Kind {
    /// In a sentence, with its article.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Word(_) => "one of a few words",
            Self::Flag => "true or false",
            Self::Number(Unit::None) => "a plain number",
            Self::Number(Unit::Seconds) => "a number of seconds",
            Self::Number(Unit::Milliseconds) => "a number of milliseconds",
            Self::Number(Unit::Bytes) => "a number of bytes",
            Self::Number(Unit::BitsPerSecond) => "a number of bits per second",
            Self::Number(Unit::Ratio) => "a part of a whole",
            Self::Address => "an IP address",
            Self::Bytes => "bytes like 21:12:a4:42",
        }
    }
}

impl Field {
    /// The field called `name`, in any case.
    pub fn find(name: &str) -> Option<&'static Self> {
        all().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The same in a list of `rows`, where the row's word may be left out: `packetsLost` among streams.
    pub fn find_for(rows: Option<RowKind>, name: &str) -> Option<&'static Self> {
        let short = || Self::find(&format!("{}.{name}", rows?.word()));
        Self::find(name).or_else(short)
    }

    /// What it holds in `row`; absent where the row is of another kind.
    pub fn value<'a>(&self, rows: &'a Rows<'a>, row: Row) -> Value<'a> {
        self.try_value(rows, row).unwrap_or(Value::Absent)
    }

    fn try_value<'a>(&self, rows: &'a Rows<'a>, row: Row) -> Option<Value<'a>> {
        let scene = &rows.analysis.scene;
        Some(match (self.read, row) {
            (Reader::Any(read, _), row) => read(rows, row),
            (Reader::Call(read), Row::Call(index)) => {
                read(Of::new(rows, index, scene.peer_connections.get(index)?))
            }
            (Reader::Stream(read), Row::Stream(index)) => {
                read(Of::new(rows, index, scene.streams.get(index)?))
            }
            (Reader::Flow(read), Row::Flow(index)) => {
                read(Of::new(rows, index, scene.flows.get(index)?))
            }
            (Reader::Http(read), Row::Http(index)) => {
                read(Of::new(rows, index, scene.http.get(index)?))
            }
            (Reader::Finding(read), Row::Finding(index)) => {
                read(Of::new(rows, index, rows.analysis.findings.get(index)?))
            }
            (Reader::Candidate(read), Row::Candidate(call, index)) => {
                let ice = &scene.peer_connections.get(call)?.ice;
                read(Of::new(rows, index, ice.candidates.get(index)?))
            }
            (Reader::Pair(read), Row::Pair(call, index)) => {
                let ice = &scene.peer_connections.get(call)?.ice;
                read(Of::new(rows, index, ice.pairs.get(index)?))
            }
            (Reader::Dtls(read), Row::Dtls(index)) => {
                read(Of::new(rows, index, scene.dtls.get(index)?))
            }
            (Reader::Channel(read), Row::Channel(index)) => {
                read(Of::new(rows, index, scene.data_channels.get(index)?))
            }
            (Reader::Turn(read), Row::Turn(index)) => {
                read(Of::new(rows, index, scene.turn.get(index)?))
            }
            _ => return None,
        })
    }

    /// What it holds of a packet; absent where it is another row's field.
    pub fn value_of_packet<'a>(&self, packet: &'a Packet<'a>) -> Value<'a> {
        match self.read {
            Reader::Packet(read) | Reader::Any(_, read) => read(packet),
            _ => Value::Absent,
        }
    }

    const fn new(
        row: Option<RowKind>,
        name: &'static str,
        kind: Kind,
        meaning: &'static str,
        read: Reader,
    ) -> Self {
        Self {
            name,
            row,
            kind,
            origin: Origin::Row,
            meaning,
            read,
        }
    }

    const fn of(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Names are unique.
impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// All fields, by row.
pub fn all() -> impl Iterator<Item = &'static Field> {
    [
        ip::FIELDS,
        call::FIELDS,
        stream::FIELDS,
        flow::FIELDS,
        http::FIELDS,
        finding::FIELDS,
        ice::FIELDS,
        dtls::FIELDS,
        channel::FIELDS,
        turn::FIELDS,
        packet::FIELDS,
    ]
    .into_iter()
    .flatten()
}

/// A row's model value, with what it takes to name and place it.
struct Of<'a, T> {
    rows: &'a Rows<'a>,
    /// Position in its list.
    index: usize,
    it: &'a T,
}

impl<'a, T> Of<'a, T> {
    const fn new(rows: &'a Rows<'a>, index: usize, it: &'a T) -> Self {
        Self { rows, index, it }
    }

    /// Seconds from the start of the capture.
    fn seconds(&self, at: crate::vocab::time::Timestamp) -> f64 {
        self.rows.analysis.scene.seconds(at)
    }
}

/// How a field is read.
#[derive(Clone, Copy)]
enum Reader {
    Any(
        for<'a> fn(&'a Rows<'a>, Row) -> Value<'a>,
        for<'a> fn(&'a Packet<'a>) -> Value<'a>,
    ),
    Packet(for<'a> fn(&'a Packet<'a>) -> Value<'a>),
    Call(for<'a> fn(Of<'a, PeerConnection>) -> Value<'a>),
    Stream(for<'a> fn(Of<'a, MediaStream>) -> Value<'a>),
    Flow(for<'a> fn(Of<'a, FlowRecord>) -> Value<'a>),
    Http(for<'a> fn(Of<'a, Exchange>) -> Value<'a>),
    Finding(for<'a> fn(Of<'a, Finding>) -> Value<'a>),
    Candidate(for<'a> fn(Of<'a, Candidate>) -> Value<'a>),
    Pair(for<'a> fn(Of<'a, CandidatePair>) -> Value<'a>),
    Dtls(for<'a> fn(Of<'a, DtlsTransport>) -> Value<'a>),
    Channel(for<'a> fn(Of<'a, DataChannel>) -> Value<'a>),
    Turn(for<'a> fn(Of<'a, Allocation>) -> Value<'a>),
}

/// The report's id of the row at `index`: counted from 1.
fn id(prefix: &str, index: usize) -> String {
    format!("{prefix}-{}", index + 1)
}

fn milliseconds(span: Duration) -> f64 {
    span.as_nanos() as f64 / 1e6
}

/// Plain number, no unit.
const COUNT: Kind = Kind::Number(Unit::None);
/// Seconds.
const SECONDS: Kind = Kind::Number(Unit::Seconds);
/// Milliseconds.
const MILLISECONDS: Kind = Kind::Number(Unit::Milliseconds);
/// Bytes.
const BYTES: Kind = Kind::Number(Unit::Bytes);
/// Which end of a call.
const SIDE: Kind = Kind::Word(&["a", "b"]);
/// How something is known.
const BASIS: Kind = Kind::Word(&["observed", "declared", "inferred"]);

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_begin_with_their_row_and_are_unique() {
        let mut seen = HashSet::new();
        for field in all() {
            assert!(seen.insert(field.name.to_lowercase()), "{}", field.name);
            if let Some(row) = field.row {
                let rest = field.name.strip_prefix(row.word());
                assert!(
                    rest.is_some_and(|rest| rest.starts_with('.')),
                    "{}",
                    field.name
                );
            }
            assert!(!field.meaning.is_empty() && field.meaning.len() < 90);
        }
    }

    #[test]
    fn a_name_is_found_in_any_case() {
        let field = Field::find("STREAM.packetslost").unwrap();
        assert_eq!(field.name, "stream.packetsLost");
        assert!(Field::find("stream.packets_lost").is_none());
    }
}
