//! The tree of an 802.11 header.

use crate::wire::detail::Field;
use crate::wire::detail::link::mac;
use crate::wire::read::u8_at;
use crate::wire::read::u16_at;

/// The header of a data frame up to byte `end`, LLC included.
pub(super) fn tree(data: &[u8], end: usize) -> Option<Field> {
    let flags = u8_at(data, 1)?;
    let mut tree = Field::new("IEEE 802.11", "", 0..end);
    if end < 24 {
        return Some(tree);
    }
    let (receiver, sender) = (mac(data, 4)?, mac(data, 10)?);
    tree.value = format!("{sender} → {receiver}");
    let set: Vec<&str> = FLAGS
        .iter()
        .filter(|(bit, _)| flags & bit != 0)
        .map(|(_, name)| *name)
        .collect();
    let control = u16::swap_bytes(u16_at(data, 22)?);
    tree.children = vec![
        Field::new("flags", set.join(", "), 1..2),
        Field::new("receiver", receiver, 4..10),
        Field::new("transmitter", sender, 10..16),
        Field::new("third address", mac(data, 16)?, 16..22),
        Field::new("sequence number", (control >> 4).to_string(), 22..24),
    ];
    if end > 24 {
        tree.children
            .push(Field::new("more addresses, QoS, LLC", "", 24..end));
    }
    Some(tree)
}

/// Bits of the second byte.
const FLAGS: [(u8, &str); 8] = [
    (0x01, "to DS"),
    (0x02, "from DS"),
    (0x04, "more fragments"),
    (0x08, "retry"),
    (0x10, "power management"),
    (0x20, "more data"),
    (0x40, "protected"),
    (0x80, "order"),
];
