//! The model: what screens, reports and rules read.
