//! What a parser found next, without the bytes: those stay in the window.

use std::net::IpAddr;

use crate::vocab::frame::LinkType;
use crate::vocab::time::Timestamp;

crate::codepoint! {
    /// What a Decryption Secrets Block holds (pcapng draft, secrets types).
    pub enum SecretsKind: u32 {
        /// NSS key log lines for TLS and DTLS.
        TlsKeyLog = 0x544c_534b => "TLS key log",
        /// SSH key log.
        SshKeyLog = 0x5353_484b => "SSH key log",
        /// `WireGuard` key log.
        WireGuardKeyLog = 0x5747_4b4c => "WireGuard key log",
        /// `ZigBee` network key.
        ZigBeeNetworkKey = 0x5a4e_574b => "ZigBee network key",
        /// `ZigBee` APS key.
        ZigBeeApsKey = 0x5a41_5053 => "ZigBee APS key",
        /// OPC UA key log.
        OpcUaKeyLog = 0x5541_4b4c => "OPC UA key log",
    }
}

/// The next thing in a file.
#[derive(Debug, Clone, Copy)]
pub enum Record {
    /// A frame.
    Frame(FrameHead),
    /// Secrets: `length` bytes at `position` of the window.
    Secrets {
        /// What they are.
        kind: SecretsKind,
        /// Where they begin.
        position: usize,
        /// How many bytes.
        length: usize,
    },
    /// A name for an address; the parser holds the text.
    Name(IpAddr),
    /// No more.
    End,
}

/// A frame's metadata and where its bytes are.
#[derive(Debug, Clone, Copy)]
pub struct FrameHead {
    /// When it was captured.
    pub at: Timestamp,
    /// Where its bytes begin in the window.
    pub position: usize,
    /// Bytes captured.
    pub length: u32,
    /// Bytes on the wire.
    pub original_length: u32,
    /// How to read the first bytes.
    pub link: LinkType,
    /// Interface within the file.
    pub interface: u32,
}

impl FrameHead {
    /// Leaves the trailing frame check sequence out: no packet view expects it.
    #[must_use]
    pub(crate) fn without_fcs(mut self, fcs_bytes: u8) -> Self {
        self.original_length = self.original_length.saturating_sub(fcs_bytes.into());
        self.length = self.length.min(self.original_length);
        self
    }
}
