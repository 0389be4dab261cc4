//! Flows: exchange.
