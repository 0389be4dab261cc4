//! What the demultiplexer must know of a TURN leg to open what runs inside: the relayed address and the channels.

use crate::vocab::address::Direction;
use crate::vocab::address::FiveTuple;
use crate::vocab::address::TransportAddress;
use crate::wire::stun::Class;
use crate::wire::stun::Message;
use crate::wire::stun::Method;

/// A conversation between a TURN client and its server, as far as its inner datagrams need it.
#[derive(Debug, Clone)]
pub(super) struct Relay {
    /// Which way the client's packets run.
    pub(super) client: Direction,
    relayed: Option<TransportAddress>,
    channels: Vec<(u16, TransportAddress)>,
}

impl Relay {
    /// Channels remembered per leg.
    const CHANNELS_KEPT: usize = 256;

    /// From the first TURN message of a conversation.
    pub(super) fn new(message: &Message<'_>, direction: Direction) -> Self {
        let from_client = match message.class() {
            Class::Request => true,
            Class::Indication => message.method() == Method::Send,
            Class::Success | Class::Error => false,
        };
        Self::of(if from_client {
            direction
        } else {
            direction.opposite()
        })
    }

    /// From ChannelData alone: a capture that began after the allocation. Servers listen on the lower port.
    pub(super) fn guessed(tuple: &FiveTuple) -> Self {
        Self::of(if tuple.a.port >= tuple.b.port {
            Direction::Forward
        } else {
            Direction::Reverse
        })
    }

    const fn of(client: Direction) -> Self {
        Self {
            client,
            relayed: None,
            channels: Vec::new(),
        }
    }

    /// Learns from a TURN message: the relayed address of an Allocate answer, the channel of a ChannelBind request.
    pub(super) fn learn(&mut self, message: &Message<'_>) {
        match (message.method(), message.class()) {
            (Method::Allocate, Class::Success) => {
                self.relayed = message.xor_relayed_address().or(self.relayed);
            }
            // The request names both; a binding that is refused carries no data, so nothing is lost by believing it.
            (Method::ChannelBind, Class::Request) => {
                let Some((number, peer)) = message.channel_number().zip(message.xor_peer_address())
                else {
                    return;
                };
                let known = self.channels.iter_mut().find(|(known, _)| *known == number);
                if let Some(channel) = known {
                    channel.1 = peer;
                } else if self.channels.len() < Self::CHANNELS_KEPT {
                    self.channels.push((number, peer));
                }
            }
            _ => {}
        }
    }

    /// The peer behind a channel, when its binding was seen.
    pub(super) fn peer(&self, number: u16) -> Option<TransportAddress> {
        self.channels
            .iter()
            .find(|(known, _)| *known == number)
            .map(|(_, peer)| *peer)
    }

    /// The address that stands for the client in inner conversations: the relayed one, else the client's own.
    pub(super) fn near_end(&self, outer: &FiveTuple) -> TransportAddress {
        self.relayed.unwrap_or_else(|| outer.source(self.client))
    }
}
