//! gzip (RFC 1952) and zstd (RFC 8878), recognised by magic and decoded as they stream.
//!
//! ```text
//!  gzip  1f 8b …                  one or several members
//!  zstd  28 b5 2f fd …            frames, each a header and blocks of at most 128 KiB; 5? 2a 4d 18 frames are skipped
//! ```
//!
//! Memory is bounded by the decoders' windows (32 KiB and 128 MiB), whatever a bomb expands to.
//! A cut or damaged stream gives everything decoded before the damage, then the error.

use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::BlockDecodingStrategy;
use ruzstd::decoding::FrameDecoder;

/// A compression that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

impl Compression {
    /// Bytes that suffice for [`Compression::of`].
    pub const MAGIC_BYTES: usize = 4;

    /// By the first bytes of a stream.
    pub const fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }

    /// Lower-case word, as the report prints it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// The decoded stream of `reader`.
    pub fn decode(self, reader: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
        let reader = BufReader::with_capacity(READ_BYTES, reader);
        match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(reader)),
            Self::Zstd => Box::new(ZstdReader::new(reader)),
        }
    }
}

/// zstd frames, decoded one block at a time.
///
/// `ruzstd`'s own reader keeps a window's worth of decoded bytes back until the frame ends, and would lose them when it never
/// does. Here blocks are handed over whole, and a cut frame is closed with an empty last block, which releases those bytes.
struct ZstdReader<R> {
    reader: R,
    decoder: FrameDecoder,
    /// One block with its header: at most 3 bytes + 128 KiB + 4 bytes of checksum.
    block: Vec<u8>,
    in_frame: bool,
    has_checksum: bool,
    /// What ended the stream; told once everything decoded was read.
    failure: Option<io::Error>,
    finished: bool,
}

impl<R: BufRead> ZstdReader<R> {
    fn new(reader: R) -> Self {
        Self {
            reader,
            decoder: FrameDecoder::new(),
            block: Vec::new(),
            in_frame: false,
            has_checksum: false,
            failure: None,
            finished: false,
        }
    }

    /// Decodes one block, or opens the next frame.
    fn advance(&mut self) -> io::Result<()> {
        if self.in_frame {
            let last = self.take_block()?;
            self.decode_block()?;
            self.in_frame = !last;
            return Ok(());
        }
        if self.reader.fill_buf()?.is_empty() {
            self.finished = true;
            return Ok(());
        }
        let mut magic = [0; 4];
        self.reader.read_exact(&mut magic)?;
        if let [0x50..=0x5f, 0x2a, 0x4d, 0x18] = magic {
            let mut length = [0; 4];
            self.reader.read_exact(&mut length)?;
            let length = u64::from(u32::from_le_bytes(length));
            let skipped = io::copy(&mut self.reader.by_ref().take(length), &mut io::sink())?;
            return if skipped == length {
                Ok(())
            } else {
                Err(io::ErrorKind::UnexpectedEof.into())
            };
        }
        let mut head = magic.chain(Recorded {
            reader: &mut self.reader,
            first: None,
        });
        self.decoder.init(&mut head).map_err(io::Error::other)?;
        let (_, recorded) = head.into_inner();
        self.has_checksum = recorded.first.is_some_and(|byte| byte & 0x04 != 0);
        self.in_frame = true;
        Ok(())
    }

    /// Reads a whole block into `block`; is it the frame's last?
    fn take_block(&mut self) -> io::Result<bool> {
        let mut head = [0; 3];
        self.reader.read_exact(&mut head)?;
        let [low, middle, high] = head;
        let word = u32::from_le_bytes([low, middle, high, 0]);
        let (last, kind, size) = (word & 1 == 1, word >> 1 & 3, (word >> 3) as usize);
        // A run-length block holds the one byte that it repeats (RFC 8878 §3.1.1.2.2).
        let content = if kind == 1 { 1 } else { size };
        if content > MAX_ZSTD_BLOCK {
            return Err(io::Error::other("zstd block larger than 128 KiB"));
        }
        let checksum = if last && self.has_checksum { 4 } else { 0 };
        self.block.clear();
        self.block.extend_from_slice(&head);
        self.block.resize(3 + content + checksum, 0);
        if let Some(room) = self.block.get_mut(3..) {
            self.reader.read_exact(room)?;
        }
        Ok(last)
    }

    fn decode_block(&mut self) -> io::Result<()> {
        self.decoder
            .decode_blocks(self.block.as_slice(), BlockDecodingStrategy::UptoBlocks(1))
            .map(drop)
            .map_err(io::Error::other)
    }

    /// Ends the frame in our own words, so that what was decoded can be collected.
    fn close(&mut self) {
        self.block.clear();
        self.block.extend_from_slice(&[0x01, 0, 0, 0, 0, 0, 0]);
        // Should the decoder refuse even this, there is nothing more to collect.
        let _refused = self.decode_block();
        self.in_frame = false;
    }
}

impl<R: BufRead> Read for ZstdReader<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if room.is_empty() {
            return Ok(0);
        }
        loop {
            if self.decoder.can_collect() > 0 {
                let count = self.decoder.read(room)?;
                if count > 0 {
                    return Ok(count);
                }
            }
            if self.finished {
                return self.failure.take().map_or(Ok(0), Err);
            }
            if let Err(error) = self.advance() {
                self.failure = Some(error);
                self.finished = true;
                if self.in_frame {
                    self.close();
                }
            }
        }
    }
}

/// Remembers the first byte read: a frame's descriptor.
struct Recorded<'a, R> {
    reader: &'a mut R,
    first: Option<u8>,
}

impl<R: Read> Read for Recorded<'_, R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(room)?;
        if self.first.is_none() && count > 0 {
            self.first = room.first().copied();
        }
        Ok(count)
    }
}

/// Bytes read from the compressed file at once.
const READ_BYTES: usize = 256 << 10;

/// Largest content of a zstd block (RFC 8878 §3.1.1.2.4).
const MAX_ZSTD_BLOCK: usize = 128 << 10;

#[cfg(test)]
mod tests {
    use ruzstd::encoding::CompressionLevel;
    use ruzstd::encoding::compress_to_vec;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        flate2::read::GzEncoder::new(bytes, flate2::Compression::fast())
            .read_to_end(&mut packed)
            .unwrap();
        packed
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        compress_to_vec(bytes, CompressionLevel::Fastest)
    }

    /// What comes out, and whether it ended well.
    fn decode(packed: Vec<u8>) -> (Vec<u8>, io::Result<usize>) {
        let compression = Compression::of(&packed).unwrap();
        let mut decoded = Vec::new();
        let outcome = compression
            .decode(Box::new(io::Cursor::new(packed)))
            .read_to_end(&mut decoded);
        (decoded, outcome)
    }

    fn sample() -> Vec<u8> {
        (0..600_000_u32)
            .map(|n| ((n / 7 * 31) ^ (n >> 9)) as u8)
            .collect()
    }

    #[test]
    fn several_members_and_frames_are_one_stream() {
        let whole = sample();
        let (a, b) = whole.split_at(100_000);
        for packed in [
            [gzip(a), gzip(b)].concat(),
            [zstd(a), b"\x5a\x2a\x4d\x18\x03\0\0\0xyz".to_vec(), zstd(b)].concat(),
        ] {
            let (decoded, outcome) = decode(packed);
            assert!(outcome.is_ok());
            assert!(decoded == whole);
        }
    }

    #[test]
    fn a_cut_stream_gives_what_came_before_the_cut() {
        let whole = sample();
        for packed in [gzip(&whole), zstd(&whole)] {
            let (decoded, outcome) = decode(packed[..packed.len() * 2 / 3].to_vec());
            assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
            assert!(decoded.len() > whole.len() / 3, "{}", decoded.len());
            assert!(whole.starts_with(&decoded));
        }
    }

    #[test]
    fn flipped_bits_do_no_harm() {
        let whole = &sample()[..40_000];
        for packed in [gzip(whole), zstd(whole)] {
            for at in (4..packed.len()).step_by(packed.len() / 400 + 1) {
                for bit in 0..8 {
                    let mut packed = packed.clone();
                    packed[at] ^= 1 << bit;
                    let (decoded, _) = decode(packed);
                    assert!(decoded.len() <= 1 << 24);
                }
            }
        }
    }

    #[test]
    fn a_block_larger_than_the_format_allows_is_an_error() {
        // Magic, no flags, smallest window, then a raw block of 2 MiB.
        let packed = b"\x28\xb5\x2f\xfd\x00\x00\x00\x00\xff".to_vec();
        assert!(decode(packed).1.is_err());
    }
}
