//! The field's nouns with their units. Floor 0: imports nothing of ours.
//!
//! | file | nouns |
//! | --- | --- |
//! | [`time`] | `Timestamp`, spans |
//! | [`address`] | `TransportAddress`, `Transport`, `FiveTuple`, `Direction`, `Side` |
//! | [`ids`] | `FrameNumber`, `FlowId`, `Ssrc`, `PayloadType`, … |
//! | [`frame`] | `Frame`, `LinkType` |
//! | [`fault`] | `Fault`, `Layer`, `FaultLog` |
//! | [`capture`] | `Capture`: files, quality, counts, faults |
//! | [`claim`] | `Basis`, `Claim` |
//! | [`sighting`] | `Sighting`: when, which frame, which flow, which way |
//! | [`printable`] | text from the wire, made safe for a terminal |
//! | [`parallel`] | work on many items, on all processors |
//! | [`codepoint`] | the macro behind enums that mirror an IANA registry |

pub mod address;
pub mod capture;
pub mod claim;
pub mod codepoint;
pub mod encapsulation;
pub mod fault;
pub mod frame;
pub mod ids;
pub mod parallel;
pub mod printable;
pub mod sighting;
pub mod time;
