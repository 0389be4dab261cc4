//! The candidates of a peer connection: declared in signaling, then found again, or found first, on the wire.

use std::net::IpAddr;

use crate::sdp::address::ConnectionAddress;
use crate::sdp::candidate::Candidate as DeclaredCandidate;
use crate::sdp::candidate::CandidateType;
use crate::session::model::ice::Candidate;
use crate::session::model::ice::CandidateIndex;
use crate::vocab::address::Side;
use crate::vocab::address::Transport;
use crate::vocab::address::TransportAddress;
use crate::vocab::claim::Basis;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;

/// Collects the candidates of both sides, each once per generation.
#[derive(Debug, Default)]
pub(super) struct CandidateBook {
    pub(super) candidates: Vec<Candidate>,
}

/// Where and when a candidate was declared or seen.
#[derive(Debug, Clone)]
pub(super) struct Context<'a> {
    pub(super) side: Side,
    pub(super) generation: usize,
    pub(super) at: Timestamp,
    pub(super) frames: &'a [FrameNumber],
}

/// One end of a tried pair, as the wire shows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    /// The address in the packets.
    pub(super) wire: TransportAddress,
    /// The address that answers to this end's checks said it has.
    pub(super) mapped: Option<TransportAddress>,
    /// When that was first said.
    pub(super) mapped_at: Option<Timestamp>,
    /// When a STUN server told this base the same mapped address; `None` when none was seen to.
    pub(super) server_told_at: Option<Timestamp>,
    /// Was a STUN server asked from this base at all?
    pub(super) server_asked: bool,
    /// PRIORITY of this end's checks.
    pub(super) priority: Option<u32>,
    /// Is this end a relayed address of a TURN leg seen here?
    pub(super) relayed: bool,
    /// Is it the address of a host's own interface? Without signaling that makes it a host candidate (RFC 8445 §5.1.1.1).
    pub(super) own_interface: bool,
}

impl CandidateBook {
    /// Candidates kept per connection; a browser with many interfaces declares a few dozen.
    const KEPT: usize = 1024;

    /// Adds a declared candidate; the same one again (for another m-section) adds its frames only.
    pub(super) fn declare(
        &mut self,
        context: &Context<'_>,
        declared: &DeclaredCandidate,
        mid: Option<&str>,
    ) {
        let (address, mdns) = match &declared.address {
            ConnectionAddress::Ip(ip) => (ip.to_string(), None),
            ConnectionAddress::Zoned { ip, zone } => (format!("{ip}%{zone}"), None),
            ConnectionAddress::Mdns(name) => (name.clone(), Some(name.clone())),
            ConnectionAddress::Name(name) => (name.clone(), None),
        };
        let port = declared.port.unwrap_or(0);
        let component = declared.component.unwrap_or(1);
        let protocol = declared.protocol.word();
        let known = self.candidates.iter_mut().find(|known| {
            known.side == context.side
                && known.generation == context.generation
                && known.kind == declared.kind
                && known.port == port
                && known.component == component
                && known.protocol == protocol
                && (known.address == address || known.mdns.as_ref() == Some(&address))
        });
        if let Some(known) = known {
            known.basis = Basis::Declared;
            known.priority = declared.priority.or(known.priority);
            known
                .foundation
                .get_or_insert_with(|| declared.foundation.clone());
            extend(&mut known.frames, context.frames);
            return;
        }
        let related = declared
            .related_address
            .as_ref()
            .map(ConnectionAddress::to_string);
        self.push(Candidate {
            side: context.side,
            generation: context.generation,
            kind: declared.kind.clone(),
            protocol: protocol.to_owned(),
            address,
            port,
            component,
            related: related.map(|address| (address, declared.related_port.unwrap_or(0))),
            priority: declared.priority,
            foundation: Some(declared.foundation.clone()),
            mdns,
            tcp_type: declared.tcp_type.map(|kind| kind.word().to_owned()),
            relay_protocol: None,
            mid: mid.map(str::to_owned),
            basis: Basis::Declared,
            observed: false,
            at: context.at,
            frames: context.frames.to_vec(),
        });
    }

    /// Adds a candidate that only the wire shows.
    pub(super) fn observe(
        &mut self,
        context: &Context<'_>,
        kind: CandidateType,
        transport: Transport,
        address: TransportAddress,
        related: Option<TransportAddress>,
        priority: Option<u32>,
    ) -> Option<CandidateIndex> {
        let found = self.find(
            context.side,
            context.generation,
            transport,
            address,
            |known| known.kind == kind,
        );
        if let Some(at) = found {
            self.saw(at, context);
            return Some(at);
        }
        self.push(Candidate {
            side: context.side,
            generation: context.generation,
            kind,
            protocol: transport.word().to_owned(),
            address: address.ip.to_string(),
            port: address.port,
            component: 1,
            related: related.map(|related| (related.ip.to_string(), related.port)),
            priority,
            foundation: None,
            mdns: None,
            tcp_type: None,
            relay_protocol: None,
            mid: None,
            basis: Basis::Observed,
            observed: true,
            at: context.at,
            frames: context.frames.to_vec(),
        })
    }

    /// The candidate of RFC 8445's valid pair for one end (§7.2.5.3.2): the one whose address the other end sees.
    ///
    /// Behind a NAT that is the server-reflexive candidate when the STUN server told the address before the check did,
    /// else a peer-reflexive one: the same socket shows as either from one run to the next.
    pub(super) fn valid_candidate(
        &mut self,
        context: &Context<'_>,
        transport: Transport,
        end: &End,
    ) -> Option<CandidateIndex> {
        let seen = end.mapped.unwrap_or(end.wire);
        let (side, generation) = (context.side, context.generation);
        if end.relayed {
            let declared = self.find(side, generation, transport, seen, |known| {
                known.kind == CandidateType::Relayed
            });
            return declared.inspect(|&at| self.saw(at, context)).or_else(|| {
                self.observe(
                    context,
                    CandidateType::Relayed,
                    transport,
                    seen,
                    None,
                    end.priority,
                )
            });
        }
        if seen == end.wire {
            return self.unmapped_candidate(context, transport, end);
        }
        self.infer_host(context, transport, end);
        let told_first = match (end.server_told_at, end.mapped_at) {
            (Some(told), Some(mapped)) => told <= mapped,
            // The question to the server was before the capture, or on a road not seen here: believe signaling.
            (None, _) => !end.server_asked,
            (Some(_), None) => true,
        };
        let srflx = self.find(side, generation, transport, seen, |known| {
            known.kind == CandidateType::ServerReflexive
        });
        match srflx {
            Some(at) if told_first => {
                self.saw(at, context);
                Some(at)
            }
            _ if end.server_told_at.is_some() && told_first => {
                let kind = CandidateType::ServerReflexive;
                self.observe(context, kind, transport, seen, Some(end.wire), None)
            }
            _ => {
                let kind = CandidateType::PeerReflexive;
                self.observe(context, kind, transport, seen, Some(end.wire), end.priority)
            }
        }
    }

    /// The candidate of an end whose wire address is the one that the other end sees.
    fn unmapped_candidate(
        &mut self,
        context: &Context<'_>,
        transport: Transport,
        end: &End,
    ) -> Option<CandidateIndex> {
        let (side, generation) = (context.side, context.generation);
        // A host candidate first: it may also be declared as srflx with the same address when there is no NAT.
        let host = self.find(side, generation, transport, end.wire, |known| {
            known.kind == CandidateType::Host
        });
        let any = host
            .or_else(|| {
                self.find(side, generation, transport, end.wire, |known| {
                    known.kind != CandidateType::PeerReflexive && known.basis == Basis::Declared
                })
            })
            .or_else(|| self.hidden_host(context, transport, end))
            .or_else(|| self.infer_host(context, transport, end));
        if let Some(at) = any {
            self.saw(at, context);
            return Some(at);
        }
        let kind = CandidateType::PeerReflexive;
        self.observe(context, kind, transport, end.wire, None, end.priority)
    }

    /// The host candidate of an end that gathers from its own interface, when no signaling declared one: agents gather from host candidates,
    /// and what they gather has these for its base (RFC 8445 §5.1.1).
    fn infer_host(
        &mut self,
        context: &Context<'_>,
        transport: Transport,
        end: &End,
    ) -> Option<CandidateIndex> {
        let (side, generation) = (context.side, context.generation);
        let declares = self
            .candidates
            .iter()
            .any(|known| known.side == side && known.basis == Basis::Declared);
        if !end.own_interface || declares {
            return None;
        }
        let host = self.find(side, generation, transport, end.wire, |known| {
            known.kind == CandidateType::Host
        });
        host.or_else(|| {
            let kind = CandidateType::Host;
            let at = self.observe(context, kind, transport, end.wire, None, None)?;
            self.candidates.get_mut(at)?.basis = Basis::Inferred;
            Some(at)
        })
    }

    /// A host candidate hidden behind an mDNS name, by its port: browsers pick a port per socket, so it tells.
    fn hidden_host(
        &mut self,
        context: &Context<'_>,
        transport: Transport,
        end: &End,
    ) -> Option<CandidateIndex> {
        // Active TCP candidates all say port 9 (RFC 6544 §4.5): no sign of anything.
        let at = self.candidates.iter().position(|known| {
            known.side == context.side
                && known.generation == context.generation
                && known.mdns.is_some()
                && known.mdns.as_ref() == Some(&known.address)
                && known.protocol == transport.word()
                && known.port == end.wire.port
                && known.port != 9
        })?;
        if let Some(known) = self.candidates.get_mut(at) {
            known.address = end.wire.ip.to_string();
        }
        Some(at)
    }

    /// A host candidate behind an mDNS name takes the address that mDNS itself, or its socket, showed.
    pub(super) fn resolve_mdns(&mut self, address_of: impl Fn(&str) -> Option<IpAddr>) {
        for known in &mut self.candidates {
            if let Some(ip) = known.mdns.as_deref().and_then(&address_of) {
                known.address = ip.to_string();
            }
        }
    }

    fn find(
        &self,
        side: Side,
        generation: usize,
        transport: Transport,
        address: TransportAddress,
        fits: impl Fn(&Candidate) -> bool,
    ) -> Option<CandidateIndex> {
        let text = address.ip.to_string();
        self.candidates.iter().position(|known| {
            known.side == side
                && known.generation == generation
                && known.port == address.port
                && known.address == text
                && known.protocol == transport.word()
                && fits(known)
        })
    }

    fn saw(&mut self, at: CandidateIndex, context: &Context<'_>) {
        if let Some(known) = self.candidates.get_mut(at) {
            known.observed = true;
            extend(&mut known.frames, context.frames);
        }
    }

    fn push(&mut self, candidate: Candidate) -> Option<CandidateIndex> {
        if self.candidates.len() >= Self::KEPT {
            return None;
        }
        self.candidates.push(candidate);
        Some(self.candidates.len() - 1)
    }
}

/// Frames kept per candidate.
const FRAMES_KEPT: usize = 16;

fn extend(frames: &mut Vec<FrameNumber>, more: &[FrameNumber]) {
    for frame in more {
        if frames.len() < FRAMES_KEPT && !frames.contains(frame) {
            frames.push(*frame);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "192.168.10.2";
    const MAPPED: &str = "203.0.113.101";

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_nanos(millis * 1_000_000)
    }

    fn address(ip: &str, port: u16) -> TransportAddress {
        TransportAddress::new(ip.parse().unwrap(), port)
    }

    fn context() -> Context<'static> {
        Context {
            side: Side::A,
            generation: 0,
            at: at(1),
            frames: &[],
        }
    }

    /// Alice's end: her socket, and what the check's answer said at 10 ms.
    fn end() -> End {
        End {
            wire: address(BASE, 48_633),
            mapped: Some(address(MAPPED, 29_181)),
            mapped_at: Some(at(10)),
            server_told_at: None,
            server_asked: false,
            priority: Some(1_853_759_231),
            relayed: false,
            own_interface: false,
        }
    }

    fn book(declared: &[&str]) -> CandidateBook {
        let mut book = CandidateBook::default();
        for text in declared {
            let candidate = DeclaredCandidate::parse(text).candidate.unwrap();
            book.declare(&context(), &candidate, Some("0"));
        }
        book
    }

    fn check(declared: &[&str], end: &End, kind: &CandidateType, basis: Basis) -> Candidate {
        let mut book = book(declared);
        let index = book
            .valid_candidate(&context(), Transport::Udp, end)
            .unwrap();
        let candidate = book.candidates[index].clone();
        assert_eq!((&candidate.kind, candidate.basis), (kind, basis));
        candidate
    }

    const HOST: &str = "candidate:1 1 udp 2122194687 192.168.10.2 48633 typ host";
    const SRFLX: &str =
        "candidate:2 1 udp 1685987071 203.0.113.101 29181 typ srflx raddr 192.168.10.2 rport 48633";

    #[test]
    fn the_address_that_the_stun_server_told_first_is_server_reflexive() {
        let end = End {
            server_told_at: Some(at(5)),
            server_asked: true,
            ..end()
        };
        check(
            &[HOST, SRFLX],
            &end,
            &CandidateType::ServerReflexive,
            Basis::Declared,
        );
    }

    #[test]
    fn the_address_that_the_check_told_first_is_peer_reflexive() {
        let end = End {
            server_told_at: Some(at(15)),
            server_asked: true,
            ..end()
        };
        let candidate = check(
            &[HOST, SRFLX],
            &end,
            &CandidateType::PeerReflexive,
            Basis::Observed,
        );
        assert_eq!(candidate.related, Some((BASE.to_owned(), 48_633)));
        assert_eq!(candidate.priority, Some(1_853_759_231));
    }

    #[test]
    fn without_the_server_in_the_capture_signaling_is_believed() {
        check(
            &[HOST, SRFLX],
            &end(),
            &CandidateType::ServerReflexive,
            Basis::Declared,
        );
    }

    #[test]
    fn without_a_nat_the_valid_candidate_is_the_host_one() {
        let end = End {
            mapped: Some(address(BASE, 48_633)),
            ..end()
        };
        check(&[HOST, SRFLX], &end, &CandidateType::Host, Basis::Declared);
        let unanswered = End {
            mapped: None,
            mapped_at: None,
            ..end
        };
        check(&[HOST], &unanswered, &CandidateType::Host, Basis::Declared);
    }

    #[test]
    fn a_host_hidden_behind_mdns_is_known_by_its_port() {
        let hidden = "candidate:1 1 udp 2122194687 0a1b2c3d-0000-4000-8000-000000000000.local 48633 typ host";
        let end = End {
            mapped: None,
            mapped_at: None,
            ..end()
        };
        let candidate = check(&[hidden], &end, &CandidateType::Host, Basis::Declared);
        assert_eq!(candidate.address, BASE);
        assert!(
            candidate
                .mdns
                .is_some_and(|name| name.starts_with("0a1b2c3d"))
        );
    }

    #[test]
    fn without_signaling_the_base_that_gathers_is_a_host_candidate() {
        let gathering = End {
            server_told_at: Some(at(5)),
            server_asked: true,
            own_interface: true,
            ..end()
        };
        let mut book = book(&[]);
        let transport = Transport::Udp;
        let mapped = book.valid_candidate(&context(), transport, &gathering);
        let kinds: Vec<_> = book.candidates.iter().map(|c| (&c.kind, c.basis)).collect();
        let host = (&CandidateType::Host, Basis::Inferred);
        let reflexive = (&CandidateType::ServerReflexive, Basis::Observed);
        assert_eq!((kinds, mapped), (vec![host, reflexive], Some(1)));
        let unmapped = End {
            mapped: None,
            ..gathering
        };
        let again = book.valid_candidate(&context(), transport, &unmapped);
        assert_eq!((again, book.candidates.len()), (Some(0), 2));
    }

    #[test]
    fn signaling_that_declares_no_host_is_believed() {
        let gathering = End {
            own_interface: true,
            mapped: None,
            ..end()
        };
        let relay = "candidate:3 1 udp 41885695 203.0.113.20 50135 typ relay raddr 0.0.0.0 rport 0";
        check(
            &[relay],
            &gathering,
            &CandidateType::PeerReflexive,
            Basis::Observed,
        );
    }

    #[test]
    fn a_candidate_declared_for_every_section_is_one() {
        assert_eq!(book(&[HOST, HOST, SRFLX]).candidates.len(), 2);
    }

    #[test]
    fn a_relayed_end_is_a_relay_candidate_even_undeclared() {
        let end = End {
            relayed: true,
            mapped: None,
            wire: address("203.0.113.20", 50_135),
            ..end()
        };
        check(&[HOST], &end, &CandidateType::Relayed, Basis::Observed);
    }
}
