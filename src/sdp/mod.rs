//! Session descriptions: text to a lossless, tolerant model. Floor 1.
//!
//! SDP (RFC 8866) is text, one fact a line, `type=value`. A description opens with what holds for the whole session; every `m=` line
//! opens a media section, and the lines after it speak of that section alone. Offer and answer (RFC 3264, JSEP RFC 9429) are two such texts
//! whose sections pair up by position.
//!
//! ```text
//! v=0                                       session level: who, when, how sections are grouped
//! o=- 1707525383813250893 2 IN IP4 127.0.0.1
//! a=group:BUNDLE 0
//! m=video 9 UDP/TLS/RTP/SAVPF 96 97         media section 0: kind, port, protocol, payload types in order of preference
//! a=mid:0                                   its name
//! a=ice-ufrag:KvGi                          how to reach it: ICE credentials and candidates
//! a=fingerprint:sha-256 32:E3:…             how to secure it: hash of the DTLS certificate
//! a=rtpmap:96 VP8/90000                     what may be sent: codecs, header extensions, streams
//! ```
//!
//! Three rules shape the model. **Nothing is lost**: every line keeps its bytes, its place and its line ending, so the lines put together are
//! the text again. **Nothing fails**: a line that cannot be read is kept as it is with a fault, and a junk token costs that token only.
//! **Nothing is guessed**: what a description does not say is `None` or empty.
//!
//! | file | holds |
//! | --- | --- |
//! | [`description`] | [`description::Description`]: lines, session level, media sections; the way in |
//! | [`mod@line`] | a line with its bytes, meaning, faults and notes |
//! | [`field`] | `v= o= s= c= b= t= m=` and friends |
//! | [`attribute`] | `a=` lines: the meanings; [`rtp_attribute`] for those about RTP |
//! | [`candidate`] | ICE candidates, in a description or trickled alone |
//! | [`codec`] | payload type → codec, with parameters and feedback |
//! | [`media`] | a media section, put together from its lines |
//! | [`transport`] | ICE and DTLS parameters, and where a section inherits them from |
//! | [`check`] | rules that need more than one line |
//! | [`negotiation`] | offer and answer → what was agreed; [`format_match`] for what must be equal |
//! | [`second_opinion`] | what Firefox's own parser says of the whole text |
//! | [`explain`] | one plain sentence for any line |
//!
//! # Which reader reads what
//!
//! `webrtc-sdp`, Firefox's parser, sees every line on its own, and its verdict is kept ([`line::Verdict`]). Its value is taken wherever it keeps
//! all that the line says. Where it does not, the reader is ours:
//!
//! | line | why |
//! | --- | --- |
//! | `m=` | one junk token fails the line; unknown protocols (BFCP, T.38) are dropped |
//! | `o=`, `c=`, `a=rtcp`, `a=candidate` | addresses pass through URL host parsing, which reads `010.0.0.1` as `8.0.0.1` and refuses IPv6 zones; `ssltcp` is refused |
//! | `a=fmtp`, `a=rid` | parameters are turned into a closed set of fields |
//! | `a=rtcp-fb`, `a=group`, `a=ssrc-group` | open registries: a new word fails the line |
//! | `a=extmap`, `a=fingerprint` | `inactive`, upper-case and further hash names are refused |
//! | `a=crypto`, `a=tls-id` | not known to it |
//!
//! Everything is bounded: [`description::MAX_BYTES`], [`description::MAX_LINES`], [`description::MAX_SECTIONS`], [`line::MAX_LINE_BYTES`].

pub mod address;
pub mod attribute;
pub mod candidate;
pub mod check;
pub mod codec;
pub mod description;
pub mod explain;
pub mod field;
pub mod format_match;
pub mod line;
pub mod media;
pub mod negotiation;
mod reader;
pub mod rtp_attribute;
pub mod second_opinion;
pub mod transport;
