//! Capture input: pcapng.
