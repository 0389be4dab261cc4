//! Whole frames, and the masking of their payload (RFC 6455 §5.3).

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::websocket::header::Header;

/// A frame, borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its header.
    pub header: Header,
    /// The payload as sent, masked when the header has a key; shorter than announced when cut.
    pub masked: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Views the frame at the front of `bytes`; what follows it is not looked at.
    ///
    /// # Errors
    ///
    /// Those of [`Header::new`], and `websocket-payload-truncated`.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Fault> {
        let frame = Self::new_cut(bytes)?;
        if frame.is_cut() {
            let name = "websocket-payload-truncated";
            return Err(Fault::new(Layer::WebSocket, name, bytes.len()));
        }
        Ok(frame)
    }

    /// Views a frame whose payload may go on elsewhere.
    ///
    /// # Errors
    ///
    /// Those of [`Header::new`].
    pub fn new_cut(bytes: &'a [u8]) -> Result<Self, Fault> {
        let header = Header::new(bytes)?;
        let rest = bytes.get(header.length..).unwrap_or_default();
        let length = usize::try_from(header.payload_length).unwrap_or(usize::MAX);
        let masked = rest.get(..length).unwrap_or(rest);
        Ok(Self { header, masked })
    }

    /// Is there less payload than announced?
    pub const fn is_cut(&self) -> bool {
        (self.masked.len() as u64) < self.header.payload_length
    }

    /// Bytes it takes, as far as they are there.
    pub const fn length(&self) -> usize {
        self.header.length + self.masked.len()
    }

    /// The payload without its mask.
    pub fn payload(&self) -> Vec<u8> {
        let mut payload = self.masked.to_vec();
        if let Some(key) = self.header.mask {
            unmask(&mut payload, key, 0);
        }
        payload
    }
}

/// Takes the mask off `bytes`, the first of which is byte `position` of its frame's payload. Masking is the same.
pub fn unmask(bytes: &mut [u8], mut key: [u8; 4], position: u64) {
    key.rotate_left((position % 4) as usize);
    for group in bytes.chunks_mut(4) {
        for (byte, key) in group.iter_mut().zip(key) {
            *byte ^= key;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::websocket::header::Opcode;

    #[test]
    fn the_masked_hello_of_the_rfc_is_read() {
        // RFC 6455 §5.7: "A single-frame masked text message".
        let bytes = [
            0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58, 0xff,
        ];
        let frame = Frame::new(&bytes).unwrap();
        assert_eq!(frame.payload(), b"Hello");
        assert_eq!((frame.header.opcode, frame.length()), (Opcode::Text, 11));
    }

    #[test]
    fn a_frame_that_goes_on_is_told_from_a_whole_one() {
        let cut = Frame::new_cut(&[0x81, 5, b'H']).unwrap();
        assert!(cut.is_cut());
        assert_eq!(cut.payload(), b"H");
        let name = Frame::new(&[0x81, 5, b'H']).unwrap_err().name;
        assert_eq!(name, "websocket-payload-truncated");
    }

    #[test]
    fn a_mask_comes_off_in_pieces_as_in_one() {
        let key = [0x37, 0xfa, 0x21, 0x3d];
        let whole: Vec<u8> = (0..23).collect();
        let mut one = whole.clone();
        unmask(&mut one, key, 0);
        for cut in 0..whole.len() {
            let mut two = whole.clone();
            let (front, back) = two.split_at_mut(cut);
            unmask(front, key, 0);
            unmask(back, key, cut as u64);
            assert_eq!(one, two);
        }
    }
}
