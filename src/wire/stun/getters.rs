//! Each attribute's value as the type it means. `None` when the attribute is absent, or its value has the wrong shape (which
//! [`Message::faults`] names).

use std::str;

use crate::vocab::address::TransportAddress;
use crate::wire::read::chunk_at;
use crate::wire::read::u8_at;
use crate::wire::read::u16_at;
use crate::wire::stun::address;
use crate::wire::stun::error_code::ErrorCode;
use crate::wire::stun::message::Message;
use crate::wire::stun::registry::AttributeType;

/// ERROR-CODE: why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal<'a> {
    /// 300 to 699.
    pub code: ErrorCode,
    /// The server's own words, as sent; should be UTF-8.
    pub reason: &'a [u8],
}

impl<'a> Refusal<'a> {
    /// The words without the NULs that some servers end them with: the phrase is text of a stated length (RFC 8489 §14.8), a
    /// terminator is none of it. coturn's 438 has one.
    pub fn phrase(&self) -> &'a [u8] {
        let end = self.reason.iter().rposition(|byte| *byte != 0);
        let length = end.map_or(0, |last| last + 1);
        self.reason.get(..length).unwrap_or_default()
    }
}

/// GOOG-NETWORK-INFO: which of its networks the sender used, and its price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkInfo {
    /// Number of the network on the sender's host.
    pub id: u16,
    /// 0 is best; webrtc.org gives Ethernet 0, Wi-Fi 10, unknown 50, cellular 250 to 980, and nothing above 999.
    pub cost: u16,
}

/// ICMP: the error that came back from the peer's side of a TURN relay (RFC 8656 §18.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayedIcmp {
    /// ICMP type, 7 bits.
    pub kind: u8,
    /// ICMP code, 9 bits.
    pub code: u16,
    /// Rest of the ICMP header, the MTU for "packet too big".
    pub data: u32,
}

impl<'a> Message<'a> {
    /// USERNAME as text; in ICE checks `receiver-ufrag:sender-ufrag` (RFC 8445 §7.2.2). `None` when it is not UTF-8.
    pub fn username(&self) -> Option<&'a str> {
        self.text(AttributeType::Username)
    }

    /// The two halves of an ICE username: the receiver's ufrag, then the sender's.
    pub fn ufrags(&self) -> Option<(&'a str, &'a str)> {
        self.username()?.split_once(':')
    }

    /// USERHASH.
    pub fn userhash(&self) -> Option<&'a [u8; 32]> {
        self.value(AttributeType::Userhash)?.try_into().ok()
    }

    /// REALM as text.
    pub fn realm(&self) -> Option<&'a str> {
        self.text(AttributeType::Realm)
    }

    /// NONCE as sent.
    pub fn nonce(&self) -> Option<&'a [u8]> {
        self.value(AttributeType::Nonce)
    }

    /// SOFTWARE as text.
    pub fn software(&self) -> Option<&'a str> {
        self.text(AttributeType::Software)
    }

    /// MAPPED-ADDRESS.
    pub fn mapped_address(&self) -> Option<TransportAddress> {
        address::plain(self.value(AttributeType::MappedAddress)?)
    }

    /// XOR-MAPPED-ADDRESS, under its number or the older one.
    pub fn xor_mapped_address(&self) -> Option<TransportAddress> {
        self.xored(AttributeType::XorMappedAddress)
            .or_else(|| self.xored(AttributeType::MsXorMappedAddress))
    }

    /// The sender's address as the server or peer saw it, from either attribute.
    pub fn reflexive_address(&self) -> Option<TransportAddress> {
        self.xor_mapped_address().or_else(|| self.mapped_address())
    }

    /// The first XOR-PEER-ADDRESS.
    pub fn xor_peer_address(&self) -> Option<TransportAddress> {
        self.xor_peer_addresses().next()
    }

    /// Every XOR-PEER-ADDRESS: a CreatePermission request may name several (RFC 8656 §9.1).
    pub fn xor_peer_addresses(&self) -> impl Iterator<Item = TransportAddress> + use<'a> {
        let mask = self.mask();
        self.attributes()
            .filter(|attribute| attribute.kind == AttributeType::XorPeerAddress)
            .filter_map(move |attribute| address::xored(attribute.value, mask))
    }

    /// XOR-RELAYED-ADDRESS.
    pub fn xor_relayed_address(&self) -> Option<TransportAddress> {
        self.xored(AttributeType::XorRelayedAddress)
    }

    /// ALTERNATE-SERVER.
    pub fn alternate_server(&self) -> Option<TransportAddress> {
        address::plain(self.value(AttributeType::AlternateServer)?)
    }

    /// RESPONSE-ORIGIN, or classic SOURCE-ADDRESS.
    pub fn response_origin(&self) -> Option<TransportAddress> {
        let value = self
            .value(AttributeType::ResponseOrigin)
            .or_else(|| self.value(AttributeType::SourceAddress));
        address::plain(value?)
    }

    /// OTHER-ADDRESS, or classic CHANGED-ADDRESS.
    pub fn other_address(&self) -> Option<TransportAddress> {
        let value = self
            .value(AttributeType::OtherAddress)
            .or_else(|| self.value(AttributeType::ChangedAddress));
        address::plain(value?)
    }

    /// ERROR-CODE.
    pub fn error_code(&self) -> Option<Refusal<'a>> {
        refusal(self.value(AttributeType::ErrorCode)?)
    }

    /// UNKNOWN-ATTRIBUTES.
    pub fn unknown_attributes(&self) -> impl Iterator<Item = AttributeType> + use<'a> {
        self.value(AttributeType::UnknownAttributes)
            .unwrap_or_default()
            .chunks_exact(2)
            .filter_map(|pair| u16_at(pair, 0))
            .map(AttributeType::from_code)
    }

    /// PRIORITY of a peer-reflexive candidate that this check would reveal.
    pub fn priority(&self) -> Option<u32> {
        self.number(AttributeType::Priority).map(u32::from_be_bytes)
    }

    /// USE-CANDIDATE: the controlling side nominates this pair.
    pub fn use_candidate(&self) -> bool {
        self.attribute(AttributeType::UseCandidate).is_some()
    }

    /// ICE-CONTROLLING: the sender's tie-breaker.
    pub fn ice_controlling(&self) -> Option<u64> {
        self.number(AttributeType::IceControlling)
            .map(u64::from_be_bytes)
    }

    /// ICE-CONTROLLED: the sender's tie-breaker.
    pub fn ice_controlled(&self) -> Option<u64> {
        self.number(AttributeType::IceControlled)
            .map(u64::from_be_bytes)
    }

    /// NOMINATION, webrtc.org's renomination: the pair with the highest value is the nominated one.
    pub fn nomination(&self) -> Option<u32> {
        self.number(AttributeType::Nomination)
            .map(u32::from_be_bytes)
    }

    /// LIFETIME, seconds.
    pub fn lifetime(&self) -> Option<u32> {
        self.number(AttributeType::Lifetime).map(u32::from_be_bytes)
    }

    /// CHANNEL-NUMBER.
    pub fn channel_number(&self) -> Option<u16> {
        let [high, low, ..] = self.number::<4>(AttributeType::ChannelNumber)?;
        Some(u16::from_be_bytes([high, low]))
    }

    /// DATA: the datagram inside a Send or Data indication.
    pub fn data(&self) -> Option<&'a [u8]> {
        self.value(AttributeType::Data)
    }

    /// REQUESTED-TRANSPORT: an IP protocol number, 17 for UDP, 6 for TCP.
    pub fn requested_transport(&self) -> Option<u8> {
        self.number::<4>(AttributeType::RequestedTransport)
            .map(|[protocol, ..]| protocol)
    }

    /// REQUESTED-ADDRESS-FAMILY: [`address::IPV4`] or [`address::IPV6`].
    pub fn requested_address_family(&self) -> Option<u8> {
        self.number::<4>(AttributeType::RequestedAddressFamily)
            .map(|[family, ..]| family)
    }

    /// ADDITIONAL-ADDRESS-FAMILY: as [`Self::requested_address_family`].
    pub fn additional_address_family(&self) -> Option<u8> {
        self.number::<4>(AttributeType::AdditionalAddressFamily)
            .map(|[family, ..]| family)
    }

    /// EVEN-PORT: is the next higher port to be reserved as well?
    pub fn even_port(&self) -> Option<bool> {
        self.number::<1>(AttributeType::EvenPort)
            .map(|[flags]| flags & 0x80 != 0)
    }

    /// RESERVATION-TOKEN.
    pub fn reservation_token(&self) -> Option<[u8; 8]> {
        self.number(AttributeType::ReservationToken)
    }

    /// CONNECTION-ID.
    pub fn connection_id(&self) -> Option<u32> {
        self.number(AttributeType::ConnectionId)
            .map(u32::from_be_bytes)
    }

    /// MOBILITY-TICKET.
    pub fn mobility_ticket(&self) -> Option<&'a [u8]> {
        self.value(AttributeType::MobilityTicket)
    }

    /// ICMP.
    pub fn icmp(&self) -> Option<RelayedIcmp> {
        let [_, _, high, low, data @ ..] = self.number::<8>(AttributeType::Icmp)?;
        Some(RelayedIcmp {
            kind: high >> 1,
            code: u16::from(high & 1) << 8 | u16::from(low),
            data: u32::from_be_bytes(data),
        })
    }

    /// FINGERPRINT as sent, see [`Self::fingerprint_is_good`].
    pub fn fingerprint(&self) -> Option<u32> {
        self.number(AttributeType::Fingerprint)
            .map(u32::from_be_bytes)
    }

    /// MESSAGE-INTEGRITY as sent, see [`Self::verify_integrity`].
    pub fn message_integrity(&self) -> Option<[u8; 20]> {
        self.number(AttributeType::MessageIntegrity)
    }

    /// MESSAGE-INTEGRITY-SHA256 as sent; 16 to 32 bytes.
    pub fn message_integrity_sha256(&self) -> Option<&'a [u8]> {
        self.value(AttributeType::MessageIntegritySha256)
    }

    /// GOOG-NETWORK-INFO.
    pub fn goog_network_info(&self) -> Option<NetworkInfo> {
        network_info(self.value(AttributeType::GoogNetworkInfo)?)
    }

    /// GOOG-MISC-INFO's first value: the GOOG-PING version that the sender understands.
    pub fn goog_ping_version(&self) -> Option<u16> {
        u16_at(self.value(AttributeType::GoogMiscInfo)?, 0)
    }

    /// GOOG-LAST-ICE-CHECK-RECEIVED: transaction id of the last check that the sender received.
    pub fn goog_last_ice_check_received(&self) -> Option<[u8; 12]> {
        self.number(AttributeType::GoogLastIceCheckReceived)
    }

    /// GOOG-RETRANSMIT-COUNT: how often this request was sent before.
    pub fn goog_retransmit_count(&self) -> Option<u32> {
        self.number(AttributeType::GoogRetransmitCount)
            .map(u32::from_be_bytes)
    }

    /// META-DTLS-IN-STUN: a DTLS packet that this check carries.
    pub fn dtls_in_stun(&self) -> Option<&'a [u8]> {
        self.value(AttributeType::MetaDtlsInStun)
    }

    /// The value of the first attribute of a type, when all of it is there.
    pub fn value(&self, kind: AttributeType) -> Option<&'a [u8]> {
        let attribute = self.attribute(kind)?;
        (attribute.value.len() == usize::from(attribute.length)).then_some(attribute.value)
    }

    fn text(&self, kind: AttributeType) -> Option<&'a str> {
        str::from_utf8(self.value(kind)?).ok()
    }

    /// A value of exactly `N` bytes.
    fn number<const N: usize>(&self, kind: AttributeType) -> Option<[u8; N]> {
        self.value(kind)?.try_into().ok()
    }

    fn xored(&self, kind: AttributeType) -> Option<TransportAddress> {
        address::xored(self.value(kind)?, self.mask())
    }
}

/// Reads the value of ERROR-CODE: `reserved 2 · class 3 bits · number 1 · reason`.
pub fn refusal(value: &[u8]) -> Option<Refusal<'_>> {
    let hundreds = u16::from(u8_at(value, 2)? & 0x07);
    let number = u16::from(u8_at(value, 3)?);
    Some(Refusal {
        code: ErrorCode::from_code(hundreds * 100 + number),
        reason: value.get(4..)?,
    })
}

/// Reads the value of GOOG-NETWORK-INFO: `network id 2 · cost 2`.
pub fn network_info(value: &[u8]) -> Option<NetworkInfo> {
    let [id_high, id_low, cost_high, cost_low] = chunk_at(value, 0)?;
    Some(NetworkInfo {
        id: u16::from_be_bytes([id_high, id_low]),
        cost: u16::from_be_bytes([cost_high, cost_low]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::stun::samples;

    /// A message of type `kind` with these attributes.
    fn message(kind: u16, attributes: &[(AttributeType, &[u8])]) -> Vec<u8> {
        let mut tail = Vec::new();
        for (kind, value) in attributes {
            tail.extend(kind.code().to_be_bytes());
            tail.extend((value.len() as u16).to_be_bytes());
            tail.extend(*value);
            tail.resize(tail.len().next_multiple_of(4), 0);
        }
        let mut bytes = kind.to_be_bytes().to_vec();
        bytes.extend((tail.len() as u16).to_be_bytes());
        bytes.extend([0x21, 0x12, 0xa4, 0x42]);
        bytes.extend([0; 12]);
        bytes.extend(tail);
        bytes
    }

    #[test]
    fn nul_bytes_behind_a_reason_are_none_of_its_words() {
        let check = |value: &[u8], phrase: &[u8]| {
            let bytes = message(0x0113, &[(AttributeType::ErrorCode, value)]);
            let refusal = Message::new(&bytes).unwrap().error_code().unwrap();
            assert_eq!(refusal.code.code(), 438);
            assert_eq!(refusal.phrase(), phrase);
        };
        check(b"\0\0\x04\x26Stale Nonce\0", b"Stale Nonce");
        check(b"\0\0\x04\x26Stale\0Nonce", b"Stale\0Nonce");
        check(b"\0\0\x04\x26\0\0", b"");
        check(b"\0\0\x04\x26", b"");
    }

    #[test]
    fn a_connectivity_check_reads_as_in_rfc_5769() {
        let bytes = samples::request();
        let check = Message::new(&bytes).unwrap();
        assert_eq!(check.username(), Some("evtj:h6vY"));
        assert_eq!(check.ufrags(), Some(("evtj", "h6vY")));
        assert_eq!(check.software(), Some("STUN test client"));
        assert_eq!(check.priority(), Some(0x6e00_01ff));
        assert_eq!(check.ice_controlled(), Some(0x932f_f9b1_5126_3b36));
        assert_eq!(
            (check.ice_controlling(), check.use_candidate()),
            (None, false)
        );
        assert_eq!(check.fingerprint(), Some(0xe57a_3bcf));
    }

    #[test]
    fn a_response_tells_the_mapped_address() {
        for (bytes, expected) in [
            (samples::response_v4(), "192.0.2.1:32853"),
            (
                samples::response_v6(),
                "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
            ),
        ] {
            let response = Message::new(&bytes).unwrap();
            assert_eq!(response.reflexive_address().unwrap().to_string(), expected);
            assert_eq!(response.mapped_address(), None);
        }
    }

    #[test]
    fn a_challenge_tells_code_realm_and_nonce() {
        let bytes = message(
            0x0113,
            &[
                (AttributeType::ErrorCode, b"\0\0\x04\x01Unauthorized"),
                (AttributeType::Realm, b"lab.test"),
                (AttributeType::Nonce, b"n1"),
            ],
        );
        let challenge = Message::new(&bytes).unwrap();
        let refusal = challenge.error_code().unwrap();
        assert_eq!(
            (refusal.code, refusal.reason),
            (ErrorCode::Unauthenticated, &b"Unauthorized"[..])
        );
        assert_eq!(
            (challenge.realm(), challenge.nonce()),
            (Some("lab.test"), Some(&b"n1"[..]))
        );
    }

    #[test]
    fn turn_attributes_read() {
        let peer = [0, 1, 0x21, 0x13, 0x21, 0x12, 0xa4, 0x43];
        let bytes = message(
            0x0009,
            &[
                (AttributeType::ChannelNumber, &[0x40, 0x01, 0, 0]),
                (AttributeType::XorPeerAddress, &peer),
                (AttributeType::XorPeerAddress, &peer),
                (AttributeType::Lifetime, &[0, 0, 2, 0x58]),
                (AttributeType::RequestedTransport, &[17, 0, 0, 0]),
                (AttributeType::EvenPort, &[0x80]),
                (AttributeType::Icmp, &[0, 0, 0x07, 0x03, 0, 0, 0, 9]),
            ],
        );
        let bind = Message::new(&bytes).unwrap();
        assert_eq!(bind.channel_number(), Some(0x4001));
        assert_eq!(bind.xor_peer_address().unwrap().to_string(), "0.0.0.1:1");
        assert_eq!(bind.xor_peer_addresses().count(), 2);
        assert_eq!(
            (
                bind.lifetime(),
                bind.requested_transport(),
                bind.even_port()
            ),
            (Some(600), Some(17), Some(true))
        );
        assert_eq!(
            bind.icmp(),
            Some(RelayedIcmp {
                kind: 3,
                code: 0x103,
                data: 9
            })
        );
        assert_eq!(bind.faults(), []);
    }

    #[test]
    fn webrtc_attributes_read() {
        let bytes = message(
            0x0001,
            &[
                (AttributeType::GoogNetworkInfo, &[0, 1, 0x03, 0x84]),
                (AttributeType::Nomination, &[0, 0, 0, 3]),
                (AttributeType::GoogMiscInfo, &[0, 1]),
                (AttributeType::UnknownAttributes, &[0x40, 0, 0, 0x24]),
            ],
        );
        let check = Message::new(&bytes).unwrap();
        assert_eq!(
            check.goog_network_info(),
            Some(NetworkInfo { id: 1, cost: 900 })
        );
        assert_eq!(
            (check.nomination(), check.goog_ping_version()),
            (Some(3), Some(1))
        );
        let unknown: Vec<_> = check.unknown_attributes().collect();
        assert_eq!(
            unknown,
            [AttributeType::Unknown(0x4000), AttributeType::Priority]
        );
    }

    #[test]
    fn a_value_of_the_wrong_length_is_no_value() {
        let bytes = message(
            0x0001,
            &[
                (AttributeType::Priority, &[1, 2]),
                (AttributeType::Username, b"\xff"),
            ],
        );
        let check = Message::new(&bytes).unwrap();
        assert_eq!((check.priority(), check.username()), (None, None));
    }
}
