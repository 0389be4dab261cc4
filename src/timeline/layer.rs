//! The layer that something in a call belongs to, and how it went: what screens turn into colours and shapes.

/// Layer of a lane, an arrow or a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// The connection as a whole: its inferred states.
    Connection,
    /// Signaling: HTTP, WebSocket.
    Signaling,
    /// ICE and STUN.
    Ice,
    /// TURN.
    Turn,
    /// DTLS, TLS.
    Dtls,
    /// RTP, RTCP.
    Media,
    /// Anything else.
    Other,
}

impl Layer {
    /// One word, as the field writes it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Connection => "state",
            Self::Signaling => "signaling",
            Self::Ice => "ICE",
            Self::Turn => "TURN",
            Self::Dtls => "DTLS",
            Self::Media => "media",
            Self::Other => "other",
        }
    }
}

/// How something went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Nothing to say about it.
    #[default]
    Plain,
    /// Well.
    Good,
    /// Wrong.
    Bad,
}
