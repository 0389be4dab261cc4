//! A list of frames, never longer in memory than what is shown of it, and the frame that is looked at.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

use crate::ingest::frame_reader::OwnedFrame;
use crate::ingest::order::FrameOrder;
use crate::tui::packet::known::Known;
use crate::tui::packet::summary::Summary;
use crate::tui::packet::tree::tree;
use crate::tui::state::cursor::Cursor;
use crate::tui::state::filter::Filter;
use crate::tui::widgets::tree::TreeLine;
use crate::tui::widgets::tree::flatten;
use crate::vocab::address::FiveTuple;
use crate::vocab::ids::FrameNumber;
use crate::vocab::ids::PeerConnectionId;
use crate::vocab::time::Timestamp;
use crate::wire::detail::Field;

/// A list of frames.
#[derive(Debug, Default)]
pub struct Packets {
    /// The call whose frames it shows; `None`: all of them.
    pub call: Option<PeerConnectionId>,
    /// The conversation whose frames it shows; `None`: all of them.
    pub flow: Option<FiveTuple>,
    /// The filter.
    pub filter: Filter,
    /// What a scan found, for a list that does not show everything.
    pub matches: Option<Matches>,
    /// Was a scan started that nobody stopped since?
    pub scanning: bool,
    /// Frames per file.
    pub totals: Vec<u64>,
    /// The order of frames of several files.
    pub order: Option<FrameOrder>,
    /// Selection.
    pub cursor: Cursor,
    /// The pane that has the keys.
    pub pane: Pane,
    /// A frame to select as soon as the scan gets there.
    pub wanted: Option<FrameNumber>,
    /// An instant, whose frame is to be selected as soon as it is known.
    pub wanted_at: Option<Timestamp>,
    /// Lines of the frames shown lately.
    pub lines: HashMap<FrameNumber, Summary>,
    /// The frame looked at.
    pub open: Option<OpenFrame>,
    /// Why the selected frame can't be shown.
    pub trouble: Option<String>,
    /// Fields opened or closed by hand, by their path.
    toggled: HashSet<String>,
}

/// Panes of a packet screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    /// The list.
    #[default]
    List,
    /// The decode tree.
    Tree,
    /// The bytes.
    Bytes,
}

/// Frames that a scan found.
#[derive(Debug, Clone, Default)]
pub struct Matches {
    /// Which scan: answers of an older one are not for us.
    pub scan: u64,
    /// The frames, in order of the list.
    pub frames: Vec<FrameNumber>,
    /// Frames looked at.
    pub looked_at: u64,
    /// Is it over?
    pub done: bool,
}

/// The frame looked at.
#[derive(Debug)]
pub struct OpenFrame {
    /// The frame.
    pub frame: OwnedFrame,
    /// Its tree.
    pub fields: Vec<Field>,
    /// The tree's lines, as far as it is open.
    pub tree: Vec<TreeLine>,
    /// Selection among them.
    pub at: Cursor,
    /// The selected byte.
    pub byte: usize,
    /// First row of bytes shown.
    pub bytes_top: usize,
}

impl Packets {
    /// The frames of a call; a scan has to find them.
    pub fn of_call(id: PeerConnectionId) -> Self {
        Self {
            call: Some(id),
            ..Self::default()
        }
    }

    /// Does what it shows have to be searched for?
    pub const fn needs_scan(&self) -> bool {
        self.call.is_some() || self.flow.is_some() || !self.filter.is_empty()
    }

    /// Lines of the list.
    pub fn length(&self) -> usize {
        match &self.matches {
            Some(matches) => matches.frames.len(),
            None if self.needs_scan() => 0,
            None => {
                let all = usize::try_from(self.totals.iter().sum::<u64>()).unwrap_or(usize::MAX);
                self.order
                    .as_ref()
                    .map_or(all, |order| order.len().min(all))
            }
        }
    }

    /// Frames that were looked at for the list.
    pub fn looked_through(&self) -> usize {
        let frames = match &self.matches {
            Some(matches) => matches.looked_at,
            None => self.totals.iter().sum(),
        };
        usize::try_from(frames).unwrap_or(usize::MAX)
    }

    /// The frame of a line. Without a filter: all frames, those of several files in order of time.
    pub fn number(&self, line: usize) -> Option<FrameNumber> {
        if let Some(matches) = &self.matches {
            return matches.frames.get(line).copied();
        }
        if self.needs_scan() {
            return None;
        }
        if let Some(order) = &self.order {
            return order.frame(line);
        }
        let mut rest = line as u64;
        for (file, &total) in (0_u16..).zip(&self.totals) {
            if rest < total {
                return Some(FrameNumber::new(file, rest + 1));
            }
            rest -= total;
        }
        None
    }

    /// The line of a frame, or of the next one that is there.
    pub fn line_of(&self, frame: FrameNumber) -> usize {
        if let Some(matches) = &self.matches {
            let Some(order) = &self.order else {
                return matches.frames.partition_point(|&known| known < frame);
            };
            let line = order.line(frame);
            let before = |known: &FrameNumber| order.line(*known) < line;
            return matches.frames.partition_point(before);
        }
        if let Some(order) = &self.order {
            return order.line(frame);
        }
        let before: u64 = self.totals.iter().take(frame.file().into()).sum();
        let line = before.saturating_add(frame.number().saturating_sub(1));
        usize::try_from(line).unwrap_or(usize::MAX)
    }

    /// Selects a frame, now or when the scan gets there.
    pub fn select(&mut self, frame: FrameNumber) {
        let scanning =
            self.needs_scan() && self.matches.as_ref().is_none_or(|matches| !matches.done);
        let line = self.line_of(frame);
        if scanning && self.number(line).is_none() {
            self.wanted = Some(frame);
            return;
        }
        self.wanted = None;
        self.cursor.select(line, self.length());
    }

    /// Filters anew; the selected frame stays selected, or the next one that passes is.
    pub fn change_filter(&mut self, filter: Filter) {
        self.wanted = self.selected().or(self.wanted);
        self.filter = filter;
        self.matches = None;
        if let Some(frame) = self.wanted.filter(|_| !self.needs_scan()) {
            self.select(frame);
        }
    }

    /// Takes what a scan found since its last answer.
    pub fn found(&mut self, scan: u64, frames: &[FrameNumber], looked_at: u64, done: bool) {
        let Some(matches) = self.matches.as_mut().filter(|matches| matches.scan == scan) else {
            return;
        };
        matches.frames.extend_from_slice(frames);
        matches.looked_at = looked_at;
        matches.done = done;
        if let Some(wanted) = self.wanted {
            self.select(wanted);
        }
    }

    /// The selected frame.
    pub fn selected(&self) -> Option<FrameNumber> {
        self.number(self.cursor.at)
    }

    /// Takes the frame that is to be looked at.
    pub fn look_at(&mut self, frame: OwnedFrame, known: &Arc<Known>) {
        let fields = tree(&frame.as_frame(), known);
        let lines = flatten(&fields, &self.toggled);
        // Start where the frame's own message is, not at the Ethernet header.
        let at = lines.iter().rposition(|line| line.depth == 0).unwrap_or(0);
        let byte = lines.get(at).map_or(0, |line| line.range.start);
        self.trouble = None;
        self.open = Some(OpenFrame {
            frame,
            fields,
            tree: lines,
            at: Cursor { at, top: at },
            byte,
            bytes_top: 0,
        });
    }

    /// Opens or closes the selected field; `open`: which of the two, `None` for the other way round.
    ///
    /// Closing a field that has nothing to close goes to the one it is part of.
    pub fn toggle_field(&mut self, open: Option<bool>) {
        let Some(shown) = &mut self.open else {
            return;
        };
        let Some(line) = shown.tree.get(shown.at.at) else {
            return;
        };
        let wanted = open.unwrap_or(!line.open);
        if line.parts && wanted != line.open {
            let path = line.path.clone();
            if !self.toggled.remove(&path) {
                self.toggled.insert(path);
            }
            shown.tree = flatten(&shown.fields, &self.toggled);
        } else if open == Some(false) && line.depth > 0 {
            let depth = line.depth;
            let mut before = shown.tree.iter().take(shown.at.at);
            shown.at.at = before.rposition(|line| line.depth < depth).unwrap_or(0);
        }
        self.follow_field();
    }

    /// Moves the selection in the tree.
    pub fn step_field(&mut self, lines: isize) {
        if let Some(shown) = &mut self.open {
            shown.at.step(lines, shown.tree.len());
        }
        self.follow_field();
    }

    /// Moves the selected byte, and the selected field with it.
    pub fn step_byte(&mut self, bytes: isize) {
        if let Some(shown) = &mut self.open {
            let last = shown.frame.data.len().saturating_sub(1);
            shown.byte = shown.byte.saturating_add_signed(bytes).min(last);
            // The deepest field in sight that has the byte; of equals the last.
            let byte = shown.byte;
            let lines = shown.tree.iter().enumerate();
            let found = lines
                .filter(|(_, line)| line.range.contains(&byte))
                .max_by_key(|(_, line)| line.depth);
            if let Some((at, _)) = found {
                shown.at.at = at;
            }
        }
    }

    /// Puts the byte cursor where the selected field begins.
    fn follow_field(&mut self) {
        if let Some(shown) = &mut self.open
            && let Some(line) = shown.tree.get(shown.at.at)
        {
            shown.byte = line
                .range
                .start
                .min(shown.frame.data.len().saturating_sub(1));
        }
    }

    /// Remembers a line, within bounds.
    pub fn remember(&mut self, summary: Summary) {
        if self.lines.len() >= LINES_KEPT {
            self.lines.clear();
        }
        self.lines.insert(summary.number, summary);
    }
}

/// Lines kept: some screens' worth. Reading them again is cheap.
const LINES_KEPT: usize = 4_096;
