//! NATs whose mappings depend on the destination: what one server saw of a socket holds for nobody else.

use crate::diagnosis::call::Call;
use crate::sdp::candidate::CandidateType;
use crate::session::model::nat::NatMapping;
use crate::vocab::address::Side;

/// The mapping of one of `side`'s sockets, when it is known to depend on the destination.
pub(crate) fn dependent<'a>(call: &Call<'a>, side: Side) -> Option<&'a NatMapping> {
    let mappings = call.scene.nat.iter();
    mappings
        .filter(|mapping| mapping.owner == Some((call.id, side)))
        .find(|mapping| mapping.behavior.is_dependent())
}

/// The mappings of both sides, when they explain that no check got through: both depend on the destination, and there was no relay.
pub(crate) fn explains_silence<'a>(call: &Call<'a>) -> Option<[&'a NatMapping; 2]> {
    let both = [dependent(call, Side::A)?, dependent(call, Side::B)?];
    (!has_relay(call)).then_some(both)
}

/// Had either side a relay to offer?
pub(crate) fn has_relay(call: &Call<'_>) -> bool {
    let mut candidates = call.pc.ice.candidates.iter();
    candidates.any(|candidate| candidate.kind == CandidateType::Relayed)
}
