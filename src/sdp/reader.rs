//! Where the faults of one line gather while it is read.

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;

/// A line being read: knows where it stands in the description, so that a fault in a token has the token's offset.
#[derive(Debug)]
pub(super) struct LineReader<'t> {
    text: &'t str,
    offset: usize,
    faults: Vec<Fault>,
}

impl<'t> LineReader<'t> {
    /// A reader for `text`, which starts at byte `offset` of the description.
    pub(super) const fn new(text: &'t str, offset: usize) -> Self {
        Self {
            text,
            offset,
            faults: Vec::new(),
        }
    }

    /// Records that `token`, a slice of the line, breaks the rule `name`.
    pub(super) fn fault(&mut self, name: &'static str, token: &str) {
        // Readers hand over slices of the line itself, so the distance of the two pointers is the token's place in it.
        let place = (token.as_ptr() as usize)
            .checked_sub(self.text.as_ptr() as usize)
            .filter(|place| *place <= self.text.len())
            .unwrap_or(0);
        if self.faults.len() < MAX_FAULTS {
            let last = self.faults.len() + 1 == MAX_FAULTS;
            let name = if last { "sdp-line-more-faults" } else { name };
            self.faults
                .push(Fault::new(Layer::Sdp, name, self.offset + place));
        }
    }

    /// Parses `token`, or records the fault `name`.
    pub(super) fn parse<T: std::str::FromStr>(
        &mut self,
        name: &'static str,
        token: &str,
    ) -> Option<T> {
        // `parse` would take a leading plus sign, which no number in SDP has.
        let value = if token.starts_with('+') {
            None
        } else {
            token.parse().ok()
        };
        if value.is_none() {
            self.fault(name, token);
        }
        value
    }

    /// Was any fault recorded yet?
    pub(super) fn has_faults(&self) -> bool {
        !self.faults.is_empty()
    }

    /// The faults, in order of discovery.
    pub(super) fn into_faults(self) -> Vec<Fault> {
        self.faults
    }
}

/// Faults kept per line; the last place says that there are more.
const MAX_FAULTS: usize = 32;
