//! A fault: the wire broke a rule. A value, kept and counted by name, never an error of ours.

use std::collections::BTreeMap;
use std::fmt;

use crate::vocab::ids::FrameNumber;

/// Protocol layer, as faults, findings and colours name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// The capture file itself.
    Capture,
    /// Link layer.
    Link,
    /// IPv4, IPv6, ICMP.
    Ip,
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// DNS and multicast DNS.
    Dns,
    /// STUN and TURN messages.
    Stun,
    /// TLS records.
    Tls,
    /// QUIC packets and frames.
    Quic,
    /// DTLS records and handshakes.
    Dtls,
    /// RTP.
    Rtp,
    /// RTCP.
    Rtcp,
    /// SCTP.
    Sctp,
    /// HTTP.
    Http,
    /// WebSocket.
    WebSocket,
    /// JSON, Janus and other signaling.
    Signaling,
    /// Session descriptions.
    Sdp,
}

impl Layer {
    /// Lower-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Link => "link",
            Self::Ip => "ip",
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Dns => "dns",
            Self::Stun => "stun",
            Self::Tls => "tls",
            Self::Quic => "quic",
            Self::Dtls => "dtls",
            Self::Rtp => "rtp",
            Self::Rtcp => "rtcp",
            Self::Sctp => "sctp",
            Self::Http => "http",
            Self::WebSocket => "websocket",
            Self::Signaling => "signaling",
            Self::Sdp => "sdp",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A broken rule: where, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fault {
    /// Layer whose rule was broken.
    pub layer: Layer,
    /// Kebab-case name, stable: `dtls-record-truncated`.
    pub name: &'static str,
    /// Byte offset from the start of that layer's data.
    pub offset: usize,
}

impl Fault {
    /// A broken rule `name` of `layer` at byte `offset`.
    pub const fn new(layer: Layer, name: &'static str, offset: usize) -> Self {
        Self {
            layer,
            name,
            offset,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {} of {}", self.name, self.offset, self.layer)
    }
}

/// Faults by name, each with its count and its first frames. Bounded: names are compile-time strings, frames are capped.
#[derive(Debug, Clone, Default)]
pub struct FaultLog {
    rows: BTreeMap<(Layer, &'static str), FaultCount>,
}

/// How often one fault came, and where first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultCount {
    /// Occurrences.
    pub count: u64,
    /// The first frames it was seen in, ascending, at most [`FaultLog::FRAMES_KEPT`].
    pub frames: Vec<FrameNumber>,
}

impl FaultLog {
    /// Frames remembered per fault name.
    pub const FRAMES_KEPT: usize = 32;

    /// Counts `fault`, seen in `frame` when it belongs to one.
    pub fn record(&mut self, fault: Fault, frame: Option<FrameNumber>) {
        let row = self.rows.entry((fault.layer, fault.name)).or_default();
        row.count += 1;
        if let Some(frame) = frame
            && row.frames.len() < Self::FRAMES_KEPT
            && row.frames.last() != Some(&frame)
        {
            row.frames.push(frame);
        }
    }

    /// Rows by layer, then name.
    pub fn rows(&self) -> impl Iterator<Item = (Layer, &'static str, &FaultCount)> {
        self.rows
            .iter()
            .map(|(&(layer, name), count)| (layer, name, count))
    }

    /// No fault recorded?
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds all rows of `other`.
    pub fn absorb(&mut self, other: &Self) {
        for (&key, theirs) in &other.rows {
            let row = self.rows.entry(key).or_default();
            row.count += theirs.count;
            row.frames.extend(&theirs.frames);
            row.frames.sort_unstable();
            row.frames.dedup();
            row.frames.truncate(Self::FRAMES_KEPT);
        }
    }
}
