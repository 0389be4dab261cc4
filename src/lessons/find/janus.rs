//! Janus's session, and the long polls that bring its news.

use crate::lessons::desk::Desk;
use crate::lessons::figure::Figure;
use crate::lessons::figure::Unit;
use crate::lessons::find::Found;
use crate::lessons::find::Query;
use crate::track::signaling::dialogue::SignalingProtocol;

pub(super) const QUERIES: &[Query] = &[
    Query {
        name: "janus",
        what: "Janus session",
        figures: &[
            ("janus.session", "session id"),
            ("janus.handle", "id of the first handle"),
            ("janus.handles", "handles"),
            ("janus.plugin", "plugin of the first handle"),
            ("janus.room", "room"),
            ("janus.carrier", "http or websocket"),
            ("janus.create", "frame of the request that made it"),
            ("janus.messages", "messages"),
            ("janus.url", "URL of the first message"),
        ],
        run: janus,
    },
    Query {
        name: "longpoll",
        what: "long poll: a GET that waited for something to happen",
        figures: &[
            ("longpoll.seconds", "how long it waited"),
            ("longpoll.count", "GET requests of the dialogue"),
            ("longpoll.target", "its target"),
            ("longpoll.status", "status code"),
            ("longpoll.request", "frame of the request"),
            ("longpoll.response", "frame of the response"),
        ],
        run: long_poll,
    },
];

fn janus(desk: &mut Desk<'_>) -> Option<Found> {
    let scene = &desk.analysis.scene;
    let dialogue = desk
        .dialogue()
        .into_iter()
        .chain(&scene.dialogues)
        .find(|it| {
            it.protocol == SignalingProtocol::Janus
                && it.protocol_session_id.is_some()
                && !it.handles.is_empty()
        })?;
    let session = dialogue.protocol_session_id.as_ref()?;
    let handle = dialogue.handles.first()?;
    let first = dialogue.messages.first()?;
    let mut found = Found::at(first.frames.clone())?;
    found.exchange = first.exchange;
    found.set("janus.session", Figure::word(session));
    found.set("janus.handle", Figure::word(&handle.id));
    found.set(
        "janus.handles",
        Figure::count(dialogue.handles.len() as u64),
    );
    let plugin = handle.plugin.as_ref();
    found.set_some("janus.plugin", plugin.map(|it| Figure::word(it)));
    let room = dialogue.handles.iter().find_map(|it| it.room.as_ref());
    found.set_some("janus.room", room.map(|it| Figure::word(it)));
    found.set("janus.carrier", Figure::word(dialogue.carrier.word()));
    found.set("janus.create", Figure::frame(*first.frames.first()?));
    found.set(
        "janus.messages",
        Figure::count(dialogue.messages.len() as u64),
    );
    found.set_some(
        "janus.url",
        dialogue.url.as_ref().map(|it| Figure::word(it)),
    );
    found.call = desk.call().map(|(id, _)| id);
    Some(found)
}

fn long_poll(desk: &mut Desk<'_>) -> Option<Found> {
    let exchanges = desk.exchanges();
    let polls = || {
        exchanges.iter().filter_map(|it| {
            let request = it.request.as_ref().filter(|it| it.method == "GET")?;
            Some((*it, request))
        })
    };
    let (exchange, request, response) = polls()
        .filter_map(|(it, request)| Some((it, request, it.response.as_ref()?)))
        .max_by_key(|(_, request, response)| response.at.since(request.complete_at))?;
    let waited = response.at.since(request.complete_at);
    if waited.as_millis() < LONG_MS || exchange.upgraded.is_some() {
        return None;
    }
    let mut found = Found::at([*request.frames.first()?, *response.frames.first()?])?;
    found.exchange = Some(exchange.id);
    found.set(
        "longpoll.seconds",
        Figure::number(waited.as_secs_f64(), 2, Unit::Seconds),
    );
    found.set("longpoll.count", Figure::count(polls().count() as u64));
    found.set("longpoll.target", Figure::word(&request.target));
    found.set("longpoll.status", Figure::count(response.status));
    found.set("longpoll.request", Figure::frame(*request.frames.first()?));
    found.set(
        "longpoll.response",
        Figure::frame(*response.frames.first()?),
    );
    Some(found)
}

/// From here on a request has waited, milliseconds.
const LONG_MS: u128 = 200;
