//! One snapshot of everything known.
