//! Joins trackers: `Session` → `PeerConnection` → pairs, transports, streams; each join keeps its evidence. Floor 5.
//!
//! | file | joins |
//! | --- | --- |
//! | [`identity`] | user fragments, signaling handles and conversations into identities, packet by packet |
//! | [`join`] | everything into a [`model::scene::Scene`], on demand |
//! | `descriptions` | what signaling said |
//! | `candidates`, `pairs` | ICE |
//! | `dtls`, `streams`, `relays` | associations, media, TURN |
//! | `data` | data channels and the associations that they run in |
//! | `feedback` | RTCP and the streams that it is about |
//! | `nat` | how NATs map the sockets |
//! | `rebindings` | addresses that changed in the middle of a call |
//! | `states` | connection states and setup times |
//! | [`label`], `local` | names, and where the capture was taken |
//! | `lookup` | what all connections look up, sorted once |

pub mod identity;
pub mod join;
pub mod model;

mod candidates;
mod data;
pub mod descriptions;
mod dtls;
mod feedback;
pub mod label;
mod local;
mod lookup;
mod nat;
mod pairs;
mod rebindings;
mod relays;
mod states;
mod streams;
