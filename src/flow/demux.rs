//! Flows: demux.
