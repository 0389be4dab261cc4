//! `rtcscope-report/1`: the analysis as one JSON object for scripts, CI and pages.
//!
//! Rules that hold for every field:
//!
//! - camelCase. Where the W3C *webrtc-stats* identifiers name the same thing, their word and their meaning.
//! - `timeSeconds` counts from the first packet; names that end in `At` are RFC 3339, UTC, nanoseconds. Durations end in
//!   `Seconds` or `Ms`, sizes in `Bytes`, rates in `Bps`. webrtc-stats words keep that text's units (`jitter`: seconds).
//! - `frames` are numbers from 1 as Wireshark shows them; with several files `"file#frame"`.
//! - What was not seen is `null`, never 0 and never guessed. What was concluded says so in `basis`.
//! - Flat lists that refer to each other by `id`, like getStats, in order of the first frame.
//! - Same input, same options: same bytes.
//!
//! Fields may be added. To rename or drop one takes a new schema number. `docs/report.schema.json` is made from these types.

pub mod capture;
pub mod context;
pub mod data;
pub mod description;
pub mod dtls;
pub mod feedback;
pub mod filter;
pub mod finding;
pub mod flow;
pub mod http;
pub mod ice;
pub mod nat;
pub mod peer_connection;
pub mod print;
#[cfg(test)]
mod schema;
pub mod sctp;
pub mod session;
pub mod state;
pub mod stream;
pub mod turn;

use std::io;

use serde::Serialize;

use crate::analyzer::analysis::Analysis;
use crate::filter::shown::Shown;
use crate::report::json::capture::Capture;
use crate::report::json::context::Context;
use crate::report::json::data::DataChannel;
use crate::report::json::dtls::Dtls;
use crate::report::json::filter::Filter;
use crate::report::json::finding::Finding;
use crate::report::json::finding::Verdict;
use crate::report::json::flow::Flow;
use crate::report::json::http::Http;
use crate::report::json::nat::Mapping;
use crate::report::json::peer_connection::PeerConnection;
use crate::report::json::session::Session;
use crate::report::json::stream::Stream;
use crate::report::json::turn::StunServer;
use crate::report::json::turn::Turn;

/// Name and number of the contract.
pub const SCHEMA: &str = "rtcscope-report/1";

/// What rtcscope found in a capture.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Report<'a> {
    /// Name and number of this contract: `rtcscope-report/1`.
    pub schema: &'static str,
    /// The program that wrote it.
    pub tool: Tool,
    /// What was left out by `--filter`; absent where nothing was. Ids are those of the whole, and may name what was left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter<'a>>,
    /// The capture as a whole, whatever the filter.
    pub capture: Capture<'a>,
    /// Conversations between two transport addresses.
    pub flows: Vec<Flow<'a>>,
    /// HTTP requests with their responses.
    pub http: Vec<Http<'a>>,
    /// Signaling dialogues.
    pub sessions: Vec<Session<'a>>,
    /// Pairs of endpoints that set up a call.
    pub peer_connections: Vec<PeerConnection<'a>>,
    /// DTLS associations.
    pub dtls: Vec<Dtls<'a>>,
    /// RTP streams: one SSRC of one sender.
    pub streams: Vec<Stream<'a>>,
    /// Data channels; empty where no keys opened DTLS.
    pub data_channels: Vec<DataChannel<'a>>,
    /// TURN allocations.
    pub turn: Vec<Turn<'a>>,
    /// What STUN servers were asked and said.
    pub stun_servers: Vec<StunServer<'a>>,
    /// How NATs map the sockets seen, where at least two destinations tell.
    pub nat_mappings: Vec<Mapping>,
    /// What is worth knowing, most with advice.
    pub findings: Vec<Finding<'a>>,
    /// What became of each peer connection, and of sessions that never got one.
    pub verdicts: Vec<Verdict<'a>>,
}

/// The program that wrote a report.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    /// `rtcscope`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

impl<'a> Report<'a> {
    /// The report of an analysis.
    pub fn new(analysis: &'a Analysis) -> Self {
        let context = Context::new(analysis);
        let scene = &analysis.scene;
        Self {
            schema: SCHEMA,
            tool: Tool {
                name: env!("CARGO_PKG_NAME"),
                version: env!("CARGO_PKG_VERSION"),
            },
            filter: None,
            capture: Capture::new(context),
            flows: Flow::all(context),
            http: Http::all(context),
            sessions: Session::all(context),
            peer_connections: PeerConnection::all(context),
            dtls: Dtls::all(context),
            streams: Stream::all(context),
            data_channels: DataChannel::all(context),
            turn: Turn::all(context),
            stun_servers: StunServer::all(context),
            nat_mappings: Mapping::all(context),
            findings: Finding::all(context),
            verdicts: analysis
                .verdicts
                .iter()
                .map(|verdict| Verdict::new(verdict, scene))
                .collect(),
        }
    }
}

/// Writes the report as indented JSON, without what a filter leaves out.
pub fn write_shown(analysis: &Analysis, shown: &Shown, out: &mut dyn io::Write) -> io::Result<()> {
    let mut report = Report::new(analysis);
    report.keep(shown);
    print::write_indented(&report, out)?;
    out.write_all(b"\n")
}

/// Writes the report as indented JSON, safe to show in a terminal.
pub fn write(analysis: &Analysis, out: &mut dyn io::Write) -> io::Result<()> {
    print::write_indented(&Report::new(analysis), out)?;
    out.write_all(b"\n")
}
