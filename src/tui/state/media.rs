//! The Media tab: which stream, which second of it.

use crate::filter::rows::Row;
use crate::filter::rows::Rows;
use crate::session::model::media::MediaStream;
use crate::session::model::peer_connection::PeerConnection;
use crate::session::model::scene::Scene;
use crate::tui::sheet::media;
use crate::tui::state::listing::Listing;
use crate::vocab::ids::StreamId;
use crate::vocab::time::Timestamp;

/// The tab.
#[derive(Debug, Default)]
pub struct Media {
    /// All streams, in order.
    pub streams: Vec<StreamId>,
    /// Selection; the detail pane has the charts.
    pub list: Listing,
    /// The stretch of time looked at, by its beginning; `None`: the worst one.
    pub second: Option<Timestamp>,
}

impl Media {
    /// Takes a new analysis in.
    pub fn refresh(&mut self, scene: &Scene, call: &PeerConnection) {
        self.streams = media::order(scene, call);
    }

    /// The selected stream.
    pub fn stream<'a>(&self, scene: &'a Scene) -> Option<&'a MediaStream> {
        self.on_line(scene, self.list.cursor.at)
    }

    /// The stream on a line of the list.
    pub fn on_line<'a>(&self, scene: &'a Scene, line: usize) -> Option<&'a MediaStream> {
        let id = self.streams.get(*self.list.shown.get(line)?)?;
        scene.streams.get(id.index())
    }

    /// Applies the filter anew; the selection stays with its stream.
    pub fn refilter(&mut self, rows: &Rows<'_>) {
        let streams = self.streams.iter().enumerate();
        let passes = |id: StreamId| self.list.filter.passes(rows, Row::Stream(id.index()));
        let shown = streams.filter(|(_, id)| passes(**id)).map(|(at, _)| at);
        let shown = shown.collect();
        self.list.show_only(shown);
    }

    /// Position of the stretch looked at in the selected stream's series: the chosen one, else the worst, else the first.
    pub fn bucket(&self, scene: &Scene) -> Option<usize> {
        let stream = self.stream(scene)?;
        let series = &stream.stats.series;
        let worst = || media::worst(stream).map(|(at, _)| at);
        let at = self.second.or_else(worst).unwrap_or(series.start);
        let step = series.step.as_nanos().max(1);
        let after = usize::try_from(at.since(series.start).as_nanos() / step).unwrap_or(usize::MAX);
        Some(after.min(series.buckets.len().saturating_sub(1)))
    }

    /// The instant where the stretch looked at begins.
    pub fn instant(&self, scene: &Scene) -> Option<Timestamp> {
        let at = self.bucket(scene)?;
        self.stream(scene).map(|stream| media::start_of(stream, at))
    }

    /// To the stretch `by` further on.
    pub fn step(&mut self, scene: &Scene, by: isize) {
        let (Some(stream), Some(at)) = (self.stream(scene), self.bucket(scene)) else {
            return;
        };
        let last = stream.stats.series.buckets.len().saturating_sub(1);
        let to = at.saturating_add_signed(by).min(last);
        self.second = Some(media::start_of(stream, to));
    }

    /// To the worst stretch of all streams; gives whether anything was lost.
    pub fn go_to_worst(&mut self, scene: &Scene) -> bool {
        let lines = 0..self.list.shown.len();
        let worst = lines.filter_map(|line| {
            let (at, lost) = media::worst(self.on_line(scene, line)?)?;
            Some((lost, line, at))
        });
        // Of equals the first.
        let worst = worst.max_by_key(|(lost, line, _)| (*lost, std::cmp::Reverse(*line)));
        if let Some((_, line, at)) = worst {
            self.list.cursor.at = line;
            self.list.in_detail = true;
            self.second = Some(at);
        }
        worst.is_some()
    }
}
