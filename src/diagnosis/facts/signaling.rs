//! Signaling: offers that nobody answered, or that the server refused.

use std::time::Duration;

use crate::diagnosis::call::Call;
use crate::session::model::description::SignaledDescription;
use crate::track::signaling::dialogue::DescriptionKind;
use crate::track::signaling::dialogue::Message;

/// The last offer, when no answer followed although there was time, and no check shows that an answer went another way.
pub(crate) fn unanswered<'a>(call: &Call<'a>) -> Option<&'a SignaledDescription> {
    let offers = call.pc.descriptions.iter();
    let offer = offers
        .rev()
        .find(|description| description.kind == DescriptionKind::Offer)?;
    let answered = !call.pc.negotiations.is_empty() || call.tried().next().is_some();
    let patient = call.end.since(offer.at) >= ANSWER_WITHIN;
    let sure = !call.doubts.one_direction && call.doubts.truncated == 0;
    (!answered && patient && sure).then_some(offer)
}

/// The message that refused this call's offer: an error on its handle, with no answer after it.
pub(crate) fn refused<'a>(call: &Call<'a>) -> Option<&'a Message> {
    if !call.pc.negotiations.is_empty() {
        return None;
    }
    let dialogue = call.dialogue?;
    let own = call.handle.and_then(|handle| {
        let mut handles = dialogue.handles.iter();
        handles.position(|known| known.id == handle.id)
    });
    let offer = call.pc.descriptions.first()?;
    let mut messages = dialogue.messages.iter();
    messages.find(|message| {
        message.error.is_some()
            && message.at >= offer.at
            && (own.is_none() || message.handle == own)
    })
}

/// People take long to pick up, servers do not: an offer unanswered this long is worth a finding. Browsers set no limit.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
