//! TLS 1.0 to 1.3 on a byte stream, read from outside with the secrets that an endpoint logged.
//!
//! ```text
//!                 1.0 – 1.2                                     1.3
//! client  hello                  CCS [Finished] [data]          hello  ([early data])           [Finished] [data]
//! server        hello … done     CCS [Finished] [data]                 hello [extensions … Finished] [data]
//!         └──── clear ─────┘     └ master secret ────┘          clear ─┘└─ handshake secrets ─┘└ traffic secret 0, 1 …
//! ```
//!
//! | file | what it does |
//! | --- | --- |
//! | [`session`] | one connection: which keys are due, and what its records said |
//! | `attempt` | which keys open a record |
//! | `handshake` | what handshake messages change |
//! | [`facts`] | what is known of a connection, with or without keys |
//! | [`suite`] | what a cipher suite is made of |
//! | `opener` | one direction's keys and record number |
//! | `cbc` | AES-CBC with HMAC, in both orders |
//!
//! Ciphers: AES-GCM, ChaCha20-Poly1305, and AES-CBC with HMAC-SHA-1, SHA-256 or SHA-384. Not read: RC4, 3DES, Camellia, ARIA, CCM,
//! compression, SSL 3.0, and key logs' RSA lines. A session that resumes is opened by its own line in the key log.

pub(super) mod attempt;
mod cbc;
pub mod facts;
mod handshake;
pub(super) mod opener;
pub mod session;
pub mod suite;
#[cfg(test)]
pub(crate) mod testing;
