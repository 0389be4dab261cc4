//! HTTP/1.1 message heads and body framing (RFC 9112).
//!
//! A message is lines of text, an empty line, and a body whose length the head announces:
//!
//! ```text
//!  POST /janus HTTP/1.1␍␊           method SP request-target SP version        HTTP/1.1 200 OK␍␊   version SP status SP reason
//!  Host: janus.example:8088␍␊       field-name ":" OWS field-value OWS
//!  Content-Length: 46␍␊
//!  ␍␊                               the head ends
//!  {"janus":"create",…}             46 bytes
//! ```
//!
//! | file | what it reads |
//! | --- | --- |
//! | [`sniff`] | do these bytes begin a message? |
//! | [`head`] | start line and header fields |
//! | [`framing`] | how long the body is (RFC 9112 §6), chunk sizes |

pub mod framing;
pub mod head;
pub mod headers;
pub mod sniff;
