//! The sentence for an ICE candidate.

use crate::sdp::address::ConnectionAddress;
use crate::sdp::candidate::Candidate;
use crate::sdp::candidate::CandidateProtocol;
use crate::sdp::candidate::CandidateType;
use crate::sdp::candidate::TcpType;
use crate::sdp::explain::printable;
use crate::sdp::explain::quoted;

pub(super) fn explain(candidate: &Candidate) -> String {
    format!(
        "A way to reach the writer: {} over {}, {}{}{} (RFC 8839 §5.1).",
        place(candidate),
        protocol(candidate),
        origin(candidate),
        component(candidate),
        priority(candidate),
    )
}

fn place(candidate: &Candidate) -> String {
    if candidate.tcp_type == Some(TcpType::Active) {
        return format!("{} connects from a port not known yet", candidate.address);
    }
    let port = candidate.port.map_or_else(
        || "an unreadable port".to_owned(),
        |port| format!("port {port}"),
    );
    match &candidate.address {
        ConnectionAddress::Mdns(name) => {
            format!(
                "{port} of {}, a name that hides a private address and that only hosts on the same network can look up",
                printable(name)
            )
        }
        ConnectionAddress::Name(name) => {
            format!("{port} of {}, a name to be looked up", printable(name))
        }
        ConnectionAddress::Zoned { ip, zone } => {
            format!(
                "{port} of {ip} on the interface {}, which means something on the writer's machine only",
                quoted(zone)
            )
        }
        ConnectionAddress::Ip(_) => {
            let address = candidate.transport_address();
            address.map_or_else(
                || format!("{port} of {}", candidate.address),
                |address| address.to_string(),
            )
        }
    }
}

fn protocol(candidate: &Candidate) -> String {
    match (&candidate.protocol, candidate.tcp_type) {
        (CandidateProtocol::Udp, _) => "UDP".to_owned(),
        (CandidateProtocol::Tcp, Some(TcpType::Passive)) => {
            "TCP, where the writer listens".to_owned()
        }
        (CandidateProtocol::Tcp, Some(TcpType::SimultaneousOpen)) => {
            "TCP, where both sides connect at once".to_owned()
        }
        (CandidateProtocol::Tcp, _) => "TCP".to_owned(),
        (CandidateProtocol::Other(word), _) => quoted(word),
    }
}

fn origin(candidate: &Candidate) -> String {
    let related = candidate
        .related()
        .filter(|related| !related.ip.is_unspecified())
        .map(|related| related.to_string());
    match (&candidate.kind, related) {
        (CandidateType::Host, _) => {
            "an address of one of the writer's own interfaces (host)".to_owned()
        }
        (CandidateType::ServerReflexive, Some(base)) => {
            format!("the outside of a NAT as a STUN server saw it, with {base} inside (srflx)")
        }
        (CandidateType::ServerReflexive, None) => {
            "the outside of a NAT as a STUN server saw it (srflx)".to_owned()
        }
        (CandidateType::PeerReflexive, _) => {
            "the outside of a NAT as a connectivity check showed it (prflx)".to_owned()
        }
        (CandidateType::Relayed, Some(mapped)) => {
            format!(
                "an address on a TURN server, which passes packets on to the writer at {mapped} (relay)"
            )
        }
        (CandidateType::Relayed, None) => {
            "an address on a TURN server, which passes packets on to the writer (relay)".to_owned()
        }
        (CandidateType::Other(word), _) if word.is_empty() => "of no known type".to_owned(),
        (CandidateType::Other(word), _) => format!("of the type {}", quoted(word)),
    }
}

const fn component(candidate: &Candidate) -> &'static str {
    match candidate.component {
        Some(2) => ", for RTCP only",
        _ => "",
    }
}

fn priority(candidate: &Candidate) -> String {
    match (candidate.priority, candidate.type_preference()) {
        (Some(priority), Some(preference)) => {
            format!("; priority {priority}, of which the type gives {preference} of 126")
        }
        _ => String::new(),
    }
}
