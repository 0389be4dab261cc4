//! The VideoRoom plugin: a handle either publishes to a room or subscribes to feeds of it.
//!
//! ```text
//! publisher   join(ptype publisher) → joined(publishers) · publish or configure + offer → configured + answer · unpublish · leave
//! subscriber  join(ptype subscriber, feed | streams) → attached + offer · start + answer → started · subscribe/update → updated + offer
//! events      publishers (new feeds) · unpublished · leaving · kicked · joining · talking · destroyed
//! ```

use serde_json::Value;

use crate::track::signaling::dialogue::DescriptionKind;
use crate::track::signaling::dialogue::Handle;
use crate::track::signaling::dialogue::HandleRole;
use crate::track::signaling::janus::plugin;
use crate::track::signaling::janus::roster::Roster;
use crate::track::signaling::janus::roster::add_feed;
use crate::track::signaling::json;
use crate::track::signaling::text;

/// Learns from a request's body what its handle is; `jsep` is the type of the description that came along.
pub(super) fn learn_request(
    handle: &mut Handle,
    roster: &mut Roster,
    body: &Value,
    jsep: Option<DescriptionKind>,
) {
    let role = match json::string(body, "request") {
        Some("join") => match json::string(body, "ptype") {
            Some("publisher") => Some(HandleRole::Publisher),
            // Older versions of Janus called subscribers `listener` and `muxed-listener`.
            Some("subscriber" | "listener" | "muxed-listener") => Some(HandleRole::Subscriber),
            _ => None,
        },
        Some("joinandconfigure" | "publish" | "unpublish") => Some(HandleRole::Publisher),
        Some("start" | "pause" | "subscribe" | "unsubscribe" | "switch" | "update") => {
            Some(HandleRole::Subscriber)
        }
        // Both kinds of handles may configure; who offers publishes.
        Some("configure") if jsep == Some(DescriptionKind::Offer) => Some(HandleRole::Publisher),
        _ => None,
    };
    if role.is_some() {
        handle.role = role;
    }
    if let Some(room) = json::id(body, "room") {
        handle.room = Some(room);
    }
    if let Some(display) = json::string(body, "display") {
        handle.display = Some(text::name(display));
    } else if handle.display.is_none()
        && let Some(private) = json::id(body, "private_id")
    {
        handle.display = roster.owner(&private).map(str::to_owned);
    }
    for feed in feeds_asked(body) {
        add_feed(handle, &feed, roster.display(&feed));
    }
}

/// Learns from an event's data what its handle is, and who is in the room.
pub(super) fn learn_event(
    handle: &mut Handle,
    roster: &mut Roster,
    data: &Value,
    jsep: Option<DescriptionKind>,
) {
    for list in ["publishers", "attendees"] {
        for party in json::array(data, list) {
            learn_party(roster, party);
        }
    }
    if let Some(party) = data.get("joining") {
        learn_party(roster, party);
    }
    if let Some(room) = json::id(data, "room") {
        handle.room = Some(room);
    }
    let word = json::string(data, "videoroom");
    match (word, jsep) {
        (Some("joined"), _) | (_, Some(DescriptionKind::Answer)) => {
            handle.role = Some(HandleRole::Publisher);
        }
        (Some("attached" | "updated"), _) | (_, Some(DescriptionKind::Offer)) => {
            handle.role = Some(HandleRole::Subscriber);
        }
        _ => {}
    }
    match word {
        Some("joined") => {
            if let Some(display) = handle.display.clone() {
                if let Some(id) = json::id(data, "id") {
                    roster.learn(&id, &display);
                }
                if let Some(id) = json::id(data, "private_id") {
                    roster.learn_private(&id, &display);
                }
            }
        }
        Some("attached" | "updated") => {
            // Before multistream (Janus 1.0) one subscription was one feed, named by `id` and `display`.
            if let Some(id) = json::id(data, "id") {
                feed_seen(handle, roster, &id, json::string(data, "display"));
            }
            for stream in json::array(data, "streams") {
                if let Some(id) = json::id(stream, "feed_id") {
                    feed_seen(handle, roster, &id, json::string(stream, "feed_display"));
                }
            }
        }
        _ => {}
    }
}

/// One line for a request; `None` leaves it to the general form.
pub(super) fn request_summary(body: &Value, roster: &Roster) -> Option<String> {
    let request = json::string(body, "request")?;
    let room = json::id(body, "room").map_or_else(String::new, |room| format!(" room {room}"));
    let asked = feeds_asked(body);
    let feeds: Vec<&str> = asked.iter().map(|feed| roster.name(feed)).collect();
    let feeds = feeds.join(", ");
    let in_room = if room.is_empty() {
        String::new()
    } else {
        format!(" in{room}")
    };
    Some(match request {
        "join" | "joinandconfigure" if !asked.is_empty() => {
            format!("subscribe to {feeds}{in_room}")
        }
        "join" | "joinandconfigure" => {
            let party = match (json::string(body, "display"), json::string(body, "ptype")) {
                (Some(display), _) => format!(" as {display}"),
                (None, Some(kind)) => format!(" as {kind}"),
                (None, None) => String::new(),
            };
            let more = if request == "join" {
                ""
            } else {
                " and publish"
            };
            format!("join{room}{party}{more}")
        }
        "subscribe" | "unsubscribe" | "update" | "switch" if !asked.is_empty() => match request {
            "unsubscribe" => format!("unsubscribe from {feeds}"),
            "switch" => format!("switch to {feeds}"),
            _ => format!("subscribe to {feeds}"),
        },
        "publish" | "configure" => {
            let mut parts = Vec::new();
            for medium in ["audio", "video", "data"] {
                if let Some(on) = body.get(medium).and_then(Value::as_bool) {
                    parts.push(format!("{medium} {}", if on { "on" } else { "off" }));
                }
            }
            if body.get("restart").and_then(Value::as_bool) == Some(true) {
                parts.push("restart ICE".to_owned());
            }
            let joint = if parts.is_empty() { "" } else { ": " };
            format!("{request}{joint}{}", parts.join(", "))
        }
        "start" | "pause" | "unpublish" | "leave" => request.to_owned(),
        _ => return None,
    })
}

/// The word for an event's kind: what `videoroom` says, or what a plain `event` is about.
pub(super) fn event_word(data: &Value) -> Option<&str> {
    match json::string(data, "videoroom")? {
        "event" => EVENT_KEYS
            .iter()
            .copied()
            .find(|key| data.get(key).is_some()),
        word => Some(word),
    }
}

/// One line for an event; `None` leaves it to the general form.
pub(super) fn event_summary(
    word: &str,
    data: &Value,
    handle: Option<&Handle>,
    roster: &Roster,
) -> Option<String> {
    let room = json::id(data, "room").map_or_else(String::new, |room| format!(" room {room}"));
    let who = |key: &str| {
        data.get(key)
            .and_then(json::as_id)
            .map(|id| roster.name(&id).to_owned())
    };
    Some(match word {
        "joined" => {
            let here = names(data, "publishers");
            let here = if here.is_empty() {
                "nobody publishes yet".to_owned()
            } else {
                format!("{here} publishing")
            };
            format!("joined{room}: {here}")
        }
        "attached" | "updated" => {
            let feeds = handle
                .map(|handle| handle.feeds.as_slice())
                .unwrap_or_default();
            let feeds: Vec<&str> = feeds
                .iter()
                .map(|(id, display)| display.as_deref().unwrap_or(id))
                .collect();
            format!(
                "{} to {}",
                if word == "attached" {
                    "subscribed"
                } else {
                    "subscription updated"
                },
                feeds.join(", ")
            )
        }
        "publishers" => format!("{} publishing", names(data, "publishers")),
        "joining" => {
            let party = data.get("joining")?;
            let name = json::string(party, "display")
                .map(str::to_owned)
                .or_else(|| json::id(party, "id"))?;
            format!("{name} joined the room")
        }
        "configured" | "started" | "paused" | "left" => {
            let mut line = word.to_owned();
            for (key, medium) in [("audio_codec", "audio"), ("video_codec", "video")] {
                if let Some(codec) = json::string(data, key) {
                    line = format!("{line}, {medium} {codec}");
                }
            }
            line
        }
        "leaving" | "unpublished" | "kicked" => match who(word)? {
            ok if ok == "ok" => word.to_owned(),
            name if word == "leaving" => format!("{name} left"),
            name if word == "kicked" => format!("{name} was kicked"),
            name => format!("{name} stopped publishing"),
        },
        "talking" | "stopped-talking" => format!("{} {}", who("id")?, word.replace('-', " ")),
        "destroyed" => format!("destroyed{room}"),
        _ => return None,
    })
}

/// Feeds that a request names.
fn feeds_asked(body: &Value) -> Vec<String> {
    let single = json::id(body, "feed").into_iter();
    let lists = ["streams", "subscribe", "feeds"]
        .into_iter()
        .flat_map(|list| json::array(body, list));
    let listed = lists.filter_map(|entry| json::id(entry, "feed").or_else(|| json::as_id(entry)));
    let mut feeds: Vec<String> = Vec::new();
    for feed in single.chain(listed) {
        if feeds.len() < plugin::LISTED && !feeds.contains(&feed) {
            feeds.push(feed);
        }
    }
    feeds
}

/// Display names (else ids) of the parties in a list.
fn names(data: &Value, list: &str) -> String {
    let parties = json::array(data, list).iter().take(plugin::LISTED);
    let names: Vec<String> = parties
        .filter_map(|party| {
            json::string(party, "display")
                .map(text::name)
                .or_else(|| json::id(party, "id"))
        })
        .collect();
    names.join(", ")
}

fn learn_party(roster: &mut Roster, party: &Value) {
    if let (Some(id), Some(display)) = (json::id(party, "id"), json::string(party, "display")) {
        roster.learn(&id, display);
    }
}

fn feed_seen(handle: &mut Handle, roster: &mut Roster, id: &str, display: Option<&str>) {
    if let Some(display) = display {
        roster.learn(id, display);
    }
    add_feed(handle, id, display.or_else(|| roster.display(id)));
}

/// What a plain `event` can be about, the most telling first.
const EVENT_KEYS: &[&str] = &[
    "configured",
    "started",
    "paused",
    "switched",
    "left",
    "leaving",
    "unpublished",
    "kicked",
    "joining",
    "publishers",
    "moderation",
];
