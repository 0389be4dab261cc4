//! Fields of DTLS associations.

use crate::filter::catalogue::COUNT;
use crate::filter::catalogue::Field;
use crate::filter::catalogue::Kind;
use crate::filter::catalogue::MILLISECONDS;
use crate::filter::catalogue::Of;
use crate::filter::catalogue::Reader;
use crate::filter::catalogue::SECONDS;
use crate::filter::catalogue::SIDE;
use crate::filter::catalogue::id;
use crate::filter::catalogue::milliseconds;
use crate::filter::rows::RowKind;
use crate::filter::value::Value;
use crate::session::model::media::DtlsTransport;
use crate::vocab::address::Side;
use crate::vocab::address::TransportAddress;

const fn dtls(
    name: &'static str,
    kind: Kind,
    meaning: &'static str,
    read: for<'a> fn(Of<'a, DtlsTransport>) -> Value<'a>,
) -> Field {
    Field::new(Some(RowKind::Dtls), name, kind, meaning, Reader::Dtls(read))
}

pub(super) const FIELDS: &[Field] = &[
    dtls(
        "dtls.id",
        Kind::Text,
        "its id in the report: dtls-1",
        |of| id("dtls", of.index).into(),
    ),
    dtls(
        "dtls.peerConnection",
        Kind::Text,
        "id of its call: pc-1",
        |of| {
            of.it
                .peer_connection
                .map(|call| id("pc", call.index()))
                .into()
        },
    ),
    dtls("dtls.flow", Kind::Text, "id of its conversation", |of| {
        id("flow", of.it.association.flow.index()).into()
    }),
    dtls(
        "dtls.state",
        STATE,
        "RTCDtlsTransportState, inferred",
        |of| of.it.association.state.value.word().into(),
    ),
    dtls(
        "dtls.version",
        Kind::Text,
        "version that the server chose: DTLS 1.2",
        |of| {
            of.it
                .association
                .version
                .map(|version| version.to_string())
                .into()
        },
    ),
    dtls(
        "dtls.cipherSuite",
        Kind::Text,
        "cipher suite that the server chose",
        |of| {
            of.it
                .association
                .cipher_suite
                .map(|suite| named(suite.name(), suite.code()))
                .into()
        },
    ),
    dtls(
        "dtls.srtpCipher",
        Kind::Text,
        "SRTP profile that the server chose",
        |of| {
            of.it
                .association
                .srtp_profile
                .map(|profile| named(profile.name(), profile.code()))
                .into()
        },
    ),
    dtls(
        "dtls.client",
        SIDE,
        "which side sent the ClientHello",
        |of| {
            let client = of.it.association.client;
            client
                .and_then(|client| of.it.side_of(client))
                .map(Side::word)
                .into()
        },
    ),
    dtls("dtls.clientAddress", Kind::Address, "its address", |of| {
        ends(&of).map(|(client, _)| client).into()
    }),
    dtls(
        "dtls.serverAddress",
        Kind::Address,
        "the other address",
        |of| ends(&of).map(|(_, server)| server).into(),
    ),
    dtls(
        "dtls.handshakeMs",
        MILLISECONDS,
        "from the first ClientHello to the last Finished",
        |of| {
            of.it
                .association
                .handshake_duration()
                .map(milliseconds)
                .into()
        },
    ),
    dtls(
        "dtls.retransmittedFlights",
        COUNT,
        "flights that were sent again",
        |of| of.it.association.retransmitted_flights.into(),
    ),
    dtls(
        "dtls.resumed",
        Kind::Flag,
        "was an earlier session resumed?",
        |of| of.it.association.hello.resumed.into(),
    ),
    dtls(
        "dtls.sctp.state",
        Kind::Word(&[
            "cookie-wait",
            "cookie-echoed",
            "established",
            "shutdown",
            "closed",
            "aborted",
        ]),
        "SCTP association inside it, inferred",
        |of| {
            let sctp = of.it.sctp.as_ref();
            sctp.map(|sctp| sctp.course.state().word()).into()
        },
    ),
    dtls(
        "dtls.sctp.setupMs",
        MILLISECONDS,
        "from its first INIT to its first COOKIE ACK",
        |of| {
            let sctp = of.it.sctp.as_ref();
            sctp.and_then(|sctp| Some(milliseconds(sctp.setup_duration()?)))
                .into()
        },
    ),
    dtls("dtls.firstTimeSeconds", SECONDS, "first record", |of| {
        of.seconds(of.it.association.first_at).into()
    }),
    dtls("dtls.lastTimeSeconds", SECONDS, "last record", |of| {
        of.seconds(of.it.association.last_at).into()
    }),
    dtls("dtls.records", COUNT, "records", |of| {
        of.it.association.records.into()
    }),
];

/// Client and server, once a hello tells.
fn ends(of: &Of<'_, DtlsTransport>) -> Option<(TransportAddress, TransportAddress)> {
    let client = of.it.association.client?;
    let flow = of
        .rows
        .analysis
        .scene
        .flows
        .get(of.it.association.flow.index())?;
    Some((flow.tuple.source(client), flow.tuple.destination(client)))
}

/// The registry's name, else the number: `0x1301`.
fn named(name: Option<&'static str>, code: u16) -> String {
    name.map_or_else(|| format!("{code:#06x}"), str::to_owned)
}

const STATE: Kind = Kind::Word(&[
    "new",
    "connecting",
    "connected",
    "closed",
    "failed",
    "unknown",
]);
