//! The clear beginning of a TLS connection: which server the client names (RFC 6066 §3).

use crate::vocab::address::Direction;
use crate::wire::tls::hello::ClientHello;
use crate::wire::tls::hello::Protocol;
use crate::wire::tls::record::Message;
use crate::wire::tls::record::Record;
use crate::wire::tls::registry::ContentType;
use crate::wire::tls::registry::HandshakeType;

/// Gathers the client's first flight until its hello is whole: a post-quantum key share spreads it over two segments.
#[derive(Debug, Default)]
pub(super) struct TlsHello {
    from: Option<Direction>,
    records: Vec<u8>,
    done: bool,
}

impl TlsHello {
    /// A hello longer than this names no server that we need.
    const KEPT: usize = 1 << 15;

    /// Do these bytes begin a TLS connection: a handshake record of any version, with a hello inside?
    pub(super) fn begins(bytes: &[u8]) -> bool {
        matches!(bytes, [0x16, 0x03, 0..=4, _, _, 1 | 2, ..])
    }

    /// Takes the next bytes; gives the server's name once it is known.
    pub(super) fn take(&mut self, direction: Direction, bytes: &[u8]) -> Option<String> {
        if self.done || *self.from.get_or_insert(direction) != direction {
            return None;
        }
        self.records.extend_from_slice(bytes);
        let name = self.read();
        self.done = name.is_some() || self.records.len() > Self::KEPT;
        if self.done {
            self.records = Vec::new();
        }
        name
    }

    fn read(&self) -> Option<String> {
        let mut handshake = Vec::new();
        let mut rest = self.records.as_slice();
        while let Ok(Some((record, after))) = Record::split(rest) {
            if record.content_type != ContentType::Handshake {
                break;
            }
            handshake.extend_from_slice(record.fragment);
            rest = after;
        }
        let (message, _) = Message::split(&handshake)?;
        if message.kind != HandshakeType::ClientHello {
            return None;
        }
        let hello = ClientHello::parse(message.body, Protocol::Tls).ok()?;
        hello.extensions.server_name().map(str::to_owned)
    }
}
