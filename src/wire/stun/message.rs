//! The message view: header, attribute walk, and what is wrong with them.

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::read::u16_at;
use crate::wire::stun::registry::AttributeType;
use crate::wire::stun::registry::Class;
use crate::wire::stun::registry::MessageType;
use crate::wire::stun::registry::Method;

/// The fixed value in bytes 4..8 that tells STUN from everything else (RFC 8489 §5).
pub const COOKIE: u32 = 0x2112_A442;

/// Length of the header, bytes.
pub const HEADER: usize = 20;

/// Is this a STUN message? First two bits zero, cookie, length a multiple of four that fits. Cheap enough for every datagram.
///
/// Classic STUN has no cookie and does not pass; see [`Message::new`].
#[inline]
pub fn probe(datagram: &[u8]) -> bool {
    match datagram.first_chunk::<HEADER>() {
        Some(&[0..=0x3f, _, l0, l1, 0x21, 0x12, 0xa4, 0x42, ..]) => {
            let length = usize::from(u16::from_be_bytes([l0, l1]));
            length.is_multiple_of(4) && HEADER + length <= datagram.len()
        }
        _ => false,
    }
}

/// A STUN message, borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    header: &'a [u8; HEADER],
    /// Header and attributes, as far as there are bytes.
    bytes: &'a [u8],
    trailing: &'a [u8],
}

impl<'a> Message<'a> {
    /// Views a whole message; bytes after it are kept apart and reported.
    ///
    /// Without the cookie it must be classic STUN beyond doubt: a Binding or Shared Secret message whose attributes fill the datagram
    /// exactly.
    ///
    /// # Errors
    ///
    /// `stun-header-truncated`, `stun-first-bits-set`, `stun-message-truncated`, `stun-cookie-missing`.
    pub fn new(datagram: &'a [u8]) -> Result<Self, Fault> {
        let message = Self::new_cut(datagram)?;
        if message.is_cut() {
            return Err(fault("stun-message-truncated", 2));
        }
        if message.cookie() != COOKIE && !message.fits_classic() {
            return Err(fault("stun-cookie-missing", 4));
        }
        Ok(message)
    }

    /// Views the start of a message: quoted by an ICMP error, or cut by the snap length. The last attribute may be incomplete.
    ///
    /// # Errors
    ///
    /// `stun-header-truncated`, `stun-first-bits-set`. The cookie is not checked.
    pub fn new_cut(datagram: &'a [u8]) -> Result<Self, Fault> {
        let Some(header) = datagram.first_chunk::<HEADER>() else {
            return Err(fault("stun-header-truncated", datagram.len()));
        };
        if header[0] > 0x3f {
            return Err(fault("stun-first-bits-set", 0));
        }
        let end = HEADER + usize::from(u16::from_be_bytes([header[2], header[3]]));
        let (bytes, trailing) = datagram.split_at_checked(end).unwrap_or((datagram, &[]));
        Ok(Self {
            header,
            bytes,
            trailing,
        })
    }

    /// Method and class.
    pub const fn message_type(&self) -> MessageType {
        MessageType::from_bits(u16::from_be_bytes([self.header[0], self.header[1]]))
    }

    /// What is asked.
    pub const fn method(&self) -> Method {
        self.message_type().method
    }

    /// Whether it is asked or answered.
    pub const fn class(&self) -> Class {
        self.message_type().class
    }

    /// Length of the attributes as the header announces it, bytes.
    pub const fn length(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// Bytes 4..8: [`COOKIE`], or the first quarter of a classic transaction id.
    pub const fn cookie(&self) -> u32 {
        u32::from_be_bytes([
            self.header[4],
            self.header[5],
            self.header[6],
            self.header[7],
        ])
    }

    /// Joins a response to its request; a retransmission keeps it (RFC 8489 §6.2.1).
    pub fn transaction_id(&self) -> [u8; 12] {
        self.header.last_chunk().copied().unwrap_or_default()
    }

    /// Cookie and transaction id: what XOR'd addresses are XOR'd with (RFC 8489 §14.2).
    pub fn mask(&self) -> [u8; 16] {
        self.header.last_chunk().copied().unwrap_or_default()
    }

    /// RFC 3489: no cookie.
    pub const fn is_classic(&self) -> bool {
        self.cookie() != COOKIE
    }

    /// Are there fewer bytes than the header announces?
    pub const fn is_cut(&self) -> bool {
        self.bytes.len() < HEADER + self.length() as usize
    }

    /// Header and attributes.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Bytes of the datagram after the message; there should be none.
    pub const fn trailing(&self) -> &'a [u8] {
        self.trailing
    }

    /// The attributes in order, broken ones included.
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes {
            bytes: self.bytes,
            at: HEADER,
            cut: self.is_cut(),
        }
    }

    /// The first attribute of a type. A repeated one must be ignored (RFC 8489 §14), except XOR-PEER-ADDRESS.
    pub fn attribute(&self, kind: AttributeType) -> Option<Attribute<'a>> {
        self.attributes().find(|attribute| attribute.kind == kind)
    }

    /// Rules that the message breaks, in order of offset: of the message (`stun-length-unaligned`, `stun-trailing-bytes`,
    /// `stun-attribute-header-truncated`, `stun-attribute-after-integrity`, `stun-attribute-after-fingerprint`,
    /// `stun-fingerprint-wrong`) and of its attributes
    /// (`stun-attribute-overruns`, `stun-attribute-padding-missing`, `stun-attribute-length-invalid`).
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !self.length().is_multiple_of(4) && !self.is_classic() {
            faults.push(fault("stun-length-unaligned", 2));
        }
        let mut walk = self.attributes();
        let mut closed_by = None;
        for attribute in walk.by_ref() {
            faults.extend(attribute.fault);
            if let Some(name) = closed_by.and_then(|last| misplaced(last, attribute.kind)) {
                faults.push(fault(name, attribute.offset));
            }
            if is_closing(attribute.kind) {
                closed_by = Some(attribute.kind);
            }
        }
        if walk.at < self.bytes.len() && !self.is_cut() {
            faults.push(fault("stun-attribute-header-truncated", walk.at));
        }
        if self.fingerprint_is_good() == Some(false) {
            let at = self.attribute(AttributeType::Fingerprint);
            faults.push(fault("stun-fingerprint-wrong", at.map_or(0, |a| a.offset)));
        }
        if !self.trailing.is_empty() {
            faults.push(fault("stun-trailing-bytes", self.bytes.len()));
        }
        faults.truncate(FAULTS);
        faults
    }

    /// Could it be RFC 3489? With 16 random bytes where the cookie would be, only the shape speaks for it.
    fn fits_classic(&self) -> bool {
        let mut walk = self.attributes();
        matches!(self.method(), Method::Binding | Method::SharedSecret)
            && self.class() != Class::Indication
            && self.trailing.is_empty()
            && walk
                .by_ref()
                .all(|a| a.fault.is_none() && a.kind.name().is_some())
            && walk.at == self.bytes.len()
    }
}

/// One attribute of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// Its type.
    pub kind: AttributeType,
    /// Its value without padding; shorter than `length` when it overruns the message.
    pub value: &'a [u8],
    /// Length of the value as announced, bytes.
    pub length: u16,
    /// Where its type field starts, from the start of the message.
    pub offset: usize,
    /// What is wrong with it.
    pub fault: Option<Fault>,
}

/// Walks the attributes of a message; made by [`Message::attributes`].
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    bytes: &'a [u8],
    at: usize,
    cut: bool,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        let kind = AttributeType::from_code(u16_at(self.bytes, self.at)?);
        let length = u16_at(self.bytes, self.at + 2)?;
        let (offset, start) = (self.at, self.at + 4);
        let end = start + usize::from(length);
        let padded = end.next_multiple_of(4);
        let (value, name) = match self.bytes.get(start..end) {
            None => (
                self.bytes.get(start..).unwrap_or_default(),
                Some("stun-attribute-overruns"),
            ),
            Some(value) if !kind.allows_length(value.len()) => {
                (value, Some("stun-attribute-length-invalid"))
            }
            Some(value) if padded > self.bytes.len() => {
                (value, Some("stun-attribute-padding-missing"))
            }
            Some(value) => (value, None),
        };
        self.at = padded.min(self.bytes.len());
        // What a capture or an ICMP quote cut off is not the sender's fault.
        let excused = self.cut && padded > self.bytes.len();
        Some(Attribute {
            kind,
            value,
            length,
            offset,
            fault: name.filter(|_| !excused).map(|name| fault(name, offset)),
        })
    }
}

/// Attributes that end what they cover.
const fn is_closing(kind: AttributeType) -> bool {
    matches!(
        kind,
        AttributeType::MessageIntegrity
            | AttributeType::MessageIntegritySha256
            | AttributeType::Fingerprint
    )
}

/// The rule that `kind` breaks by following `last`: nobody signed it, and receivers must ignore it (RFC 8489 §14.5–14.7).
const fn misplaced(last: AttributeType, kind: AttributeType) -> Option<&'static str> {
    match (last, kind) {
        (AttributeType::Fingerprint, _) => Some("stun-attribute-after-fingerprint"),
        (_, AttributeType::Fingerprint)
        | (AttributeType::MessageIntegrity, AttributeType::MessageIntegritySha256) => None,
        _ => Some("stun-attribute-after-integrity"),
    }
}

const fn fault(name: &'static str, offset: usize) -> Fault {
    Fault::new(Layer::Stun, name, offset)
}

/// Faults listed per message; a hostile one could have one for every four bytes.
const FAULTS: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::stun::samples;

    /// A Binding request whose attributes are `tail`.
    fn message(tail: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 1];
        bytes.extend((tail.len() as u16).to_be_bytes());
        bytes.extend([0x21, 0x12, 0xa4, 0x42]);
        bytes.extend([9; 12]);
        bytes.extend(tail);
        bytes
    }

    fn names(bytes: &[u8]) -> Vec<&'static str> {
        Message::new(bytes)
            .unwrap()
            .faults()
            .iter()
            .map(|f| f.name)
            .collect()
    }

    #[test]
    fn the_rfc_5769_vectors_are_sound() {
        for bytes in samples::all() {
            assert!(probe(&bytes));
            let message = Message::new(&bytes).unwrap();
            assert_eq!(message.faults(), []);
            assert_eq!(message.transaction_id()[..], bytes[8..20]);
            assert_eq!(message.method(), Method::Binding);
        }
    }

    #[test]
    fn the_probe_wants_cookie_and_a_length_that_fits() {
        let bytes = message(&[0x80, 0x22, 0, 2, b'h', b'i', 0, 0]);
        assert!(probe(&bytes));
        assert!(!probe(&bytes[..27]));
        assert!(!probe(&bytes[..19]));
        for (at, value) in [(0, 0x40), (3, 7), (4, 0x20)] {
            let mut changed = bytes.clone();
            changed[at] = value;
            assert!(!probe(&changed), "byte {at}");
        }
    }

    #[test]
    fn broken_messages_are_named() {
        let name = |bytes: &[u8]| Message::new(bytes).err().map(|f| f.name);
        assert_eq!(name(&[0; 19]), Some("stun-header-truncated"));
        assert_eq!(name(&[0x80; 20]), Some("stun-first-bits-set"));
        assert_eq!(
            name(&message(&[0; 4])[..23]),
            Some("stun-message-truncated")
        );
        let mut no_cookie = message(&[0x40, 0, 0, 0]);
        no_cookie[4] = 0;
        assert_eq!(name(&no_cookie), Some("stun-cookie-missing"));
    }

    #[test]
    fn broken_attributes_are_named_and_the_others_are_read() {
        let username = [0, 6, 0, 2, b'a', b'b', 0, 0];
        let overrun = [&username[..], &[0x80, 0x22, 0xff, 0xff, 1, 2, 3, 4]].concat();
        let bytes = message(&overrun);
        let view = Message::new(&bytes).unwrap();
        assert_eq!(
            view.attribute(AttributeType::Username).unwrap().value,
            b"ab"
        );
        assert_eq!(
            view.attribute(AttributeType::Software).unwrap().value,
            [1, 2, 3, 4]
        );
        assert_eq!(names(&bytes), ["stun-attribute-overruns"]);
        assert_eq!(
            names(&message(&[0, 0x24, 0, 2, 1, 2, 0, 0])),
            ["stun-attribute-length-invalid"]
        );
        assert_eq!(
            names(&message(&[0, 6, 0, 1, 1])),
            ["stun-length-unaligned", "stun-attribute-padding-missing"]
        );
        assert_eq!(
            names(&message(&[0, 6])),
            ["stun-length-unaligned", "stun-attribute-header-truncated"]
        );
    }

    #[test]
    fn what_follows_the_message_is_kept_and_reported() {
        let mut bytes = message(&[]);
        bytes.extend([1, 2, 3]);
        assert!(probe(&bytes));
        assert_eq!(Message::new(&bytes).unwrap().trailing(), [1, 2, 3]);
        assert_eq!(names(&bytes), ["stun-trailing-bytes"]);
    }

    #[test]
    fn nothing_may_follow_a_fingerprint() {
        let mut bytes = samples::request();
        bytes[3] += 4;
        bytes.extend([0x80, 0x22, 0, 0]);
        assert_eq!(names(&bytes), ["stun-attribute-after-fingerprint"]);
    }

    #[test]
    fn what_nobody_signed_is_reported() {
        let mut bytes = samples::long_term_request();
        bytes[3] += 4;
        bytes.extend([0x80, 0x22, 0, 0]);
        assert_eq!(names(&bytes), ["stun-attribute-after-integrity"]);
    }

    #[test]
    fn classic_stun_is_told_by_its_shape() {
        let mut bytes = message(&[0, 3, 0, 4, 0, 0, 0, 6]);
        bytes[4..8].copy_from_slice(&[1, 2, 3, 4]);
        assert!(!probe(&bytes));
        let view = Message::new(&bytes).unwrap();
        assert!(view.is_classic());
        assert_eq!(view.attributes().count(), 1);
    }

    #[test]
    fn a_quoted_start_of_a_message_still_tells_whose_it_is() {
        let bytes = samples::request();
        let cut = Message::new_cut(&bytes[..78]).unwrap();
        assert!(cut.is_cut());
        assert_eq!(
            cut.attributes().last().unwrap().kind,
            AttributeType::Username
        );
        assert_eq!(cut.faults(), []);
    }

    #[test]
    fn cut_and_flipped_messages_never_panic() {
        for bytes in samples::all() {
            for end in 0..=bytes.len() {
                exercise(&bytes[..end]);
            }
            for bit in 0..bytes.len() * 8 {
                let mut flipped = bytes.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                exercise(&flipped);
            }
        }
    }

    fn exercise(bytes: &[u8]) {
        for view in [Message::new(bytes), Message::new_cut(bytes)]
            .into_iter()
            .flatten()
        {
            view.faults();
            view.verify_integrity(b"key");
            let tree = crate::wire::stun::detail(&view, 42);
            assert!(tree.range.end <= 42 + bytes.len());
        }
    }
}
