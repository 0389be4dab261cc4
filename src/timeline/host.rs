//! The columns of a ladder: one per host, named by signaling, by DNS, else by address.
//!
//! Addresses alone do not make a host: a client has IPv4 and IPv6, and behind a NAT its candidates show an address that its
//! packets do not. So the two ends of the call come first, with all their addresses; whoever else they talk to follows.

use std::net::IpAddr;

use crate::session::model::peer_connection::PeerConnection;
use crate::session::model::scene::Scene;
use crate::timeline::words;
use crate::track::signaling::dialogue::Sender;
use crate::vocab::address::Side;

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Name, or address when nothing names it. Text from the wire.
    pub name: String,
    /// Addresses, the most used first; empty for an end that was never seen.
    pub addresses: Vec<IpAddr>,
}

/// The hosts of a call, and who is where among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosts {
    /// In order of columns.
    pub list: Vec<Host>,
    /// Column of side a, of side b.
    ends: [usize; 2],
    /// Column of the signaling client, of the signaling server.
    signaling: [usize; 2],
}

impl Hosts {
    /// The hosts of `call`.
    pub fn of(scene: &Scene, call: &PeerConnection) -> Self {
        let end = |side| {
            let endpoint = call.endpoint(side);
            let first = endpoint.addresses.first();
            let given = scene.given_name(endpoint).map(str::to_owned);
            let name = given
                .or_else(|| endpoint.name.clone())
                .or_else(|| first.map(|ip| name_of(scene, *ip)));
            Host {
                name: name.unwrap_or_else(|| format!("{} (not seen)", side.word())),
                addresses: endpoint.addresses.clone(),
            }
        };
        let mut hosts = Self {
            list: vec![end(Side::A)],
            ends: [0, 0],
            signaling: [0, 0],
        };
        let far = end(Side::B);
        let client = client_side(scene, call);
        let server = words::dialogue_of(scene, call).map(|dialogue| dialogue.server.ip);
        // The signaling server stands between the ends, where messages between them pass.
        let between = server.filter(|ip| {
            ![&hosts.list[0], &far]
                .iter()
                .any(|host| host.addresses.contains(ip))
        });
        if let Some(ip) = between {
            hosts.list.push(Host {
                name: name_of(scene, ip),
                addresses: vec![ip],
            });
        }
        hosts.ends[1] = hosts.list.len();
        hosts.list.push(far);
        hosts.signaling[0] = hosts.end(client.unwrap_or(Side::A));
        hosts.signaling[1] = match (between, server) {
            (Some(_), _) => 1,
            (None, Some(ip)) => hosts.at(scene, ip),
            (None, None) => hosts.ends[1],
        };
        if client.is_none()
            && let Some(dialogue) = words::dialogue_of(scene, call)
        {
            hosts.signaling[0] = hosts.at(scene, dialogue.client);
        }
        hosts
    }

    /// Column of an end.
    pub const fn end(&self, side: Side) -> usize {
        self.ends[side.index()]
    }

    /// Column of an end of the signaling dialogue.
    pub const fn sender(&self, sender: Sender) -> usize {
        match sender {
            Sender::Client => self.signaling[0],
            Sender::Server => self.signaling[1],
        }
    }

    /// Column of an address; a host not met before gets one, up to a limit, past which the last one stands for the rest.
    pub(super) fn at(&mut self, scene: &Scene, ip: IpAddr) -> usize {
        if let Some(known) = self
            .list
            .iter()
            .position(|host| host.addresses.contains(&ip))
        {
            return known;
        }
        if self.list.len() >= HOSTS_MAX {
            return self.list.len() - 1;
        }
        self.list.push(Host {
            name: name_of(scene, ip),
            addresses: vec![ip],
        });
        self.list.len() - 1
    }
}

fn name_of(scene: &Scene, ip: IpAddr) -> String {
    scene
        .name_of(ip)
        .map_or_else(|| ip.to_string(), str::to_owned)
}

/// Which end of the call sends the dialogue's client messages: told by a description that it sent.
fn client_side(scene: &Scene, call: &PeerConnection) -> Option<Side> {
    words::messages_of(scene, call).find_map(|(_, message)| {
        let mut descriptions = call.descriptions.iter();
        let known = descriptions.find(|known| known.frames == message.frames)?;
        Some(match message.from {
            Sender::Client => known.side,
            Sender::Server => known.side.opposite(),
        })
    })
}

/// Columns at most: more cannot be told apart on a screen.
const HOSTS_MAX: usize = 8;
