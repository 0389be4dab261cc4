//! The decode trees of TLS records and handshake messages. DTLS uses the latter for its own.
//!
//! | file | what |
//! | --- | --- |
//! | [`stream`] | records on a byte stream |
//! | `message` | handshake message bodies, certificates, alerts |
//! | `hello` | ClientHello and ServerHello with their extensions |
//! | `words` | registry values in words |

pub(crate) mod message;
pub mod stream;
pub(crate) mod words;

mod hello;
