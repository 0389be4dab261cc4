//! Fields of findings.

use crate::diagnosis::finding::Finding;
use crate::diagnosis::finding::Stage;
use crate::filter::catalogue::Field;
use crate::filter::catalogue::Kind;
use crate::filter::catalogue::Of;
use crate::filter::catalogue::Reader;
use crate::filter::catalogue::id;
use crate::filter::rows::RowKind;
use crate::filter::value::Value;

const fn finding(
    name: &'static str,
    kind: Kind,
    meaning: &'static str,
    read: for<'a> fn(Of<'a, Finding>) -> Value<'a>,
) -> Field {
    Field::new(
        Some(RowKind::Finding),
        name,
        kind,
        meaning,
        Reader::Finding(read),
    )
}

pub(super) const FIELDS: &[Field] = &[
    finding(
        "finding.id",
        Kind::Text,
        "its id in the report: finding-1",
        |of| id("finding", of.index).into(),
    ),
    finding("finding.rule", Kind::Text, "the rule's name", |of| {
        of.it.rule.into()
    }),
    finding(
        "finding.severity",
        Kind::Word(&["error", "warning", "note"]),
        "how bad it is",
        |of| of.it.severity.word().into(),
    ),
    finding("finding.layer", LAYER, "what it is about", |of| {
        of.it.layer.word().into()
    }),
    finding(
        "finding.stage",
        STAGE,
        "the stage of a call that it breaks",
        |of| of.it.stage.map(Stage::word).into(),
    ),
    finding(
        "finding.peerConnection",
        Kind::Text,
        "id of its call: pc-1",
        |of| {
            of.it
                .peer_connection
                .map(|call| id("pc", call.index()))
                .into()
        },
    ),
    finding("finding.title", Kind::Text, "what was found", |of| {
        (&of.it.title).into()
    }),
    finding("finding.explanation", Kind::Text, "why", |of| {
        (&of.it.explanation).into()
    }),
    finding("finding.advice", Kind::Text, "what to do", |of| {
        (&of.it.advice).into()
    }),
    finding(
        "finding.reference",
        Kind::Text,
        "RFC section or draft",
        |of| (&of.it.reference).into(),
    ),
];

const LAYER: Kind = Kind::Word(&["capture", "signaling", "ice", "turn", "dtls", "media"]);
const STAGE: Kind = Kind::Word(&[
    "signaling",
    "gathering",
    "checks",
    "nomination",
    "dtls",
    "media",
    "steady",
]);
