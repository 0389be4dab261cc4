//! `sessions`: signaling dialogues, message by message.

use hashbrown::HashMap;
use serde::Serialize;

use crate::report::json::context::Context;
use crate::report::json::context::FrameRef;
use crate::report::json::context::Id;
use crate::timeline::event::calls_by_handle;
use crate::track::signaling::dialogue as model;
use crate::vocab::ids::DialogueId;
use crate::vocab::ids::PeerConnectionId;

/// A signaling dialogue.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Session<'a> {
    /// `session-1`, in order of the first frame.
    pub id: String,
    /// `janus`, `whip`, `whep`, `sip` or `generic`.
    pub protocol: &'static str,
    /// `http` or `websocket`.
    pub transport: &'static str,
    /// URL of its first message.
    pub url: Option<&'a str>,
    /// The protocol's own session id.
    pub protocol_session_id: Option<&'a str>,
    /// The client's address.
    pub client: String,
    /// The server's address and port.
    pub server: String,
    /// First message.
    pub first_time_seconds: f64,
    /// Last message.
    pub last_time_seconds: f64,
    /// When the server gave the session up.
    pub timed_out: Option<Moment>,
    /// What carries a peer connection each.
    pub handles: Vec<Handle<'a>>,
    /// Messages in order of time.
    pub messages: Vec<Message<'a>>,
    /// Messages beyond those listed, counted only.
    pub messages_dropped: u64,
}

/// When something happened, and in which frames.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Moment {
    /// When.
    pub time_seconds: f64,
    /// Frames that show it.
    pub frames: Vec<FrameRef>,
}

/// What carries one peer connection: a Janus handle, a WHIP resource.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Handle<'a> {
    /// The protocol's id.
    pub id: &'a str,
    /// Plugin package.
    pub plugin: Option<&'a str>,
    /// `publisher`, `subscriber`, or as the plugin calls it.
    pub role: Option<&'a str>,
    /// Room.
    pub room: Option<&'a str>,
    /// Display name of the party on it.
    pub display: Option<&'a str>,
    /// Other parties that it subscribes to.
    pub feeds: Vec<Feed<'a>>,
    /// The peer connection on it.
    pub peer_connection: Option<String>,
    /// When the server said that media can flow (Janus `webrtcup`).
    pub webrtc_up: Option<Moment>,
    /// When the server hung up.
    pub hangup: Option<Hangup<'a>>,
    /// When it was detached, or its session destroyed.
    pub detached: Option<Moment>,
    /// What the server said of media arriving (Janus `media`).
    pub media: Vec<MediaEvent<'a>>,
    /// What the server said of losses (Janus `slowlink`).
    pub slow_links: Vec<SlowLink>,
}

/// A party that is subscribed to.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Feed<'a> {
    /// The protocol's id.
    pub id: &'a str,
    /// Display name.
    pub display: Option<&'a str>,
}

/// The server hung up.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Hangup<'a> {
    /// When.
    pub time_seconds: f64,
    /// Why, in its words.
    pub reason: &'a str,
    /// Frames that show it.
    pub frames: Vec<FrameRef>,
}

/// The server receives media, or no longer.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MediaEvent<'a> {
    /// When.
    pub time_seconds: f64,
    /// `audio` or `video`.
    pub kind: &'a str,
    /// Does the server receive it?
    pub receiving: bool,
    /// Frames that show it.
    pub frames: Vec<FrameRef>,
}

/// The server complains of losses.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SlowLink {
    /// When.
    pub time_seconds: f64,
    /// Packets lost, by its count.
    pub packets_lost: u64,
    /// Frames that show it.
    pub frames: Vec<FrameRef>,
}

/// A signaling message.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Message<'a> {
    /// When it was complete on the wire.
    pub time_seconds: f64,
    /// `client` or `server`.
    pub from: &'static str,
    /// What it is: `create`, `message configure`, `trickle`, `ack` …
    pub kind: &'a str,
    /// One line for people.
    pub summary: &'a str,
    /// Transaction id.
    pub transaction: Option<&'a str>,
    /// The protocol's id of the handle it belongs to.
    pub handle: Option<&'a str>,
    /// The HTTP exchange that carried it.
    pub http: Option<String>,
    /// The conversation that carried it.
    pub flow: String,
    /// Frames that carried it.
    pub frames: Vec<FrameRef>,
    /// `offer`, `answer`, `pranswer`, `rollback`, `description`, `candidate`, `end-of-candidates`, `credentials`; the first when it carries several.
    pub carries: Option<&'static str>,
    /// Candidates that it carries.
    pub candidates: Vec<&'a str>,
    /// The error that it reports.
    pub error: Option<MessageError<'a>>,
}

/// An error that signaling reported.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MessageError<'a> {
    /// The protocol's number.
    pub code: i64,
    /// The text that came with it.
    pub reason: &'a str,
    /// What the number means, from the protocol's own list.
    pub meaning: Option<&'static str>,
}

impl<'a> Session<'a> {
    /// All dialogues.
    pub fn all(context: Context<'a>) -> Vec<Self> {
        let calls = calls_by_handle(&context.analysis.scene);
        let dialogues = context.analysis.scene.dialogues.iter().zip(0..);
        dialogues
            .map(|(dialogue, index)| Self::new(context, DialogueId(index), dialogue, &calls))
            .collect()
    }

    fn new(
        context: Context<'a>,
        id: DialogueId,
        dialogue: &'a model::Dialogue,
        calls: &HashMap<(DialogueId, &str), PeerConnectionId>,
    ) -> Self {
        let handles = dialogue.handles.iter();
        let messages = dialogue.messages.iter();
        Self {
            id: id.id(),
            protocol: dialogue.protocol.word(),
            transport: dialogue.carrier.word(),
            url: dialogue.url.as_deref(),
            protocol_session_id: dialogue.protocol_session_id.as_deref(),
            client: dialogue.client.to_string(),
            server: dialogue.server.to_string(),
            first_time_seconds: context.seconds(dialogue.first_at),
            last_time_seconds: context.seconds(dialogue.last_at),
            timed_out: dialogue.timed_out.map(|(at, frame)| Moment {
                time_seconds: context.seconds(at),
                frames: context.frames(&[frame]),
            }),
            handles: handles
                .map(|handle| {
                    let call = calls.get(&(id, handle.id.as_str()));
                    Handle::new(context, handle, call.copied())
                })
                .collect(),
            messages: messages
                .map(|message| Message::new(context, dialogue, message))
                .collect(),
            messages_dropped: dialogue.messages_dropped,
        }
    }
}

impl<'a> Handle<'a> {
    fn new(
        context: Context<'a>,
        handle: &'a model::Handle,
        call: Option<PeerConnectionId>,
    ) -> Self {
        let moment = |(at, frame)| Moment {
            time_seconds: context.seconds(at),
            frames: context.frames(&[frame]),
        };
        let feeds = handle.feeds.iter().map(|(id, display)| Feed {
            id,
            display: display.as_deref(),
        });
        let media = handle
            .media
            .iter()
            .map(|(at, frame, kind, receiving)| MediaEvent {
                time_seconds: context.seconds(*at),
                kind,
                receiving: *receiving,
                frames: context.frames(&[*frame]),
            });
        let slow_links = handle
            .slow_links
            .iter()
            .map(|&(at, frame, packets_lost)| SlowLink {
                time_seconds: context.seconds(at),
                packets_lost,
                frames: context.frames(&[frame]),
            });
        Self {
            id: &handle.id,
            plugin: handle.plugin.as_deref(),
            role: handle.role.as_ref().map(model::HandleRole::word),
            room: handle.room.as_deref(),
            display: handle.display.as_deref(),
            feeds: feeds.collect(),
            peer_connection: call.map(Id::id),
            webrtc_up: handle.webrtc_up.map(moment),
            hangup: handle.hangup.as_ref().map(|(at, frame, reason)| Hangup {
                time_seconds: context.seconds(*at),
                reason,
                frames: context.frames(&[*frame]),
            }),
            detached: handle.detached.map(moment),
            media: media.collect(),
            slow_links: slow_links.collect(),
        }
    }
}

impl<'a> Message<'a> {
    fn new(
        context: Context<'a>,
        dialogue: &'a model::Dialogue,
        message: &'a model::Message,
    ) -> Self {
        let handle = message.handle.and_then(|index| dialogue.handles.get(index));
        let candidates = message.carried.iter().filter_map(|carried| match carried {
            model::Carried::Candidate { candidate, .. } => Some(candidate.as_str()),
            _ => None,
        });
        Self {
            time_seconds: context.seconds(message.at),
            from: message.from.word(),
            kind: &message.kind,
            summary: &message.summary,
            transaction: message.transaction.as_deref(),
            handle: handle.map(|handle| handle.id.as_str()),
            http: message.exchange.map(Id::id),
            flow: message.flow.id(),
            frames: context.frames(&message.frames),
            carries: message.carried.first().map(carried_word),
            candidates: candidates.collect(),
            error: message.error.as_ref().map(|error| MessageError {
                code: error.code,
                reason: &error.reason,
                meaning: error.meaning,
            }),
        }
    }
}

/// What a message carries, in a word.
pub const fn carried_word(carried: &model::Carried) -> &'static str {
    match carried {
        model::Carried::Description {
            kind: Some(kind), ..
        } => kind.word(),
        model::Carried::Description { kind: None, .. } => "description",
        model::Carried::Candidate { .. } => "candidate",
        model::Carried::EndOfCandidates => "end-of-candidates",
        model::Carried::Credentials { .. } => "credentials",
    }
}
