//! TLS as far as it shows without keys; DTLS shares all of it but records and message headers.
//!
//! | file | what |
//! | --- | --- |
//! | [`alert`] | alerts |
//! | [`registry`] | versions, content and handshake types, groups, signature schemes, extension types |
//! | [`cipher_suite`] | cipher suites by IANA name |
//! | [`srtp_profile`] | SRTP protection profiles and the length of their tags and keys |
//! | [`record`] | TLS records and handshake messages on a byte stream |
//! | [`hello`] | ClientHello, ServerHello (and HelloRetryRequest), HelloVerifyRequest |
//! | [`extension`] | the extensions inside hellos |
//! | [`message`] | the other handshake messages that travel in the clear up to TLS 1.2 |
//! | [`certificate`] | X.509: who a certificate names, its key, its fingerprints |
//! | [`cursor`] | reading of length-prefixed vectors |
//! | [`detail`] | decode trees |
//!
//! What a peer sent in a [`message::Body`] is shown as it is; whether it makes sense is for the trackers to say.

pub mod alert;
pub mod certificate;
pub mod cipher_suite;
pub mod cursor;
pub mod detail;
pub mod extension;
pub mod hello;
pub mod message;
pub mod record;
pub mod registry;
pub mod srtp_profile;
