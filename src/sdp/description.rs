//! Session description: description.
