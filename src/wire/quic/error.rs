//! Why a connection closed (RFC 9000 §20).

use crate::codepoint;
use crate::wire::tls::alert::AlertDescription;

codepoint! {
    /// Error code of the transport itself.
    pub enum TransportError: u64 {
        /// Closed without an error.
        NoError = 0x00 => "NO_ERROR",
        /// The endpoint's own trouble.
        InternalError = 0x01 => "INTERNAL_ERROR",
        /// The server takes no connections.
        ConnectionRefused = 0x02 => "CONNECTION_REFUSED",
        /// More was sent than the receiver allowed.
        FlowControlError = 0x03 => "FLOW_CONTROL_ERROR",
        /// More streams than the receiver allowed.
        StreamLimitError = 0x04 => "STREAM_LIMIT_ERROR",
        /// A frame that the stream's state forbids.
        StreamStateError = 0x05 => "STREAM_STATE_ERROR",
        /// A stream's end moved.
        FinalSizeError = 0x06 => "FINAL_SIZE_ERROR",
        /// A frame that can't be read.
        FrameEncodingError = 0x07 => "FRAME_ENCODING_ERROR",
        /// Transport parameters that make no sense.
        TransportParameterError = 0x08 => "TRANSPORT_PARAMETER_ERROR",
        /// More connection ids than the receiver allowed.
        ConnectionIdLimitError = 0x09 => "CONNECTION_ID_LIMIT_ERROR",
        /// Another broken rule.
        ProtocolViolation = 0x0a => "PROTOCOL_VIOLATION",
        /// The token of an Initial is not the server's.
        InvalidToken = 0x0b => "INVALID_TOKEN",
        /// The application closed before it could say so itself.
        ApplicationError = 0x0c => "APPLICATION_ERROR",
        /// More of the handshake than the receiver buffers.
        CryptoBufferExceeded = 0x0d => "CRYPTO_BUFFER_EXCEEDED",
        /// A key update too early.
        KeyUpdateError = 0x0e => "KEY_UPDATE_ERROR",
        /// The keys have sealed as much as they may.
        AeadLimitReached = 0x0f => "AEAD_LIMIT_REACHED",
        /// No usable path.
        NoViablePath = 0x10 => "NO_VIABLE_PATH",
        /// The versions told in the handshake do not fit (RFC 9368).
        VersionNegotiationError = 0x11 => "VERSION_NEGOTIATION_ERROR",
    }
}

/// Name of a transport error; codes 0x0100 to 0x01ff are TLS alerts (RFC 9001 §4.8).
pub fn transport_error(code: u64) -> String {
    if let (1, low) = (code >> 8, code as u8) {
        let alert = AlertDescription::from_code(low);
        let name = alert.name().map_or_else(|| low.to_string(), str::to_owned);
        return format!("CRYPTO_ERROR: {name}");
    }
    let known = TransportError::from_code(code).name();
    known.map_or_else(|| format!("{code:#x}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_names() {
        assert_eq!(transport_error(0x0b), "INVALID_TOKEN");
        assert_eq!(transport_error(0x0128), "CRYPTO_ERROR: handshake_failure");
        assert_eq!(transport_error(0x3000), "0x3000");
    }
}
