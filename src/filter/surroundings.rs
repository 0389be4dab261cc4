//! What ran around a call: the conversations with its relays, its STUN servers and its signaling, beside its own.

use hashbrown::HashMap;
use hashbrown::HashSet;

use crate::analyzer::analysis::Analysis;
use crate::filter::rows::Row;
use crate::filter::rows::RowKind;
use crate::filter::rows::Rows;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::FlowId;

/// Look-ups by socket over one analysis.
#[derive(Debug)]
pub struct Surroundings {
    queries: HashMap<TransportAddress, Vec<usize>>,
    nat: HashMap<TransportAddress, Vec<usize>>,
}

/// Positions of what belongs to one call, in the lists of the analysis.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Around {
    /// Conversations: its own, outside a relay, to the relay, of the signaling, with STUN servers.
    pub flows: HashSet<usize>,
    /// Queries of STUN servers from their sockets.
    pub server_queries: Vec<usize>,
    /// NAT mappings of their sockets.
    pub nat: Vec<usize>,
}

impl Surroundings {
    /// Over `analysis`.
    pub fn new(analysis: &Analysis) -> Self {
        let scene = &analysis.scene;
        let mut queries: HashMap<TransportAddress, Vec<usize>> = HashMap::new();
        for (index, query) in scene.server_queries.iter().enumerate() {
            queries.entry(query.client).or_default().push(index);
        }
        let mut nat: HashMap<TransportAddress, Vec<usize>> = HashMap::new();
        for (index, mapping) in scene.nat.iter().enumerate() {
            nat.entry(mapping.base).or_default().push(index);
        }
        Self { queries, nat }
    }

    /// What ran around the call at position `call`.
    pub fn of(&self, rows: &Rows<'_>, call: usize) -> Around {
        let scene = &rows.analysis.scene;
        let own = rows.of_call(call, RowKind::Flow).into_iter();
        let own = own.filter_map(|row| match row {
            Row::Flow(index) => Some(index),
            _ => None,
        });
        let mut flows: HashSet<usize> = own.collect();
        let around = outer(rows, &flows)
            .chain(relays(rows, call))
            .chain(signaling(rows, call));
        let around: Vec<usize> = around.map(FlowId::index).collect();
        flows.extend(around);
        let sockets: HashSet<TransportAddress> = flows
            .iter()
            .filter_map(|&index| scene.flows.get(index))
            .flat_map(|flow| [flow.tuple.a, flow.tuple.b])
            .collect();
        let found = |of: &HashMap<TransportAddress, Vec<usize>>| -> Vec<usize> {
            let lists = sockets.iter().filter_map(|socket| of.get(socket));
            lists.flatten().copied().collect()
        };
        let server_queries = found(&self.queries);
        let servers = server_queries.iter();
        flows.extend(servers.filter_map(|&at| Some(scene.server_queries.get(at)?.flow.index())));
        Around {
            flows,
            nat: found(&self.nat),
            server_queries,
        }
    }
}

/// The conversations around those that ran inside a relay.
fn outer<'a>(rows: &'a Rows<'_>, flows: &'a HashSet<usize>) -> impl Iterator<Item = FlowId> + 'a {
    let flows = flows.iter();
    flows.filter_map(|&index| Some(rows.analysis.scene.flows.get(index)?.relayed?.outer))
}

/// The conversations with the relays.
fn relays<'a>(rows: &'a Rows<'_>, call: usize) -> impl Iterator<Item = FlowId> + 'a {
    let turn = rows.of_call(call, RowKind::Turn).into_iter();
    turn.filter_map(|row| match row {
        Row::Turn(index) => Some(rows.analysis.scene.turn.get(index)?.flow),
        _ => None,
    })
}

/// The conversations of the signaling. Of an HTTP dialogue, the exchanges say which were the call's own.
fn signaling<'a>(rows: &'a Rows<'_>, call: usize) -> impl Iterator<Item = FlowId> + 'a {
    let scene = &rows.analysis.scene;
    let exchanges = rows.of_call(call, RowKind::Http).into_iter();
    let exchanges = exchanges.filter_map(|row| match row {
        Row::Http(index) => Some(scene.http.get(index)?.flow),
        _ => None,
    });
    let connection = scene.peer_connections.get(call);
    let dialogue = connection
        .and_then(|connection| connection.dialogue)
        .and_then(|id| scene.dialogues.get(id.index()));
    let messages = dialogue.into_iter().flat_map(|dialogue| &dialogue.messages);
    let messages = messages
        .filter(|message| message.exchange.is_none())
        .map(|message| message.flow);
    exchanges.chain(messages)
}
