//! Identifiers: numbers with a meaning, one newtype each.

use std::fmt;

/// A frame's place in its capture file: which file (from 0, in argument order) and its number there (from 1, as Wireshark shows it).
///
/// Ordered by file, then number. Fits a `u64`, so that evidence lists stay small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameNumber(u64);

impl FrameNumber {
    /// Frame `number` (from 1) of file `file` (from 0).
    pub const fn new(file: u16, number: u64) -> Self {
        Self((file as u64) << 48 | number & 0xffff_ffff_ffff)
    }

    /// Index of the capture file, from 0.
    pub const fn file(self) -> u16 {
        (self.0 >> 48) as u16
    }

    /// Number within the file, from 1.
    pub const fn number(self) -> u64 {
        self.0 & 0xffff_ffff_ffff
    }
}

impl fmt::Display for FrameNumber {
    /// The number within its file; callers with several files add the file's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number().fmt(f)
    }
}

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The position in the table that this id points into.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

index!(
    /// Position of a conversation in the flow table, in order of its first frame (from 0; the report prints `flow-{n+1}`).
    FlowId
);
index!(
    /// Position of an HTTP exchange in the exchange list, in order of its request (from 0).
    ExchangeId
);
index!(
    /// Position of a peer connection in the session floor's list (from 0).
    PeerConnectionId
);
index!(
    /// Position of a DTLS association in the tracker's list (from 0).
    AssociationId
);
index!(
    /// Position of a media stream in the tracker's list (from 0).
    StreamId
);
index!(
    /// Position of a TURN allocation in the tracker's list (from 0).
    AllocationId
);
index!(
    /// Position of a signaling dialogue in the tracker's list (from 0).
    DialogueId
);

/// Synchronization source identifier of an RTP stream (RFC 3550 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ssrc(pub u32);

impl fmt::Display for Ssrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// RTP payload type, 7 bits (RFC 3550 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PayloadType(pub u8);

impl fmt::Display for PayloadType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_number_keeps_file_and_number() {
        let n = FrameNumber::new(3, 1_353);
        assert_eq!(
            (n.file(), n.number(), n.to_string().as_str()),
            (3, 1_353, "1353")
        );
    }
}
