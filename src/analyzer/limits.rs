//! Every limit of every table and buffer, in one place. Reaching one is counted and shown, never silent.
//!
//! A call needs a handful of conversations, two hundred control messages and a few streams. The limits are set for captures of
//! a busy server for a day, and to keep a hostile file under half a gigabyte.

use std::time::Duration;

use crate::flow::demux::FlowLimits;

/// Limits of the whole pipe.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The flow floor's.
    pub flow: FlowLimits,
    /// ICE check paths, and as many STUN server queries.
    pub check_paths: usize,
    /// TURN allocations.
    pub allocations: usize,
    /// Names learned for addresses.
    pub names: usize,
}

/// How much is kept of a capture without an end, before the oldest half makes room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RollingLimits {
    /// Peer connections.
    pub calls: usize,
    /// Conversations.
    pub flows: usize,
    /// Time from the first packet to the last; `None` is as long as there is room.
    pub age: Option<Duration>,
}

impl RollingLimits {
    /// For interfaces: what is a day old goes, however quiet it was, so that memory does not grow for weeks. What comes through a pipe may be
    /// a capture of a month.
    pub fn live() -> Self {
        Self {
            age: Some(Duration::from_secs(24 * 3_600)),
            ..Self::default()
        }
    }

    /// How full an analysis with so many calls and conversations is, over that time: 1 is full.
    pub fn share(&self, calls: usize, flows: usize, age: Duration) -> f64 {
        let of = |count: usize, limit: usize| count as f64 / limit.max(1) as f64;
        let time = self
            .age
            .map_or(0.0, |most| age.as_secs_f64() / most.as_secs_f64().max(1.0));
        of(calls, self.calls).max(of(flows, self.flows)).max(time)
    }
}

impl Default for RollingLimits {
    /// A busy server's last minutes, a desk's last weeks.
    fn default() -> Self {
        Self {
            calls: 1_000,
            flows: 1 << 17,
            age: None,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            flow: FlowLimits { flows: 1 << 20 },
            check_paths: 1 << 16,
            allocations: 1 << 14,
            names: 1 << 12,
        }
    }
}
