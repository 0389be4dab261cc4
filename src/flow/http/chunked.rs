//! The chunked transfer coding (RFC 9112 §7.1).
//!
//! ```text
//!  6A;extension␍␊  106 bytes ␍␊  5␍␊  5 bytes ␍␊  0␍␊  Trailer: value␍␊  ␍␊
//!  size            data          size  data        last  trailers         end
//! ```

use memchr::memchr;

use crate::flow::body::Collector;
use crate::wire::http1::framing::chunk_size;

/// How far the chunks have been read.
#[derive(Debug, Default)]
pub(super) struct Chunked {
    expects: Expects,
    line: Vec<u8>,
    trailer_bytes: usize,
}

#[derive(Debug, Clone, Copy, Default)]
enum Expects {
    #[default]
    Size,
    /// So many bytes of the chunk.
    Data(u64),
    /// The line end behind a chunk's data.
    DataEnd,
    Trailer,
}

/// Where reading stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// All input is used.
    Hungry,
    /// The body is over.
    Done,
    /// What follows can't be understood.
    Broken,
}

impl Chunked {
    /// Moves content from `input` to `body`.
    pub(super) fn read(&mut self, input: &mut &[u8], body: &mut Collector) -> Progress {
        loop {
            if let Expects::Data(left) = self.expects {
                let available = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                let (data, rest) = input.split_at(available);
                body.data(data);
                *input = rest;
                self.advance(available as u64);
                if let Expects::Data(_) = self.expects {
                    return Progress::Hungry;
                }
            }
            if !self.read_line(input, body) {
                let too_long = self.line.len() > LINE_MAX;
                if too_long {
                    body.fault("http-chunk-line-too-long");
                }
                return if too_long {
                    Progress::Broken
                } else {
                    Progress::Hungry
                };
            }
            let line = std::mem::take(&mut self.line);
            match self.expects {
                Expects::Size => match chunk_size(&line) {
                    Ok(0) => self.expects = Expects::Trailer,
                    Ok(size) => self.expects = Expects::Data(size),
                    Err(fault) => {
                        body.fault(fault.name);
                        return Progress::Broken;
                    }
                },
                Expects::DataEnd if line.is_empty() => self.expects = Expects::Size,
                Expects::Trailer if line.is_empty() => return Progress::Done,
                Expects::Trailer => {
                    self.trailer_bytes += line.len();
                    if self.trailer_bytes > TRAILERS_MAX {
                        body.fault("http-trailers-too-long");
                        return Progress::Broken;
                    }
                }
                Expects::DataEnd | Expects::Data(_) => {
                    body.fault("http-chunk-end");
                    return Progress::Broken;
                }
            }
        }
    }

    /// Bytes are missing. True when they were all inside the present chunk, so that the rest can still be understood.
    pub(super) fn gap(&mut self, bytes: u64) -> bool {
        match self.expects {
            Expects::Data(left) if bytes > 0 && bytes <= left => {
                self.advance(bytes);
                true
            }
            _ => false,
        }
    }

    /// `bytes` of the present chunk's data have passed.
    fn advance(&mut self, bytes: u64) {
        if let Expects::Data(left) = self.expects {
            self.expects = match left - bytes {
                0 => Expects::DataEnd,
                left => Expects::Data(left),
            };
        }
    }

    /// Takes a line, without its end, into `self.line`; false while it is not whole.
    fn read_line(&mut self, input: &mut &[u8], body: &mut Collector) -> bool {
        let end = memchr(b'\n', input);
        let used = end.map_or(input.len(), |end| end + 1);
        let (part, rest) = input.split_at(used);
        body.framing(used);
        *input = rest;
        let room = (LINE_MAX + 1).saturating_sub(self.line.len());
        self.line.extend_from_slice(&part[..part.len().min(room)]);
        if end.is_none() || self.line.len() > LINE_MAX {
            return false;
        }
        self.line.pop();
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        } else {
            body.fault("http-bare-lf");
        }
        true
    }
}

/// Longest chunk-size or trailer line, bytes; chunk extensions are rare and short.
const LINE_MAX: usize = 4096;
/// All trailer lines of a body, bytes.
const TRAILERS_MAX: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::http1::headers::Headers;

    const SAMPLE: &[u8] = b"6;x=\"y\"\r\n{\"a\":1\r\n1\r\n}\r\n0\r\nTrailer: v\r\n\r\nHTTP/1.1";

    #[test]
    fn chunks_are_joined_wherever_they_are_cut() {
        for cut in 0..SAMPLE.len() - 8 {
            let (mut chunked, mut body) = (Chunked::default(), Collector::new(&Headers::default()));
            let (mut first, mut second) = SAMPLE.split_at(cut);
            assert_eq!(chunked.read(&mut first, &mut body), Progress::Hungry);
            assert_eq!(chunked.read(&mut second, &mut body), Progress::Done);
            assert_eq!(second, b"HTTP/1.1");
            let body = body.finish(true);
            assert_eq!(body.text(), "{\"a\":1}");
            assert_eq!((body.wire_bytes, body.framing_bytes), (7, 33));
            assert_eq!(body.faults, []);
        }
    }

    #[test]
    fn broken_chunks_are_named() {
        for (input, name) in [
            ("xyz\r\n", "http-chunk-size"),
            ("\r\n", "http-chunk-size"),
            ("1\r\nab\r\n", "http-chunk-end"),
        ] {
            let (mut chunked, mut body) = (Chunked::default(), Collector::new(&Headers::default()));
            assert_eq!(
                chunked.read(&mut input.as_bytes(), &mut body),
                Progress::Broken
            );
            assert_eq!(body.finish(false).faults[0].name, name, "{input:?}");
        }
    }

    #[test]
    fn a_line_without_end_is_given_up() {
        let (mut chunked, mut body) = (Chunked::default(), Collector::new(&Headers::default()));
        let progress = std::iter::repeat_with(|| {
            chunked.read(&mut b"0;aaaaaaaaaaaaaaaaaaaaaaaa".as_slice(), &mut body)
        });
        assert!(progress.take(500).any(|seen| seen == Progress::Broken));
    }

    #[test]
    fn a_gap_inside_a_chunk_keeps_the_framing() {
        let (mut chunked, mut body) = (Chunked::default(), Collector::new(&Headers::default()));
        chunked.read(&mut b"a\r\n012".as_slice(), &mut body);
        assert!(chunked.gap(7));
        assert_eq!(
            chunked.read(&mut b"\r\n0\r\n\r\n".as_slice(), &mut body),
            Progress::Done
        );
        assert!(!Chunked::default().gap(1));
    }
}
