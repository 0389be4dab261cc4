//! A slot of the ring to a frame.
//!
//! ```text
//!  block   0 version · 4 private · 8 status · 12 packets · 16 offset of the first · 20 length
//!  slot    0 next offset · 4 s · 8 ns · 12 captured · 16 length · 20 status · 24 mac (2) · 26 net (2) · 32 tag (2) · 36 its type (2)
//!          48 address: 50 protocol · 52 interface · 56 hardware type · 58 packet type · 59 address length · 60 address (8)
//! ```
//!
//! All numbers are the machine's own, but for the protocol.

use crate::vocab::frame::LinkType;
use crate::vocab::time::Timestamp;

/// A frame in the ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Packet<'a> {
    /// When it came.
    pub(super) at: Timestamp,
    /// Its length on the wire, without the tag that was taken out.
    pub(super) length: u32,
    /// The bytes captured.
    pub(super) data: &'a [u8],
    /// Tag and tag type that were taken out.
    pub(super) tag: Option<(u16, u16)>,
    /// Is the time the network card's own?
    pub(super) is_hardware_time: bool,
    /// Protocol, Ethernet's number.
    protocol: u16,
    /// The interface's number.
    pub(super) interface: u32,
    /// The interface's hardware type.
    hardware: u16,
    /// To us, to others, from us.
    kind: u8,
    address_length: u8,
    address: [u8; 8],
}

impl<'a> Packet<'a> {
    /// The frames of a block.
    pub(super) fn each(block: &'a [u8], mut take: impl FnMut(Self)) {
        let count = u32_at(block, 12).unwrap_or(0);
        let mut at = u32_at(block, 16).unwrap_or(0) as usize;
        for _ in 0..count {
            let Some(slot) = block.get(at..) else {
                return;
            };
            if let Some(packet) = Self::of(slot) {
                take(packet);
            }
            let next = u32_at(slot, 0).unwrap_or(0) as usize;
            if next == 0 {
                return;
            }
            at += next;
        }
    }

    fn of(slot: &'a [u8]) -> Option<Self> {
        let status = u32_at(slot, 20)?;
        let tag = (status & libc::TP_STATUS_VLAN_VALID != 0)
            .then(|| Some((u16_at(slot, 32)?, tag_type(status, u16_at(slot, 36)?))))
            .flatten();
        let captured = u32_at(slot, 12)? as usize;
        let begin = usize::from(u16_at(slot, 24)?);
        let seconds = u64::from(u32_at(slot, 4)?);
        Some(Self {
            at: Timestamp::from_nanos(seconds * 1_000_000_000 + u64::from(u32_at(slot, 8)?)),
            length: u32_at(slot, 16)?,
            data: slot.get(begin..begin.checked_add(captured)?)?,
            tag,
            is_hardware_time: status & libc::TP_STATUS_TS_RAW_HARDWARE != 0,
            protocol: u16::from_be(u16_at(slot, 50)?),
            interface: u32_at(slot, 52)?,
            hardware: u16_at(slot, 56)?,
            kind: *slot.get(58)?,
            address_length: *slot.get(59)?,
            address: *slot.get(60..)?.first_chunk()?,
        })
    }

    /// The loopback interface shows each packet leaving and arriving: the first is left out.
    pub(super) const fn is_double(&self) -> bool {
        self.hardware == libc::ARPHRD_LOOPBACK && self.kind == libc::PACKET_OUTGOING
    }

    /// The frame as it was on the wire, or with a cooked header in front; `room` is used when bytes have to be put in. With its length on
    /// the wire.
    pub(super) fn frame<'b>(&self, link: LinkType, room: &'b mut Vec<u8>) -> (&'b [u8], u32)
    where
        'a: 'b,
    {
        match (link, self.tag) {
            (LinkType::LinuxSll2, _) => {
                self.cook(room);
                let added = (room.len() - self.data.len()) as u32;
                (room, self.length + added)
            }
            (LinkType::Ethernet, Some((tag, kind))) => {
                // Back to where it was: behind the two addresses.
                let (addresses, rest) = self.data.split_at(self.data.len().min(12));
                room.clear();
                room.extend_from_slice(addresses);
                room.extend_from_slice(&kind.to_be_bytes());
                room.extend_from_slice(&tag.to_be_bytes());
                room.extend_from_slice(rest);
                (room, self.length + 4)
            }
            _ => (self.data, self.length),
        }
    }

    /// `LINKTYPE_LINUX_SLL2`: protocol, reserved, interface, hardware type, packet type, address length, address; then a tag, if one was
    /// taken out, and the packet.
    fn cook(&self, room: &mut Vec<u8>) {
        room.clear();
        let protocol = self.tag.map_or(self.protocol, |(_, kind)| kind);
        room.extend_from_slice(&protocol.to_be_bytes());
        room.extend_from_slice(&[0; 2]);
        room.extend_from_slice(&self.interface.to_be_bytes());
        room.extend_from_slice(&self.hardware.to_be_bytes());
        room.extend_from_slice(&[self.kind, self.address_length]);
        room.extend_from_slice(&self.address);
        if let Some((tag, _)) = self.tag {
            room.extend_from_slice(&tag.to_be_bytes());
            let follows = if self.begins_with_a_tag() {
                C_TAG
            } else {
                self.protocol
            };
            room.extend_from_slice(&follows.to_be_bytes());
        }
        room.extend_from_slice(self.data);
    }

    /// Is a second tag still in front of the packet? Kernels before 6.10 say so themselves; later ones name the protocol behind all tags.
    fn begins_with_a_tag(&self) -> bool {
        let version = match self.protocol {
            0x0800 => 4,
            0x86dd => 6,
            _ => return false,
        };
        let [first, _, high, low, behind, rest @ ..] = self.data else {
            return false;
        };
        // A packet that itself begins like this is at least as long as it says: then those two bytes are its own.
        let own_length = match (version, rest) {
            (4, _) => usize::from(u16::from_be_bytes([*high, *low])),
            (_, [next, ..]) => 40 + usize::from(u16::from_be_bytes([*behind, *next])),
            _ => 0,
        };
        let is_packet = first >> 4 == version && own_length <= self.length as usize;
        u16::from_be_bytes([*high, *low]) == self.protocol && behind >> 4 == version && !is_packet
    }
}

/// Type of an inner tag (IEEE 802.1Q §9.5).
const C_TAG: u16 = 0x8100;

/// Kernels before 3.14 did not tell the tag's type.
const fn tag_type(status: u32, told: u16) -> u16 {
    if status & libc::TP_STATUS_VLAN_TPID_VALID == 0 {
        0x8100
    } else {
        told
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes
        .get(at..)?
        .first_chunk()
        .copied()
        .map(u16::from_ne_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..)?
        .first_chunk()
        .copied()
        .map(u32::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block with `frames`, each with the bits that the kernel would set.
    fn block(frames: &[(&[u8], u32, u8, u16)]) -> Vec<u8> {
        let mut block = vec![0; 48];
        block[12..16].copy_from_slice(&(frames.len() as u32).to_ne_bytes());
        block[16..20].copy_from_slice(&48_u32.to_ne_bytes());
        for (data, status, kind, hardware) in frames {
            let mut slot = vec![0; 82];
            slot.extend_from_slice(data);
            slot.resize(slot.len().next_multiple_of(16), 0);
            let next = slot.len() as u32;
            slot[..4].copy_from_slice(&next.to_ne_bytes());
            slot[4..8].copy_from_slice(&7_u32.to_ne_bytes());
            slot[8..12].copy_from_slice(&9_u32.to_ne_bytes());
            slot[12..16].copy_from_slice(&(data.len() as u32).to_ne_bytes());
            slot[16..20].copy_from_slice(&(data.len() as u32 + 5).to_ne_bytes());
            slot[20..24].copy_from_slice(&status.to_ne_bytes());
            slot[24..26].copy_from_slice(&82_u16.to_ne_bytes());
            slot[32..34].copy_from_slice(&0x0123_u16.to_ne_bytes());
            slot[36..38].copy_from_slice(&0x88a8_u16.to_ne_bytes());
            slot[50..52].copy_from_slice(&0x0800_u16.to_be_bytes());
            slot[52..56].copy_from_slice(&3_u32.to_ne_bytes());
            slot[56..58].copy_from_slice(&hardware.to_ne_bytes());
            slot[58] = *kind;
            block.extend_from_slice(&slot);
        }
        block
    }

    const TAGGED: u32 = libc::TP_STATUS_VLAN_VALID | libc::TP_STATUS_VLAN_TPID_VALID;

    #[test]
    fn a_tag_is_put_back_where_it_was() {
        let data: Vec<u8> = (0..20).collect();
        let block = block(&[
            (&data, TAGGED, 0, 1),
            (&data, libc::TP_STATUS_VLAN_VALID, 0, 1),
            (&data, 0, 0, 1),
        ]);
        let mut kinds = Vec::new();
        Packet::each(&block, |packet| {
            let mut room = Vec::new();
            let (bytes, length) = packet.frame(LinkType::Ethernet, &mut room);
            assert_eq!(packet.at, Timestamp::from_nanos(7_000_000_009));
            assert_eq!(
                (&bytes[..12], length as usize),
                (&data[..12], bytes.len() + 5)
            );
            assert_eq!(bytes[bytes.len() - 8..], data[12..]);
            kinds.push(bytes[12..16].to_vec());
        });
        assert_eq!(
            kinds,
            [
                vec![0x88, 0xa8, 1, 0x23],
                vec![0x81, 0, 1, 0x23],
                vec![12, 13, 14, 15]
            ]
        );
    }

    #[test]
    fn a_cooked_frame_has_its_header_in_front() {
        let data = [0x45, 1, 2];
        let block = block(&[(&data, 0, 4, 1), (&data, TAGGED, 0, 1)]);
        let mut frames = Vec::new();
        Packet::each(&block, |packet| {
            let mut room = Vec::new();
            let (bytes, length) = packet.frame(LinkType::LinuxSll2, &mut room);
            assert_eq!(length as usize, bytes.len() + 5);
            frames.push(bytes.to_vec());
        });
        assert_eq!(
            frames[0],
            [
                &[8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                &data[..]
            ]
            .concat()
        );
        assert_eq!(frames[1][..2], [0x88, 0xa8]);
        assert_eq!(frames[1][20..], [1, 0x23, 8, 0, 0x45, 1, 2]);
    }

    #[test]
    fn only_loopback_shows_packets_twice() {
        let block = block(&[
            (&[0; 14], 0, 4, 772),
            (&[0; 14], 0, 0, 772),
            (&[0; 14], 0, 4, 1),
        ]);
        let mut doubles = Vec::new();
        Packet::each(&block, |packet| doubles.push(packet.is_double()));
        assert_eq!(doubles, [true, false, false]);
    }

    #[test]
    fn no_bytes_of_a_block_are_believed_unseen() {
        let whole = block(&[(&[1; 60], TAGGED, 4, 772), (&[2; 100], 0, 0, 1)]);
        let visit = |bytes: &[u8]| {
            let mut room = Vec::new();
            Packet::each(bytes, |packet| {
                packet.frame(LinkType::Ethernet, &mut room);
                packet.frame(LinkType::LinuxSll2, &mut room);
            });
        };
        for end in 0..whole.len() {
            visit(&whole[..end]);
            for bit in 0..8 {
                let mut flipped = whole.clone();
                flipped[end] ^= 1 << bit;
                visit(&flipped);
            }
        }
    }

    #[test]
    fn a_second_tag_behind_a_cooked_header_is_named() {
        let tagged = [0x60, 0x2a, 0x08, 0x00, 0x45, 0x00, 0x00, 0x1c, 0, 0, 0, 0];
        let plain = [0x45, 0x00, 0x00, 0x1c, 0x12, 0x34, 0, 0, 0, 0];
        // As long as the number of IPv4, and an id that looks like another header.
        let mut unlucky = vec![0x45, 0x00, 0x08, 0x00, 0x45, 0x34];
        unlucky.resize(2_048, 0);
        let block = block(&[
            (&tagged, TAGGED, 0, 1),
            (&plain, TAGGED, 0, 1),
            (&unlucky, TAGGED, 0, 1),
        ]);
        let mut follows = Vec::new();
        Packet::each(&block, |packet| {
            let mut room = Vec::new();
            let (bytes, _) = packet.frame(LinkType::LinuxSll2, &mut room);
            assert_eq!(bytes[20..22], [0x01, 0x23]);
            follows.push([bytes[22], bytes[23]]);
        });
        assert_eq!(follows, [[0x81, 0], [0x08, 0], [0x08, 0]]);
    }
}
