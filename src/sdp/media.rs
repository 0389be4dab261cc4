//! Session description: media.
