//! What all connections look up in the sources, sorted once: a busy server's capture has thousands of them.

use std::net::IpAddr;

use hashbrown::HashMap;
use hashbrown::HashSet;

use crate::session::identity::IdentityIndex;
use crate::session::join::Sources;
use crate::track::ice::ServerQuery;
use crate::vocab::address::TransportAddress;

/// The sources by what connections ask them for.
#[derive(Debug, Default)]
pub(super) struct Lookup<'a> {
    /// Check paths of an identity, positions in order.
    paths: HashMap<IdentityIndex, Vec<usize>>,
    queries: HashMap<TransportAddress, Vec<&'a ServerQuery>>,
    turn_clients: HashSet<TransportAddress>,
    /// Addresses by name; of several the last.
    names: HashMap<&'a str, IpAddr>,
}

impl<'a> Lookup<'a> {
    /// Sorts the sources.
    pub(super) fn of(sources: &'a Sources<'_>) -> Self {
        let mut lookup = Self {
            turn_clients: sources.turn.iter().map(|turn| turn.client).collect(),
            ..Self::default()
        };
        for at in 0..sources.ice.paths().len() {
            if let Some(identity) = sources.identities.of_path(at) {
                lookup.paths.entry(identity).or_default().push(at);
            }
        }
        for query in sources.ice.queries() {
            lookup.queries.entry(query.client).or_default().push(query);
        }
        for (ip, name) in &sources.names {
            lookup.names.insert(name, *ip);
        }
        lookup
    }

    /// Positions of an identity's check paths, ascending.
    pub(super) fn paths_of(&self, identity: IdentityIndex) -> &[usize] {
        self.paths.get(&identity).map_or(&[], Vec::as_slice)
    }

    /// What a socket asked STUN servers, in order of first sight.
    pub(super) fn queries_of(&self, client: TransportAddress) -> &[&'a ServerQuery] {
        self.queries.get(&client).map_or(&[], Vec::as_slice)
    }

    /// Did the socket ask a TURN server for an allocation?
    pub(super) fn is_turn_client(&self, client: TransportAddress) -> bool {
        self.turn_clients.contains(&client)
    }

    /// The address behind a name.
    pub(super) fn address_of(&self, name: &str) -> Option<IpAddr> {
        self.names.get(name).copied()
    }
}
