//! ChannelData (RFC 8656 §12.4): TURN's lean envelope. Four bytes in front of each packet in place of a Send indication's 36.
//!
//! ```text
//! channel number 2 (0x4000..=0x4fff) · length 2 · application data · over TCP and TLS: padding to 4 bytes
//! ```
//!
//! What is inside is a datagram of its own: the media, checks and DTLS of a relayed call.

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::detail::Field;

/// Length of the header, bytes.
pub const HEADER: usize = 4;

/// A ChannelData message, borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelData<'a> {
    /// Channel number; the ChannelBind request told its peer.
    pub number: u16,
    /// Length of the data as announced, bytes.
    pub length: u16,
    /// Application data; shorter than `length` when cut.
    pub data: &'a [u8],
    /// What follows in the datagram: padding, up to three bytes.
    pub trailing: &'a [u8],
}

impl<'a> ChannelData<'a> {
    /// Views a whole message.
    ///
    /// # Errors
    ///
    /// `stun-channel-header-truncated`, `stun-channel-number-invalid`, `stun-channel-data-truncated`.
    #[inline]
    pub fn new(datagram: &'a [u8]) -> Result<Self, Fault> {
        let message = Self::new_cut(datagram)?;
        if message.is_cut() {
            return Err(fault("stun-channel-data-truncated", 2));
        }
        Ok(message)
    }

    /// Views the start of a message, when the capture or an ICMP quote cut it.
    ///
    /// # Errors
    ///
    /// `stun-channel-header-truncated`, `stun-channel-number-invalid`.
    #[inline]
    pub fn new_cut(datagram: &'a [u8]) -> Result<Self, Fault> {
        let Some(([n0, n1, l0, l1], rest)) = datagram.split_first_chunk::<HEADER>() else {
            return Err(fault("stun-channel-header-truncated", datagram.len()));
        };
        let number = u16::from_be_bytes([*n0, *n1]);
        // RFC 5766 gave channels all of 0x4000..=0x7fff; RFC 8656 keeps the upper part back. Both are read, see `faults`.
        if !(0x4000..=0x7fff).contains(&number) {
            return Err(fault("stun-channel-number-invalid", 0));
        }
        let length = u16::from_be_bytes([*l0, *l1]);
        let (data, trailing) = rest.split_at_checked(length.into()).unwrap_or((rest, &[]));
        Ok(Self {
            number,
            length,
            data,
            trailing,
        })
    }

    /// Is there less data than announced?
    pub const fn is_cut(&self) -> bool {
        self.data.len() < self.length as usize
    }

    /// Rules that the message breaks: `stun-channel-number-reserved`, `stun-trailing-bytes` (more than padding).
    pub fn faults(&self) -> impl Iterator<Item = Fault> + use<> {
        let reserved = self.number > 0x4fff;
        let surplus = self.trailing.len() > 3;
        let end = HEADER + self.data.len();
        [
            reserved.then(|| fault("stun-channel-number-reserved", 0)),
            surplus.then(|| fault("stun-trailing-bytes", end)),
        ]
        .into_iter()
        .flatten()
    }

    /// The tree of a message that starts at byte `base` of the frame, without what is inside.
    pub fn detail(&self, base: usize) -> Field {
        let end = base + HEADER + self.data.len();
        let title = format!("channel {:#06x}, {} bytes", self.number, self.length);
        let mut tree = Field::new("ChannelData", title, base..end + self.trailing.len());
        tree.children = vec![
            Field::new(
                "channel number",
                format!("{:#06x}", self.number),
                base..base + 2,
            ),
            Field::new(
                "length",
                format!("{} bytes", self.length),
                base + 2..base + 4,
            ),
            Field::new(
                "data",
                format!("{} bytes", self.data.len()),
                base + HEADER..end,
            ),
        ];
        if !self.trailing.is_empty() {
            let value = format!("{} bytes", self.trailing.len());
            tree.children
                .push(Field::new("padding", value, end..end + self.trailing.len()));
        }
        tree.with(
            self.faults()
                .map(|fault| Field::fault(fault.name, base + fault.offset..end)),
        )
    }
}

const fn fault(name: &'static str, offset: usize) -> Fault {
    Fault::new(Layer::Stun, name, offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: Result<(u16, &[u8], usize), &str>) {
        let got = ChannelData::new(bytes)
            .map(|message| (message.number, message.data, message.trailing.len()))
            .map_err(|fault| fault.name);
        assert_eq!(got, expected);
    }

    #[test]
    fn the_envelope_comes_off() {
        check(&[0x40, 0x01, 0, 3, 1, 2, 3, 0], Ok((0x4001, &[1, 2, 3], 1)));
        check(&[0x40, 0x01, 0, 0], Ok((0x4001, &[], 0)));
    }

    #[test]
    fn broken_envelopes_are_named() {
        check(&[0x40, 0x01, 0], Err("stun-channel-header-truncated"));
        check(&[0x80, 0x01, 0, 0], Err("stun-channel-number-invalid"));
        check(&[0x40, 0x01, 0, 9, 1], Err("stun-channel-data-truncated"));
        assert_eq!(
            ChannelData::new_cut(&[0x40, 0x01, 0, 9, 1]).map(|m| m.data),
            Ok(&[1][..])
        );
    }

    #[test]
    fn numbers_kept_back_are_read_and_reported() {
        let names = |bytes| {
            ChannelData::new(bytes)
                .unwrap()
                .faults()
                .map(|f| f.name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&[0x5f, 0, 0, 0]), ["stun-channel-number-reserved"]);
        assert_eq!(names(&[0x40, 0, 0, 0, 1, 2, 3, 4]), ["stun-trailing-bytes"]);
        assert!(names(&[0x40, 0, 0, 1, 9, 0, 0, 0]).is_empty());
    }

    #[test]
    fn the_tree_covers_header_data_and_padding() {
        let bytes = [0x40, 0x01, 0, 3, 1, 2, 3, 0];
        let tree = ChannelData::new(&bytes).unwrap().detail(42);
        assert_eq!(
            (tree.range.clone(), tree.value.as_str()),
            (42..50, "channel 0x4001, 3 bytes")
        );
        assert_eq!(tree.at(49).map(|f| f.name.as_str()), Some("padding"));
    }
}
