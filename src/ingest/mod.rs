//! File, pipe or memory to `Frame`s in order: the only input I/O. Floor 1.

pub mod compressed;
pub mod pcap;
pub mod pcapng;
pub mod source;
