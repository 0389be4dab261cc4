//! Session description: attribute.
