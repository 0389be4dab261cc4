//! One tracker per protocol conversation; none knows another. Floor 4.

pub mod dtls;
pub mod ice;
pub mod rtcp;
pub mod rtp_stream;
pub mod sctp;
pub mod signaling;
pub mod stun;
pub mod turn;

#[cfg(test)]
pub(crate) mod testing;
