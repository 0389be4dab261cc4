//! Header extensions of a stream: the ids in use, and the values that could be a MID or a RID (RFC 8843 §15, RFC 8852).
//!
//! What an id means is said in signaling, which may be read later or never. So short printable values are remembered under their id,
//! and an id whose value keeps changing or is not printable (audio level, send time, sequence) is given up.

use crate::wire::rtp::Extension;

/// Ids and short values of one stream.
#[derive(Debug, Clone)]
pub(super) struct ExtensionLog {
    /// Bit per id seen.
    ids: [u64; 4],
    /// Bit per id that can be neither: its value changes all the time, or is not printable.
    given_up: [u64; 4],
    values: Vec<(u8, ShortValue)>,
    /// Profile and length of the block last walked; the same again is likely to hold the same.
    last_shape: (u16, usize),
    /// Packets walked since the stream began, and since the last walk.
    packets: u32,
}

/// A printable value of at most [`LONGEST`] bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ShortValue {
    length: u8,
    bytes: [u8; LONGEST],
}

impl ExtensionLog {
    pub(super) fn new() -> Self {
        Self {
            ids: [0; 4],
            given_up: [0; 4],
            values: Vec::new(),
            last_shape: (0, 0),
            packets: 0,
        }
    }

    /// Looks at a packet's extension block: each of the first packets, then those of another length, and now and then.
    #[inline]
    pub(super) fn observe(&mut self, extension: &Extension<'_>) {
        self.packets = self.packets.wrapping_add(1);
        let shape = (extension.profile(), extension.block().len());
        if shape != self.last_shape || self.packets < FIRST || self.packets.is_multiple_of(EVERY) {
            self.last_shape = shape;
            self.walk(extension);
        }
    }

    /// A field of the cache line that the next packet touches; what it is means nothing.
    #[inline]
    pub(super) fn warm(&self) -> u64 {
        u64::from(self.packets)
    }

    /// Adds what another log of the same stream has.
    pub(super) fn absorb(&mut self, other: &Self) {
        for (ours, theirs) in self.ids.iter_mut().zip(other.ids) {
            *ours |= theirs;
        }
        for (id, value) in &other.values {
            self.remember(*id, *value);
        }
    }

    /// Ids seen, ascending.
    pub(super) fn ids(&self) -> Vec<u8> {
        (0..=u8::MAX).filter(|&id| has(&self.ids, id)).collect()
    }

    /// Values that hardly change, in order of first sight.
    pub(super) fn values(&self) -> Vec<(u8, String)> {
        self.values
            .iter()
            .map(|(id, value)| {
                let bytes = value.bytes.get(..value.length.into()).unwrap_or(&[]);
                (*id, String::from_utf8_lossy(bytes).into_owned())
            })
            .collect()
    }

    fn walk(&mut self, extension: &Extension<'_>) {
        for element in extension.elements().flatten() {
            set(&mut self.ids, element.id);
            if has(&self.given_up, element.id) {
                continue;
            }
            match ShortValue::new(element.value) {
                Some(value) => self.remember(element.id, value),
                None => self.give_up(element.id),
            }
        }
    }

    fn remember(&mut self, id: u8, value: ShortValue) {
        let known = self.values.iter().filter(|(other, _)| *other == id);
        let (mut count, mut found) = (0, false);
        for (_, other) in known {
            count += 1;
            found |= *other == value;
        }
        if found {
            return;
        }
        if count == MOST_PER_ID {
            self.give_up(id);
        } else if self.values.len() < MOST_VALUES {
            self.values.push((id, value));
        }
    }

    /// Forgets an id: its values are neither MID nor RID.
    fn give_up(&mut self, id: u8) {
        set(&mut self.given_up, id);
        self.values.retain(|(other, _)| *other != id);
    }
}

impl ShortValue {
    /// `None` for what can be neither a MID nor a RID.
    fn new(value: &[u8]) -> Option<Self> {
        if value.is_empty() || !value.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        let mut bytes = [0; LONGEST];
        bytes.get_mut(..value.len())?.copy_from_slice(value);
        Some(Self {
            length: value.len() as u8,
            bytes,
        })
    }
}

fn has(bits: &[u64; 4], id: u8) -> bool {
    bits.get(usize::from(id >> 6))
        .is_some_and(|word| word >> (id & 63) & 1 == 1)
}

fn set(bits: &mut [u64; 4], id: u8) {
    if let Some(word) = bits.get_mut(usize::from(id >> 6)) {
        *word |= 1 << (id & 63);
    }
}

/// Longest value remembered, bytes; the one-byte form carries 16.
const LONGEST: usize = 32;
/// Values remembered per stream.
const MOST_VALUES: usize = 24;
/// Values remembered per id; one more and it is given up.
const MOST_PER_ID: usize = 4;
/// Packets of which each is walked: a MID is sent until the other side has acknowledged it.
const FIRST: u32 = 256;
/// Later, every so many packets are walked even when their block looks like the last.
const EVERY: u32 = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::rtp::Header;

    fn observe(log: &mut ExtensionLog, block: &[u8]) {
        let mut packet = vec![0x90, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xbe, 0xde];
        packet.extend(((block.len() / 4) as u16).to_be_bytes());
        packet.extend(block);
        log.observe(&Header::new(&packet).unwrap().extension().unwrap());
    }

    #[test]
    fn a_mid_stays_and_a_changing_value_goes() {
        let mut log = ExtensionLog::new();
        for level in b'a'..=b'z' {
            observe(&mut log, &[0x40, b'0', 0x10, level, 0x71, 0, 1, 0]);
        }
        assert_eq!(log.ids(), [1, 4, 7]);
        assert_eq!(log.values(), [(4, "0".to_owned())]);
    }

    #[test]
    fn a_block_of_another_length_is_always_walked() {
        let mut log = ExtensionLog::new();
        (0..1_000).for_each(|_| observe(&mut log, &[0x10, 0, 0, 0]));
        observe(&mut log, &[0x10, 0, 0xa1, b'h', b'i', 0, 0, 0]);
        assert_eq!(log.values(), [(10, "hi".to_owned())]);
    }
}
