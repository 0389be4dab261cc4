//! Registry values in words, their numbers beside them.

use crate::wire::tls::registry::Version;

/// Bytes of opaque values that are shown.
pub(crate) const HEX_LIMIT: usize = 64;

/// A one-byte value: `handshake (22)`, `unknown (99)`.
pub(crate) fn named(name: Option<&str>, code: u8) -> String {
    format!("{} ({code})", name.unwrap_or("unknown"))
}

/// A two-byte value: `x25519 (0x001d)`, `unknown (0x7f1c)`.
pub(crate) fn coded(name: Option<&str>, code: u16) -> String {
    format!("{} ({code:#06x})", name.unwrap_or("unknown"))
}

/// `DTLS 1.2 (0xfefd)`.
pub(crate) fn version(version: Version) -> String {
    coded(version.name(), version.code())
}

/// `7 bytes`.
pub(crate) fn length(bytes: usize) -> String {
    format!("{bytes} bytes")
}

/// Names with commas between; what has none by its number.
pub(crate) fn list<T: Copy>(
    values: &[T],
    name: impl Fn(T) -> Option<&'static str>,
    code: impl Fn(T) -> u16,
) -> String {
    let shown: Vec<_> = values
        .iter()
        .map(|&value| name(value).map_or_else(|| format!("{:#06x}", code(value)), str::to_owned))
        .collect();
    shown.join(", ")
}
