//! What a line has beyond time, event, frames and text.

use serde::Serialize;

/// What a kind of event has of its own.
#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub(super) enum Detail<'a> {
    Message {
        session: String,
        from: &'static str,
        kind: &'a str,
        transaction: Option<&'a str>,
        carries: Vec<&'static str>,
        error_code: Option<i64>,
    },
    Session {
        session: String,
    },
    Description {
        #[serde(rename = "type")]
        kind: &'static str,
        side: &'static str,
    },
    Candidate {
        candidate: String,
        side: &'static str,
        #[serde(rename = "type")]
        kind: &'a str,
        protocol: &'a str,
        address: &'a str,
        port: u16,
    },
    Check {
        pair: String,
        from: &'static str,
        error_code: Option<u16>,
    },
    Pair {
        pair: String,
    },
    State {
        state: &'static str,
    },
    Flight {
        dtls: String,
        side: Option<&'static str>,
        messages: Vec<&'static str>,
        retransmission: bool,
    },
    DtlsState {
        dtls: String,
        state: &'static str,
    },
    Alert {
        dtls: String,
        side: Option<&'static str>,
        level: Option<&'static str>,
        description: Option<&'static str>,
        encrypted: bool,
    },
    Stream {
        stream: String,
        ssrc: u32,
        from: Option<&'static str>,
        kind: Option<&'static str>,
        codec: Option<&'a str>,
        packets: u64,
    },
    Gap {
        stream: String,
        ssrc: u32,
        duration_seconds: f64,
        skipped: u64,
    },
    Turn {
        turn: String,
        server: String,
        relayed_address: Option<String>,
    },
    TurnError {
        turn: String,
        server: String,
        method: &'static str,
        error_code: u16,
        reason: &'a str,
        normal: bool,
    },
    TurnChannel {
        turn: String,
        channel: u16,
        peer: Option<String>,
    },
    Stun {
        server: String,
        client: String,
        mapped_address: Option<String>,
    },
    Filter {
        expression: &'a str,
        shown: usize,
        of: usize,
    },
    Finding {
        finding: String,
        rule: &'static str,
        severity: &'static str,
    },
    Verdict {
        session: Option<String>,
        outcome: &'static str,
        stage: Option<&'static str>,
        cause: Option<String>,
    },
    Withdrawn {
        rule: &'static str,
        session: Option<String>,
    },
    Sample {
        stream: String,
        ssrc: u32,
        packets: u64,
        payload_bytes: Option<u64>,
        packets_lost: u64,
        jitter: Option<f64>,
        packets_per_second: f64,
        bitrate_bps: Option<u64>,
    },
    Evicted {
        calls: u64,
        flows: u64,
    },
    None {},
}
