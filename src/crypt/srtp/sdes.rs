//! SRTP keys that SDP carries in the clear (RFC 4568 §6.1):
//!
//! ```text
//! a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4
//!            └ suite                 └ method  └ base64 of master key and salt      └ lifetime └ MKI
//! ```
//!
//! Whoever writes the line sends with its key. Browsers gave this up in 2022; gateways and SIP phones did not.

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::GeneralPurpose;
use base64::engine::GeneralPurposeConfig;

use crate::crypt::srtp::keys::Keys;
use crate::crypt::srtp::protection::Protection;

/// The keys of one line, several when the sender announced several; none for suites that are not read here and keys of the wrong length.
pub fn keys(suite: &str, key_parameters: &str) -> Vec<Keys> {
    let Some(protection) = Protection::of_suite(suite) else {
        return Vec::new();
    };
    let one = |parameter: &str| {
        let inline = parameter.trim().strip_prefix("inline:")?;
        let text = inline.split('|').next()?;
        let bytes = BASE64.decode(text).ok()?;
        let (key, salt) = bytes.split_at_checked(protection.key_length)?;
        Keys::new(protection, key, salt)
    };
    key_parameters.split(';').filter_map(one).collect()
}

/// Padding is often left out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[cfg(test)]
mod tests {
    use super::*;

    const SUITE: &str = "AES_CM_128_HMAC_SHA1_80";

    /// The line of RFC 4568 §10.1.
    #[test]
    fn the_line_of_rfc_4568_has_one_key() {
        let line = "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4";
        assert_eq!(keys(SUITE, line).len(), 1);
        let two = format!("{line};inline:QUJjZGVmMTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5|2^20|2:4");
        assert_eq!(keys(SUITE, &two).len(), 2);
    }

    #[test]
    fn what_is_no_key_makes_none() {
        for (suite, line) in [
            (SUITE, "inline:QUJD"),
            (SUITE, "inline:%%%"),
            (SUITE, "uri:https://example.org"),
            ("UNKNOWN", "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"),
            (SUITE, ""),
        ] {
            assert!(keys(suite, line).is_empty(), "{suite} {line}");
        }
    }
}
