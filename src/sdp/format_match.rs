//! Which format parameters must agree for two payload types to mean the same.
//!
//! Most parameters tell what one side can receive and may differ. A few choose the bitstream itself and must not.

use std::fmt;

use crate::sdp::codec::Codec;

/// A parameter that had to agree and does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterMismatch {
    /// The parameter's name.
    pub parameter: &'static str,
    /// Its value in the offer, the default when absent.
    pub offer: String,
    /// Its value in the answer, the default when absent.
    pub answer: String,
}

impl fmt::Display for ParameterMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} in the offer, {} in the answer",
            self.parameter, self.offer, self.answer
        )
    }
}

/// The first parameter on which two codecs of the same name, clock rate and channels disagree; `None` when they are compatible.
pub fn mismatch(offer: &Codec, answer: &Codec) -> Option<ParameterMismatch> {
    let name = offer.name.to_ascii_uppercase();
    let rules = RULES.iter().filter(|rule| rule.codec == name);
    rules
        .map(|rule| (rule, rule.value(offer), rule.value(answer)))
        .find(|(rule, offer, answer)| !(rule.agree)(offer, answer))
        .map(|(rule, offer, answer)| ParameterMismatch {
            parameter: rule.parameter,
            offer: offer.to_owned(),
            answer: answer.to_owned(),
        })
}

/// A parameter that chooses the bitstream.
struct Rule {
    codec: &'static str,
    parameter: &'static str,
    /// What holds when it is absent.
    default: &'static str,
    agree: fn(&str, &str) -> bool,
}

impl Rule {
    fn value<'c>(&self, codec: &'c Codec) -> &'c str {
        codec.parameters.get(self.parameter).unwrap_or(self.default)
    }
}

const RULES: &[Rule] = &[
    // RFC 6184 §8.2.2: profile and packetization mode are symmetric, the level may differ.
    Rule {
        codec: "H264",
        parameter: "packetization-mode",
        default: "0",
        agree: same,
    },
    Rule {
        codec: "H264",
        parameter: "profile-level-id",
        default: "42000a",
        agree: same_h264_profile,
    },
    // RFC 7798 §7.2.2: profile and tier are symmetric.
    Rule {
        codec: "H265",
        parameter: "profile-id",
        default: "1",
        agree: same,
    },
    Rule {
        codec: "H265",
        parameter: "tier-flag",
        default: "0",
        agree: same,
    },
    // RFC 9628 §6.1: the profile is symmetric.
    Rule {
        codec: "VP9",
        parameter: "profile-id",
        default: "0",
        agree: same,
    },
    // "RTP Payload Format For AV1" §7.2: the profile is the bitstream's; level and tier bound what a side receives.
    Rule {
        codec: "AV1",
        parameter: "profile",
        default: "0",
        agree: same,
    },
];

fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

fn same_h264_profile(a: &str, b: &str) -> bool {
    match (h264_profile(a), h264_profile(b)) {
        (Some(a), Some(b)) => a == b,
        _ => same(a, b),
    }
}

/// `profile_idc` and the constraint bits that matter: the same profile can be written in several ways (RFC 6184 §8.1, table 5).
fn h264_profile(profile_level_id: &str) -> Option<(u8, u8)> {
    if profile_level_id.len() != 6 {
        return None;
    }
    let number = u32::from_str_radix(profile_level_id, 16).ok()?;
    let (idc, constraints) = ((number >> 16) as u8, (number >> 8) as u8);
    Some(match (idc, constraints) {
        // Constrained Baseline: 42 x1xx0000, 4D 1xxx0000, 58 11xx0000.
        (0x42, c) if c & 0x4f == 0x40 => (0x42, 0x40),
        (0x4d, c) if c & 0x8f == 0x80 => (0x42, 0x40),
        (0x58, c) if c & 0xcf == 0xc0 => (0x42, 0x40),
        // Baseline: 42 x0xx0000, 58 10xx0000.
        (0x42, c) if c & 0x4f == 0 => (0x42, 0),
        (0x58, c) if c & 0xcf == 0x80 => (0x42, 0),
        // Main: 4D 0x0x0000.
        (0x4d, c) if c & 0xaf == 0 => (0x4d, 0),
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdp::codec::CodecRole;
    use crate::sdp::rtp_attribute::FormatParameters;
    use crate::vocab::ids::PayloadType;

    fn codec(name: &str, parameters: &str) -> Codec {
        Codec {
            payload_type: PayloadType(96),
            name: name.into(),
            clock_rate: 90_000,
            channels: None,
            parameters: FormatParameters::parse(parameters),
            feedback: Vec::new(),
            listed: true,
        }
    }

    fn differs(name: &str, offer: &str, answer: &str) -> Option<String> {
        mismatch(&codec(name, offer), &codec(name, answer)).map(|m| m.to_string())
    }

    #[test]
    fn the_h264_level_may_differ_and_the_profile_may_not() {
        let ids = |a: &str, b: &str| {
            differs(
                "H264",
                &format!("profile-level-id={a}"),
                &format!("profile-level-id={b}"),
            )
        };
        assert_eq!(ids("42e01f", "42e034"), None);
        // Constrained Baseline in two spellings.
        assert_eq!(ids("42e01f", "4d801f"), None);
        assert_eq!(
            ids("42e01f", "4d001f").as_deref(),
            Some("profile-level-id 42e01f in the offer, 4d001f in the answer")
        );
        assert!(ids("42001f", "42e01f").is_some());
    }

    #[test]
    fn an_absent_parameter_has_its_default() {
        assert_eq!(differs("H264", "packetization-mode=0", ""), None);
        assert!(differs("h264", "packetization-mode=1", "").is_some());
        assert_eq!(differs("VP9", "profile-id=0", ""), None);
        assert!(differs("VP9", "profile-id=2", "profile-id=0").is_some());
    }

    #[test]
    fn what_a_side_can_receive_may_differ() {
        assert_eq!(
            differs("AV1", "level-idx=5;profile=0;tier=0", "level-idx=8"),
            None
        );
        assert_eq!(
            differs("opus", "minptime=10;useinbandfec=1", "stereo=1"),
            None
        );
        assert_eq!(codec("opus", "").role(), CodecRole::Media);
    }
}
