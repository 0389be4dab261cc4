//! Numbers and their names: methods, classes, attribute types (IANA "STUN Parameters", webrtc.org's and Microsoft's own).

use std::fmt;

/// Method and class of a message, unpacked from the header's first 16 bits (RFC 8489 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageType {
    /// What is asked.
    pub method: Method,
    /// Whether it is asked or answered.
    pub class: Class,
}

impl MessageType {
    /// Unpacks the 14 bits: `M11..M7 C1 M6..M4 C0 M3..M0`.
    pub const fn from_bits(bits: u16) -> Self {
        let method = bits & 0x000f | (bits & 0x00e0) >> 1 | (bits & 0x3e00) >> 2;
        let class = match ((bits & 0x0100) != 0, (bits & 0x0010) != 0) {
            (false, false) => Class::Request,
            (false, true) => Class::Indication,
            (true, false) => Class::Success,
            (true, true) => Class::Error,
        };
        Self {
            method: Method::from_code(method),
            class,
        }
    }
}

impl fmt::Display for MessageType {
    /// As reports name it: `binding-request`, `create-permission-error`, `method-0x200-request`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.method.word() {
            Some(word) => write!(f, "{word}-{}", self.class.word()),
            None => write!(
                f,
                "method-{:#05x}-{}",
                self.method.code(),
                self.class.word()
            ),
        }
    }
}

/// Whether a message asks, answers, or only tells (RFC 8489 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Wants a response.
    Request,
    /// Wants none.
    Indication,
    /// The request was carried out.
    Success,
    /// The request was refused; ERROR-CODE says why.
    Error,
}

impl Class {
    /// Lower-case word, as in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Indication => "indication",
            Self::Success => "success",
            Self::Error => "error",
        }
    }

    /// Does it answer a request?
    pub const fn is_response(self) -> bool {
        matches!(self, Self::Success | Self::Error)
    }
}

crate::codepoint! {
    /// STUN methods (IANA).
    pub enum Method: u16 {
        /// Learn the own address as the peer sees it; an ICE connectivity check.
        Binding = 0x001 => "Binding",
        /// RFC 3489: ask for a temporary user and password, over TLS.
        SharedSecret = 0x002 => "SharedSecret",
        /// TURN: ask for a relayed address.
        Allocate = 0x003 => "Allocate",
        /// TURN: keep or (lifetime 0) delete an allocation.
        Refresh = 0x004 => "Refresh",
        /// TURN: relay this to a peer.
        Send = 0x006 => "Send",
        /// TURN: a peer sent this.
        Data = 0x007 => "Data",
        /// TURN: let packets from a peer's IP address through.
        CreatePermission = 0x008 => "CreatePermission",
        /// TURN: give a peer a channel number.
        ChannelBind = 0x009 => "ChannelBind",
        /// TURN-TCP: connect to a peer.
        Connect = 0x00a => "Connect",
        /// TURN-TCP: this TCP connection carries a peer's data.
        ConnectionBind = 0x00b => "ConnectionBind",
        /// TURN-TCP: a peer connected.
        ConnectionAttempt = 0x00c => "ConnectionAttempt",
        /// webrtc.org: a connectivity check cut down to header and a 4-byte integrity.
        GoogPing = 0x080 => "GOOG-PING",
    }
}

impl Method {
    /// Kebab-case word, as reports join it with the class; `None` for unknown methods.
    pub const fn word(self) -> Option<&'static str> {
        Some(match self {
            Self::Binding => "binding",
            Self::SharedSecret => "shared-secret",
            Self::Allocate => "allocate",
            Self::Refresh => "refresh",
            Self::Send => "send",
            Self::Data => "data",
            Self::CreatePermission => "create-permission",
            Self::ChannelBind => "channel-bind",
            Self::Connect => "connect",
            Self::ConnectionBind => "connection-bind",
            Self::ConnectionAttempt => "connection-attempt",
            Self::GoogPing => "goog-ping",
            Self::Unknown(_) => return None,
        })
    }

    /// Is it one of TURN's (RFC 8656, 6062)?
    pub const fn is_turn(self) -> bool {
        matches!(self.code(), 0x003..=0x00c)
    }
}

crate::codepoint! {
    /// STUN attribute types: IANA's, then what webrtc.org and Microsoft use besides.
    pub enum AttributeType: u16 {
        /// RFC 8489: the sender's address as the server saw it, in clear.
        MappedAddress = 0x0001 => "MAPPED-ADDRESS",
        /// RFC 3489, withdrawn: where to send the response.
        ResponseAddress = 0x0002 => "RESPONSE-ADDRESS",
        /// RFC 5780: answer from another address or port.
        ChangeRequest = 0x0003 => "CHANGE-REQUEST",
        /// RFC 3489, withdrawn: where the response was sent from.
        SourceAddress = 0x0004 => "SOURCE-ADDRESS",
        /// RFC 3489, withdrawn: the server's other address.
        ChangedAddress = 0x0005 => "CHANGED-ADDRESS",
        /// RFC 8489: user; in ICE checks `receiver-ufrag:sender-ufrag`.
        Username = 0x0006 => "USERNAME",
        /// RFC 3489, withdrawn.
        Password = 0x0007 => "PASSWORD",
        /// RFC 8489: HMAC-SHA1 over the message so far.
        MessageIntegrity = 0x0008 => "MESSAGE-INTEGRITY",
        /// RFC 8489: why a request was refused.
        ErrorCode = 0x0009 => "ERROR-CODE",
        /// RFC 8489: attributes that the server had to understand and did not.
        UnknownAttributes = 0x000a => "UNKNOWN-ATTRIBUTES",
        /// RFC 3489, withdrawn.
        ReflectedFrom = 0x000b => "REFLECTED-FROM",
        /// RFC 8656: channel to bind.
        ChannelNumber = 0x000c => "CHANNEL-NUMBER",
        /// RFC 8656: seconds that an allocation lives without refresh.
        Lifetime = 0x000d => "LIFETIME",
        /// MS-TURN: the cookie as an attribute, before RFC 5389.
        MsMagicCookie = 0x000f => "MS-MAGIC-COOKIE",
        /// Early TURN, MS-TURN: peak bandwidth.
        Bandwidth = 0x0010 => "BANDWIDTH",
        /// MS-TURN: peer to send to.
        MsDestinationAddress = 0x0011 => "MS-DESTINATION-ADDRESS",
        /// RFC 8656: the peer that data comes from or goes to.
        XorPeerAddress = 0x0012 => "XOR-PEER-ADDRESS",
        /// RFC 8656: the relayed datagram.
        Data = 0x0013 => "DATA",
        /// RFC 8489: domain of the credentials.
        Realm = 0x0014 => "REALM",
        /// RFC 8489: the server's challenge.
        Nonce = 0x0015 => "NONCE",
        /// RFC 8656: the allocated address.
        XorRelayedAddress = 0x0016 => "XOR-RELAYED-ADDRESS",
        /// RFC 8656: IPv4 or IPv6 wanted.
        RequestedAddressFamily = 0x0017 => "REQUESTED-ADDRESS-FAMILY",
        /// RFC 8656: an even port wanted.
        EvenPort = 0x0018 => "EVEN-PORT",
        /// RFC 8656: protocol between server and peer.
        RequestedTransport = 0x0019 => "REQUESTED-TRANSPORT",
        /// RFC 8656: set DF towards the peer.
        DontFragment = 0x001a => "DONT-FRAGMENT",
        /// RFC 7635: OAuth token.
        AccessToken = 0x001b => "ACCESS-TOKEN",
        /// RFC 8489: HMAC-SHA256 over the message so far.
        MessageIntegritySha256 = 0x001c => "MESSAGE-INTEGRITY-SHA256",
        /// RFC 8489: how the key is made.
        PasswordAlgorithm = 0x001d => "PASSWORD-ALGORITHM",
        /// RFC 8489: hash in place of the user's name.
        Userhash = 0x001e => "USERHASH",
        /// RFC 8489: the sender's address as the server saw it, XOR'd so that NATs leave it alone.
        XorMappedAddress = 0x0020 => "XOR-MAPPED-ADDRESS",
        /// RFC 8656: a reserved port, to be claimed.
        ReservationToken = 0x0022 => "RESERVATION-TOKEN",
        /// RFC 8445: the priority of a peer-reflexive candidate found by this check.
        Priority = 0x0024 => "PRIORITY",
        /// RFC 8445: this pair is nominated.
        UseCandidate = 0x0025 => "USE-CANDIDATE",
        /// RFC 5780: bytes to make the message fragment.
        Padding = 0x0026 => "PADDING",
        /// RFC 5780: answer to this port.
        ResponsePort = 0x0027 => "RESPONSE-PORT",
        /// RFC 6062: which peer connection.
        ConnectionId = 0x002a => "CONNECTION-ID",
        /// RFC 8656: an IPv6 address besides.
        AdditionalAddressFamily = 0x8000 => "ADDITIONAL-ADDRESS-FAMILY",
        /// RFC 8656: why one of two address families failed.
        AddressErrorCode = 0x8001 => "ADDRESS-ERROR-CODE",
        /// RFC 8489: algorithms on offer.
        PasswordAlgorithms = 0x8002 => "PASSWORD-ALGORITHMS",
        /// RFC 8489: name of the alternate server.
        AlternateDomain = 0x8003 => "ALTERNATE-DOMAIN",
        /// RFC 8656: an ICMP error came from the peer's side.
        Icmp = 0x8004 => "ICMP",
        /// MS-TURN: protocol version.
        MsVersion = 0x8008 => "MS-VERSION",
        /// MS-TURN and drafts before RFC 5389.
        MsXorMappedAddress = 0x8020 => "MS-XOR-MAPPED-ADDRESS",
        /// RFC 8489: the sender's program.
        Software = 0x8022 => "SOFTWARE",
        /// RFC 8489: ask there instead.
        AlternateServer = 0x8023 => "ALTERNATE-SERVER",
        /// RFC 7982: which retransmission this is.
        TransactionTransmitCounter = 0x8025 => "TRANSACTION-TRANSMIT-COUNTER",
        /// RFC 5780, withdrawn.
        CacheTimeout = 0x8027 => "CACHE-TIMEOUT",
        /// RFC 8489: CRC-32 over the message so far.
        Fingerprint = 0x8028 => "FINGERPRINT",
        /// RFC 8445: the sender is controlled; its tie-breaker.
        IceControlled = 0x8029 => "ICE-CONTROLLED",
        /// RFC 8445: the sender is controlling; its tie-breaker.
        IceControlling = 0x802a => "ICE-CONTROLLING",
        /// RFC 5780: where the response was sent from.
        ResponseOrigin = 0x802b => "RESPONSE-ORIGIN",
        /// RFC 5780: the server's other address.
        OtherAddress = 0x802c => "OTHER-ADDRESS",
        /// RFC 6679.
        EcnCheck = 0x802d => "ECN-CHECK",
        /// RFC 7635: the server takes OAuth tokens; its name.
        ThirdPartyAuthorization = 0x802e => "THIRD-PARTY-AUTHORIZATION",
        /// RFC 8016: moves an allocation to another address of the client.
        MobilityTicket = 0x8030 => "MOBILITY-TICKET",
        /// MS-TURN.
        MsAlternateHostName = 0x8032 => "MS-ALTERNATE-HOST-NAME",
        /// MS-TURN.
        MsAppId = 0x8037 => "MS-APP-ID",
        /// MS-TURN.
        MsSecureTag = 0x8039 => "MS-SECURE-TAG",
        /// MS-TURN.
        MsSequenceNumber = 0x8050 => "MS-SEQUENCE-NUMBER",
        /// MS-ICE2: the candidate's foundation.
        MsCandidateIdentifier = 0x8054 => "MS-CANDIDATE-IDENTIFIER",
        /// MS-TURN.
        MsServiceQuality = 0x8055 => "MS-SERVICE-QUALITY",
        /// MS-ICE2.
        MsImplementationVersion = 0x8070 => "MS-IMPLEMENTATION-VERSION",
        /// MS-TURN.
        MsAltMappedAddress = 0x8090 => "MS-ALT-MAPPED-ADDRESS",
        /// MS-TURN.
        MsMultiplexedTurnSessionId = 0x8095 => "MS-MULTIPLEXED-TURN-SESSION-ID",
        /// Cisco.
        CiscoStunFlowdata = 0xc000 => "CISCO-STUN-FLOWDATA",
        /// webrtc.org's renomination: the pair with the highest value wins. IANA gave the number to ENF-FLOW-DESCRIPTION.
        Nomination = 0xc001 => "NOMINATION",
        /// Ericsson's network status.
        EnfNetworkStatus = 0xc002 => "ENF-NETWORK-STATUS",
        /// Cisco Webex.
        CiscoWebexFlowInfo = 0xc003 => "CISCO-WEBEX-FLOW-INFO",
        /// Citrix.
        CitrixTransactionId = 0xc056 => "CITRIX-TRANSACTION-ID",
        /// webrtc.org: which of the sender's networks, and what it costs.
        GoogNetworkInfo = 0xc057 => "GOOG-NETWORK-INFO",
        /// webrtc.org: id of the last check received.
        GoogLastIceCheckReceived = 0xc058 => "GOOG-LAST-ICE-CHECK-RECEIVED",
        /// webrtc.org: list of 16-bit values; the first is the supported GOOG-PING version.
        GoogMiscInfo = 0xc059 => "GOOG-MISC-INFO",
        /// webrtc.org, obsolete.
        GoogObsolete1 = 0xc05a => "GOOG-OBSOLETE-1",
        /// webrtc.org.
        GoogConnectionId = 0xc05b => "GOOG-CONNECTION-ID",
        /// webrtc.org: changed settings since the last acknowledged message.
        GoogDelta = 0xc05c => "GOOG-DELTA",
        /// webrtc.org: acknowledges GOOG-DELTA.
        GoogDeltaAck = 0xc05d => "GOOG-DELTA-ACK",
        /// webrtc.org: asks for a full GOOG-DELTA.
        GoogDeltaSyncReq = 0xc05e => "GOOG-DELTA-SYNC-REQ",
        /// webrtc.org: the first 4 bytes of HMAC-SHA1.
        GoogMessageIntegrity32 = 0xc060 => "GOOG-MESSAGE-INTEGRITY-32",
        /// webrtc.org: a DTLS handshake packet carried by a check.
        MetaDtlsInStun = 0xc070 => "META-DTLS-IN-STUN",
        /// webrtc.org: CRC-32s of the DTLS packets received that way.
        MetaDtlsInStunAck = 0xc071 => "META-DTLS-IN-STUN-ACK",
        /// webrtc.org: how often this request was sent before.
        GoogRetransmitCount = 0xff00 => "GOOG-RETRANSMIT-COUNT",
        /// Google's TURN servers: several allocations in one.
        GoogMultiMapping = 0xff04 => "GOOG-MULTI-MAPPING",
        /// Google's TURN servers: id in their logs.
        GoogLoggingId = 0xff05 => "GOOG-LOGGING-ID",
    }
}

impl AttributeType {
    /// Must the receiver refuse a request that has this attribute when it does not know it (RFC 8489 §14)?
    pub const fn is_comprehension_required(self) -> bool {
        self.code() < 0x8000
    }

    /// The registry's name, or the number: `0x4000`.
    pub fn label(self) -> String {
        self.name()
            .map_or_else(|| format!("{:#06x}", self.code()), str::to_owned)
    }

    /// May its value have this length, bytes? True for types whose length is free or unknown.
    pub const fn allows_length(self, length: usize) -> bool {
        match self {
            Self::MappedAddress
            | Self::ResponseAddress
            | Self::SourceAddress
            | Self::ChangedAddress
            | Self::ReflectedFrom
            | Self::MsDestinationAddress
            | Self::XorPeerAddress
            | Self::XorRelayedAddress
            | Self::XorMappedAddress
            | Self::MsXorMappedAddress
            | Self::AlternateServer
            | Self::ResponseOrigin
            | Self::OtherAddress => matches!(length, 8 | 20),
            Self::UseCandidate | Self::DontFragment => length == 0,
            Self::EvenPort => length == 1,
            Self::ChangeRequest
            | Self::ChannelNumber
            | Self::Lifetime
            | Self::RequestedAddressFamily
            | Self::AdditionalAddressFamily
            | Self::RequestedTransport
            | Self::Priority
            | Self::ConnectionId
            | Self::TransactionTransmitCounter
            | Self::Fingerprint
            | Self::GoogNetworkInfo
            | Self::GoogMessageIntegrity32 => length == 4,
            Self::ResponsePort => matches!(length, 2 | 4),
            Self::ReservationToken | Self::IceControlled | Self::IceControlling | Self::Icmp => {
                length == 8
            }
            Self::MessageIntegrity => length == 20,
            Self::MessageIntegritySha256 => {
                length >= 16 && length <= 32 && length.is_multiple_of(4)
            }
            Self::Userhash => length == 32,
            Self::ErrorCode | Self::AddressErrorCode | Self::PasswordAlgorithm => length >= 4,
            Self::UnknownAttributes | Self::GoogMiscInfo => length.is_multiple_of(2),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bits: u16, expected: &str) {
        assert_eq!(MessageType::from_bits(bits).to_string(), expected);
    }

    #[test]
    fn the_class_sits_inside_the_method() {
        check(0x0001, "binding-request");
        check(0x0101, "binding-success");
        check(0x0111, "binding-error");
        check(0x0011, "binding-indication");
        check(0x0113, "allocate-error");
        check(0x0016, "send-indication");
        check(0x0017, "data-indication");
        check(0x0118, "create-permission-error");
        check(0x0200, "goog-ping-request");
        check(0x3eef, "method-0xfff-request");
        check(0x0800, "method-0x200-request");
    }

    /// Rows of a registry file: number, name; `#` starts a comment.
    fn rows(csv: &str) -> Vec<(u16, &str)> {
        csv.lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .map(|line| {
                let mut columns = line.split(',');
                let number = columns.next().unwrap().trim_start_matches("0x");
                (
                    u16::from_str_radix(number, 16).unwrap(),
                    columns.next().unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn attribute_types_are_named_as_iana_names_them() {
        for (number, name) in rows(include_str!(
            "../../../tests/registries/stun-attributes.csv"
        )) {
            let ours = AttributeType::from_code(number);
            // webrtc.org sends NOMINATION with a number that IANA had given away; nobody was seen sending the other.
            if ours != AttributeType::Nomination {
                assert_eq!(ours.name(), Some(name), "{number:#06x}");
            }
        }
    }

    #[test]
    fn methods_are_named_as_iana_names_them() {
        for (number, name) in rows(include_str!("../../../tests/registries/stun-methods.csv")) {
            assert_eq!(Method::from_code(number).name(), Some(name));
        }
        assert!(Method::NAMED.iter().all(|method| method.word().is_some()));
    }
}
