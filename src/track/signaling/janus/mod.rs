//! The Janus gateway API over HTTP and WebSocket.
//!
//! A client creates a *session*, attaches *handles* to plugins in it (each can carry one peer connection), sends *messages* to a handle's plugin,
//! with a session description (`jsep`) where one is due, and *trickles* its candidates. The server answers and sends events.
//!
//! ```text
//! POST /janus              {"janus":"create","transaction":T}          → success, data.id = session
//! POST /janus/S            {"janus":"attach","plugin":P}               → success, data.id = handle
//! POST /janus/S/H          {"janus":"message","body":{…},"jsep":{…}}   → ack now, the event with the same transaction later
//! POST /janus/S/H          {"janus":"trickle","candidate":{…}}         → ack
//! GET  /janus/S?maxev=5    long poll                                   → [event, webrtcup, media, slowlink, hangup, …] or one of them
//! ```
//!
//! An event usually comes on the long poll, which is another HTTP exchange on another TCP connection, and often overtakes the `ack` of the
//! request it answers. So requests wait by client, server and `transaction`, and whatever names that transaction answers them.
//! Over WebSocket (`janus-protocol`) the same objects are messages, with the ids in their bodies.
//!
//! | file | what |
//! | --- | --- |
//! | [`place`] | base path, session and handle in a URL |
//! | [`request`] | what clients say |
//! | [`reply`] | what the server says: answers and events |
//! | [`videoroom`], [`plugin`] | what plugins' bodies mean |
//! | [`roster`] | display names of feeds |
//! | [`error`] | error numbers |

mod error;
mod place;
mod plugin;
mod reply;
mod request;
mod roster;
mod videoroom;

use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::HashMap;
use hashbrown::HashSet;
use serde_json::Value;

use crate::track::signaling::dialogue::Carrier;
use crate::track::signaling::dialogue::Sender;
use crate::track::signaling::dialogue::SignalingError;
use crate::track::signaling::dialogue::SignalingProtocol;
use crate::track::signaling::incoming::Incoming;
use crate::track::signaling::janus::place::Place;
use crate::track::signaling::janus::roster::Roster;
use crate::track::signaling::json;
use crate::track::signaling::json::Unreadable;
use crate::track::signaling::ledger::Ledger;
use crate::track::signaling::ledger::Weight;
use crate::track::signaling::recent::Recent;
use crate::vocab::address::TransportAddress;
use crate::vocab::ids::ExchangeId;
use crate::vocab::ids::FlowId;

/// Sorts Janus messages into sessions and handles.
#[derive(Debug, Clone)]
pub(super) struct Janus {
    /// Session ids are random numbers of one server; merged captures may hold several.
    sessions: HashMap<(Ends, String), usize>,
    /// Dialogues that have no session id yet: waiting for the answer to `create`, or only asked for `info`.
    lobbies: HashMap<Ends, usize>,
    requests: Recent<(Ends, Arc<str>), Arc<Request>>,
    exchanges: Recent<ExchangeId, Arc<Request>>,
    admin: Recent<(Ends, Arc<str>), ()>,
    rosters: HashMap<usize, Roster>,
    bases: HashSet<(TransportAddress, String)>,
    websockets: Recent<FlowId, ()>,
}

/// The two hosts of a dialogue: server, client. Ports are left out, since a session runs over many connections.
type Ends = (IpAddr, IpAddr);

/// A request that waits for what answers it.
#[derive(Debug)]
struct Request {
    verb: String,
    transaction: Option<String>,
    dialogue: usize,
    message: Option<usize>,
    handle: Option<usize>,
    plugin: Option<String>,
}

impl Default for Janus {
    fn default() -> Self {
        Self {
            sessions: HashMap::new(),
            lobbies: HashMap::new(),
            requests: Recent::new(REQUESTS_KEPT),
            exchanges: Recent::new(REQUESTS_KEPT),
            admin: Recent::new(REQUESTS_KEPT),
            rosters: HashMap::new(),
            bases: HashSet::new(),
            websockets: Recent::new(REQUESTS_KEPT),
        }
    }
}

impl Janus {
    /// Takes a message when it is Janus's; `false` leaves it to others.
    pub(super) fn observe(&mut self, ledger: &mut Ledger, incoming: &Incoming<'_>) -> bool {
        let place = Place::of(incoming.path());
        if incoming.carrier == Carrier::Http && incoming.method_is("OPTIONS") {
            return self.is_known(incoming, &place);
        }
        if incoming.body.is_empty() && incoming.status.is_none_or(|status| status < 400) {
            return self.poll(ledger, incoming, &place);
        }
        if !json::looks_like_json(incoming.body) {
            return self.refused(ledger, incoming);
        }
        if memchr::memmem::find(incoming.body, b"\"janus\"").is_none()
            && !self.is_known(incoming, &place)
        {
            return is_event_handler_report(incoming);
        }
        let value = match json::parse(incoming.body) {
            Ok(value) => value,
            Err(why) => return self.unreadable(ledger, incoming, &place, why),
        };
        let objects = match &value {
            Value::Array(objects) => objects.as_slice(),
            object => std::slice::from_ref(object),
        };
        if !objects
            .iter()
            .any(|object| json::string(object, "janus").is_some())
        {
            return objects.iter().any(is_report) || self.refused(ledger, incoming);
        }
        for object in objects {
            self.object(ledger, incoming, &place, object);
        }
        true
    }

    /// One Janus object.
    fn object(
        &mut self,
        ledger: &mut Ledger,
        incoming: &Incoming<'_>,
        place: &Place<'_>,
        object: &Value,
    ) {
        let Some(verb) = json::string(object, "janus") else {
            ledger.fault("janus-verb-missing", 0, incoming);
            return;
        };
        if self.is_admin(incoming, place, object, verb) {
            return;
        }
        self.remember(incoming, place);
        match incoming.from {
            Sender::Client => self.request(ledger, incoming, place, object, verb),
            Sender::Server => self.reply(ledger, incoming, place, object, verb),
        }
    }

    /// A long poll, or an answer without a body: a sign of life.
    fn poll(&mut self, ledger: &mut Ledger, incoming: &Incoming<'_>, place: &Place<'_>) -> bool {
        if let Some(session) = place.session
            && let Some(&dialogue) = self.sessions.get(&(ends(incoming), session.to_owned()))
        {
            ledger.touch(dialogue, incoming);
            if let (Some(exchange), true) = (incoming.exchange, incoming.is_request()) {
                // No message, but a refusal has something to answer.
                let poll = Request {
                    verb: "long poll".to_owned(),
                    transaction: None,
                    dialogue,
                    message: None,
                    handle: None,
                    plugin: None,
                };
                self.exchanges.insert(exchange, Arc::new(poll));
            }
            return true;
        }
        self.is_known(incoming, place)
    }

    /// An answer that is none of Janus's: the web server in front of it says that it can't be reached, or refuses.
    fn refused(&mut self, ledger: &mut Ledger, incoming: &Incoming<'_>) -> bool {
        let request = incoming
            .exchange
            .and_then(|exchange| self.exchanges.get(&exchange));
        let (Some(request), Some(status), true) =
            (request, incoming.status, incoming.is_response())
        else {
            return false;
        };
        if status >= 400 {
            let mut message = incoming.message("error");
            message.handle = request.handle;
            message.answers = request.message;
            message.summary = format!("HTTP {status} in answer to {}", request.verb);
            message.error = Some(SignalingError {
                code: i64::from(status),
                reason: format!("HTTP {status}"),
                meaning: Some("the HTTP server answered, not Janus"),
            });
            ledger.push(request.dialogue, message, Weight::News, incoming);
        }
        true
    }

    /// A body that should be JSON and is not.
    fn unreadable(
        &self,
        ledger: &mut Ledger,
        incoming: &Incoming<'_>,
        place: &Place<'_>,
        why: Unreadable,
    ) -> bool {
        if !self.is_known(incoming, place) {
            return false;
        }
        let (name, offset) = match why {
            Unreadable::TooLong => ("janus-json-too-long", json::BODY_BYTES),
            // Segments of the body are missing in the capture: no rule was broken by the sender.
            Unreadable::Malformed(at) if !incoming.complete => ("janus-json-incomplete", at),
            Unreadable::Malformed(at) => ("janus-json-malformed", at),
        };
        ledger.fault(name, offset, incoming);
        let session = place
            .session
            .and_then(|session| self.sessions.get(&(ends(incoming), session.to_owned())));
        if let Some(&dialogue) = session {
            let mut message = incoming.message("malformed");
            message.handle = place
                .handle
                .and_then(|handle| ledger.handle_index(dialogue, handle));
            message.summary = format!("unreadable JSON at byte {offset}");
            ledger.push(dialogue, message, Weight::News, incoming);
        }
        true
    }

    /// Is Janus known to speak here?
    fn is_known(&self, incoming: &Incoming<'_>, place: &Place<'_>) -> bool {
        match incoming.carrier {
            Carrier::WebSocket => self.websockets.get(&incoming.flow).is_some(),
            Carrier::Http => {
                place.base.rsplit('/').next() == Some(DEFAULT_BASE)
                    || self
                        .bases
                        .contains(&(incoming.server, place.base.to_owned()))
                    || incoming
                        .exchange
                        .is_some_and(|exchange| self.exchanges.get(&exchange).is_some())
            }
        }
    }

    /// Remembers that Janus speaks here.
    fn remember(&mut self, incoming: &Incoming<'_>, place: &Place<'_>) {
        if incoming.carrier == Carrier::WebSocket {
            self.websockets.insert(incoming.flow, ());
        } else if !place.base.is_empty()
            && self.bases.len() < BASES_KEPT
            && !self.is_known(incoming, place)
        {
            self.bases.insert((incoming.server, place.base.to_owned()));
        }
    }

    /// The Admin API speaks the same language about other things; it sets up no calls.
    fn is_admin(
        &mut self,
        incoming: &Incoming<'_>,
        place: &Place<'_>,
        object: &Value,
        verb: &str,
    ) -> bool {
        let transaction = json::id(object, "transaction");
        let key = transaction.map(|transaction| (ends(incoming), transaction.into()));
        let admin =
            place.is_admin() || object.get("admin_secret").is_some() || ADMIN_VERBS.contains(&verb);
        if let (true, Some(key)) = (admin, &key) {
            self.admin.insert(key.clone(), ());
        }
        admin
            || key.is_some_and(|key| {
                self.admin.get(&key).is_some() && self.requests.get(&key).is_none()
            })
    }

    /// The dialogue of a session, opened when the capture did not show its beginning.
    fn session(&mut self, ledger: &mut Ledger, incoming: &Incoming<'_>, id: &str) -> Option<usize> {
        let key = (ends(incoming), id.to_owned());
        if let Some(&dialogue) = self.sessions.get(&key) {
            return Some(dialogue);
        }
        let dialogue = ledger.open(SignalingProtocol::Janus, incoming)?;
        ledger.dialogue(dialogue)?.protocol_session_id = Some(id.to_owned());
        self.sessions.insert(key, dialogue);
        Some(dialogue)
    }

    /// The dialogue for messages that belong to no session yet.
    fn lobby(&mut self, ledger: &mut Ledger, incoming: &Incoming<'_>) -> Option<usize> {
        if let Some(&dialogue) = self.lobbies.get(&ends(incoming)) {
            return Some(dialogue);
        }
        let dialogue = ledger.open(SignalingProtocol::Janus, incoming)?;
        self.lobbies.insert(ends(incoming), dialogue);
        Some(dialogue)
    }
}

/// Server and client of a message.
fn ends(incoming: &Incoming<'_>) -> Ends {
    (incoming.server.ip, incoming.client)
}

/// Janus can post its internal events to a web server of the operator's (event handlers). They quote descriptions and set up nothing.
fn is_event_handler_report(incoming: &Incoming<'_>) -> bool {
    if memchr::memmem::find(incoming.body, b"\"emitter\"").is_none() {
        return false;
    }
    match json::parse(incoming.body) {
        Ok(Value::Array(reports)) => reports.iter().any(is_report),
        Ok(report) => is_report(&report),
        Err(_) => false,
    }
}

fn is_report(value: &Value) -> bool {
    value.get("emitter").is_some()
        && value.get("type").is_some_and(Value::is_u64)
        && value.get("event").is_some()
}

/// The base path when nothing else is configured.
const DEFAULT_BASE: &str = "janus";

/// Requests remembered until something answers them.
const REQUESTS_KEPT: usize = 16_384;

/// Base paths remembered.
const BASES_KEPT: usize = 1_024;

/// Requests that only the Admin API knows.
const ADMIN_VERBS: &[&str] = &[
    "add_token",
    "accept_new_sessions",
    "allow_token",
    "custom_event",
    "custom_logline",
    "destroy_session",
    "detach_handle",
    "disallow_token",
    "get_status",
    "handle_info",
    "hangup_webrtc",
    "list_handles",
    "list_sessions",
    "list_tokens",
    "loops_info",
    "message_plugin",
    "query_eventhandler",
    "query_logger",
    "query_transport",
    "remove_token",
    "resolve_address",
    "set_libnice_debug",
    "set_locking_debug",
    "set_log_colors",
    "set_log_level",
    "set_log_timestamps",
    "set_max_nack_queue",
    "set_min_nack_queue",
    "set_no_media_timer",
    "set_refcount_debug",
    "set_session_timeout",
    "set_slowlink_threshold",
    "start_pcap",
    "start_text2pcap",
    "stop_pcap",
    "stop_text2pcap",
    "test_stun",
];

#[cfg(test)]
mod tests;
