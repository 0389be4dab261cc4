//! Flows: table.
