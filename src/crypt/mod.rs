//! Key material to plaintext. Floor 2.
//!
//! | file | what |
//! | --- | --- |
//! | [`keylog`] | secrets by client random, as browsers log them |
//! | [`hash`] | hash functions by name, and HMAC over them |
//! | [`hkdf`] | key schedule of TLS 1.3, DTLS 1.3 and QUIC |
//! | [`prf`] | key schedule of TLS and DTLS up to 1.2 |
//! | [`aead`] | AES-GCM and ChaCha20-Poly1305 |
//! | `mask` | packet numbers of QUIC and DTLS 1.3, unmasked |
//! | [`tls`] | records of one TLS connection, opened |
//! | [`quic`] | packets of one QUIC connection, opened |
//! | [`dtls`] | records of one DTLS association, opened; SRTP's keys out of its handshake |
//! | [`srtp`] | media and reports, opened |
//!
//! Nothing here attacks anything: without the secrets that an endpoint logged, ciphertext stays ciphertext. RSA private keys are not
//! taken: they open only connections without forward secrecy, which no browser in use makes.

pub mod aead;
pub mod dtls;
pub mod hash;
pub mod hkdf;
pub mod keylog;
mod mask;
pub mod prf;
pub mod quic;
pub mod srtp;
pub mod tls;
