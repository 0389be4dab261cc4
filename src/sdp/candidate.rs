//! ICE candidates, in a description's `a=candidate` lines or trickled one by one (RFC 8839 §5.1, RFC 8840).
//!
//! ```text
//! candidate:1078987865 1 udp 1685987071 203.0.113.101 29600 typ srflx raddr 192.168.10.2 rport 42537 generation 0 network-id 1
//!           foundation │ │   priority   address       port      type  related address and port      extensions: name, value, …
//!            component ┘ └ protocol
//! ```

use crate::sdp::address::ConnectionAddress;
use crate::sdp::reader::LineReader;
use crate::sdp::transport::is_ice_char;
use crate::vocab::address::TransportAddress;
use crate::vocab::fault::Fault;

/// A candidate: an address at which the writer may be reached (RFC 8445 §4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Equal for candidates of the same type, base, server and protocol (RFC 8445 §5.1.1.3).
    pub foundation: String,
    /// 1 for RTP (and RTCP with rtcp-mux), 2 for RTCP; `None` when unreadable.
    pub component: Option<u16>,
    /// Transport protocol.
    pub protocol: CandidateProtocol,
    /// Priority (RFC 8445 §5.1.2); `None` when unreadable.
    pub priority: Option<u32>,
    /// Address, or the name that stands for it.
    pub address: ConnectionAddress,
    /// Port; 9 or 0 for active TCP candidates, which have none (RFC 6544 §4.5). `None` when unreadable.
    pub port: Option<u16>,
    /// How the address was learned.
    pub kind: CandidateType,
    /// `raddr`: the base of a reflexive candidate, the mapped address of a relayed one; `0.0.0.0` when the writer hides it.
    pub related_address: Option<ConnectionAddress>,
    /// `rport`.
    pub related_port: Option<u16>,
    /// `tcptype`: who opens the connection (RFC 6544 §4.5).
    pub tcp_type: Option<TcpType>,
    /// `generation`: counts ICE restarts (Chromium, Janus).
    pub generation: Option<u32>,
    /// `ufrag`: the user fragment it belongs to, so that a late candidate finds its generation (Chromium, Firefox).
    pub ufrag: Option<String>,
    /// `network-id`: numbers the writer's interfaces (Chromium).
    pub network_id: Option<u32>,
    /// `network-cost`: 0 for cheap (wired) up to 999 (Chromium).
    pub network_cost: Option<u32>,
    /// Any other extension: name and value.
    pub extensions: Vec<(String, String)>,
}

impl Candidate {
    /// Reads a candidate alone: `candidate:…`, `a=candidate:…`, or the bare value. Fault offsets are from the start of `text`.
    ///
    /// An empty text says that no more will follow (`addIceCandidate` of RFC 9429, and the browsers).
    pub fn parse(text: &str) -> ParsedCandidate {
        let mut reader = LineReader::new(text, 0);
        let value = text.trim_ascii();
        let value = value.strip_prefix("a=").unwrap_or(value);
        let end_of_candidates = value.is_empty() || value == "end-of-candidates";
        let value = value.strip_prefix("candidate:").unwrap_or(value);
        let candidate = if end_of_candidates {
            None
        } else if value.len() > MAX_CANDIDATE_BYTES {
            reader.fault("sdp-candidate-too-long", value);
            None
        } else {
            read(value, &mut reader)
        };
        ParsedCandidate {
            candidate,
            end_of_candidates,
            faults: reader.into_faults(),
        }
    }

    /// IP address and port; `None` for names, and when the port is unreadable.
    pub const fn transport_address(&self) -> Option<TransportAddress> {
        match (self.address.ip(), self.port) {
            (Some(ip), Some(port)) => Some(TransportAddress::new(ip, port)),
            _ => None,
        }
    }

    /// Related IP address and port, when both are said.
    pub fn related(&self) -> Option<TransportAddress> {
        let ip = self.related_address.as_ref()?.ip()?;
        Some(TransportAddress::new(ip, self.related_port?))
    }

    /// The part of the priority that belongs to the type: 126 host, 110 peer-reflexive, 100 server-reflexive, 0 relayed by recommendation
    /// (RFC 8445 §5.1.2.2).
    pub fn type_preference(&self) -> Option<u8> {
        self.priority.map(|priority| (priority >> 24) as u8)
    }
}

/// What a text that should be a candidate turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedCandidate {
    /// The candidate; `None` when there is none, or it is beyond reading.
    pub candidate: Option<Candidate>,
    /// No more candidates will follow.
    pub end_of_candidates: bool,
    /// Rules it breaks.
    pub faults: Vec<Fault>,
}

/// Transport protocol of a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CandidateProtocol {
    /// UDP.
    Udp,
    /// TCP (RFC 6544).
    Tcp,
    /// Any other, as written: `ssltcp`, `tls`.
    Other(String),
}

impl CandidateProtocol {
    /// Lower-case word, as getStats has it; others as written.
    pub const fn word(&self) -> &str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Other(word) => word.as_str(),
        }
    }
}

/// How a candidate's address was learned (RFC 8445 §4).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CandidateType {
    /// From an interface of the writer.
    Host,
    /// From a STUN server's answer: the outside of a NAT.
    ServerReflexive,
    /// From a connectivity check.
    PeerReflexive,
    /// Allocated on a TURN server.
    Relayed,
    /// Any other word; empty when there was none.
    Other(String),
}

impl CandidateType {
    /// The word of SDP and getStats.
    pub const fn word(&self) -> &str {
        match self {
            Self::Host => "host",
            Self::ServerReflexive => "srflx",
            Self::PeerReflexive => "prflx",
            Self::Relayed => "relay",
            Self::Other(word) => word.as_str(),
        }
    }

    fn parse(word: &str) -> Self {
        match word {
            "host" => Self::Host,
            "srflx" => Self::ServerReflexive,
            "prflx" => Self::PeerReflexive,
            "relay" => Self::Relayed,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// Who opens the connection of a TCP candidate (RFC 6544 §4.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TcpType {
    /// The writer connects; its port is not known yet.
    Active,
    /// The writer listens.
    Passive,
    /// Simultaneous open.
    SimultaneousOpen,
}

impl TcpType {
    /// The word of SDP.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Passive => "passive",
            Self::SimultaneousOpen => "so",
        }
    }
}

/// Reads what follows `candidate:`. `None` when the address cannot be read or is missing; any other token costs itself only.
pub(super) fn read(value: &str, reader: &mut LineReader<'_>) -> Option<Candidate> {
    let mut tokens = value.split_ascii_whitespace();
    let (
        Some(foundation),
        Some(component),
        Some(protocol),
        Some(priority),
        Some(address),
        Some(port),
    ) = (
        tokens.next(),
        tokens.next(),
        tokens.next(),
        tokens.next(),
        tokens.next(),
        tokens.next(),
    )
    else {
        reader.fault("sdp-candidate-too-short", value);
        return None;
    };
    if foundation.len() > 32 || !foundation.bytes().all(is_ice_char) {
        reader.fault("sdp-candidate-foundation", foundation);
    }
    let Some(address) = ConnectionAddress::parse(address) else {
        reader.fault("sdp-candidate-address-unreadable", address);
        return None;
    };
    let mut candidate = Candidate {
        foundation: foundation.to_owned(),
        component: component_number(component, reader),
        protocol: match protocol {
            word if word.eq_ignore_ascii_case("udp") => CandidateProtocol::Udp,
            word if word.eq_ignore_ascii_case("tcp") => CandidateProtocol::Tcp,
            other => CandidateProtocol::Other(other.to_owned()),
        },
        priority: reader.parse("sdp-candidate-priority-unreadable", priority),
        address,
        port: reader.parse("sdp-candidate-port-unreadable", port),
        kind: CandidateType::Other(String::new()),
        related_address: None,
        related_port: None,
        tcp_type: None,
        generation: None,
        ufrag: None,
        network_id: None,
        network_cost: None,
        extensions: Vec::new(),
    };
    let mut has_type = false;
    while let Some(name) = tokens.next() {
        let Some(value) = tokens.next() else {
            reader.fault("sdp-candidate-extension-without-value", name);
            break;
        };
        has_type |= name == "typ";
        candidate.extend(name, value, reader);
    }
    if !has_type {
        reader.fault("sdp-candidate-without-type", value);
    }
    Some(candidate)
}

impl Candidate {
    /// Takes one of the `name value` pairs that follow the port.
    fn extend(&mut self, name: &str, value: &str, reader: &mut LineReader<'_>) {
        match name {
            "typ" => self.kind = CandidateType::parse(value),
            "raddr" => {
                self.related_address = ConnectionAddress::parse(value);
                if self.related_address.is_none() {
                    reader.fault("sdp-candidate-related-address-unreadable", value);
                }
            }
            "rport" => {
                self.related_port = reader.parse("sdp-candidate-related-port-unreadable", value);
            }
            "tcptype" => {
                self.tcp_type = match value {
                    "active" => Some(TcpType::Active),
                    "passive" => Some(TcpType::Passive),
                    "so" => Some(TcpType::SimultaneousOpen),
                    _ => {
                        reader.fault("sdp-candidate-tcptype-unknown", value);
                        None
                    }
                }
            }
            "generation" => {
                self.generation = reader.parse("sdp-candidate-generation-unreadable", value);
            }
            "ufrag" => self.ufrag = Some(value.to_owned()),
            "network-id" => {
                self.network_id = reader.parse("sdp-candidate-network-id-unreadable", value);
            }
            "network-cost" => {
                self.network_cost = reader.parse("sdp-candidate-network-cost-unreadable", value);
            }
            _ => self.extensions.push((name.to_owned(), value.to_owned())),
        }
    }
}

/// A component number is 1 to 256 (RFC 8839 §5.1).
fn component_number(token: &str, reader: &mut LineReader<'_>) -> Option<u16> {
    let name = "sdp-candidate-component-unreadable";
    let number = reader.parse(name, token)?;
    if (1..=256).contains(&number) {
        Some(number)
    } else {
        reader.fault(name, token);
        None
    }
}

/// Longest candidate text that is read, bytes; real ones stay below 300.
const MAX_CANDIDATE_BYTES: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> (Candidate, Vec<(&'static str, usize)>) {
        let parsed = Candidate::parse(text);
        let faults = parsed.faults.iter().map(|f| (f.name, f.offset)).collect();
        (parsed.candidate.expect("a candidate"), faults)
    }

    #[test]
    fn the_examples_of_rfc_8839_are_read() {
        let (host, faults) = parse("a=candidate:1 1 UDP 2130706431 203.0.113.141 8998 typ host");
        assert!(faults.is_empty());
        assert_eq!(
            (host.kind, host.component, host.priority),
            (CandidateType::Host, Some(1), Some(2_130_706_431))
        );
        let text =
            "candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998";
        let (srflx, faults) = parse(text);
        assert!(faults.is_empty());
        assert_eq!(
            srflx.transport_address().map(|a| a.to_string()).as_deref(),
            Some("192.0.2.3:45664")
        );
        assert_eq!(
            srflx.related().map(|a| a.to_string()).as_deref(),
            Some("203.0.113.141:8998")
        );
        assert_eq!(srflx.type_preference(), Some(100));
        let (v6, faults) =
            parse("a=candidate:1 1 UDP 2130706431 2001:db8:1234:5678::1 8998 typ host");
        assert!(faults.is_empty() && v6.address.ip().is_some_and(|ip| ip.is_ipv6()));
    }

    #[test]
    fn chromium_s_extensions_have_fields_and_others_are_kept() {
        let text = "candidate:374919410 1 udp 2113937151 b3046e7d-ae91-4826-b4fd-417ba23971c0.local 50071 typ host generation 1 ufrag KvGi network-id 3 network-cost 999 x-y z";
        let (candidate, faults) = parse(text);
        assert!(faults.is_empty());
        assert!(matches!(candidate.address, ConnectionAddress::Mdns(_)));
        assert_eq!(candidate.transport_address(), None);
        assert_eq!(
            (
                candidate.generation,
                candidate.network_id,
                candidate.network_cost
            ),
            (Some(1), Some(3), Some(999))
        );
        assert_eq!(candidate.ufrag.as_deref(), Some("KvGi"));
        assert_eq!(candidate.extensions, [("x-y".into(), "z".into())]);
    }

    #[test]
    fn tcp_candidates_say_who_connects() {
        let (tcp, faults) =
            parse("candidate:2 1 tcp 1015022079 203.0.113.10 0 typ host tcptype active");
        assert_eq!(
            (tcp.protocol, tcp.tcp_type, tcp.port),
            (CandidateProtocol::Tcp, Some(TcpType::Active), Some(0))
        );
        assert!(faults.is_empty());
        let (ssl, faults) = parse("candidate:1 1 ssltcp 1 192.0.2.1 443 typ host generation 0");
        assert_eq!(ssl.protocol, CandidateProtocol::Other("ssltcp".into()));
        assert!(faults.is_empty());
    }

    #[test]
    fn an_empty_candidate_ends_the_list() {
        for text in ["", "\r\n", "a=end-of-candidates", "candidate:"] {
            let parsed = Candidate::parse(text);
            assert_eq!(parsed.candidate, None, "{text}");
            assert_eq!(parsed.end_of_candidates, text != "candidate:", "{text}");
        }
    }

    #[test]
    fn one_junk_token_costs_that_token() {
        let (candidate, faults) = parse("candidate:1 x udp many fe80::1%eth0 70000 typ host rport");
        assert_eq!(
            (candidate.component, candidate.priority, candidate.port),
            (None, None, None)
        );
        assert_eq!(candidate.kind, CandidateType::Host);
        assert_eq!(
            faults,
            [
                ("sdp-candidate-component-unreadable", 12),
                ("sdp-candidate-priority-unreadable", 18),
                ("sdp-candidate-port-unreadable", 36),
                ("sdp-candidate-extension-without-value", 51),
            ]
        );
    }

    #[test]
    fn without_an_address_there_is_no_candidate() {
        for (text, name) in [
            ("candidate:1 1 udp 1", "sdp-candidate-too-short"),
            (
                "candidate:1 1 udp 1 … 9 typ host",
                "sdp-candidate-address-unreadable",
            ),
        ] {
            let parsed = Candidate::parse(text);
            assert_eq!(parsed.candidate, None);
            assert_eq!(parsed.faults.first().map(|f| f.name), Some(name));
        }
        let (untyped, faults) = parse("candidate:1 1 udp 1 192.0.2.1 9");
        assert_eq!(untyped.kind.word(), "");
        assert_eq!(faults, [("sdp-candidate-without-type", 10)]);
    }

    proptest! {
        #[test]
        fn no_candidate_text_panics(text in "(a=)?(candidate:)?([a-z0-9.:%…]{0,9} ?){0,12}") {
            let parsed = Candidate::parse(&text);
            prop_assert!(parsed.faults.iter().all(|fault| fault.offset <= text.len()));
        }
    }
}
