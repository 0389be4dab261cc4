//! Where was the capture taken? The capture's own addresses, inferred from who is in every packet and whose packets are fresh.

use std::net::IpAddr;

use hashbrown::HashMap;

use crate::flow::table::FlowRecord;
use crate::vocab::address::Direction;

/// Share of a family's packets that the capture's own address takes part in, percent.
const NEARLY_ALL: u64 = 95;

/// Addresses of the machine that captured; empty when it can't be told.
///
/// Its own address is an end of nearly every packet. When two addresses are (a capture of one conversation), the one whose
/// packets have not crossed a router yet is its own: their time-to-live is still the initial 64, 128 or 255 (RFC 1700).
pub(super) fn infer(flows: &[FlowRecord]) -> Vec<IpAddr> {
    let mut local = Vec::new();
    for v4 in [true, false] {
        local.extend(own_address(flows, v4));
    }
    local
}

#[derive(Default, Clone, Copy)]
struct Presence {
    packets: u64,
    fresh: u64,
    worn: u64,
}

fn own_address(flows: &[FlowRecord], v4: bool) -> Option<IpAddr> {
    let mut seen: HashMap<IpAddr, Presence> = HashMap::new();
    let mut total = 0;
    for flow in flows.iter().filter(|flow| flow.relayed.is_none()) {
        let (a, b) = (flow.tuple.a.ip, flow.tuple.b.ip);
        if a.is_ipv4() != v4 || is_group(a) || is_group(b) {
            continue;
        }
        let packets = flow.packets[0] + flow.packets[1];
        total += packets;
        for (ip, direction) in [(a, Direction::Forward), (b, Direction::Reverse)] {
            let presence = seen.entry(ip).or_default();
            presence.packets += packets;
            match flow.ttl[direction.index()] {
                0 => {}
                64 | 128 | 255 => presence.fresh += 1,
                _ => presence.worn += 1,
            }
        }
    }
    let mut everywhere: Vec<(IpAddr, Presence)> = seen
        .into_iter()
        .filter(|(_, p)| p.packets * 100 >= total * NEARLY_ALL)
        .collect();
    everywhere.sort_unstable_by_key(|(ip, presence)| (std::cmp::Reverse(presence.packets), *ip));
    match everywhere.as_slice() {
        [] => None,
        [(ip, _)] => Some(*ip),
        several => {
            let fresh = |p: &Presence| p.fresh > 0 && p.worn == 0;
            let mut near = several.iter().filter(|(_, presence)| fresh(presence));
            match (near.next(), near.next()) {
                (Some((ip, _)), None) => Some(*ip),
                _ => None,
            }
        }
    }
}

fn is_group(ip: IpAddr) -> bool {
    ip.is_multicast() || matches!(ip, IpAddr::V4(v4) if v4.is_broadcast())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::address::FiveTuple;
    use crate::vocab::address::Transport;
    use crate::vocab::address::TransportAddress;
    use crate::vocab::encapsulation::Encapsulation;
    use crate::vocab::ids::FrameNumber;
    use crate::vocab::time::Timestamp;

    fn flow(a: [u8; 4], b: [u8; 4], packets: [u64; 2], ttl: [u8; 2]) -> FlowRecord {
        let end = |ip: [u8; 4]| TransportAddress::new(IpAddr::from(ip), 5000);
        FlowRecord {
            tuple: FiveTuple {
                transport: Transport::Udp,
                a: end(a),
                b: end(b),
            },
            relayed: None,
            protocols: Vec::new(),
            packets,
            bytes: [0; 2],
            first_at: Timestamp::default(),
            last_at: Timestamp::default(),
            first_frame: FrameNumber::new(0, 1),
            icmp_errors: 0,
            ttl,
            largest: [0; 2],
            encapsulation: Encapsulation::default(),
            repeats: [0; 2],
            server_name: None,
            tls: None,
            quic: None,
        }
    }

    const ALICE: [u8; 4] = [192, 168, 10, 2];
    const JANUS: [u8; 4] = [203, 0, 113, 10];
    const TURN: [u8; 4] = [203, 0, 113, 20];

    #[test]
    fn the_end_of_nearly_every_packet_is_where_the_capture_was_taken() {
        let flows = [
            flow(ALICE, JANUS, [90, 80], [64, 63]),
            flow(ALICE, TURN, [5, 5], [64, 63]),
        ];
        assert_eq!(infer(&flows), [IpAddr::from(ALICE)]);
    }

    #[test]
    fn of_two_ends_the_one_with_fresh_packets_is_near() {
        assert_eq!(
            infer(&[flow(ALICE, JANUS, [9, 9], [63, 64])]),
            [IpAddr::from(JANUS)]
        );
    }

    #[test]
    fn two_ends_alike_tell_nothing() {
        assert!(infer(&[flow(ALICE, JANUS, [9, 9], [64, 64])]).is_empty());
    }

    #[test]
    fn multicast_is_nobodys_address() {
        let flows = [
            flow(ALICE, [224, 0, 0, 251], [500, 0], [255, 0]),
            flow(JANUS, TURN, [5, 5], [64, 60]),
        ];
        assert_eq!(infer(&flows), [IpAddr::from(JANUS)]);
    }
}
