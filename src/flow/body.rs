//! Message bodies: collected within limits, then decoded (RFC 9110 §8.4, RFC 9112 §7).
//!
//! ```text
//!  wire        chunk sizes │ bytes │ chunk sizes │ bytes │ …          framing_bytes, wire_bytes
//!  encoded     the bytes alone: gzip, deflate, br, zstd               kept up to BODY_KEPT
//!  decoded     what the application said                              Body::bytes, up to BODY_KEPT
//! ```
//!
//! Signaling messages are small. A body that grows past [`BODY_KEPT`] is a download: its size goes on being counted,
//! of its bytes only a [`PREVIEW`] stays.

use std::borrow::Cow;
use std::io::Read;
use std::sync::Arc;

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::wire::http1::headers::Headers;

/// A message body as the application sees it, with what it cost on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// Content, decoded. Stops at the first byte that was not captured, and see [`Self::truncated`].
    pub bytes: Arc<[u8]>,
    /// Length of the content as sent (encoded, without chunk sizes), bytes; with those not captured.
    pub wire_bytes: u64,
    /// What framed it: chunk sizes, line ends and trailers, bytes.
    pub framing_bytes: u64,
    /// Content bytes that the capture lacks.
    pub missing_bytes: u64,
    /// Was it seen from its first byte to the end that its framing announced?
    pub complete: bool,
    /// Are decoded bytes missing here because they went past a limit, or are of a kind that is not kept?
    pub truncated: bool,
    /// `Content-Type`, as sent.
    pub content_type: Option<String>,
    /// Broken rules of framing and coding.
    pub faults: Vec<Fault>,
}

impl Body {
    /// `application/json` of `Application/JSON; charset=utf-8`.
    pub fn media_type(&self) -> Option<String> {
        let value = self.content_type.as_deref()?;
        let kind = value.split(';').next().unwrap_or(value).trim();
        (!kind.is_empty()).then(|| kind.to_ascii_lowercase())
    }

    /// The content as text; bytes that are no UTF-8 replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }

    /// Lets the bytes go, to stay within a budget.
    pub(super) fn shed(&mut self) {
        self.truncated |= !self.bytes.is_empty();
        self.bytes = Arc::default();
    }
}

/// A body on its way.
#[derive(Debug, Default)]
pub(super) struct Collector {
    bytes: Vec<u8>,
    keeps: bool,
    overflowed: bool,
    codings: Vec<Coding>,
    body: Body,
}

impl Collector {
    /// For the body behind a head with these fields.
    pub(super) fn new(headers: &Headers) -> Self {
        let mut codings = Vec::new();
        let mut faults = Vec::new();
        // In the order they were applied: content codings, then transfer codings (RFC 9112 §6.1).
        let names = headers
            .members("content-encoding")
            .chain(headers.members("transfer-encoding"))
            .filter(|name| !name.eq_ignore_ascii_case("chunked"));
        for name in names {
            match Coding::from_name(name) {
                Some(Coding::Identity) => {}
                Some(coding) if codings.len() < CODINGS_MAX => codings.push(coding),
                Some(_) => faults.push(Fault::new(Layer::Http, "http-too-many-codings", 0)),
                None => faults.push(Fault::new(Layer::Http, "http-coding-unknown", 0)),
            }
        }
        if !faults.is_empty() {
            // Half decoded is not readable either.
            codings.clear();
        }
        faults.truncate(1);
        let body = Body {
            content_type: headers.get("content-type").map(str::to_owned),
            faults,
            ..Body::default()
        };
        let kind = body.media_type().unwrap_or_default();
        Self {
            keeps: !NOT_KEPT.iter().any(|prefix| kind.starts_with(prefix)),
            codings,
            body,
            ..Self::default()
        }
    }

    /// The next content bytes.
    pub(super) fn data(&mut self, bytes: &[u8]) {
        self.body.wire_bytes += bytes.len() as u64;
        // What comes after a hole can't be read on its own.
        if self.overflowed || !self.keeps || self.body.missing_bytes > 0 {
            return;
        }
        if self.bytes.len() + bytes.len() > BODY_KEPT {
            self.overflowed = true;
            self.bytes.truncate(PREVIEW);
            self.bytes.shrink_to_fit();
            return;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Content bytes that the capture lacks.
    pub(super) fn gap(&mut self, bytes: u64) {
        self.body.wire_bytes += bytes;
        self.body.missing_bytes += bytes.max(1);
    }

    /// Bytes that frame the content.
    pub(super) fn framing(&mut self, bytes: usize) {
        self.body.framing_bytes += bytes as u64;
    }

    /// A broken rule.
    pub(super) fn fault(&mut self, name: &'static str) {
        if self.body.faults.iter().all(|known| known.name != name) {
            let offset = self.body.wire_bytes as usize;
            self.body.faults.push(Fault::new(Layer::Http, name, offset));
        }
    }

    /// The body is over; `ended` when its framing said so.
    pub(super) fn finish(mut self, ended: bool) -> Body {
        self.body.complete = ended && self.body.missing_bytes == 0;
        let whole = self.body.complete && !self.overflowed;
        self.body.truncated = self.overflowed || !self.keeps && self.body.wire_bytes > 0;
        let mut bytes = std::mem::take(&mut self.bytes);
        for coding in std::mem::take(&mut self.codings).into_iter().rev() {
            if bytes.is_empty() {
                break;
            }
            let decoded = coding.decode(&bytes);
            bytes = decoded.bytes;
            self.body.truncated |= decoded.truncated;
            // A body that is cut can't be decoded to its end; that is no rule broken.
            if decoded.broken && whole && !self.body.truncated {
                self.fault("http-coding-broken");
            }
        }
        self.body.bytes = bytes.into();
        self.body
    }
}

/// A content or transfer coding (RFC 9110 §8.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstandard,
    Identity,
}

struct Decoded {
    bytes: Vec<u8>,
    /// There was more than the limit.
    truncated: bool,
    /// The decoder gave up, or the end was missing.
    broken: bool,
}

impl Coding {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Self::Gzip,
            "deflate" => Self::Deflate,
            "br" => Self::Brotli,
            "zstd" => Self::Zstandard,
            "identity" => Self::Identity,
            _ => return None,
        })
    }

    fn decode(self, encoded: &[u8]) -> Decoded {
        match (self, encoded) {
            (Self::Identity, _) => read(encoded),
            (Self::Gzip, _) => read(flate2::read::MultiGzDecoder::new(encoded)),
            // "deflate" means zlib (RFC 9110 §8.4.1.2); some send it without the zlib header.
            (Self::Deflate, [cmf, flags, ..])
                if cmf & 0x0f == 8 && u16::from_be_bytes([*cmf, *flags]).is_multiple_of(31) =>
            {
                read(flate2::read::ZlibDecoder::new(encoded))
            }
            (Self::Deflate, _) => read(flate2::read::DeflateDecoder::new(encoded)),
            // RFC 7932 forbids this first byte. To the decoder it means a window of up to 1 GiB.
            (Self::Brotli, [first, ..]) if first & 0x7f == 0x11 => Decoded::nothing(),
            (Self::Brotli, _) => read(brotli_decompressor::Decompressor::new(encoded, 4096)),
            (Self::Zstandard, _) => {
                let decoder = ruzstd::decoding::StreamingDecoder::new_with_max_window_size(
                    encoded,
                    ZSTANDARD_WINDOW,
                );
                decoder.map_or_else(|_| Decoded::nothing(), read)
            }
        }
    }
}

impl Decoded {
    const fn nothing() -> Self {
        Self {
            bytes: Vec::new(),
            truncated: false,
            broken: true,
        }
    }
}

/// Reads to the end, to the limit, or to where `decoder` fails.
fn read(decoder: impl Read) -> Decoded {
    let mut bytes = Vec::new();
    let result = decoder.take(BODY_KEPT as u64 + 1).read_to_end(&mut bytes);
    let truncated = bytes.len() > BODY_KEPT;
    bytes.truncate(BODY_KEPT);
    Decoded {
        bytes,
        truncated,
        broken: result.is_err(),
    }
}

/// Bytes of a body kept, before and after decoding. Session descriptions of large conferences reach 100 KiB.
pub const BODY_KEPT: usize = 1 << 20;
/// Bytes kept of a body that went past [`BODY_KEPT`].
pub const PREVIEW: usize = 4096;
/// Codings undone, one after the other; each may unpack to the limit again.
const CODINGS_MAX: usize = 3;
/// Largest window that `Content-Encoding: zstd` may ask for (RFC 9659 §3): 8 MiB.
const ZSTANDARD_WINDOW: u64 = 8 << 20;
/// Kinds of content that no one signals with.
const NOT_KEPT: [&str; 4] = ["image/", "audio/", "video/", "font/"];

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;

    use super::*;

    fn body(headers: &[(&str, &str)], content: &[u8], ended: bool) -> Body {
        let headers: Headers = headers.iter().copied().collect();
        let mut collector = Collector::new(&headers);
        content.chunks(1000).for_each(|part| collector.data(part));
        collector.finish(ended)
    }

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).expect("a vector takes all");
        encoder.finish().expect("a vector takes all")
    }

    /// `{"janus":"ack"}` in Brotli and Zstandard, by the reference encoders.
    const BROTLI: &[u8] = b"\x0b\x07\x80{\"janus\":\"ack\"}\x03";
    const ZSTANDARD: &[u8] =
        b"\x28\xb5\x2f\xfd\x04\x58\x79\x00\x00{\"janus\":\"ack\"}\x39\xe7\x03\x67";

    #[track_caller]
    fn check_coding(name: &str, encoded: &[u8]) {
        let body = body(&[("Content-Encoding", name)], encoded, true);
        assert_eq!(body.text(), "{\"janus\":\"ack\"}", "{name}");
        assert_eq!(body.wire_bytes, encoded.len() as u64);
        assert!(body.complete && !body.truncated);
        assert_eq!(body.faults, []);
    }

    #[test]
    fn every_coding_is_undone() {
        let plain = b"{\"janus\":\"ack\"}";
        check_coding("identity", plain);
        check_coding("gzip", &gzip(plain));
        check_coding("X-Gzip", &gzip(plain));
        check_coding("gzip, gzip", &gzip(&gzip(plain)));
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(plain).expect("a vector takes all");
        check_coding("deflate", &zlib.finish().expect("a vector takes all"));
        let mut raw = flate2::write::DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(plain).expect("a vector takes all");
        check_coding("deflate", &raw.finish().expect("a vector takes all"));
        check_coding("br", BROTLI);
        check_coding("zstd", ZSTANDARD);
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = gzip(&vec![0; 20 * BODY_KEPT]);
        let body = body(&[("Content-Encoding", "gzip")], &bomb, true);
        assert_eq!(body.bytes.len(), BODY_KEPT);
        assert!(body.truncated && body.complete);
    }

    #[test]
    fn a_brotli_stream_with_a_huge_window_is_refused() {
        let body = body(&[("Content-Encoding", "br")], &[0x11, 0x1e, 0, 0, 0], true);
        assert_eq!(body.faults.len(), 1);
        assert!(body.bytes.is_empty());
    }

    #[test]
    fn a_download_is_counted_and_not_kept() {
        let content = vec![b'x'; BODY_KEPT + 5];
        let text = body(&[("Content-Type", "text/plain")], &content, true);
        assert_eq!(text.wire_bytes, content.len() as u64);
        assert_eq!(text.bytes.len(), PREVIEW);
        let image = body(&[("Content-Type", "Image/PNG")], b"\x89PNG", true);
        assert_eq!((image.bytes.len(), image.wire_bytes), (0, 4));
        assert!(text.truncated && image.truncated);
    }

    #[test]
    fn a_broken_coding_keeps_what_came_out() {
        let mut encoded = gzip(&b"janus ".repeat(5_000));
        let half = encoded.len() - 12;
        encoded[half] ^= 0x55;
        let whole = body(&[("Content-Encoding", "gzip")], &encoded, true);
        assert_eq!(whole.faults[0].name, "http-coding-broken");
        encoded.truncate(half);
        let cut = body(&[("Content-Encoding", "gzip")], &encoded, false);
        assert!(cut.text().starts_with("janus janus"));
        assert_eq!(cut.faults, [], "a cut body breaks no rule");
    }

    #[test]
    fn an_unknown_coding_is_a_fault_and_leaves_the_bytes() {
        let body = body(&[("Content-Encoding", "compress")], b"abc", true);
        assert_eq!(body.faults[0].name, "http-coding-unknown");
        assert_eq!(&body.bytes[..], b"abc");
    }

    #[test]
    fn content_behind_a_hole_is_counted_only() {
        let mut collector = Collector::new(&Headers::default());
        collector.data(b"abc");
        collector.gap(4);
        collector.data(b"hij");
        let body = collector.finish(true);
        assert_eq!(&body.bytes[..], b"abc");
        assert_eq!((body.wire_bytes, body.missing_bytes), (10, 4));
        assert!(!body.complete);
    }

    #[test]
    fn a_media_type_is_without_parameters_and_case() {
        let body = body(
            &[("content-type", "Application/JSON; charset=utf-8")],
            b"",
            true,
        );
        assert_eq!(body.media_type().as_deref(), Some("application/json"));
    }

    #[test]
    fn flipped_streams_do_not_panic() {
        let samples = [
            ("gzip", gzip(&b"janus ".repeat(50))),
            ("br", BROTLI.to_vec()),
            ("zstd", ZSTANDARD.to_vec()),
        ];
        for (name, sample) in samples {
            for at in 0..sample.len() {
                for bit in 0..8 {
                    let mut flipped = sample.clone();
                    flipped[at] ^= 1 << bit;
                    let _ = body(&[("Content-Encoding", name)], &flipped, true);
                }
                let _ = body(&[("Content-Encoding", name)], &sample[..at], true);
            }
        }
    }
}
