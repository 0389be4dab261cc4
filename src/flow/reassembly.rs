//! Flows: reassembly.
