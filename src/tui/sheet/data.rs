//! The data channels of a call, by the DTLS association that they run in.
//!
//! ```text
//!     time  channel                delivery              state              a sent             b sent
//!    3.989  dtls-1                 SCTP in DTLS 1.3      ● established          23, 18 kB          24, 18 kB
//!    4.180    1 “chat”             in order, reliable    ● open            23, 18 kB          24, 18 kB
//! ```

use crate::analyzer::analysis::Analysis;
use crate::filter::rows::Row as Asked;
use crate::sdp::field::MediaKind;
use crate::session::model::data::DataChannel;
use crate::session::model::data::Sctp;
use crate::session::model::media::DtlsTransport;
use crate::session::model::peer_connection::PeerConnection;
use crate::track::sctp::course::SctpState;
use crate::tui::detail::DetailLine;
use crate::tui::detail::Look;
use crate::tui::sheet::ABSENT;
use crate::tui::sheet::Cell;
use crate::tui::sheet::Ink;
use crate::tui::sheet::Row;
use crate::tui::sheet::fact;
use crate::tui::sheet::name;
use crate::tui::text::bytes;
use crate::tui::text::count;
use crate::tui::text::counted;
use crate::tui::text::frames;
use crate::tui::text::milliseconds;
use crate::tui::text::span;
use crate::tui::times::Times;
use crate::tui::widgets::table::Column;
use crate::tui::widgets::table::Fit;
use crate::vocab::address::Side;
use crate::vocab::ids::AssociationId;
use crate::vocab::ids::FrameNumber;
use crate::vocab::sighting::Sighting;
use crate::wire::dcep::Reliability;

/// The columns.
pub fn columns(times: Times) -> Vec<Column> {
    vec![
        Column::fixed(times.title, times.columns, Fit::Right),
        Column::flexible("channel", 10, 3, Fit::Left),
        Column::flexible("delivery", 7, 3, Fit::Left),
        Column::fixed("state", 15, Fit::Left),
        Column::flexible("a sent", 11, 1, Fit::Right),
        Column::flexible("b sent", 11, 1, Fit::Right),
    ]
}

/// The rows of a call.
pub fn rows(analysis: &Analysis, call: &PeerConnection) -> Vec<Row> {
    let scene = &analysis.scene;
    let positions = call.data_channels.iter();
    let own: Vec<(usize, &DataChannel)> = positions
        .filter_map(|&position| Some((position, scene.data_channels.get(position)?)))
        .collect();
    let mut rows = Vec::new();
    for &id in &call.dtls {
        let Some(transport) = scene.dtls.get(id.index()) else {
            continue;
        };
        let own = own.iter().filter(|(_, data)| data.dtls == id);
        let inside: Vec<&DataChannel> = own.clone().map(|(_, data)| *data).collect();
        let Some(sctp) = &transport.sctp else {
            continue;
        };
        rows.push(Row {
            about: Some(Asked::Dtls(id.index())),
            ..association(analysis, call, id, transport, sctp, &inside)
        });
        rows.extend(own.map(|(position, data)| Row {
            about: Some(Asked::Channel(*position)),
            ..channel(analysis, call, data)
        }));
    }
    rows.truncate(ROWS_MOST);
    rows
}

/// Why there is no channel to show, and what to do about it.
pub fn missing(analysis: &Analysis, call: &PeerConnection) -> &'static str {
    let transports = || {
        let ids = call.dtls.iter();
        ids.filter_map(|id| analysis.scene.dtls.get(id.index()))
    };
    let opened = transports().any(|transport| transport.association.decrypted);
    let described = call.descriptions.iter();
    let mut sections = described.flat_map(|it| &it.parsed.media);
    let offered = sections.any(|section| section.kind == MediaKind::Application);
    match (call.descriptions.is_empty(), offered, opened) {
        _ if call.dtls.is_empty() => {
            "No DTLS was seen on this call's conversations, and data channels run inside it: the call did not get that far, or went another way."
        }
        (.., true) => {
            "Keys opened this call's DTLS, and no data channel was seen in it. What came before the capture began, or after it ended, is not in it."
        }
        (true, ..) => {
            "No offer or answer was read, and DTLS is encrypted: whether there are data channels cannot be told. \
             With a key log (press K, or --keylog) it can; docs/keys.md says who writes one."
        }
        (false, false, _) => {
            "No data channel was negotiated: the descriptions have no m=application section. Press o to see them."
        }
        (false, true, _) => {
            "Data channels were offered (m=application), but they run inside DTLS, and no key opened it: names, messages and bytes are encrypted. \
             Add a key log (press K, or --keylog); docs/keys.md says who writes one."
        }
    }
}

/// The SCTP association, how it was set up and how it ended.
fn association(
    analysis: &Analysis,
    call: &PeerConnection,
    id: AssociationId,
    transport: &DtlsTransport,
    sctp: &Sctp,
    inside: &[&DataChannel],
) -> Row {
    let dtls = &transport.association;
    let state = sctp.course.state();
    let (glyph, ink) = match state {
        SctpState::Established | SctpState::Closed => ("●", Ink::Good),
        SctpState::CookieWait | SctpState::CookieEchoed | SctpState::Shutdown => ("◐", Ink::Poor),
        SctpState::Aborted => ("✖", Ink::Bad),
    };
    let version = dtls
        .version
        .map_or_else(|| "DTLS".to_owned(), |version| version.to_string());
    let channels = counted(inside.len() as u64, "channel");
    let title = format!("dtls-{}: {channels}", id.index() + 1);
    let mut detail = vec![
        DetailLine::new(0, &format!("SCTP in {version}"), Look::Heading),
        fact("association", &format!("dtls-{}", id.index() + 1)),
        fact("DTLS", dtls.state.value.word()),
        fact(
            "SCTP",
            &format!("{} (inferred): {}", state.word(), meaning(sctp)),
        ),
        fact("channels", &count(inside.len() as u64)),
    ];
    detail.extend(sctp.setup_duration().map(|took| {
        let words = format!("{} from INIT to COOKIE ACK", milliseconds(took));
        fact("set up in", &words)
    }));
    detail.extend(sctp.course.steps().map(|(step, seen)| {
        let by = transport.side_of(seen.direction);
        let by = by.map(|side| format!("{}, ", name(call, side)));
        let at = when(analysis, seen);
        fact(
            &step.to_lowercase(),
            &format!("{}{at}", by.unwrap_or_default()),
        )
    }));
    detail.extend([Side::A, Side::B].map(|side| {
        let sent = total(inside, side);
        fact(&format!("{} sent", name(call, side)), &in_words(sent))
    }));
    Row {
        cells: vec![
            Cell::Time(sctp.span.0.at),
            Cell::new(&title, Ink::Bold),
            Cell::new(&format!("SCTP in {version}"), Ink::Dim),
            Cell::new(&format!("{glyph} {}", state.word()), ink),
            sent(total(inside, Side::A)),
            sent(total(inside, Side::B)),
        ],
        frames: sctp.frames(),
        detail,
        heading: true,
        about: None,
    }
}

/// What a state says.
const fn meaning(sctp: &Sctp) -> &'static str {
    let course = &sctp.course;
    match course.state() {
        SctpState::CookieWait => "INIT was sent, and setup went no further here",
        SctpState::CookieEchoed => "COOKIE ECHO was sent, and no COOKIE ACK was seen",
        SctpState::Established if course.cookie_ack.is_some() => "set up, and not ended here",
        SctpState::Established => "chunks of data were seen; its setup was not",
        SctpState::Shutdown => "a side asked to end it, and that was not completed here",
        SctpState::Closed => "ended in order, and its channels with it",
        SctpState::Aborted => "a side gave it up with ABORT, and its channels with it",
    }
}

/// `4.195 s, frame 120`.
fn when(analysis: &Analysis, seen: Sighting) -> String {
    let seconds = analysis.scene.seconds(seen.at);
    format!(
        "{seconds:.3} s, {}",
        frames(&[seen.frame], &analysis.capture)
    )
}

fn channel(analysis: &Analysis, call: &PeerConnection, data: &DataChannel) -> Row {
    let channel = &data.channel;
    let title = match &channel.label {
        Some(label) => format!("{} “{label}”", data.id),
        None => format!("{}, opening not seen", data.id),
    };
    let (glyph, ink) = match data.state() {
        "open" => ("●", Ink::Good),
        "connecting" => ("◐", Ink::Poor),
        _ => ("○", Ink::Dim),
    };
    Row {
        cells: vec![
            Cell::Time(channel.span.0.at),
            Cell::plain(&format!("  {title}")),
            Cell::plain(&delivery(data)),
            Cell::new(&format!("{glyph} {}", data.state()), ink),
            sent(data.sent_by(Side::A)),
            sent(data.sent_by(Side::B)),
        ],
        frames: evidence(data),
        detail: described(analysis, call, data, &title),
        heading: false,
        about: None,
    }
}

fn described(
    analysis: &Analysis,
    call: &PeerConnection,
    data: &DataChannel,
    title: &str,
) -> Vec<DetailLine> {
    let channel = &data.channel;
    let at = |seen: Sighting| when(analysis, seen);
    let opened = channel.opened.map(|seen| match data.opener() {
        Some(side) => format!("by {}, {}", name(call, side), at(seen)),
        None => at(seen),
    });
    let protocol = channel.protocol.as_deref();
    let lived = span(channel.span.1.at.since(channel.span.0.at));
    let all = [
        ("stream", Some(data.id.to_string())),
        (
            "protocol",
            protocol.map(|it| if it.is_empty() { "none" } else { it }.to_owned()),
        ),
        ("delivery", Some(delivery(data))),
        ("state", Some(format!("{} (inferred)", data.state()))),
        ("opened", opened),
        ("confirmed", channel.confirmed.map(at)),
        ("closed", channel.closed.map(at)),
        ("seen", Some(format!("for {lived}"))),
    ];
    let mut lines = vec![DetailLine::new(
        0,
        &format!("Channel {title}"),
        Look::Heading,
    )];
    lines.extend(
        all.into_iter()
            .filter_map(|(name, value)| Some(fact(name, &value?))),
    );
    lines.extend([Side::A, Side::B].map(|side| {
        fact(
            &format!("{} sent", name(call, side)),
            &in_words(data.sent_by(side)),
        )
    }));
    lines
}

/// What becomes of messages that are lost or overtaken (RFC 8832 §5.1).
fn delivery(data: &DataChannel) -> String {
    let order = match data.channel.ordered {
        Some(true) => "in order",
        Some(false) => "unordered",
        None => return "not seen".to_owned(),
    };
    match data.channel.reliability {
        Some(Reliability::Reliable) => format!("{order}, reliable"),
        Some(Reliability::MaxRetransmits(limit)) => {
            format!("{order}, sent again {limit} times at most")
        }
        Some(Reliability::MaxPacketLifeTime(limit)) => {
            format!("{order}, sent again for {limit} ms at most")
        }
        Some(Reliability::Unknown(kind)) => format!("{order}, channel type {kind:#04x}"),
        None => order.to_owned(),
    }
}

/// Its opening, the confirmation, its end; first and last sight where those were not seen.
fn evidence(data: &DataChannel) -> Vec<FrameNumber> {
    let channel = &data.channel;
    let named = [channel.opened, channel.confirmed, channel.closed];
    let (first, last) = channel.span;
    let all = named.into_iter().flatten().chain([first, last]);
    let mut found: Vec<FrameNumber> = all.map(|seen| seen.frame).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Messages and bytes that a side sent in all channels.
fn total(inside: &[&DataChannel], side: Side) -> Option<(u64, u64)> {
    let mut each = inside.iter().map(|data| data.sent_by(side));
    each.try_fold((0, 0), |(messages, size), sent| {
        let (more, larger) = sent?;
        Some((messages + more, size + larger))
    })
}

/// `23, 18 kB`.
fn sent(figures: Option<(u64, u64)>) -> Cell {
    match figures {
        Some((messages, size)) => Cell::plain(&format!("{}, {}", count(messages), bytes(size))),
        None => Cell::new(ABSENT, Ink::Dim),
    }
}

fn in_words(figures: Option<(u64, u64)>) -> String {
    figures.map_or_else(
        || "not known: the sides of its conversation are not".to_owned(),
        |(messages, size)| format!("{}, {}", counted(messages, "message"), bytes(size)),
    )
}

/// Rows at most: more channels than anybody opens.
const ROWS_MOST: usize = 2_000;
