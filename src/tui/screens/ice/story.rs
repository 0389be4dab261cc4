//! How the selected pair of the grid went, in one paragraph.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::session::model::ice::CandidatePair;
use crate::session::model::ice::Integrity;
use crate::session::model::ice::PairIndex;
use crate::session::model::peer_connection::PeerConnection;
use crate::tui::screens::ice::address_of;
use crate::tui::state::State;
use crate::tui::state::call::Call;
use crate::tui::text::counted;
use crate::tui::text::frames;
use crate::tui::text::milliseconds;
use crate::tui::text::shown;
use crate::tui::text::wrap;
use crate::tui::widgets::paint::pane;
use crate::tui::widgets::paint::put;
use crate::vocab::address::Side;

/// Draws the pane.
pub(super) fn render(
    buffer: &mut Buffer,
    area: Rect,
    state: &State,
    open: &Call,
    call: &PeerConnection,
) {
    let selected = open.pairs.selected();
    let chosen = selected.and_then(|at| Some((at, call.ice.pairs.get(at)?)));
    let Some((at, pair)) = chosen else {
        return;
    };
    let title = if pair.selected {
        "How it won"
    } else {
        "How it went"
    };
    let inner = pane(buffer, area, title, false, state.theme);
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    let text = story(state, call, (at, pair));
    for (y, line) in (0..inner.height).zip(wrap(&text, inner.width.into())) {
        put(buffer, inner, 0, y, &line, Style::new());
    }
}

/// `First check 0.884 (frame 181) · answered 0.899 (frame 182) · … · on the wire 192.168.10.2:48633 ↔ …`.
fn story(state: &State, call: &PeerConnection, (at, pair): (PairIndex, &CandidatePair)) -> String {
    let capture = &state.analysis.capture;
    let seconds = |at| format!("{:.3} s", state.analysis.scene.seconds(at));
    let name = |side: Side| {
        let name = call
            .endpoint(side)
            .name
            .as_deref()
            .unwrap_or_else(|| side.word());
        shown(name).into_owned()
    };
    let mut parts = Vec::new();
    for side in [Side::A, Side::B] {
        let mut checks = pair.checks.iter().filter(|check| check.from == side);
        if let Some(first) = checks.clone().next() {
            parts.push(format!(
                "{} first asked at {} ({})",
                name(side),
                seconds(first.at),
                frames(&[first.frame], capture)
            ));
        }
        if let Some((at, frame)) =
            checks.find_map(|check| check.answered.filter(|_| check.error.is_none()))
        {
            parts.push(format!(
                "was answered at {} ({})",
                seconds(at),
                frames(&[frame], capture)
            ));
        }
    }
    if let Some(at) = pair.nominated_at {
        parts.push(format!(
            "nominated at {} ({})",
            seconds(at),
            frames(&pair.nominated_frames, capture)
        ));
    }
    if let Some((a, b)) = pair.wire {
        parts.push(format!("on the wire {a} ↔ {b}"));
    }
    if let Some(mapped) = call
        .ice
        .candidates
        .get(pair.a)
        .filter(|it| it.related.is_some())
        && let Some((address, port)) = &mapped.related
    {
        let base = shown(address);
        parts.push(format!(
            "a NAT made {} of {base}:{port}",
            address_of(mapped)
        ));
    }
    let changes = call.ice.rebindings.iter();
    for change in changes.filter(|change| change.pair == at) {
        parts.push(format!(
            "{} moved from {} to {} at {} ({})",
            name(change.side),
            change.from,
            change.to,
            seconds(change.at),
            frames(&change.frames, capture)
        ));
    }
    for outage in &pair.outages {
        let until = outage.until.map_or_else(
            || "to the end".to_owned(),
            |at| format!("until {}", seconds(at)),
        );
        parts.push(format!(
            "{} got no answer from {} {until} ({})",
            name(outage.side),
            seconds(outage.from),
            frames(&outage.frames, capture)
        ));
    }
    if pair.retransmissions > 0 {
        parts.push(format!(
            "{} of checks",
            counted(pair.retransmissions, "repetition")
        ));
    }
    for error in &pair.errors {
        parts.push(format!(
            "refused with {} {}, {}",
            error.code,
            shown(&error.reason),
            counted(error.count, "time")
        ));
    }
    if pair.icmp_errors > 0 {
        parts.push(format!(
            "{} ({})",
            counted(pair.icmp_errors, "ICMP error"),
            frames(&pair.icmp_frames, capture)
        ));
    }
    match pair.integrity {
        Integrity::Verified => {
            parts.push("integrity verified with the password from signaling".to_owned());
        }
        Integrity::Failed => parts.push("integrity does not verify".to_owned()),
        Integrity::Unknown => {}
    }
    if let Some(times) = pair.round_trip {
        parts.push(format!(
            "round trip {}, {}, {} (least, median, most)",
            milliseconds(times.min),
            milliseconds(times.median),
            milliseconds(times.max)
        ));
    }
    parts.join(" · ")
}
