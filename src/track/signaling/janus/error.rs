//! What Janus's error numbers mean: those of the core (`apierror.h`) and those of each plugin, whose ranges overlap.

/// The meaning of an error that the core reported (`"janus": "error"`).
pub(super) fn core(code: i64) -> Option<&'static str> {
    find(CORE, code)
}

/// The meaning of an error that a plugin reported (`error_code` in its event).
pub(super) fn plugin(short_name: &str, code: i64) -> Option<&'static str> {
    let table = match short_name {
        "videoroom" => VIDEOROOM,
        "audiobridge" => AUDIOBRIDGE,
        "streaming" => STREAMING,
        "videocall" => VIDEOCALL,
        "echotest" => ECHOTEST,
        "textroom" => TEXTROOM,
        "recordplay" => RECORDPLAY,
        "sip" => SIP,
        _ => return None,
    };
    find(table, code)
}

type Meanings = &'static [(i64, &'static str)];

fn find(table: Meanings, code: i64) -> Option<&'static str> {
    table
        .iter()
        .find(|(known, _)| *known == code)
        .map(|(_, meaning)| *meaning)
}

const CORE: Meanings = &[
    (403, "unauthorized: API secret or token missing or wrong"),
    (405, "token not allowed to use this plugin"),
    (450, "error of the transport plugin"),
    (452, "the message has no request"),
    (453, "the core does not know this request"),
    (454, "invalid JSON"),
    (455, "the JSON text is not an object"),
    (456, "a mandatory element is missing"),
    (457, "request not possible on this URL path"),
    (
        458,
        "no such session: it timed out, was destroyed or never existed",
    ),
    (459, "no such handle: it was detached or never existed"),
    (460, "no such plugin on this server"),
    (461, "attaching to the plugin failed"),
    (462, "passing the message to the plugin failed"),
    (463, "detaching from the plugin failed"),
    (464, "unknown session description type"),
    (465, "invalid session description"),
    (466, "candidate for a stream that does not exist"),
    (467, "an element has the wrong type"),
    (468, "session id already in use"),
    (469, "an answer to an offer that was never made"),
    (470, "no such token"),
    (471, "not possible in the present WebRTC state"),
    (472, "the server accepts no new sessions"),
    (490, "unknown error"),
];

const VIDEOROOM: Meanings = &[
    (421, "no message"),
    (422, "invalid JSON"),
    (423, "invalid request"),
    (424, "join first"),
    (425, "already joined"),
    (426, "no such room"),
    (427, "room already exists"),
    (
        428,
        "no such feed: the publisher is gone or does not publish",
    ),
    (429, "a mandatory element is missing"),
    (430, "invalid element"),
    (431, "invalid session description type"),
    (432, "the room has its maximum of publishers"),
    (433, "unauthorized: wrong PIN, secret or token"),
    (434, "already publishing"),
    (435, "not publishing"),
    (436, "id already in use in this room"),
    (437, "invalid session description"),
    (499, "unknown error"),
];

const AUDIOBRIDGE: Meanings = &[
    (480, "no message"),
    (481, "invalid JSON"),
    (482, "invalid request"),
    (483, "a mandatory element is missing"),
    (484, "invalid element"),
    (485, "no such room"),
    (486, "room already exists"),
    (487, "not in a room"),
    (488, "error of the Opus library"),
    (489, "unauthorized: wrong PIN, secret or token"),
    (490, "id already in use in this room"),
    (491, "already joined"),
    (492, "no such participant"),
    (493, "invalid session description"),
    (494, "no such group"),
    (499, "unknown error"),
];

const STREAMING: Meanings = &[
    (450, "no message"),
    (451, "invalid JSON"),
    (452, "invalid request"),
    (453, "a mandatory element is missing"),
    (454, "invalid element"),
    (455, "no such mountpoint"),
    (456, "mountpoint can't be created"),
    (457, "unauthorized: wrong PIN or secret"),
    (458, "switching not possible"),
    (459, "recording not possible"),
    (460, "not possible in the present state"),
    (470, "unknown error"),
];

const VIDEOCALL: Meanings = &[
    (470, "no message"),
    (471, "invalid JSON"),
    (472, "invalid request"),
    (473, "register a user name first"),
    (474, "invalid element"),
    (475, "a mandatory element is missing"),
    (476, "user name taken"),
    (477, "already registered"),
    (478, "no such user name"),
    (479, "calling oneself: use the EchoTest plugin"),
    (480, "already in a call"),
    (481, "no call"),
    (482, "session description missing"),
    (483, "invalid session description"),
    (499, "unknown error"),
];

const ECHOTEST: Meanings = &[
    (411, "no message"),
    (412, "invalid JSON"),
    (413, "invalid element"),
    (414, "invalid session description"),
];

const TEXTROOM: Meanings = &[
    (411, "no message"),
    (412, "invalid JSON"),
    (413, "a mandatory element is missing"),
    (414, "invalid element"),
    (415, "invalid request"),
    (416, "already set up"),
    (417, "no such room"),
    (418, "room already exists"),
    (419, "unauthorized: wrong PIN, secret or token"),
    (420, "user name taken"),
    (421, "already in the room"),
    (422, "not in the room"),
    (423, "no such user"),
    (499, "unknown error"),
];

const RECORDPLAY: Meanings = &[
    (411, "no message"),
    (412, "invalid JSON"),
    (413, "invalid request"),
    (414, "invalid element"),
    (415, "a mandatory element is missing"),
    (416, "no such recording"),
    (417, "invalid recording"),
    (418, "not possible in the present state"),
    (419, "invalid session description"),
    (420, "recording already exists"),
    (499, "unknown error"),
];

const SIP: Meanings = &[
    (440, "no message"),
    (441, "invalid JSON"),
    (442, "invalid request"),
    (443, "a mandatory element is missing"),
    (444, "invalid element"),
    (445, "already registered"),
    (446, "invalid address"),
    (447, "not possible in the present state"),
    (448, "session description missing"),
    (449, "error of the SIP library"),
    (450, "input or output error"),
    (451, "recording error"),
    (452, "media security demanded and not offered"),
    (453, "error of a helper session"),
    (454, "no such call id"),
    (499, "unknown error"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_means_different_things_to_core_and_plugins() {
        assert!(core(458).unwrap().starts_with("no such session"));
        assert_eq!(plugin("streaming", 458), Some("switching not possible"));
        assert_eq!(plugin("videoroom", 426), Some("no such room"));
        assert_eq!(
            (core(1), plugin("videoroom", 1), plugin("other", 426)),
            (None, None, None)
        );
    }
}
