//! Packets captured twice: a mirror port that sends what it received and what it sent, or an interface beneath another.
//!
//! A copy has the same addresses, the same IPv4 identification and the same content. That alone proves nothing: where fragments are
//! forbidden Linux sends identification 0, IPv6 has none, and a repeated STUN request is the same to the byte. So it counts what
//! else is known:
//!
//! - Seen on another interface, in another VLAN, with other MAC addresses or fewer hops left: the same packet further on its way.
//!   Whoever sends a packet again sends it the same way.
//! - Seen the same to the last bit: taken for a copy only where many packets of that conversation's direction come so (the flow table
//!   keeps count). A network that repeats one packet in a hundred is a fault to show; a network that repeats every one is a mirror.

use std::net::IpAddr;

use crate::vocab::frame::Frame;
use crate::vocab::frame::LinkType;
use crate::wire::packet::Body;
use crate::wire::packet::Packet;
use crate::wire::read::u64_at;

/// What is known of a packet by those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing like it came just before.
    New,
    /// The same packet came elsewhere.
    Elsewhere,
    /// The same packet came here.
    Here,
}

/// The last packets, each as two numbers: what is the same in all copies; then what differs between places, and when.
///
/// Small enough to stay in the nearest cache: every packet looks here.
#[derive(Debug)]
pub(super) struct Copies {
    /// Flat, since a table of plain zeros costs nothing to make.
    slots: Vec<u64>,
}

impl Default for Copies {
    fn default() -> Self {
        Self {
            slots: vec![0; 2 * SLOTS],
        }
    }
}

impl Copies {
    /// Looks a packet up among the last ones, and keeps it for those that follow.
    #[inline]
    pub(super) fn look(&mut self, frame: &Frame<'_>, packet: &Packet<'_>) -> Seen {
        let Some((content, identified)) = content(packet) else {
            return Seen::New;
        };
        let at = (frame.at.nanos() >> GRAIN) as u32;
        let place = place(frame, packet) as u32;
        let (slots, _) = self.slots.as_chunks_mut::<2>();
        let Some(slot) = slots.get_mut(content as usize % SLOTS) else {
            return Seen::New;
        };
        let sight = u64::from(place) << 32 | u64::from(at);
        let [content_before, sight_before] = std::mem::replace(slot, [content, sight]);
        if content_before != content {
            return Seen::New;
        }
        let (place_before, at_before) = ((sight_before >> 32) as u32, sight_before as u32);
        let (seen, within) = match (identified, place_before == place) {
            (true, true) => (Seen::Here, NUMBERED),
            (true, false) => (Seen::Elsewhere, NUMBERED),
            (false, true) => (Seen::Here, HERE),
            (false, false) => (Seen::Elsewhere, ELSEWHERE),
        };
        // The clock may go round, and back.
        let apart = at.wrapping_sub(at_before);
        if u64::from(apart.min(apart.wrapping_neg())) <= within >> GRAIN {
            return seen;
        }
        Seen::New
    }
}

/// What all copies of a packet have in common, as one number; with it, whether its sender numbered it. `None` for what is no matter
/// of copies.
#[inline]
fn content(packet: &Packet<'_>) -> Option<(u64, bool)> {
    let ip = packet.ip.as_ref()?;
    let (ports, header, payload) = match &packet.body {
        Body::Udp(udp) => (ports(udp.source.port, udp.destination.port), 0, udp.payload),
        Body::Tcp(tcp) => {
            // Acknowledgments repeat each other by right.
            let flags = tcp.flags;
            let acknowledges = !(flags.syn() || flags.fin() || flags.rst());
            if ip.identification == 0 && acknowledges && tcp.payload.is_empty() {
                return None;
            }
            let numbers = u64::from(tcp.sequence) << 32 | u64::from(tcp.acknowledgment);
            let rest = u64::from(tcp.flags.0) << 16 | u64::from(tcp.window);
            let options = sample(tcp.options, 0, 0);
            let header = fold(numbers, rest ^ KEYS[5]) ^ options;
            (
                ports(tcp.source.port, tcp.destination.port),
                header,
                tcp.payload,
            )
        }
        Body::Icmp(message) => {
            let header = u64::from(message.kind) << 8 | u64::from(message.code);
            (1, header, message.body)
        }
        _ => return None,
    };
    let addresses = match (ip.source, ip.destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            u64::from(u32::from(source)) << 32 | u64::from(u32::from(destination))
        }
        (source, destination) => wide(source) ^ wide(destination).rotate_left(1),
    };
    let numbers = u64::from(ports) << 32 | u64::from(ip.identification) << 16;
    let content = sample(payload, addresses, numbers ^ payload.len() as u64 ^ header);
    Some((content, ip.identification != 0))
}

/// Where a packet was seen: what changes from hop to hop and from interface to interface.
#[inline]
fn place(frame: &Frame<'_>, packet: &Packet<'_>) -> u64 {
    let second = match frame.link {
        LinkType::Ethernet => 6,
        LinkType::LinuxSll | LinkType::LinuxSll2 => 8,
        _ => frame.data.len(),
    };
    let (one, other) = match u64_at(frame.data, second) {
        Some(other) => (u64_at(frame.data, 0).unwrap_or_default(), other),
        None => (0, 0),
    };
    let hops = packet.ip.map_or(0, |ip| ip.hop_limit);
    let vlan = packet.vlan.map_or(0, |vlan| u64::from(vlan) + 1);
    let tunnels = if packet.encapsulation.is_empty() {
        0
    } else {
        let tunnels = packet.encapsulation.tunnels();
        tunnels.fold(1, |sum, tunnel| sum * 16 + tunnel as u64)
    };
    let marks = u64::from(hops) << 48 | vlan << 32 | u64::from(frame.interface);
    fold(
        one ^ marks.rotate_left(32) ^ KEYS[2],
        other ^ tunnels ^ KEYS[3],
    )
}

/// Both ends of a payload. Everything in a call is told apart by less: by a transaction id, a record's number, a media packet's sequence
/// number and its authentication tag. What lies between would have to be fetched from memory for nothing else.
/// Mixed with what else is known.
#[inline]
fn sample(bytes: &[u8], one: u64, other: u64) -> u64 {
    let length = bytes.len();
    let word = |at| u64_at(bytes, at).unwrap_or_default();
    let (one, other) = (one ^ KEYS[0], other ^ KEYS[1]);
    if length < 8 {
        let short = bytes
            .iter()
            .fold(1, |sum, &byte| sum << 8 | u64::from(byte));
        return fold(short ^ one, other);
    }
    let ends = fold(word(0) ^ one, word(length - 8) ^ other);
    if length <= 16 {
        return ends;
    }
    ends ^ fold(word(8) ^ KEYS[2], word(length - 16) ^ KEYS[3])
}

/// Both ports in one number. Not by shifting one: the compiler then reads what stands beside it in memory, too, which was not written
/// together with it, and the processor waits until all that was written before is in a cache.
#[inline]
const fn ports(source: u16, destination: u16) -> u32 {
    source as u32 * u16::MAX as u32 + destination as u32
}

fn wide(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(four) => u32::from(four).into(),
        IpAddr::V6(six) => {
            let bits = u128::from(six);
            fold((bits >> 64) as u64 ^ KEYS[2], bits as u64 ^ KEYS[3])
        }
    }
}

/// Both halves of a product: the cheapest good mixture of 16 bytes.
#[inline]
const fn fold(one: u64, other: u64) -> u64 {
    let product = one as u128 * other as u128;
    product as u64 ^ (product >> 64) as u64
}

/// Digits of pi: nothing up the sleeve, no zero to multiply by.
const KEYS: [u64; 6] = [
    0x243f_6a88_85a3_08d3,
    0x1319_8a2e_0370_7344,
    0xa409_3822_299f_31d0,
    0x082e_fa98_ec4e_6c89,
    0x4528_21e6_38d0_1377,
    0xbe54_66cf_34e9_0c6c,
];

/// Packets remembered: those of some milliseconds on a busy mirror port.
const SLOTS: usize = 1 << 11;
/// Times are kept in units of 2 to this power, nanoseconds: 65 µs.
const GRAIN: u32 = 16;
/// How far apart two sights of a numbered packet are, nanoseconds: a mirror's queue, or a hop. Its sender gives the number to no
/// other packet so soon (RFC 6864 §4.2).
const NUMBERED: u64 = 40_000_000;
/// The same where the sender numbered nothing, but the place differs. Who sends again waits longer (RFC 8489 §6.2.1: 500 ms; some
/// are in a hurry, 50 ms).
const ELSEWHERE: u64 = 20_000_000;
/// The same where nothing at all differs.
const HERE: u64 = 5_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::ids::FrameNumber;
    use crate::vocab::time::Timestamp;
    use crate::wire::packet::decode;

    /// A STUN request in Ethernet and IPv4, with this identification and time to live.
    fn frame(identification: u8, ttl: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
        let length = 28 + payload.len() as u8;
        frame.extend([
            0x45,
            0,
            0,
            length,
            0,
            identification,
            0x40,
            0,
            ttl,
            17,
            0,
            0,
        ]);
        frame.extend([
            192,
            0,
            2,
            1,
            192,
            0,
            2,
            2,
            0x13,
            0x88,
            0x0d,
            0x96,
            0,
            length - 20,
            0,
            0,
        ]);
        frame.extend(payload);
        frame
    }

    fn look(copies: &mut Copies, micros: u64, interface: u32, data: &[u8]) -> Seen {
        let frame = Frame {
            number: FrameNumber::new(0, 1),
            at: Timestamp::from_nanos(1_000_000_000 + micros * 1_000),
            original_length: data.len() as u32,
            link: LinkType::Ethernet,
            interface,
            data,
        };
        let packet = decode(frame.link, data, frame.original_length);
        copies.look(&frame, &packet)
    }

    #[test]
    fn the_same_packet_further_on_its_way_is_a_copy() {
        let mut copies = Copies::default();
        let first = frame(0, 64, &[1; 40]);
        assert_eq!(look(&mut copies, 0, 0, &first), Seen::New);
        assert_eq!(
            look(&mut copies, 900, 0, &frame(0, 63, &[1; 40])),
            Seen::Elsewhere
        );
        assert_eq!(look(&mut copies, 1_000, 1, &first), Seen::Elsewhere);
        let mut other_mac = first;
        other_mac[0] = 6;
        assert_eq!(look(&mut copies, 1_100, 0, &other_mac), Seen::Elsewhere);
    }

    #[test]
    fn a_request_repeated_after_its_timeout_is_none() {
        let mut copies = Copies::default();
        let request = frame(0, 64, &[1; 40]);
        look(&mut copies, 0, 0, &request);
        assert_eq!(look(&mut copies, 50_000, 0, &request), Seen::New);
        assert_eq!(look(&mut copies, 56_000, 0, &request), Seen::New);
        assert_eq!(look(&mut copies, 56_100, 0, &request), Seen::Here);
    }

    #[test]
    fn another_number_or_another_byte_is_another_packet() {
        let mut copies = Copies::default();
        look(&mut copies, 0, 0, &frame(1, 64, &[1; 40]));
        assert_eq!(look(&mut copies, 1, 0, &frame(2, 64, &[1; 40])), Seen::New);
        for length in [1, 7, 8, 16, 17, 40] {
            let mut payload = vec![1; length];
            look(&mut copies, 2, 0, &frame(3, 64, &payload));
            for (at, flip) in [(0, 0x10), (length - 1, 0x20)] {
                payload[at] ^= flip;
                let seen = look(&mut copies, 2, 0, &frame(3, 64, &payload));
                assert_eq!(seen, Seen::New, "byte {at} of {length}");
                payload[at] ^= flip;
                let seen = look(&mut copies, 2, 0, &frame(3, 64, &payload));
                assert_eq!(seen, Seen::Here, "byte {at} of {length}");
            }
        }
    }

    #[test]
    fn acknowledgments_without_numbers_are_never_copies() {
        let mut copies = Copies::default();
        let mut segment = frame(0, 64, &[0; 12]);
        (segment[23], segment[46]) = (6, 0x50);
        look(&mut copies, 0, 0, &segment);
        assert_eq!(look(&mut copies, 1, 0, &segment), Seen::New);
        segment[19] = 9;
        look(&mut copies, 2, 0, &segment);
        assert_eq!(look(&mut copies, 3, 0, &segment), Seen::Here);
    }
}
