//! Bytes to typed views: pure, stateless, clockless. Floor 1.
//!
//! A view borrows the bytes, judges nothing beyond lengths, checks those once in `new`, and shows every field a sender may set.
//! Whatever decodes a sequence gives the good part *and* the faults.
#![warn(clippy::indexing_slicing)]

pub mod capture_header;
pub mod channel_data;
pub mod datagram;
pub mod dcep;
pub mod detail;
pub mod dns;
pub mod dtls;
pub mod hpack;
pub mod http1;
pub mod http2;
pub mod http3;
pub mod icmp;
pub mod ip;
pub mod link;
pub mod media;
pub mod packet;
pub mod ppp;
pub mod qpack;
pub mod quic;
pub mod read;
pub mod rtcp;
pub mod rtp;
pub mod sctp;
pub mod sip;
pub mod span;
pub mod stun;
pub mod tcp;
pub mod tls;
pub mod tunnel;
pub mod udp;
pub mod websocket;
pub mod wlan;
