//! Fields of HTTP exchanges.

use crate::filter::catalogue::BYTES;
use crate::filter::catalogue::COUNT;
use crate::filter::catalogue::Field;
use crate::filter::catalogue::Kind;
use crate::filter::catalogue::MILLISECONDS;
use crate::filter::catalogue::Of;
use crate::filter::catalogue::Origin;
use crate::filter::catalogue::Reader;
use crate::filter::catalogue::SECONDS;
use crate::filter::catalogue::id;
use crate::filter::catalogue::milliseconds;
use crate::filter::rows::RowKind;
use crate::filter::value::Value;
use crate::flow::exchange::Exchange;
use crate::flow::exchange::Version;

const fn http(
    name: &'static str,
    kind: Kind,
    meaning: &'static str,
    read: for<'a> fn(Of<'a, Exchange>) -> Value<'a>,
) -> Field {
    Field::new(Some(RowKind::Http), name, kind, meaning, Reader::Http(read))
}

pub(super) const FIELDS: &[Field] = &[
    http(
        "http.id",
        Kind::Text,
        "its id in the report: http-1",
        |of| id("http", of.index).into(),
    ),
    http(
        "http.flow",
        Kind::Text,
        "id of the conversation that it ran in",
        |of| id("flow", of.it.flow.index()).into(),
    ),
    http(
        "http.version",
        Kind::Word(&["1.0", "1.1", "2", "3"]),
        "HTTP version",
        |of| of.it.version().map(Version::word).into(),
    ),
    http("http.method", Kind::Text, "method", |of| {
        of.it.request.as_ref().map(|request| &request.method).into()
    }),
    http("http.url", Kind::Text, "target URI", |of| {
        of.it.request.as_ref().map(|_| of.it.url()).into()
    }),
    http(
        "http.path",
        Kind::Text,
        "path of the URL, with the query",
        |of| path(of.it).into(),
    )
    .of(Origin::Derived),
    http(
        "http.status",
        COUNT,
        "status; not known when unanswered",
        |of| {
            let response = of.it.response.as_ref().map(|response| response.status);
            response.filter(|&status| status != 0).into()
        },
    ),
    http(
        "http.timeSeconds",
        SECONDS,
        "first byte, from the first packet",
        |of| of.it.at().map(|at| of.seconds(at)).into(),
    ),
    http(
        "http.timeToFirstByteMs",
        MILLISECONDS,
        "from the request's last byte to the response's first",
        |of| of.it.time_to_first_byte().map(milliseconds).into(),
    ),
    http(
        "http.durationMs",
        MILLISECONDS,
        "from the request's first byte to the response's last",
        |of| of.it.duration().map(milliseconds).into(),
    ),
    http(
        "http.requestBytes",
        BYTES,
        "the request's body on the wire",
        |of| of.it.request.as_ref().map(|it| it.body.wire_bytes).into(),
    ),
    http(
        "http.responseBytes",
        BYTES,
        "the response's body on the wire",
        |of| of.it.response.as_ref().map(|it| it.body.wire_bytes).into(),
    ),
    http(
        "http.requestType",
        Kind::Text,
        "Content-Type of the request",
        |of| {
            of.it
                .request
                .as_ref()
                .and_then(|it| it.header("content-type"))
                .into()
        },
    ),
    http(
        "http.responseType",
        Kind::Text,
        "Content-Type of the response",
        |of| {
            of.it
                .response
                .as_ref()
                .and_then(|it| it.header("content-type"))
                .into()
        },
    ),
    http(
        "http.upgraded",
        Kind::Text,
        "what the connection became: websocket …",
        |of| of.it.upgraded.as_ref().into(),
    ),
    http(
        "http.header",
        Kind::Text,
        "header fields of request and response, `name: value`",
        |of| {
            let request = of.it.request.iter().flat_map(|it| it.headers.iter());
            let response = of.it.response.iter().flat_map(|it| it.headers.iter());
            let fields = request.chain(response);
            Value::many(fields.map(|(name, value)| format!("{name}: {value}")))
        },
    )
    .of(Origin::Capture),
    http(
        "http.body",
        Kind::Text,
        "text of request and response: JSON, SDP …",
        |of| {
            let request = of.it.request.iter().map(|it| &it.body);
            let response = of.it.response.iter().map(|it| &it.body);
            let bodies = request
                .chain(response)
                .filter(|body| !body.bytes.is_empty());
            Value::Many(bodies.map(|body| Value::Text(body.text())).collect())
        },
    )
    .of(Origin::Capture),
];

/// What follows the authority in the URL (RFC 3986 §3.3); none where there is no authority, or nothing after it.
fn path(exchange: &Exchange) -> Option<String> {
    exchange.request.as_ref()?;
    let url = exchange.url();
    let (_, after_scheme) = url.split_once("://")?;
    let start = after_scheme.find(['/', '?'])?;
    after_scheme.get(start..).map(str::to_owned)
}
