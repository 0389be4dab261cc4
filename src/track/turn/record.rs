//! How requests, answers and errors change an allocation.

use std::net::IpAddr;
use std::time::Duration;

use crate::track::turn::allocation::Allocation;
use crate::track::turn::allocation::AllocationState;
use crate::track::turn::allocation::Channel;
use crate::track::turn::allocation::PeerLink;
use crate::track::turn::allocation::TurnError;
use crate::track::turn::tracker::Pending;
use crate::track::turn::tracker::TurnTracker;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::FrameNumber;
use crate::vocab::sighting::Sighting;
use crate::vocab::time::Timestamp;
use crate::wire::stun::Message;
use crate::wire::stun::Method;

impl Allocation {
    pub(super) fn touch(&mut self, seen: Sighting) {
        self.last_at = self.last_at.max(seen.at);
        keep(&mut self.frames, seen.frame);
    }

    /// What a request says of the client.
    pub(super) fn asked(&mut self, message: &Message<'_>) {
        if let Some(username) = message.username() {
            self.username = Some(username.to_owned());
        }
        self.requested_transport = message.requested_transport().or(self.requested_transport);
    }

    /// A success answer.
    pub(super) fn granted(
        &mut self,
        seen: Sighting,
        method: &'static str,
        message: &Message<'_>,
        asked: Option<Pending>,
    ) {
        if let Some(software) = message.software() {
            self.software = Some(software.to_owned());
        }
        // A 438 that a success followed only handed out a fresh nonce (RFC 8489 §9.2.5).
        for error in self
            .errors
            .iter_mut()
            .filter(|error| error.method == method)
        {
            error.normal |= error.code == 438;
        }
        match message.method() {
            Method::Allocate => {
                self.state = AllocationState::Allocated;
                self.allocated_at.get_or_insert(seen.at);
                self.allocated_frame.get_or_insert(seen.frame);
                self.refreshed_at = Some(seen.at);
                self.relayed = message.xor_relayed_address().or(self.relayed);
                self.mapped = message.xor_mapped_address().or(self.mapped);
                self.lifetime_seconds = message.lifetime().or(self.lifetime_seconds);
            }
            Method::Refresh => {
                let released =
                    asked.is_some_and(|asked| asked.releases) || message.lifetime() == Some(0);
                if released {
                    self.state = AllocationState::Released;
                } else {
                    self.refreshed_at = Some(seen.at);
                    self.lifetime_seconds = message.lifetime().or(self.lifetime_seconds);
                }
            }
            Method::CreatePermission => {
                for peer in asked.into_iter().flat_map(|asked| asked.peers) {
                    self.permit(peer.ip);
                }
            }
            Method::ChannelBind => {
                let Some(Pending {
                    peers,
                    channel: Some(number),
                    ..
                }) = asked
                else {
                    return;
                };
                let Some(&peer) = peers.first() else { return };
                self.permit(peer.ip);
                if let Some(channel) = self.channel(number) {
                    channel.peer = Some(peer);
                    channel.bound.get_or_insert((seen.at, seen.frame));
                }
            }
            Method::Connect => {
                let peer = asked.and_then(|asked| asked.peers.first().copied());
                self.link(seen, message, peer);
            }
            _ => {}
        }
    }

    /// A connection to a peer that the server announces: the one asked for, else the one that the message names.
    pub(super) fn link(
        &mut self,
        seen: Sighting,
        message: &Message<'_>,
        asked: Option<TransportAddress>,
    ) {
        let peer = asked.or_else(|| message.xor_peer_address());
        let (Some(id), Some(peer)) = (message.connection_id(), peer) else {
            return;
        };
        let known = self.links.iter().any(|link| link.id == id);
        if !known && self.links.len() < TurnTracker::PEERS_KEPT {
            self.links.push(PeerLink {
                id,
                peer,
                by_peer: asked.is_none(),
                announced: (seen.at, seen.frame),
                bound: None,
            });
        }
    }

    /// An error answer.
    pub(super) fn refused(
        &mut self,
        seen: Sighting,
        method: &'static str,
        message: &Message<'_>,
        authenticated: Option<bool>,
    ) {
        let Some(error) = message.error_code() else {
            return;
        };
        self.realm = message
            .realm()
            .map(str::to_owned)
            .or_else(|| self.realm.take());
        if let Some(software) = message.software() {
            self.software = Some(software.to_owned());
        }
        // The first 401 answers a request without credentials: that is how realm and nonce are handed out (RFC 8489 §9.2.3).
        let code = error.code.code();
        let normal = code == 401 && authenticated == Some(false);
        let same = |known: &&mut TurnError| {
            known.code == code && known.method == method && known.normal == normal
        };
        if let Some(known) = self.errors.iter_mut().find(same) {
            known.count += 1;
            keep(&mut known.frames, seen.frame);
        } else if self.errors.len() < TurnTracker::PEERS_KEPT {
            self.errors.push(TurnError {
                code,
                reason: String::from_utf8_lossy(error.phrase()).into_owned(),
                method,
                count: 1,
                normal,
                first_at: seen.at,
                frames: vec![seen.frame],
            });
        }
        if message.method() == Method::Allocate && self.allocated_at.is_none() {
            self.state = if normal || code == 438 {
                AllocationState::Challenged
            } else {
                AllocationState::Failed
            };
        }
    }

    pub(super) fn permit(&mut self, ip: IpAddr) {
        if !self.permissions.contains(&ip) && self.permissions.len() < TurnTracker::PEERS_KEPT {
            self.permissions.push(ip);
        }
    }

    /// The channel of that number, made when new; `None` when there are too many.
    pub(super) fn channel(&mut self, number: u16) -> Option<&mut Channel> {
        if let Some(at) = self
            .channels
            .iter()
            .position(|channel| channel.number == number)
        {
            return self.channels.get_mut(at);
        }
        if self.channels.len() >= TurnTracker::PEERS_KEPT {
            return None;
        }
        self.channels.push(Channel {
            number,
            peer: None,
            packets: 0,
            bytes: 0,
            bound: None,
        });
        self.channels.last_mut()
    }

    pub(super) fn count_request(&mut self, method: &'static str, requests: u64, successes: u64) {
        let at = if let Some(at) = self.requests.iter().position(|row| row.0 == method) {
            at
        } else {
            self.requests.push((method, 0, 0));
            self.requests.len() - 1
        };
        self.requests[at].1 += requests;
        self.requests[at].2 += successes;
    }

    /// As it stands at `now`.
    pub(super) fn aged(mut self, now: Timestamp) -> Self {
        if self.state == AllocationState::Allocated
            && let (Some(refreshed), Some(lifetime)) = (self.refreshed_at, self.lifetime_seconds)
            && now.since(refreshed) > Duration::from_secs(u64::from(lifetime))
        {
            self.state = AllocationState::Expired;
        }
        self
    }
}

fn keep(frames: &mut Vec<FrameNumber>, frame: FrameNumber) {
    if frames.len() < TurnTracker::FRAMES_KEPT && frames.last() != Some(&frame) {
        frames.push(frame);
    }
}
