//! What Firefox's own parser says of a whole description.

use webrtc_sdp::error::SdpParserError;

use crate::sdp::description::Description;

/// The verdict of `webrtc-sdp` on the whole text: one bad line makes it refuse everything, which is what a browser would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecondOpinion {
    /// It takes the description; it skips these lines, and says why.
    Accepts(Vec<String>),
    /// It refuses the description.
    Refuses {
        /// The line it blames, from 1; `None` when it names none.
        line: Option<usize>,
        /// Its reason.
        reason: String,
    },
    /// It was not asked: the description is longer than any real one ([`MAX_OPINION_BYTES`]).
    NotAsked,
}

/// Asks `webrtc-sdp` about `description` as a whole.
pub fn second_opinion(description: &Description) -> SecondOpinion {
    let text = description.to_string();
    // Its work grows with the square of the number of lines, and with that of an `imageattr` line's length.
    let is_sane = text.len() <= MAX_OPINION_BYTES
        && description
            .lines
            .iter()
            .all(|line| line.raw.len() <= MAX_OPINION_LINE_BYTES);
    if !is_sane {
        return SecondOpinion::NotAsked;
    }
    match webrtc_sdp::parse_sdp(&text, false) {
        Ok(session) => SecondOpinion::Accepts(session.warnings.iter().map(reason).collect()),
        Err(error) => SecondOpinion::Refuses {
            line: blamed(&error),
            reason: reason(&error),
        },
    }
}

/// Its line numbers start at 0, and stand at 0 as well when it knows none.
fn blamed(error: &SdpParserError) -> Option<usize> {
    match error {
        SdpParserError::Sequence { line_number: 0, .. } => None,
        SdpParserError::Line { line_number, .. }
        | SdpParserError::Unsupported { line_number, .. }
        | SdpParserError::Sequence { line_number, .. } => Some(line_number + 1),
    }
}

fn reason(error: &SdpParserError) -> String {
    match error {
        SdpParserError::Line { error, .. } | SdpParserError::Unsupported { error, .. } => {
            error.to_string()
        }
        SdpParserError::Sequence { message, .. } => message.clone(),
    }
}

/// Longest text handed over, bytes.
pub const MAX_OPINION_BYTES: usize = 64 * 1024;

/// Longest line handed over, bytes.
const MAX_OPINION_LINE_BYTES: usize = 1024;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use serde_json::Value;
    use webrtc_sdp::SdpSession;
    use webrtc_sdp::attribute_type::SdpAttributeType;

    use super::*;
    use crate::sdp::candidate::Candidate;

    #[test]
    fn firefox_refuses_the_whole_for_one_token() {
        let text = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 mid=0\r\nc=IN IP4 0.0.0.0\r\n";
        let opinion = second_opinion(&Description::parse(text));
        assert!(
            matches!(opinion, SecondOpinion::Refuses { line: Some(5), .. }),
            "{opinion:?}"
        );
        let opinion = second_opinion(&Description::parse(&text.replace(" mid=0", "")));
        assert_eq!(opinion, SecondOpinion::Accepts(Vec::new()));
    }

    #[test]
    fn an_endless_text_is_not_handed_over() {
        let text = "a=x\n".repeat(MAX_OPINION_BYTES);
        assert_eq!(
            second_opinion(&Description::parse(&text)),
            SecondOpinion::NotAsked
        );
    }

    /// Every text of the recorded calls that starts with `start`, each once, with the call's name.
    fn recorded(start: &str) -> BTreeMap<String, String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/captures/lab");
        let mut found = BTreeMap::new();
        for call in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(truth) = std::fs::read(call.path().join("truth.json")) else {
                continue;
            };
            let truth = serde_json::from_slice(&truth).expect("truth.json is JSON");
            let mut texts = Vec::new();
            gather(&truth, start, &mut texts);
            let name = call.file_name().to_string_lossy().into_owned();
            found.extend(texts.into_iter().map(|text| (text, name.clone())));
        }
        if found.is_empty() {
            println!("skipped: no recorded calls beside the project");
        }
        found
    }

    /// Descriptions and candidates stand as such, and inside JSON messages.
    fn gather(value: &Value, start: &str, texts: &mut Vec<String>) {
        match value {
            Value::String(text) if text.starts_with(start) => texts.push(text.clone()),
            Value::String(text) if text.starts_with(['{', '[']) => {
                if let Ok(inner) = serde_json::from_str(text) {
                    gather(&inner, start, texts);
                }
            }
            Value::Array(values) => values.iter().for_each(|value| gather(value, start, texts)),
            Value::Object(fields) => fields
                .values()
                .for_each(|value| gather(value, start, texts)),
            _ => {}
        }
    }

    #[test]
    fn recorded_descriptions_have_no_fault_and_mean_what_firefox_reads() {
        for (text, call) in &recorded("v=0") {
            let ours = Description::parse(text);
            assert_eq!(ours.to_string(), *text, "{call}");
            let faults: Vec<_> = ours.faults().map(|fault| fault.to_string()).collect();
            assert!(faults.is_empty(), "{call}: {faults:?}\n{text}");
            let theirs = webrtc_sdp::parse_sdp(text, false).expect("Firefox takes it");
            compare(&ours, &theirs, call);
        }
    }

    fn compare(ours: &Description, theirs: &SdpSession, call: &str) {
        assert_eq!(ours.media.len(), theirs.media.len(), "{call}");
        for (ours, theirs) in ours.media.iter().zip(&theirs.media) {
            assert_eq!(ours.kind.word(), theirs.get_type().to_string(), "{call}");
            assert_eq!(ours.port.map(u32::from), Some(theirs.get_port()), "{call}");
            let all = |kind| {
                theirs
                    .get_attributes_of_type(kind)
                    .into_iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
            };
            let one = |kind| {
                all(kind)
                    .first()
                    .and_then(|text| text.split_once(':').map(|(_, value)| value.to_owned()))
            };
            assert_eq!(ours.mid, one(SdpAttributeType::Mid), "{call}");
            assert_eq!(
                ours.ufrag().map(str::to_owned),
                one(SdpAttributeType::IceUfrag),
                "{call}"
            );
            assert_eq!(
                ours.pwd().map(str::to_owned),
                one(SdpAttributeType::IcePwd),
                "{call}"
            );
            assert_eq!(
                ours.setup().map(|setup| setup.word().to_owned()),
                one(SdpAttributeType::Setup),
                "{call}"
            );
            if let Some(fingerprint) = one(SdpAttributeType::Fingerprint) {
                assert_eq!(
                    ours.fingerprints().first().map(ToString::to_string),
                    Some(fingerprint),
                    "{call}"
                );
            }
            assert_eq!(
                ours.rtcp_mux,
                !all(SdpAttributeType::RtcpMux).is_empty(),
                "{call}"
            );
            assert_eq!(
                ours.candidates.len(),
                all(SdpAttributeType::Candidate).len(),
                "{call}"
            );
            assert_eq!(
                ours.extmaps.len(),
                all(SdpAttributeType::Extmap).len(),
                "{call}"
            );
            assert_eq!(ours.rids.len(), all(SdpAttributeType::Rid).len(), "{call}");
            assert_eq!(
                ours.simulcast.is_some(),
                !all(SdpAttributeType::Simulcast).is_empty(),
                "{call}"
            );
            let sorted = |mut list: Vec<String>| {
                list.sort();
                list
            };
            let maps = all(SdpAttributeType::Rtpmap);
            let codecs = ours.codecs.iter().map(|codec| {
                let channels = codec
                    .channels
                    .map_or_else(String::new, |channels| format!("/{channels}"));
                format!(
                    "rtpmap:{} {}/{}{channels}",
                    codec.payload_type, codec.name, codec.clock_rate
                )
            });
            assert_eq!(sorted(codecs.collect()), sorted(maps), "{call}");
        }
    }

    #[test]
    fn recorded_candidates_have_no_fault() {
        for text in recorded("candidate:").keys() {
            let parsed = Candidate::parse(text);
            assert!(
                parsed.faults.is_empty() && parsed.candidate.is_some(),
                "{text}: {:?}",
                parsed.faults
            );
        }
    }
}
