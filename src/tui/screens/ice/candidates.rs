//! The candidates of one side: which, and how we know of them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::session::model::ice::IceRole;
use crate::session::model::peer_connection::PeerConnection;
use crate::timeline::layer::Layer;
use crate::tui::screens::ice::WIDE;
use crate::tui::screens::ice::address_of;
use crate::tui::screens::ice::transport_of;
use crate::tui::state::State;
use crate::tui::text::count;
use crate::tui::text::elide_middle;
use crate::tui::text::shown;
use crate::tui::widgets::paint::Piece;
use crate::tui::widgets::paint::pane;
use crate::tui::widgets::paint::pane_note;
use crate::tui::widgets::paint::put;
use crate::tui::widgets::paint::put_pieces;
use crate::vocab::address::Side;
use crate::vocab::claim::Basis;

/// Draws the pane.
pub(super) fn render(
    buffer: &mut Buffer,
    area: Rect,
    state: &State,
    call: &PeerConnection,
    side: Side,
) {
    let theme = state.theme;
    let end = call.endpoint(side);
    let address = end.addresses.first().map(ToString::to_string);
    let name = end
        .name
        .clone()
        .or(address)
        .unwrap_or_else(|| "not seen".to_owned());
    let role = match (call.ice.role_a, side) {
        (None, _) => "",
        (Some(IceRole::Controlling), Side::A) | (Some(IceRole::Controlled), Side::B) => {
            ", controlling"
        }
        (Some(_), _) => ", controlled",
    };
    let title = format!("{} · {}{role}", side.word(), shown(&name));
    let inner = pane(buffer, area, &title, false, theme);
    let selected = call.selected_pair().map(|pair| match side {
        Side::A => pair.a,
        Side::B => pair.b,
    });
    let own = call
        .ice
        .candidates
        .iter()
        .enumerate()
        .filter(|(_, candidate)| candidate.side == side);
    let mut left_out = 0_u64;
    let mut y = 0;
    for (at, candidate) in own {
        if y >= inner.height {
            left_out += 1;
            continue;
        }
        let star = if selected == Some(at) { "★ " } else { "  " };
        let how = match (candidate.basis, candidate.observed) {
            (Basis::Declared, true) => "signaled, seen",
            (Basis::Declared, false) => "signaled",
            (Basis::Observed | Basis::Inferred, _) => "seen, not signaled",
        };
        // Where room is short the address goes first: the pair grid and the packets tell what was seen.
        let wide = inner.width >= WIDE / 2;
        let how = if wide {
            how
        } else {
            how.split(',').next().unwrap_or(how)
        };
        let room = usize::from(inner.width).saturating_sub(2 + 6 + 1 + how.len() + 1);
        let address = address_of(candidate) + &transport_of(candidate, wide);
        let address = elide_middle(&address, room).into_owned();
        let pieces = [
            Piece::new(star, theme.good()),
            Piece::new(
                format!("{:<6}", candidate.kind.word()),
                theme.layer(Layer::Ice),
            ),
            Piece::plain(format!(
                "{address}{}",
                " ".repeat(room.saturating_sub(crate::tui::text::width(&address)))
            )),
            Piece::new(format!(" {how}"), theme.dim()),
        ];
        put_pieces(buffer, inner, 0, y, &pieces);
        y += 1;
    }
    if y == 0 {
        put(buffer, inner, 1, 0, "no candidate seen", theme.dim());
    }
    if left_out > 0 {
        pane_note(
            buffer,
            area,
            &format!("{} more", count(left_out)),
            theme.dim(),
        );
    }
}
