//! What Janus says: answers to requests, and events.

use std::sync::Arc;

use serde_json::Value;

use crate::track::signaling::dialogue::Message;
use crate::track::signaling::dialogue::SignalingError;
use crate::track::signaling::incoming::Incoming;
use crate::track::signaling::janus::Janus;
use crate::track::signaling::janus::Request;
use crate::track::signaling::janus::ends;
use crate::track::signaling::janus::error;
use crate::track::signaling::janus::place::Place;
use crate::track::signaling::janus::plugin;
use crate::track::signaling::janus::request::carried_in;
use crate::track::signaling::janus::request::close;
use crate::track::signaling::janus::request::description_kind;
use crate::track::signaling::json;
use crate::track::signaling::ledger::Ledger;
use crate::track::signaling::ledger::Weight;
use crate::track::signaling::text;

impl Janus {
    /// Takes one answer or event.
    pub(super) fn reply(
        &mut self,
        ledger: &mut Ledger,
        incoming: &Incoming<'_>,
        place: &Place<'_>,
        object: &Value,
        verb: &str,
    ) {
        let transaction = json::id(object, "transaction");
        let session = json::id(object, "session_id");
        let mut request = self.answered(incoming, transaction.as_deref());
        let dialogue = match (&session, &request) {
            (Some(session), _) => self.session(ledger, incoming, session),
            (None, Some(request)) => Some(request.dialogue),
            (None, None) => match (place.session, verb) {
                (Some(session), _) => self.session(ledger, incoming, session),
                (None, "success") => self.created(ledger, incoming, object),
                (None, _) => self.lobby(ledger, incoming),
            },
        };
        let Some(dialogue) = dialogue else {
            return;
        };
        // Clients may use one transaction id for everything: what was asked in another session is not answered here.
        request = request.filter(|request| request.dialogue == dialogue);
        let mut message = incoming.message(text::name(verb));
        message.transaction = transaction;
        message.answers = request.as_ref().and_then(|request| request.message);
        message.carried = carried_in(object);
        let sender = json::id(object, "sender").or_else(|| json::id(object, "handle_id"));
        let own = sender.and_then(|id| ledger.handle_index(dialogue, &id));
        let asked = request.as_ref().and_then(|request| request.handle);
        let by_path = || place.handle.map(str::to_owned);
        message.handle = own
            .or(asked)
            .or_else(|| by_path().and_then(|id| ledger.handle_index(dialogue, &id)));
        let weight = match verb {
            "ack" | "keepalive" => Weight::Routine,
            _ => Weight::News,
        };
        match verb {
            "success" => self.success(
                ledger,
                incoming,
                dialogue,
                object,
                request.as_deref(),
                &mut message,
            ),
            "event" => self.event(ledger, dialogue, object, &mut message),
            "error" => message.error = Some(core_error(object)),
            _ => state_event(ledger, incoming, dialogue, object, verb, &mut message),
        }
        if let Some(error) = &message.error
            && verb == "error"
        {
            message.summary = format!("error {}: {}", error.code, error.reason);
        }
        if message.summary.is_empty() && message.carried.is_empty() {
            let asked = request
                .as_ref()
                .map(|request| format!(" of {}", request.verb));
            message.summary = format!("{}{}", text::name(verb), asked.unwrap_or_default());
        }
        ledger.push(dialogue, message, weight, incoming);
    }

    /// The request that a reply answers: of the same exchange, else with the same transaction.
    fn answered(&self, incoming: &Incoming<'_>, transaction: Option<&str>) -> Option<Arc<Request>> {
        let same = |request: &&Arc<Request>| {
            transaction.is_none() || request.transaction.as_deref() == transaction
        };
        let here = incoming
            .exchange
            .and_then(|exchange| self.exchanges.get(&exchange))
            .filter(same);
        let there = || self.requests.get(&(ends(incoming), transaction?.into()));
        here.or_else(there).cloned()
    }

    /// A `success` without session and without its request: a session was created before the capture could show who asked.
    fn created(
        &mut self,
        ledger: &mut Ledger,
        incoming: &Incoming<'_>,
        object: &Value,
    ) -> Option<usize> {
        match object.get("data").and_then(|data| json::id(data, "id")) {
            Some(id) => self.session(ledger, incoming, &id),
            None => self.lobby(ledger, incoming),
        }
    }

    fn success(
        &mut self,
        ledger: &mut Ledger,
        incoming: &Incoming<'_>,
        dialogue: usize,
        object: &Value,
        request: Option<&Request>,
        message: &mut Message,
    ) {
        let id = object.get("data").and_then(|data| json::id(data, "id"));
        let verb = request.map(|request| request.verb.as_str());
        let has_session = object.get("session_id").is_some();
        match (verb, id) {
            (Some("create"), Some(id)) => {
                self.sessions.insert((ends(incoming), id.clone()), dialogue);
                message.summary = format!("session {id} created");
                if let Some(dialogue) = ledger.dialogue(dialogue) {
                    dialogue.protocol_session_id = Some(id);
                }
            }
            (None, Some(id)) if !has_session => message.summary = format!("session {id} created"),
            // Only `attach` is answered with an id inside a session.
            (Some("attach") | None, Some(id)) => {
                message.handle = ledger.handle_index(dialogue, &id);
                message.summary = format!("handle {id} attached");
                let package = request.and_then(|request| request.plugin.clone());
                if let (Some(handle), Some(package)) =
                    (ledger.handle(dialogue, message.handle), package)
                {
                    message.summary =
                        format!("handle {id} attached to {}", plugin::short_name(&package));
                    handle.plugin = Some(package);
                }
                if let Some(asked) = ledger.message(dialogue, message.answers) {
                    asked.handle = message.handle;
                }
            }
            _ if object.get("plugindata").is_some() => {
                self.event(ledger, dialogue, object, message);
                "success".clone_into(&mut message.kind);
            }
            _ => {}
        }
    }

    /// A plugin speaks: `plugindata` names it and holds what it says.
    fn event(
        &mut self,
        ledger: &mut Ledger,
        dialogue: usize,
        object: &Value,
        message: &mut Message,
    ) {
        let plugindata = object.get("plugindata").unwrap_or(&Value::Null);
        let package = text::name(json::string(plugindata, "plugin").unwrap_or_default());
        let data = plugindata.get("data").unwrap_or(&Value::Null);
        let roster = self.rosters.entry(dialogue).or_default();
        let handle = ledger.handle(dialogue, message.handle);
        let handle = handle.map(|handle| {
            if handle.plugin.is_none() && !package.is_empty() {
                handle.plugin = Some(package.clone());
            }
            plugin::learn_event(handle, roster, data, description_kind(&message.carried));
            &*handle
        });
        let word = plugin::event_word(data, &package);
        message.summary = plugin::event_summary(&word, data, &package, handle, roster);
        message.error = plugin::error_of(data, &package);
        message.kind = if word.is_empty() {
            "event".to_owned()
        } else {
            format!("event {word}")
        };
    }
}

/// Events of the core about a handle or the session.
fn state_event(
    ledger: &mut Ledger,
    incoming: &Incoming<'_>,
    dialogue: usize,
    object: &Value,
    verb: &str,
    message: &mut Message,
) {
    let (at, frame) = (incoming.at, incoming.last_frame());
    let medium = || {
        text::name(
            json::string(object, "type")
                .or_else(|| json::string(object, "media"))
                .unwrap_or("media"),
        )
    };
    message.summary = match verb {
        "webrtcup" => {
            if let Some(handle) = ledger.handle(dialogue, message.handle) {
                handle.webrtc_up.get_or_insert((at, frame));
            }
            "WebRTC is up: ICE and DTLS are done".to_owned()
        }
        "media" => {
            let receiving = object
                .get("receiving")
                .and_then(Value::as_bool)
                .unwrap_or(true);
            if let Some(handle) = ledger.handle(dialogue, message.handle)
                && handle.media.len() < EVENTS_KEPT
            {
                handle.media.push((at, frame, medium(), receiving));
            }
            format!(
                "Janus {} {}",
                if receiving {
                    "receives"
                } else {
                    "no longer receives"
                },
                medium()
            )
        }
        "slowlink" => {
            // Older versions of Janus counted NACKs.
            let lost = object
                .get("lost")
                .or_else(|| object.get("nacks"))
                .and_then(Value::as_u64)
                .unwrap_or_default();
            if let Some(handle) = ledger.handle(dialogue, message.handle)
                && handle.slow_links.len() < EVENTS_KEPT
            {
                handle.slow_links.push((at, frame, lost));
            }
            // `uplink` is seen from Janus: true when the client misses packets from it, false when it misses the client's.
            let way = match object.get("uplink").and_then(Value::as_bool) {
                Some(true) => " from Janus",
                Some(false) => " to Janus",
                None => "",
            };
            format!("slow link: {lost} {} packets lost{way}", medium())
        }
        "hangup" => {
            let reason = text::line(
                json::string(object, "reason").unwrap_or("no reason given"),
                text::LINE_CHARACTERS,
            );
            if let Some(handle) = ledger.handle(dialogue, message.handle) {
                handle.hangup = Some((at, frame, reason.clone()));
            }
            format!("hang-up: {reason}")
        }
        "detached" => {
            close(ledger, dialogue, message.handle, "detach", incoming);
            "handle detached".to_owned()
        }
        "timeout" => {
            close(ledger, dialogue, None, "timeout", incoming);
            if let Some(dialogue) = ledger.dialogue(dialogue) {
                dialogue.timed_out.get_or_insert((at, frame));
            }
            "session timed out".to_owned()
        }
        "server_info" => {
            let version =
                json::string(object, "version_string").or_else(|| json::string(object, "name"));
            format!(
                "server info: Janus {}",
                text::name(version.unwrap_or_default())
            )
        }
        _ => String::new(),
    };
}

/// The error that the core reports: `{"code": 458, "reason": "No such session …"}`.
fn core_error(object: &Value) -> SignalingError {
    let error = object.get("error").unwrap_or(&Value::Null);
    let code = error
        .get("code")
        .and_then(Value::as_i64)
        .unwrap_or_default();
    SignalingError {
        code,
        reason: text::line(
            json::string(error, "reason").unwrap_or_default(),
            text::LINE_CHARACTERS,
        ),
        meaning: error::core(code),
    }
}

/// `media` and `slowlink` events kept per handle.
const EVENTS_KEPT: usize = 128;
