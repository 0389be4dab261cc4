//! One direction of an HTTP connection: message after message.

use crate::flow::body::Body;
use crate::flow::body::Collector;
use crate::flow::exchange::note_frame;
use crate::flow::http::chunked::Chunked;
use crate::flow::http::chunked::Progress;
use crate::flow::reassembly::Ending;
use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::vocab::ids::FrameNumber;
use crate::vocab::time::Timestamp;
use crate::wire::http1::framing::Framing;
use crate::wire::http1::head::Head;
use crate::wire::http1::head::end_of_head;
use crate::wire::http1::headers::Headers;
use crate::wire::http1::sniff::Sniff;
use crate::wire::http1::sniff::looks_like_http;
use crate::wire::http1::sniff::skip_empty_lines;

/// Reads the messages of one direction.
#[derive(Debug, Default)]
pub(super) struct Reader {
    state: State,
    /// The head so far, when it came in several pieces.
    head: Vec<u8>,
    /// Bytes of it that are known not to end it.
    searched: usize,
    span: Span,
    body: Collector,
    /// Were messages possibly lost since the last head?
    lost: bool,
}

#[derive(Debug, Default)]
enum State {
    /// Between messages, or in a head.
    #[default]
    Head,
    Length(u64),
    Chunked(Chunked),
    UntilClose,
    /// Out of step: looks for the next start line.
    Lost,
    /// Not HTTP any more.
    Tunnel,
}

/// Where in the capture a message is.
#[derive(Debug, Clone, Default)]
pub(super) struct Span {
    /// First byte.
    pub(super) at: Timestamp,
    /// Last byte so far.
    pub(super) complete_at: Timestamp,
    /// Frames that carried it.
    pub(super) frames: Vec<FrameNumber>,
}

/// What reading gave.
pub(super) enum Step<'a> {
    /// All input is used.
    Hungry,
    /// A head; the caller says with [`Reader::expect`] what follows it.
    Head {
        head: Head,
        bytes: u64,
        span: Span,
        /// Bytes were lost before it, maybe whole messages.
        lost_before: bool,
    },
    /// The message is over.
    Done {
        body: Body,
        span: Span,
    },
    /// Bytes of another protocol.
    Through(&'a [u8]),
    Fault(Fault),
}

impl Reader {
    /// Says what follows the head just read.
    pub(super) fn expect(&mut self, framing: Framing, headers: &Headers) {
        self.body = Collector::new(headers);
        self.state = match framing {
            Framing::None => State::Length(0),
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Chunked(Chunked::default()),
            Framing::UntilClose => State::UntilClose,
            Framing::Tunnel => State::Tunnel,
        };
    }

    /// From here on the bytes are another protocol's.
    pub(super) fn become_tunnel(&mut self) {
        self.state = State::Tunnel;
        self.head = Vec::new();
    }

    pub(super) fn is_tunnel(&self) -> bool {
        matches!(self.state, State::Tunnel)
    }

    /// Reads on in `input`, up to the next thing worth telling. `expected` is what start lines must be here, once known.
    pub(super) fn step<'a>(
        &mut self,
        at: Timestamp,
        frame: FrameNumber,
        input: &mut &'a [u8],
        expected: Option<Sniff>,
    ) -> Step<'a> {
        loop {
            let whole = input.len();
            match &mut self.state {
                State::Length(0) => return self.done(true),
                _ if input.is_empty() => return Step::Hungry,
                State::Head => {
                    if let Some(step) = self.head_step(at, frame, input, expected) {
                        return step;
                    }
                }
                State::Lost => {
                    let start = next_start(input, expected);
                    *input = input.get(start..).unwrap_or_default();
                    self.state = State::Head;
                    if input.is_empty() {
                        self.state = State::Lost;
                        return Step::Hungry;
                    }
                }
                State::Length(left) => {
                    let length = usize::try_from(*left).unwrap_or(usize::MAX).min(whole);
                    let (data, rest) = input.split_at(length);
                    self.body.data(data);
                    *left -= length as u64;
                    *input = rest;
                    self.span.note(at, frame);
                }
                State::UntilClose => {
                    self.body.data(input);
                    *input = &[];
                    self.span.note(at, frame);
                }
                State::Chunked(chunked) => {
                    let progress = chunked.read(input, &mut self.body);
                    self.span.note(at, frame);
                    match progress {
                        Progress::Hungry => {}
                        Progress::Done => return self.done(true),
                        Progress::Broken => {
                            self.lost = true;
                            let done = self.done(false);
                            self.state = State::Lost;
                            return done;
                        }
                    }
                }
                State::Tunnel => return Step::Through(std::mem::take(input)),
            }
        }
    }

    /// Bytes are missing: 0 when it can't be told how many.
    pub(super) fn gap(&mut self, bytes: u64) -> Step<'static> {
        match &mut self.state {
            State::Tunnel | State::Lost => {
                self.lost = true;
                Step::Hungry
            }
            // No fault of whoever sent it: a snap length cut the segment, or the capture misses one.
            State::Head => {
                self.lose_step();
                Step::Hungry
            }
            State::UntilClose => {
                self.body.gap(bytes);
                Step::Hungry
            }
            State::Length(left) if bytes > 0 && bytes <= *left => {
                *left -= bytes;
                self.body.gap(bytes);
                // At 0 the next step ends the message.
                Step::Hungry
            }
            State::Length(left) => {
                let left = *left;
                self.body.gap(left);
                let done = self.done(false);
                self.lose_step();
                done
            }
            State::Chunked(chunked) => {
                if chunked.gap(bytes) {
                    self.body.gap(bytes);
                    return Step::Hungry;
                }
                self.body.gap(0);
                let done = self.done(false);
                self.lose_step();
                done
            }
        }
    }

    /// No more bytes will come.
    pub(super) fn end(&mut self, how: Ending) -> Step<'static> {
        match self.state {
            State::Lost | State::Tunnel => Step::Hungry,
            State::Head => {
                let cut = !self.head.is_empty() && how != Ending::Unseen;
                self.head = Vec::new();
                if cut {
                    Step::Fault(Fault::new(Layer::Http, "http-head-ends-early", 0))
                } else {
                    Step::Hungry
                }
            }
            State::UntilClose => self.done(how == Ending::Finished),
            State::Length(0) => self.done(true),
            State::Length(_) | State::Chunked(_) => {
                if how != Ending::Unseen {
                    self.body.fault("http-body-ends-early");
                }
                self.done(false)
            }
        }
    }

    /// Reads on in a head; `None` when there is nothing to tell yet.
    fn head_step(
        &mut self,
        at: Timestamp,
        frame: FrameNumber,
        input: &mut &[u8],
        expected: Option<Sniff>,
    ) -> Option<Step<'static>> {
        if self.head.is_empty() {
            *input = skip_empty_lines(input);
            self.searched = 0;
            self.span = Span {
                at,
                complete_at: at,
                frames: Vec::new(),
            };
        }
        let known = self.head.len();
        let room = HEAD_MAX.saturating_sub(known).min(input.len());
        self.head.extend_from_slice(&input[..room]);
        let verdict = looks_like_http(&self.head);
        let fits = expected.is_none_or(|kind| verdict == kind || verdict == Sniff::Unsure);
        if verdict == Sniff::Foreign || !fits {
            // With earlier pieces it made no start line; alone, this piece may.
            let used = if known == 0 { first_line(input) } else { 0 };
            return self.out_of_step("http-bytes-between-messages", input, used);
        }
        self.span.note(at, frame);
        let Some(end) = end_of_head(&self.head, self.searched) else {
            self.searched = self.head.len();
            if self.head.len() >= HEAD_MAX {
                return self.out_of_step("http-head-too-long", input, room);
            }
            *input = &input[room..];
            return None;
        };
        let used = end.saturating_sub(known);
        let mut bytes = std::mem::take(&mut self.head);
        bytes.truncate(end);
        match Head::new(&bytes) {
            Ok(head) => {
                *input = &input[used..];
                Some(Step::Head {
                    head,
                    bytes: end as u64,
                    span: self.span.clone(),
                    lost_before: std::mem::take(&mut self.lost),
                })
            }
            Err(fault) => self.out_of_step(fault.name, input, used),
        }
    }

    /// Gives up the head read so far and goes looking for the next, behind `used` bytes of `input`. One fault per time out of step.
    fn out_of_step(
        &mut self,
        name: &'static str,
        input: &mut &[u8],
        used: usize,
    ) -> Option<Step<'static>> {
        *input = input.get(used..).unwrap_or_default();
        let known = self.lost;
        self.lose_step();
        (!known).then_some(Step::Fault(Fault::new(Layer::Http, name, 0)))
    }

    /// Looks for the next start line, wherever it is.
    pub(super) fn lose_step(&mut self) {
        self.head = Vec::new();
        self.lost = true;
        self.state = State::Lost;
    }

    fn done(&mut self, ended: bool) -> Step<'static> {
        self.state = State::Head;
        Step::Done {
            body: std::mem::take(&mut self.body).finish(ended),
            span: std::mem::take(&mut self.span),
        }
    }
}

impl Span {
    fn note(&mut self, at: Timestamp, frame: FrameNumber) {
        self.complete_at = self.complete_at.max(at);
        note_frame(&mut self.frames, frame);
    }
}

/// Offset of the next start line: at the front, or at the start of a line; the end when there is none.
fn next_start(input: &[u8], expected: Option<Sniff>) -> usize {
    let fits = |sniff: Sniff| match expected {
        Some(kind) => sniff == kind,
        None => matches!(sniff, Sniff::Request | Sniff::Response),
    };
    // Only the front of a segment is likely enough to be a start line that is cut.
    let front = looks_like_http(input);
    if fits(front) || front == Sniff::Unsure {
        return 0;
    }
    memchr::memchr_iter(b'\n', input)
        .map(|end| end + 1)
        .find(|&start| {
            input
                .get(start..)
                .is_some_and(|rest| fits(looks_like_http(rest)))
        })
        .unwrap_or(input.len())
}

/// Length of the first line with its end.
fn first_line(input: &[u8]) -> usize {
    memchr::memchr(b'\n', input).map_or(input.len(), |end| end + 1)
}

/// Longest head, bytes; servers refuse above 8 to 32 KiB.
pub(super) const HEAD_MAX: usize = 64 * 1024;
