//! Capture input: pcap.
