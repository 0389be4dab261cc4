//! One plain sentence for any line of a description, values filled in, with the section that rules it.
//!
//! Shown beside each line in the terminal's Offer/Answer tab and in the lessons, so the words are for somebody who meets SDP for the first time.
//!
//! | file | explains |
//! | --- | --- |
//! | `field` | `v= o= s= c= b= t= m=` |
//! | `grouping` | groups, mids, directions, `MediaStream`s |
//! | `transport` | ICE, DTLS, SDES, RTCP's port, SCTP |
//! | `candidate` | ICE candidates |
//! | `rtp` | payload types, feedback, header extensions |
//! | `stream` | announced streams, simulcast |
//! | `other` | the attributes that the model keeps as text |

mod candidate;
mod field;
mod grouping;
mod other;
mod rtp;
mod stream;
mod transport;

use crate::sdp::attribute::Attribute;
use crate::sdp::line::Content;
use crate::sdp::line::Line;

/// What `line` says, in one plain sentence.
///
/// Text from the description is quoted with control characters replaced and long values clipped, so the sentence is safe to print.
pub fn explain(line: &Line) -> String {
    match &line.content {
        Content::Attribute(attribute) => explain_attribute(attribute),
        Content::Blank => {
            "An empty line, which SDP has no use for; readers skip it (RFC 8866 §5).".to_owned()
        }
        Content::Unknown => unread(line),
        content => field::explain(content),
    }
}

/// What `attribute` says, in one plain sentence.
pub fn explain_attribute(attribute: &Attribute) -> String {
    match attribute {
        Attribute::Candidate(candidate) => candidate::explain(candidate),
        Attribute::Other { name, value } => other::explain(name, value.as_deref()),
        attribute => grouping::explain(attribute)
            .or_else(|| transport::explain(attribute))
            .or_else(|| rtp::explain(attribute))
            .or_else(|| stream::explain(attribute))
            .unwrap_or_default(),
    }
}

/// Does [`explain`] know the attribute `name`, which the model keeps as text?
pub(super) fn knows(name: &str) -> bool {
    other::knows(name)
}

fn unread(line: &Line) -> String {
    let has = |name: &str| line.faults.iter().any(|fault| fault.name == name);
    if has("sdp-line-not-type-value") {
        "Not a line of SDP: those are one letter, an equals sign and a value; readers that do not skip it refuse the whole description (RFC 8866 §5).".to_owned()
    } else if has("sdp-line-too-long") {
        format!(
            "A line of {} bytes, longer than any real one, so it was not read.",
            line.raw.len()
        )
    } else if has("sdp-type-unknown") {
        "A line of a type that SDP does not have; readers ignore the whole description or the line (RFC 8866 §5).".to_owned()
    } else {
        format!(
            "The value of this line cannot be read: {}.",
            quoted(&line.raw)
        )
    }
}

/// `text` between quotation marks, fit to print.
fn quoted(text: &str) -> String {
    format!("“{}”", printable(text))
}

/// `text` with control characters replaced, cut after [`LONGEST_QUOTE`] characters.
fn printable(text: &str) -> String {
    let visible = |c: char| if c.is_control() { '·' } else { c };
    let mut short: String = text.chars().take(LONGEST_QUOTE).map(visible).collect();
    if text.chars().nth(LONGEST_QUOTE).is_some() {
        short.push('…');
    }
    short
}

/// `a`, `a and b`, `a, b and c`.
fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Longest text quoted from a description, characters.
const LONGEST_QUOTE: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdp::line::LineEnding;

    fn sentence(raw: &str) -> String {
        explain(&Line::read(1, 0, raw, LineEnding::CrLf))
    }

    #[test]
    fn every_kind_of_line_has_a_sentence_with_its_source() {
        for raw in LINES.lines() {
            let text = sentence(raw);
            assert!(text.ends_with('.') && text.len() > 30, "{raw}: {text}");
            let names_source = [
                "RFC ",
                "draft-",
                "3GPP",
                "AV1",
                "W3C",
                "libwebrtc",
                "webrtc.org",
            ];
            assert!(
                names_source.iter().any(|source| text.contains(source)),
                "{raw}: {text}"
            );
        }
    }

    #[test]
    fn values_are_filled_in() {
        for (raw, expected) in [
            ("a=group:BUNDLE 0 1", "0 and 1"),
            ("a=rtpmap:96 VP8/90000", "96"),
            ("a=fmtp:97 apt=96", "payload type 96"),
            ("a=setup:actpass", "actpass"),
            (
                "a=fmtp:102 profile-level-id=42e01f",
                "Constrained Baseline, level 3.1",
            ),
            (
                "a=candidate:1 1 udp 1685987071 203.0.113.101 29600 typ srflx raddr 192.168.10.2 rport 42537",
                "192.168.10.2:42537",
            ),
            (
                "m=video 9 UDP/TLS/RTP/SAVPF 96 97 … 116 mid=0",
                "“…” and “mid=0”",
            ),
            ("a=simulcast:send h;m,~x;l", "3 streams"),
        ] {
            let text = sentence(raw);
            assert!(text.contains(expected), "{raw}: {text}");
        }
    }

    #[test]
    fn hostile_text_is_fit_to_print() {
        let text = sentence(&format!("a=x-\u{1b}[31m:{}", "y".repeat(500)));
        assert!(
            !text.contains('\u{1b}') && text.chars().count() < 300,
            "{text}"
        );
        assert!(sentence("… more lines").contains("Not a line of SDP"));
    }

    const LINES: &str = "v=0
o=- 1707525383813250893 2 IN IP4 127.0.0.1
o=mozilla...THIS_IS_SDPARTA-99.0 4731666344315754183 0 IN IP4 0.0.0.0
s=-
s=VideoRoom 100
i=a talk
u=http://example.org
e=a@example.org
p=+1 617 555-6011
c=IN IP4 0.0.0.0
c=IN IP4 192.0.2.1
b=AS:500
b=TIAS:500000
b=X-Z:1
t=0 0
t=3724394400 3724398000
r=604800 3600 0 90000
z=3730928400 -1h
k=prompt
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
m=video 0 RTP/AVP 96
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
m=image 5004 udptl t38
a=group:BUNDLE 0 1
a=group:LS 0 1
a=group:XYZ 0
a=mid:0
a=bundle-only
a=msid:a706700f 9069c65e
a=msid:- 9069c65e
a=msid-semantic: WMS *
a=msid-semantic: WMS
a=sendrecv
a=sendonly
a=recvonly
a=inactive
a=ice-ufrag:KvGi
a=ice-pwd:EQVcLRA7oAX8xNOWiEpRX5dv
a=ice-lite
a=ice-options:trickle renomination
a=ice-options:x
a=ice-mismatch
a=ice-pacing:50
a=candidate:1 1 udp 2015363583 203.0.113.10 10194 typ host
a=candidate:374919410 1 udp 2113937151 b3046e7d-ae91-4826-b4fd-417ba23971c0.local 50071 typ host generation 0 network-cost 999
a=candidate:2 1 tcp 1015022079 203.0.113.10 9 typ host tcptype active
a=candidate:2 1 tcp 1015022079 203.0.113.10 1234 typ host tcptype passive
a=candidate:2 1 ssltcp 1 203.0.113.10 443 typ relay raddr 0.0.0.0 rport 0
a=candidate:2 2 udp 1 turn.example.org 443 typ prflx
a=end-of-candidates
a=fingerprint:sha-256 32:E3:80:EA:64:F6:7D:09:01:22:92:98:0E:A9:E8:A2:F1:3C:4C:F4:14:5F:93:B3:10:80:C3:8C:BF:AE:4B:F5
a=setup:actpass
a=setup:active
a=setup:passive
a=setup:holdconn
a=tls-id:abc3de65cddef001be82
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz
a=rtcp:9 IN IP4 0.0.0.0
a=rtcp:5005
a=rtcp-mux
a=rtcp-mux-only
a=rtcp-rsize
a=rtcp-xr:rcvr-rtt=all
a=rtpmap:111 opus/48000/2
a=rtpmap:63 red/48000/2
a=rtpmap:9 G722/8000
a=rtpmap:97 rtx/90000
a=rtpmap:100 X-NEW/90000
a=fmtp:111 minptime=10;useinbandfec=1;stereo=1
a=fmtp:63 111/111
a=fmtp:101 0-15
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
a=fmtp:45 level-idx=5;profile=0;tier=0
a=fmtp:98 profile-id=0
a=fmtp:120 max-fs=12288;max-fr=60
a=rtcp-fb:96 goog-remb
a=rtcp-fb:96 transport-cc
a=rtcp-fb:96 ccm fir
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtcp-fb:* ack ccfb
a=rtcp-fb:* rrtr
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level
a=extmap:12 urn:example:new
a=extmap-allow-mixed
a=ssrc:1259163404 cname:QKzxosxxp7j2gb4y
a=ssrc:1259163404 msid:a b
a=ssrc:1259163404 x:y
a=ssrc:1259163404
a=ssrc-group:FID 3061117379 3255237529
a=ssrc-group:SIM 1 2 3
a=ssrc-group:FEC-FR 1 2
a=ssrc-group:XYZ 1 2
a=rid:h send
a=rid:1 recv pt=97,98;max-width=1280
a=simulcast:send h;m;l
a=simulcast:recv 1
a=ptime:20
a=maxptime:120
a=framerate:30
a=sctp-port:5000
a=max-message-size:262144
a=max-message-size:0
a=sctpmap:5000 webrtc-datachannel 1024
a=imageattr:96 send [x=320,y=240]
a=identity:eyJ
a=label:1
a=remote-candidates:1 192.0.2.1 3478
a=x-google-flag:conference
a=x-new
a=mid:";
}
