//! HTTP/3 frames and streams (RFC 9114 §6, §7, §11.2).
//!
//! ```text
//! frame                  type (varint)  length (varint)  payload
//! bidirectional stream   HEADERS [DATA …] [HEADERS]                        a request one way, its response the other
//! unidirectional stream  type (varint), then
//!   control              SETTINGS, GOAWAY, PRIORITY_UPDATE …               one each way
//!   push                 push id (varint)  HEADERS [DATA …]
//!   QPACK encoder        changes of the sender's table of fields           one each way
//!   QPACK decoder        acknowledgments of such changes                   one each way
//! ```

use crate::codepoint;
use crate::wire::tls::cursor::Cursor;

codepoint! {
    /// Frame type.
    pub enum FrameType: u64 {
        /// Part of a message's content.
        Data = 0x00 => "DATA",
        /// A message's header fields, or its trailers.
        Headers = 0x01 => "HEADERS",
        /// A push is not wanted.
        CancelPush = 0x03 => "CANCEL_PUSH",
        /// What the sender can take.
        Settings = 0x04 => "SETTINGS",
        /// The server announces a response that nobody asked for.
        PushPromise = 0x05 => "PUSH_PROMISE",
        /// No more requests.
        GoAway = 0x07 => "GOAWAY",
        /// Other origins the server speaks for (RFC 9412).
        Origin = 0x0c => "ORIGIN",
        /// Pushes that the client takes.
        MaxPushId = 0x0d => "MAX_PUSH_ID",
        /// A bidirectional stream that belongs to WebTransport from here on.
        WebTransportStream = 0x41 => "WEBTRANSPORT_STREAM",
        /// Priority of a request (RFC 9218).
        PriorityUpdateRequest = 0xf0700 => "PRIORITY_UPDATE",
        /// Priority of a push.
        PriorityUpdatePush = 0xf0701 => "PRIORITY_UPDATE of a push",
    }
}

codepoint! {
    /// Type of a unidirectional stream.
    pub enum StreamType: u64 {
        /// Control frames.
        Control = 0x00 => "control",
        /// A response that nobody asked for.
        Push = 0x01 => "push",
        /// Changes of the sender's table of fields.
        QpackEncoder = 0x02 => "QPACK encoder",
        /// Acknowledgments of such changes.
        QpackDecoder = 0x03 => "QPACK decoder",
        /// WebTransport's.
        WebTransport = 0x54 => "WebTransport",
    }
}

codepoint! {
    /// Identifier of a setting.
    pub enum Setting: u64 {
        /// How large a table the peer's encoder may use, bytes.
        QpackMaxTableCapacity = 0x01 => "QPACK_MAX_TABLE_CAPACITY",
        /// Longest section of header fields.
        MaxFieldSectionSize = 0x06 => "MAX_FIELD_SECTION_SIZE",
        /// Streams that may wait for the table.
        QpackBlockedStreams = 0x07 => "QPACK_BLOCKED_STREAMS",
        /// Extended CONNECT (RFC 9220).
        EnableConnectProtocol = 0x08 => "ENABLE_CONNECT_PROTOCOL",
        /// Datagrams (RFC 9297).
        Datagram = 0x33 => "H3_DATAGRAM",
    }
}

codepoint! {
    /// Why a stream was reset or a connection closed (RFC 9114 §8.1, RFC 9204 §6).
    pub enum ErrorCode: u64 {
        /// Closed without an error.
        NoError = 0x0100 => "H3_NO_ERROR",
        /// A broken rule without a name of its own.
        GeneralProtocolError = 0x0101 => "H3_GENERAL_PROTOCOL_ERROR",
        /// The endpoint's own trouble.
        InternalError = 0x0102 => "H3_INTERNAL_ERROR",
        /// A stream that the peer may not open.
        StreamCreationError = 0x0103 => "H3_STREAM_CREATION_ERROR",
        /// A stream that must stay open was closed.
        ClosedCriticalStream = 0x0104 => "H3_CLOSED_CRITICAL_STREAM",
        /// A frame in the wrong place.
        FrameUnexpected = 0x0105 => "H3_FRAME_UNEXPECTED",
        /// A frame that can't be read.
        FrameError = 0x0106 => "H3_FRAME_ERROR",
        /// The peer is too busy for us.
        ExcessiveLoad = 0x0107 => "H3_EXCESSIVE_LOAD",
        /// An identifier out of range.
        IdError = 0x0108 => "H3_ID_ERROR",
        /// A setting that makes no sense.
        SettingsError = 0x0109 => "H3_SETTINGS_ERROR",
        /// No SETTINGS at the start.
        MissingSettings = 0x010a => "H3_MISSING_SETTINGS",
        /// The server did nothing about the request.
        RequestRejected = 0x010b => "H3_REQUEST_REJECTED",
        /// The client does not want the answer any more.
        RequestCancelled = 0x010c => "H3_REQUEST_CANCELLED",
        /// The request ended too early.
        RequestIncomplete = 0x010d => "H3_REQUEST_INCOMPLETE",
        /// A message that makes no sense.
        MessageError = 0x010e => "H3_MESSAGE_ERROR",
        /// CONNECT failed.
        ConnectError = 0x010f => "H3_CONNECT_ERROR",
        /// Ask again over HTTP/1.1.
        VersionFallback = 0x0110 => "H3_VERSION_FALLBACK",
        /// Header fields that can't be decoded.
        QpackDecompressionFailed = 0x0200 => "QPACK_DECOMPRESSION_FAILED",
        /// A change of the table that can't be read.
        QpackEncoderStreamError = 0x0201 => "QPACK_ENCODER_STREAM_ERROR",
        /// An acknowledgment that can't be read.
        QpackDecoderStreamError = 0x0202 => "QPACK_DECODER_STREAM_ERROR",
    }
}

/// Type and length before every payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    /// Type.
    pub kind: FrameType,
    /// Payload length, bytes.
    pub length: u64,
}

impl FrameHeader {
    /// Longest header, bytes.
    pub const LONGEST: usize = 16;

    /// Cuts a header off `bytes`; `None`: more bytes are needed.
    pub fn split(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let mut cursor = Cursor::new(bytes);
        let header = Self {
            kind: FrameType::from_code(cursor.varint()?),
            length: cursor.varint()?,
        };
        Some((header, cursor.rest()))
    }
}

/// Settings in the payload of SETTINGS: identifier and value; ends where it is cut.
pub fn settings(payload: &[u8]) -> impl Iterator<Item = (Setting, u64)> {
    let mut cursor = Cursor::new(payload);
    std::iter::from_fn(move || Some((Setting::from_code(cursor.varint()?), cursor.varint()?)))
}

/// Is a type, setting or error one of those that stand for none, to keep the unknown ignored (RFC 9114 §7.2.8)?
pub const fn is_grease(code: u64) -> bool {
    code >= 0x21 && (code - 0x21).is_multiple_of(0x1f)
}

/// Name of an error code of HTTP/3 or QPACK.
pub fn error_name(code: u64) -> String {
    let known = ErrorCode::from_code(code).name();
    known.map_or_else(|| format!("{code:#x}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_header_waits_for_its_last_byte() {
        let bytes = [0x80, 0x0f, 0x07, 0x00, 0x40, 0x05, b'x'];
        for length in 0..6 {
            assert_eq!(FrameHeader::split(&bytes[..length]), None);
        }
        let (header, rest) = FrameHeader::split(&bytes).expect("whole");
        assert_eq!(header.kind, FrameType::PriorityUpdateRequest);
        assert_eq!((header.length, rest), (5, &b"x"[..]));
    }

    #[test]
    fn settings_are_read_as_far_as_they_go() {
        let payload = [0x01, 0x80, 0x01, 0x00, 0x00, 0x21, 0x05, 0x07];
        let read: Vec<_> = settings(&payload).collect();
        let expected = [
            (Setting::QpackMaxTableCapacity, 65_536),
            (Setting::Unknown(0x21), 5),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn grease_is_told_from_what_is_only_unknown() {
        let grease = [0x21, 0x40, 0x21 + 0x1f * 13_260_426];
        assert!(grease.into_iter().all(is_grease));
        let kinds = FrameType::NAMED.iter().map(|kind| kind.code());
        let streams = StreamType::NAMED.iter().map(|kind| kind.code());
        assert!(!kinds.chain(streams).any(is_grease));
        assert_eq!(error_name(0x010c), "H3_REQUEST_CANCELLED");
        assert_eq!(error_name(0x21), "0x21");
    }
}
