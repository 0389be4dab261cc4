//! Screens that have keys in common.

use crate::tui::keymap::Scope;

/// Screens whose selection stands for frames.
pub(super) const FRAMES: &[Scope] = &[
    Scope::Timeline,
    Scope::Ladder,
    Scope::OfferAnswer,
    Scope::Ice,
    Scope::Dtls,
    Scope::Turn,
    Scope::Media,
    Scope::Data,
    Scope::CallPackets,
    Scope::Packets,
    Scope::CallFindings,
    Scope::Findings,
    Scope::Http,
    Scope::Flows,
    Scope::Allocations,
];
/// The tabs of a call that are not Packets.
pub(super) const TABS: &[Scope] = &[
    Scope::Timeline,
    Scope::Ladder,
    Scope::OfferAnswer,
    Scope::Ice,
    Scope::Dtls,
    Scope::Turn,
    Scope::Data,
];
/// Screens from which a call's tabs are one key away.
pub(super) const NEAR_CALL: &[Scope] = &[
    Scope::Calls,
    Scope::Timeline,
    Scope::Ladder,
    Scope::OfferAnswer,
    Scope::Ice,
    Scope::Dtls,
    Scope::Turn,
    Scope::Media,
    Scope::Data,
    Scope::CallPackets,
    Scope::CallFindings,
];
/// Screens that show a call over time.
pub const OVER_TIME: &[Scope] = &[Scope::Calls, Scope::Timeline, Scope::Media];
/// Lists that can be sorted.
pub(super) const SORTED: &[Scope] = &[Scope::Calls, Scope::Http, Scope::Flows, Scope::Allocations];
/// Findings, of the capture or of a call.
pub(super) const FINDINGS: &[Scope] = &[Scope::CallFindings, Scope::Findings];
/// Packets, of the capture or of a call.
pub(super) const PACKETS: &[Scope] = &[Scope::CallPackets, Scope::Packets];
/// Screens with more than one pane.
pub(super) const PANES: &[Scope] = &[
    Scope::Ladder,
    Scope::OfferAnswer,
    Scope::Dtls,
    Scope::Turn,
    Scope::Media,
    Scope::Data,
    Scope::CallPackets,
    Scope::Packets,
    Scope::CallFindings,
    Scope::Findings,
    Scope::Http,
    Scope::Flows,
    Scope::Allocations,
];
