//! An open call and its tabs.

use crate::analyzer::analysis::Analysis;
use crate::filter::rows::RowKind;
use crate::filter::rows::Rows;
use crate::session::model::peer_connection::PeerConnection;
use crate::timeline::fold::Fold;
use crate::timeline::fold::fold;
use crate::timeline::fold::unfolded;
use crate::timeline::host::Hosts;
use crate::timeline::ladder::Row;
use crate::timeline::ladder::ladder;
use crate::timeline::lane::Lane;
use crate::timeline::lanes::lanes;
use crate::tui::asked;
use crate::tui::detail::DetailLine;
use crate::tui::detail::detail;
use crate::tui::sheet::Sheet;
use crate::tui::sheet::data;
use crate::tui::sheet::dtls;
use crate::tui::sheet::turn;
use crate::tui::state::agreed::Agreed;
use crate::tui::state::cursor::Cursor;
use crate::tui::state::filter::Filter;
use crate::tui::state::findings::Findings;
use crate::tui::state::listing::Listing;
use crate::tui::state::media::Media;
use crate::tui::state::packets::Packets;
use crate::tui::state::zoom::Zoom;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::time::Timestamp;

/// An open call.
#[derive(Debug)]
pub struct Call {
    /// Which.
    pub id: PeerConnectionId,
    /// Its first sign: finds it again in a later snapshot.
    first_at: Timestamp,
    /// The tab shown.
    pub tab: Tab,
    /// The tab that a jump to its packets left, where Back leads.
    pub came_from: Option<Tab>,
    /// Its lanes.
    pub lanes: Vec<Lane>,
    /// The part of its time that lanes and charts show.
    pub zoom: Zoom,
    /// Its hosts, when it could be drawn as a ladder.
    pub hosts: Option<Hosts>,
    /// Its arrows.
    pub rows: Vec<Row>,
    /// The arrows shown.
    pub folds: Vec<Fold>,
    /// Are idle stretches folded?
    pub folded: bool,
    /// Selection among the arrows shown; timeline and ladder share it.
    pub cursor: Cursor,
    /// What is searched for among the arrows.
    pub filter: Filter,
    /// Per arrow: is it found?
    pub hits: Vec<bool>,
    /// Does the detail pane have the keys?
    pub in_detail: bool,
    /// The selected arrow in detail.
    pub detail: Vec<DetailLine>,
    /// First line of the detail shown.
    pub detail_top: usize,
    /// Its offers and answers.
    pub agreed: Agreed,
    /// Its DTLS associations.
    pub dtls: Sheet,
    /// Its TURN allocations.
    pub turn: Sheet,
    /// Its streams.
    pub media: Media,
    /// Its data channels.
    pub data: Sheet,
    /// The pair grid.
    pub pairs: Listing,
    /// Its verdict and findings.
    pub findings: Findings,
    /// Its packets.
    pub packets: Packets,
}

/// Tabs of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// Lanes over time and what happened.
    Timeline,
    /// Arrows between hosts.
    Ladder,
    /// What was offered, answered and agreed.
    OfferAnswer,
    /// Candidates and pairs.
    Ice,
    /// Handshakes and certificates.
    Dtls,
    /// Allocations.
    Turn,
    /// Streams.
    Media,
    /// Data channels.
    Data,
    /// What was found.
    Findings,
    /// The frames.
    Packets,
}

impl Tab {
    /// In order.
    pub const ALL: [Self; 10] = [
        Self::Timeline,
        Self::Ladder,
        Self::OfferAnswer,
        Self::Ice,
        Self::Dtls,
        Self::Turn,
        Self::Media,
        Self::Data,
        Self::Findings,
        Self::Packets,
    ];

    /// What its tab says.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Timeline => "Timeline",
            Self::Ladder => "Ladder",
            Self::OfferAnswer => "Offer/Answer",
            Self::Ice => "ICE",
            Self::Dtls => "DTLS",
            Self::Turn => "TURN",
            Self::Media => "Media",
            Self::Data => "Data",
            Self::Findings => "Findings",
            Self::Packets => "Packets",
        }
    }

    /// The same where room is short.
    pub const fn short_title(self) -> &'static str {
        match self {
            Self::Timeline => "Time",
            Self::OfferAnswer => "SDP",
            Self::Findings => "Found",
            Self::Packets => "Pkts",
            _ => self.title(),
        }
    }

    /// The tab `by` further on; the ends are ends.
    #[must_use]
    pub fn moved(self, by: isize) -> Self {
        let at = Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0);
        let to = at.saturating_add_signed(by).min(Self::ALL.len() - 1);
        Self::ALL.get(to).copied().unwrap_or(self)
    }
}

impl Call {
    /// Opens a call.
    pub fn open(analysis: &Analysis, id: PeerConnectionId) -> Self {
        let call = analysis.scene.peer_connections.get(id.index());
        let mut open = Self {
            id,
            first_at: call.map(|call| call.first_at).unwrap_or_default(),
            tab: Tab::Timeline,
            came_from: None,
            lanes: Vec::new(),
            zoom: Zoom::default(),
            hosts: None,
            rows: Vec::new(),
            folds: Vec::new(),
            folded: true,
            cursor: Cursor::default(),
            filter: Filter::default(),
            hits: Vec::new(),
            in_detail: false,
            detail: Vec::new(),
            detail_top: 0,
            agreed: Agreed::default(),
            dtls: Sheet::default(),
            turn: Sheet::default(),
            media: Media::default(),
            data: Sheet::default(),
            pairs: Listing::default(),
            findings: Findings::default(),
            packets: Packets::of_call(id),
        };
        open.refresh(analysis);
        open
    }

    /// Is it `call`, in this snapshot or a later one?
    pub fn is(&self, call: &PeerConnection) -> bool {
        call.first_at == self.first_at
    }

    /// Takes a new analysis in. Ids move while a capture is read, so the call is found by its first sign.
    pub fn refresh(&mut self, analysis: &Analysis) {
        let scene = &analysis.scene;
        let known = |call: &PeerConnection| self.is(call);
        let same = scene
            .peer_connections
            .get(self.id.index())
            .is_some_and(known);
        if !same && let Some(at) = scene.peer_connections.iter().position(known) {
            self.id = PeerConnectionId(u32::try_from(at).unwrap_or(u32::MAX));
            self.packets.call = Some(self.id);
        }
        let Some(call) = scene.peer_connections.get(self.id.index()) else {
            return;
        };
        self.first_at = call.first_at;
        self.lanes = lanes(scene, call);
        if let Some(drawn) = ladder(scene, self.id) {
            self.hosts = Some(drawn.hosts);
            self.rows = drawn.rows;
        }
        self.agreed.refresh(scene, call);
        self.dtls.rows = dtls::rows(analysis, call);
        self.findings.call = Some(self.id);
        self.findings.refresh(analysis);
        self.media.refresh(scene, call);
        self.turn.rows = turn::rows(analysis, call);
        self.data.rows = data::rows(analysis, call);
        self.refilter(analysis);
        self.refold(analysis);
    }

    /// Folds or unfolds anew; the selected row stays selected.
    pub fn refold(&mut self, analysis: &Analysis) {
        let selected = self.selected_row();
        self.folds = if self.folded {
            fold(&self.rows)
        } else {
            unfolded(&self.rows)
        };
        if let Some(row) = selected {
            self.select_row(row);
        }
        self.refresh_detail(analysis);
    }

    /// Describes the selected row anew.
    pub fn refresh_detail(&mut self, analysis: &Analysis) {
        self.detail_top = 0;
        let row = self.selected_row().and_then(|at| self.rows.get(at));
        self.detail = row
            .map(|row| detail(analysis, self.id, row))
            .unwrap_or_default();
    }

    /// Position of the selected row; for a fold, of the first row in it.
    pub fn selected_row(&self) -> Option<usize> {
        match self.folds.get(self.cursor.at)? {
            Fold::Row(at) => Some(*at),
            Fold::Idle { rows, .. } => rows.clone().next(),
        }
    }

    /// Selects the line that shows a row, or the fold it is in.
    pub fn select_row(&mut self, row: usize) {
        let mut folds = self.folds.iter();
        let at = folds.position(|line| match line {
            Fold::Row(at) => *at >= row,
            Fold::Idle { rows, .. } => rows.contains(&row),
        });
        self.cursor
            .select(at.unwrap_or(usize::MAX), self.folds.len());
    }

    /// The frames that the selection stands for.
    pub fn selected_frames(&self, analysis: &Analysis) -> Vec<FrameNumber> {
        if self.tab == Tab::Ice {
            let call = analysis.scene.peer_connections.get(self.id.index());
            let at = self.pairs.selected();
            let pair = call.zip(at).and_then(|(call, at)| call.ice.pairs.get(at));
            return pair.map(|pair| pair.frames.clone()).unwrap_or_default();
        }
        let row = self.selected_row().and_then(|at| self.rows.get(at));
        row.map(|row| row.frames.clone()).unwrap_or_default()
    }

    /// Is the arrow at a position what is searched for?
    pub fn is_hit(&self, row: usize) -> bool {
        self.hits.get(row).copied().unwrap_or(false)
    }

    /// Applies the filters of the tabs anew.
    pub fn refilter(&mut self, analysis: &Analysis) {
        let rows = Rows::new(analysis);
        self.hits = if self.filter.is_empty() {
            Vec::new()
        } else {
            asked::ladder(
                &self.filter,
                &rows,
                self.id,
                self.hosts.as_ref(),
                &self.rows,
            )
        };
        let pairs = rows.of_call(self.id.index(), RowKind::Pair).into_iter();
        let shown = pairs
            .zip(0..)
            .filter(|(row, _)| self.pairs.filter.passes(&rows, *row));
        let shown = shown.map(|(_, at)| at).collect();
        self.pairs.show_only(shown);
        self.media.refilter(&rows);
        let sheets = [
            ("SDP", &self.agreed.rows, &mut self.agreed.list),
            ("DTLS", &self.dtls.rows, &mut self.dtls.list),
            ("TURN", &self.turn.rows, &mut self.turn.list),
            ("SCTP", &self.data.rows, &mut self.data.list),
        ];
        for (protocol, lines, list) in sheets {
            let shown = asked::sheet(&list.filter, &rows, self.id, protocol, lines);
            list.show_only(shown);
        }
    }
}
