//! SRTP and SRTCP (RFC 3711, RFC 7714): from the keys that DTLS exports, or that SDP carries, to what media and reports say.
//!
//! | file | what |
//! | --- | --- |
//! | [`protection`] | what a profile is made of: cipher, lengths of key, salt and tags |
//! | [`derive`] | session keys out of a master key and salt |
//! | [`keys`] | one direction's packets, opened |
//! | [`sdes`] | keys that SDP carries |
//! | [`keyring`] | which conversation uses which keys |
//!
//! Reports are opened with their authentication tag checked. Of media packets only the first bytes are read, and only once keys have proved
//! themselves on a report: a whole stream is never decrypted.

pub mod derive;
pub mod keyring;
pub mod keys;
pub mod protection;
pub mod sdes;
