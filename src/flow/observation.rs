//! What the flow floor tells the trackers: one closed enum, borrowed from the frame.

use std::net::IpAddr;

use crate::flow::exchange::Exchange;
use crate::flow::websocket::message::Message as WebSocketMessage;
use crate::vocab::address::FiveTuple;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::ExchangeId;
use crate::wire::rtcp::classify::Classified;
use crate::wire::rtp::Header;
use crate::wire::stun::Message;

/// Something that a conversation carried. Always comes with a `Sighting`.
#[derive(Debug)]
pub enum Observation<'a> {
    /// A STUN or TURN message, however it travelled.
    Stun {
        /// The message.
        message: Message<'a>,
        /// The conversation's ends as in the packets.
        tuple: FiveTuple,
        /// Inside TURN: the ends of the conversation with the TURN server.
        outer: Option<&'a FiveTuple>,
    },
    /// A TURN ChannelData message; its inner datagram follows as an observation of its own conversation.
    ChannelData {
        /// Channel number.
        number: u16,
        /// Payload length, bytes.
        length: usize,
        /// The conversation's ends as in the packets.
        tuple: FiveTuple,
    },
    /// A datagram of DTLS records.
    Dtls {
        /// The UDP payload, as far as captured.
        datagram: &'a [u8],
        /// Did the snap length cut it?
        cut: bool,
    },
    /// A packet that reads as RTP; whether its stream is one, the stream tracker decides.
    Rtp {
        /// The header; of the payload at least the first [`RTP_PAYLOAD_KEPT`] bytes that were captured, all with padding.
        header: Header<'a>,
        /// The packet as far as captured.
        datagram: &'a [u8],
        /// Length of the whole RTP packet on the wire, bytes (more than was captured when the snap length cut it).
        length: usize,
    },
    /// RTCP or SRTCP.
    Rtcp {
        /// Plain, or what is in the clear of an encrypted one.
        packet: Classified<'a>,
    },
    /// An HTTP request is complete.
    HttpRequest {
        /// The exchange, its response still open.
        exchange: &'a Exchange,
    },
    /// An HTTP response is complete.
    HttpResponse {
        /// The exchange.
        exchange: &'a Exchange,
    },
    /// A WebSocket message is complete, or will never be.
    WebSocketMessage {
        /// The message; it says which end sent it.
        message: &'a WebSocketMessage,
        /// The handshake; `None` when it is not in the capture or was not kept.
        exchange: Option<ExchangeId>,
        /// URL of the connection, `ws:` or `wss:`; `None` when unknown.
        url: Option<&'a str>,
        /// Who opened the connection.
        client: TransportAddress,
        /// To whom.
        server: TransportAddress,
    },
    /// An ICMP error quoted a packet of this conversation; the sighting's direction is the quoted packet's.
    Icmp {
        /// Who sent the error.
        reporter: IpAddr,
        /// The quoted transport payload, as far as quoted.
        quoted: &'a [u8],
    },
    /// DNS said that a name has an address.
    Name {
        /// The name asked for or announced, lower case, without the root dot.
        name: &'a str,
        /// Its address.
        address: IpAddr,
    },
}

/// What can be known from an RTP payload before it is decoded, key frame or not, stands in its first bytes.
pub const RTP_PAYLOAD_KEPT: usize = 32;
