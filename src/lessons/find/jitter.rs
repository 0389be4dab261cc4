//! Interarrival jitter by hand, for five packets (RFC 3550 §6.4.1, A.8).
//!
//! ```text
//! D(i−1, i) = (Rᵢ − Rᵢ₋₁) − (Sᵢ − Sᵢ₋₁)        J = J + (|D| − J) / 16        R and S in ticks of the media clock
//! ```

use crate::lessons::desk::Desk;
use crate::lessons::figure::Figure;
use crate::lessons::figure::Unit;
use crate::lessons::find::Found;
use crate::lessons::find::Query;
use crate::lessons::find::media::kind;
use crate::lessons::find::media::packets;
use crate::lessons::find::media::streams;

pub(super) const QUERIES: &[Query] = &[Query {
    name: "jitter",
    what: "RTP stream with five packets one after another",
    figures: &[
        ("jitter.clock", "ticks per second"),
        ("jitter.ticks", "J after the fifth packet, ticks"),
        ("jitter.ms", "the same in milliseconds"),
        ("jitter.kind", "audio or video"),
        ("jitter.1.frame", "frame of the first packet"),
        ("jitter.1.sequence", "its sequence number"),
        ("jitter.1.stamp", "its timestamp"),
        ("jitter.2.frame", "frame of the second packet"),
        ("jitter.2.sequence", "its sequence number"),
        ("jitter.2.stamp", "its timestamp"),
        ("jitter.2.arrival", "arrival after the packet before, ticks"),
        ("jitter.2.sent", "timestamp after the packet before, ticks"),
        ("jitter.2.d", "D"),
        ("jitter.2.j", "J"),
        ("jitter.3.frame", "frame of the third packet"),
        ("jitter.3.sequence", "its sequence number"),
        ("jitter.3.stamp", "its timestamp"),
        ("jitter.3.arrival", "arrival after the packet before, ticks"),
        ("jitter.3.sent", "timestamp after the packet before, ticks"),
        ("jitter.3.d", "D"),
        ("jitter.3.j", "J"),
        ("jitter.4.frame", "frame of the fourth packet"),
        ("jitter.4.sequence", "its sequence number"),
        ("jitter.4.stamp", "its timestamp"),
        ("jitter.4.arrival", "arrival after the packet before, ticks"),
        ("jitter.4.sent", "timestamp after the packet before, ticks"),
        ("jitter.4.d", "D"),
        ("jitter.4.j", "J"),
        ("jitter.5.frame", "frame of the fifth packet"),
        ("jitter.5.sequence", "its sequence number"),
        ("jitter.5.stamp", "its timestamp"),
        ("jitter.5.arrival", "arrival after the packet before, ticks"),
        ("jitter.5.sent", "timestamp after the packet before, ticks"),
        ("jitter.5.d", "D"),
        ("jitter.5.j", "J"),
    ],
    run: jitter,
}];

fn jitter(desk: &mut Desk<'_>) -> Option<Found> {
    for (id, stream) in streams(desk) {
        let Some(clock) = stream.media_clock().filter(|rate| *rate > 0) else {
            continue;
        };
        let seen = packets(desk, stream, PACKETS_READ);
        let numbered = |five: &&[super::media::Packet]| {
            five.iter()
                .zip(five.iter().skip(1))
                .all(|(one, next)| one.sequence.wrapping_add(1) == next.sequence)
        };
        let Some(five) = seen.windows(5).find(numbered) else {
            continue;
        };
        let mut found = Found::at(five.iter().map(|it| it.frame).collect::<Vec<_>>())?;
        found.call = stream.peer_connection;
        found.stream = Some(id);
        found.set("jitter.clock", Figure::count(clock));
        found.set("jitter.kind", kind(stream));
        let ticks = |number: f64| Figure::number(number, 1, Unit::None);
        let mut jitter = 0.0;
        for (place, packet) in (1_usize..).zip(five) {
            let mut set = |part: &str, figure: Figure| {
                found.figures.set(format!("jitter.{place}.{part}"), figure);
            };
            set("frame", Figure::frame(packet.frame));
            set("sequence", Figure::count(packet.sequence));
            set("stamp", Figure::count(packet.timestamp));
            let before = place.checked_sub(2).and_then(|at| five.get(at));
            if let Some(before) = before {
                let arrival = packet.at.seconds_from(before.at) * f64::from(clock);
                let sent = packet.timestamp.wrapping_sub(before.timestamp);
                let sent = f64::from(sent.cast_signed());
                let d = arrival - sent;
                jitter += (d.abs() - jitter) / 16.0;
                set("arrival", ticks(arrival));
                set("sent", Figure::number(sent, 0, Unit::None));
                set("d", ticks(d));
                set("j", Figure::number(jitter, 2, Unit::None));
            }
        }
        found.set("jitter.ticks", Figure::number(jitter, 2, Unit::None));
        let ms = jitter / f64::from(clock) * 1e3;
        found.set("jitter.ms", Figure::number(ms, 3, Unit::Milliseconds));
        return Some(found);
    }
    None
}

/// Packets read to find five in a row.
const PACKETS_READ: usize = 400;
