//! STUN (RFC 8489) and the protocols spoken in it: ICE checks (RFC 8445), TURN (RFC 8656, 6062, 8016), NAT discovery (RFC 5780).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +---+---------------------------+-------------------------------+
//! |0 0| type: method and class    | length of the attributes      |
//! +---+---------------------------+-------------------------------+
//! | magic cookie 0x2112A442                                       |
//! +---------------------------------------------------------------+
//! | transaction id, 12 bytes                                      |
//! |                                                               |
//! |                                                               |
//! +-------------------------------+-------------------------------+
//! | attribute type                | length of the value           |  repeated; each
//! +-------------------------------+-------------------------------+  attribute padded
//! | value …                                        | padding      |  to 4 bytes
//! +---------------------------------------------------------------+
//! ```
//!
//! The class is two bits that sit *inside* the method's bits, at 8 and 4: a request is `0x0001`, its success response `0x0101`, its error
//! response `0x0111`, an indication `0x0011`. RFC 3489 ("classic STUN") had no cookie; its id is 16 bytes.
//!
//! | file | holds |
//! | --- | --- |
//! | [`message`] | the view: header, attribute walk, faults, and [`probe`] for the packet path |
//! | [`registry`] | methods, classes, attribute types |
//! | [`getters`] | each attribute's value as a type |
//! | [`address`] | plain and XOR'd addresses |
//! | [`error_code`] | what the error codes mean |
//! | [`integrity`] | MESSAGE-INTEGRITY, FINGERPRINT, the keys |
//! | [`framing`] | messages in a TCP stream, and RFC 4571's packets |
//! | [`detail`] | the decode tree |

pub mod address;
pub mod detail;
pub mod error_code;
mod explain;
pub mod framing;
pub mod getters;
pub mod integrity;
pub mod message;
pub mod registry;
#[cfg(test)]
mod samples;

pub use detail::detail;
pub use message::Attribute;
pub use message::Message;
pub use message::probe;
pub use registry::AttributeType;
pub use registry::Class;
pub use registry::MessageType;
pub use registry::Method;
