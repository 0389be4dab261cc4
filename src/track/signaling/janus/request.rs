//! What clients say to Janus.

use std::sync::Arc;

use serde_json::Value;

use crate::track::signaling::carried;
use crate::track::signaling::dialogue::Carried;
use crate::track::signaling::dialogue::DescriptionKind;
use crate::track::signaling::incoming::Incoming;
use crate::track::signaling::janus::Janus;
use crate::track::signaling::janus::Request;
use crate::track::signaling::janus::ends;
use crate::track::signaling::janus::place::Place;
use crate::track::signaling::janus::plugin;
use crate::track::signaling::json;
use crate::track::signaling::ledger::Ledger;
use crate::track::signaling::ledger::Weight;
use crate::track::signaling::text;

impl Janus {
    /// Takes one request.
    pub(super) fn request(
        &mut self,
        ledger: &mut Ledger,
        incoming: &Incoming<'_>,
        place: &Place<'_>,
        object: &Value,
        verb: &str,
    ) {
        let Some(dialogue) = self.asked(ledger, incoming, place, object, verb) else {
            return;
        };
        let transaction = json::id(object, "transaction");
        let handle_id = json::id(object, "handle_id").or_else(|| place.handle.map(str::to_owned));
        let handle = handle_id.and_then(|id| ledger.handle_index(dialogue, &id));
        let body = object.get("body").unwrap_or(&Value::Null);
        let carried = carried_in(object);
        let jsep = description_kind(&carried);
        let roster = self.rosters.entry(dialogue).or_default();
        if let (Some(handle), true) = (ledger.handle(dialogue, handle), body.is_object()) {
            plugin::learn_request(handle, roster, body, jsep);
        }
        let mut message = incoming.message(match (verb, json::string(body, "request")) {
            ("message", Some(request)) => format!("message {}", text::name(request)),
            _ => text::name(verb),
        });
        message.transaction.clone_from(&transaction);
        message.handle = handle;
        message.carried = carried;
        message.summary = match verb {
            "message" => plugin::request_summary(body, roster),
            "attach" => {
                let package = json::string(object, "plugin").unwrap_or("an unnamed plugin");
                format!("attach to {}", text::name(plugin::short_name(package)))
            }
            "create" => "create session".to_owned(),
            "destroy" => "destroy session".to_owned(),
            "claim" => "claim session for this connection".to_owned(),
            "detach" => "detach handle".to_owned(),
            "hangup" => "hang up".to_owned(),
            "trickle" => String::new(),
            other => text::name(other),
        };
        let weight = if verb == "keepalive" {
            Weight::Routine
        } else {
            Weight::News
        };
        let position = ledger.push(dialogue, message, weight, incoming);
        if verb == "detach" || verb == "destroy" {
            close(
                ledger,
                dialogue,
                if verb == "detach" { handle } else { None },
                verb,
                incoming,
            );
        }
        let request = Arc::new(Request {
            verb: text::name(verb),
            transaction: transaction.clone(),
            dialogue,
            message: position,
            handle,
            plugin: json::string(object, "plugin").map(text::name),
        });
        if let Some(exchange) = incoming.exchange {
            self.exchanges.insert(exchange, Arc::clone(&request));
        }
        if let Some(transaction) = transaction {
            let key = (ends(incoming), transaction.into());
            self.requests.insert(key, request);
        }
    }

    /// The dialogue that a request belongs to.
    fn asked(
        &mut self,
        ledger: &mut Ledger,
        incoming: &Incoming<'_>,
        place: &Place<'_>,
        object: &Value,
        verb: &str,
    ) -> Option<usize> {
        if verb == "create" {
            // A lobby that only asked for `info` becomes this session; one that waits for its own id stays alone.
            let lobby = self.lobby(ledger, incoming);
            self.lobbies.remove(&ends(incoming));
            return lobby;
        }
        let session = json::id(object, "session_id").or_else(|| place.session.map(str::to_owned));
        match session {
            Some(session) => self.session(ledger, incoming, &session),
            None => self.lobby(ledger, incoming),
        }
    }
}

/// Descriptions and candidates of a Janus object: `jsep`, `candidate`, `candidates`.
pub(super) fn carried_in(object: &Value) -> Vec<Carried> {
    let jsep = object
        .get("jsep")
        .and_then(|jsep| carried::description(jsep, None));
    let single = object.get("candidate").and_then(carried::candidate);
    let several = json::array(object, "candidates")
        .iter()
        .filter_map(carried::candidate);
    let mut carried: Vec<Carried> = jsep.into_iter().chain(single).chain(several).collect();
    // Most carry one thing, or none, and are kept.
    carried.shrink_to_fit();
    carried
}

/// The type of the description among what was carried.
pub(super) fn description_kind(carried: &[Carried]) -> Option<DescriptionKind> {
    carried.iter().find_map(|one| match one {
        Carried::Description { kind, .. } => *kind,
        _ => None,
    })
}

/// Marks a handle as detached, or all of them when the session ends.
pub(super) fn close(
    ledger: &mut Ledger,
    dialogue: usize,
    handle: Option<usize>,
    verb: &str,
    incoming: &Incoming<'_>,
) {
    let Some(dialogue) = ledger.dialogue(dialogue) else {
        return;
    };
    for (index, one) in dialogue.handles.iter_mut().enumerate() {
        if handle == Some(index) || (handle.is_none() && verb != "detach") {
            one.detached
                .get_or_insert_with(|| (incoming.at, incoming.last_frame()));
        }
    }
}
