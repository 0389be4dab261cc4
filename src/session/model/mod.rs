//! The model: plain data that screens, reports and rules read. No behaviour beyond look-ups.
//!
//! | file | what |
//! | --- | --- |
//! | [`peer_connection`] | `PeerConnection`, its endpoints, state history and setup times |
//! | [`description`] | offers and answers as signaled, and what was agreed |
//! | [`ice`] | candidates, candidate pairs, selection |
//! | [`data`] | data channels |
//! | [`feedback`] | what RTCP says of streams |
//! | [`nat`] | how NATs map sockets |
//! | [`media`] | streams and DTLS associations as part of a peer connection |
//! | [`scene`] | `Scene`: everything joined, in flat lists that refer to each other by id |

pub mod data;
pub mod description;
pub mod feedback;
pub mod ice;
pub mod media;
pub mod nat;
pub mod peer_connection;
pub mod scene;
