//! What carried signaling, as one would say it: `http`, `https`, `http/3`, `websocket`.

use std::collections::BTreeSet;

use crate::flow::exchange::Exchange;
use crate::flow::exchange::Scheme;
use crate::flow::exchange::Version;
use crate::session::model::scene::Scene;
use crate::track::signaling::dialogue::Carrier;
use crate::track::signaling::dialogue::Dialogue;

/// Of a dialogue; when its messages came in different ways, all of them: `https and http/3`.
pub(super) fn carrier(scene: &Scene, dialogue: &Dialogue) -> String {
    if dialogue.carrier != Carrier::Http {
        return dialogue.carrier.word().to_owned();
    }
    let messages = dialogue.messages.iter();
    let exchanges = messages.filter_map(|message| scene.http.get(message.exchange?.index()));
    let ways: BTreeSet<&str> = exchanges.map(way).collect();
    if ways.is_empty() {
        return dialogue.carrier.word().to_owned();
    }
    ways.into_iter().collect::<Vec<_>>().join(" and ")
}

fn way(exchange: &Exchange) -> &'static str {
    match (exchange.version(), exchange.scheme) {
        (Some(Version::Http3), _) => "http/3",
        (_, Scheme::Https) => "https",
        (_, Scheme::Http) => "http",
    }
}
