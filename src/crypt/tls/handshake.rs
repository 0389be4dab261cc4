//! What handshake messages tell and change, in the clear or opened.

use crate::crypt::tls::facts::Facts;
use crate::crypt::tls::facts::Opening;
use crate::crypt::tls::session::Epoch;
use crate::crypt::tls::session::Event;
use crate::crypt::tls::session::Peer;
use crate::crypt::tls::session::Session;
use crate::crypt::tls::session::fault;
use crate::crypt::tls::suite::Suite;
use crate::wire::tls::certificate::Certificate;
use crate::wire::tls::cursor::Cursor;
use crate::wire::tls::extension::Extensions;
use crate::wire::tls::hello::ClientHello;
use crate::wire::tls::hello::Protocol;
use crate::wire::tls::hello::ServerHello;
use crate::wire::tls::message::CertificateChain;
use crate::wire::tls::record::Message;
use crate::wire::tls::registry::ExtensionType;
use crate::wire::tls::registry::HandshakeType;
use crate::wire::tls::registry::Version;

impl Session {
    /// Takes the content of a handshake record, or of QUIC's CRYPTO frames: messages may span records, and several may share one.
    pub(in crate::crypt) fn handshake(
        &mut self,
        from: Peer,
        bytes: &[u8],
        sink: &mut impl FnMut(Event),
    ) {
        let mut joined = std::mem::take(&mut self.halves[from.index()].handshake);
        if joined.len() + bytes.len() > HANDSHAKE_MAX {
            sink(fault("tls-handshake-message-too-long"));
            return;
        }
        joined.extend_from_slice(bytes);
        let mut rest = joined.as_slice();
        while let Some((message, after)) = Message::split(rest) {
            let epoch = self.halves[from.index()].epoch;
            self.message(from, &message, sink);
            rest = after;
            if self.halves[from.index()].epoch != epoch && !rest.is_empty() {
                // Keys never change inside a record (RFC 8446 §5.1).
                sink(fault("tls-handshake-spans-key-change"));
                rest = &[];
            }
        }
        self.halves[from.index()].handshake = rest.to_vec();
    }

    fn message(&mut self, from: Peer, message: &Message<'_>, sink: &mut impl FnMut(Event)) {
        match (message.kind, from) {
            (HandshakeType::ClientHello, Peer::Client) => self.client_hello(message.body, sink),
            (HandshakeType::ServerHello, Peer::Server) => self.server_hello(message.body, sink),
            (HandshakeType::EncryptedExtensions, Peer::Server) => {
                self.encrypted_extensions(message.body, sink);
            }
            (HandshakeType::Certificate, Peer::Server) => self.certificate(message.body, sink),
            (HandshakeType::EndOfEarlyData, Peer::Client) => self.enter(from, Epoch::Handshake),
            (HandshakeType::Finished, _) if self.halves[from.index()].epoch == Epoch::Handshake => {
                self.enter(from, Epoch::Application(0));
            }
            (HandshakeType::KeyUpdate, _) => self.key_update(from),
            _ => {}
        }
    }

    fn client_hello(&mut self, body: &[u8], sink: &mut impl FnMut(Event)) {
        let hello = match ClientHello::parse(body, Protocol::Tls) {
            Ok(hello) => hello,
            Err(fault) => return sink(Event::Fault(fault)),
        };
        hello
            .faults
            .iter()
            .for_each(|&fault| sink(Event::Fault(fault)));
        self.news = true;
        let facts = &mut self.facts;
        facts.client_random = Some(*hello.random);
        if let Some(name) = hello.extensions.server_name() {
            facts.server_name = Some(name.to_owned());
        }
        facts.alpn_offered = protocols(&hello.extensions);
        let early = hello.extensions.has(ExtensionType::EarlyData);
        facts.early_data |= early;
        self.offered_id = hello.session_id.to_vec();
        let half = &self.halves[Peer::Client.index()];
        match half.epoch {
            Epoch::Clear if early => self.enter(Peer::Client, Epoch::Early),
            Epoch::Early => self.enter(Peer::Client, Epoch::Clear),
            _ => {}
        }
    }

    fn server_hello(&mut self, body: &[u8], sink: &mut impl FnMut(Event)) {
        let hello = match ServerHello::parse(body, Protocol::Tls) {
            Ok(hello) => hello,
            Err(fault) => return sink(Event::Fault(fault)),
        };
        hello
            .faults
            .iter()
            .for_each(|&fault| sink(Event::Fault(fault)));
        self.news = true;
        if hello.is_retry_request() {
            self.facts.retried = true;
            // Early data goes no further (RFC 8446 §4.2.10).
            if self.halves[Peer::Client.index()].epoch == Epoch::Early {
                self.enter(Peer::Client, Epoch::Clear);
            }
            return;
        }
        let version = hello.version();
        let facts = &mut self.facts;
        facts.version = Some(version);
        facts.cipher_suite = hello.cipher_suite;
        self.server_random = Some(*hello.random);
        self.encrypt_then_mac = hello.extensions.has(ExtensionType::EncryptThenMac);
        self.compressed = hello.compression_method != 0;
        if let Some(protocol) = protocols(&hello.extensions).into_iter().next() {
            facts.alpn = Some(protocol);
        }
        if version.is_1_3() {
            facts.resumed = hello.extensions.has(ExtensionType::PreSharedKey);
            self.begin_1_3();
        } else {
            facts.resumed = !hello.session_id.is_empty() && hello.session_id == self.offered_id;
        }
    }

    fn begin_1_3(&mut self) {
        let readable = self.facts.cipher_suite.and_then(Suite::of).is_some();
        let epoch = if readable {
            Epoch::Handshake
        } else {
            self.opening(Opening::Unsupported);
            Epoch::Lost
        };
        self.enter(Peer::Server, epoch);
        if self.halves[Peer::Client.index()].epoch != Epoch::Early {
            self.enter(Peer::Client, epoch);
        }
    }

    fn encrypted_extensions(&mut self, body: &[u8], sink: &mut impl FnMut(Event)) {
        let Some(block) = Cursor::new(body).vector16() else {
            return sink(fault("tls-extensions-overrun"));
        };
        let mut faults = Vec::new();
        let extensions = Extensions::parse(block, Protocol::Tls, &mut faults);
        for fault in faults {
            sink(Event::Fault(fault));
        }
        if let Some(protocol) = protocols(&extensions).into_iter().next() {
            self.facts.alpn = Some(protocol);
            self.news = true;
        }
        let accepted = extensions.has(ExtensionType::EarlyData);
        if !accepted && self.halves[Peer::Client.index()].epoch == Epoch::Early {
            // Refused: no EndOfEarlyData will come, and handshake keys are next (RFC 8446 §4.2.10).
            self.enter(Peer::Client, Epoch::Handshake);
        }
    }

    fn certificate(&mut self, body: &[u8], sink: &mut impl FnMut(Event)) {
        let version = self.facts.version.unwrap_or(Version::Tls12);
        let chain = CertificateChain::parse(body, Protocol::Tls, version);
        chain
            .faults
            .iter()
            .for_each(|&fault| sink(Event::Fault(fault)));
        let Some((_, der)) = chain.certificates.first() else {
            return;
        };
        match Certificate::parse(der, Protocol::Tls) {
            Ok(certificate) => {
                self.facts.certificate = Some(certificate);
                self.news = true;
            }
            Err(fault) => sink(Event::Fault(fault)),
        }
    }

    fn key_update(&mut self, from: Peer) {
        let Epoch::Application(updates) = self.halves[from.index()].epoch else {
            return;
        };
        self.facts.key_updates[from.index()] += 1;
        self.news = true;
        self.enter(from, Epoch::Application(updates.saturating_add(1)));
    }
}

/// Application protocols named in hellos: as text, control characters made visible.
fn protocols(extensions: &Extensions<'_>) -> Vec<String> {
    extensions
        .alpn()
        .iter()
        .take(Facts::PROTOCOLS_KEPT)
        .map(|name| name.escape_ascii().to_string())
        .collect()
}

/// Longest handshake message taken; certificate chains reach some 20 KiB.
const HANDSHAKE_MAX: usize = 1 << 18;
