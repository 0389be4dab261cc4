//! File, pipe, interface or memory to `Frame`s in order: the only input I/O. Floor 1.
//!
//! ```text
//!  raw ──► compressed ──► window ──► pcap │ pcapng ──► file ──► source ──► Item
//!  path · stdin · live     gzip · zstd   1 MiB of bytes    records         facts    merged by time
//!                                                           └─ index ──► frame_reader: any frame again, by number
//! ```
//!
//! | file | what |
//! | --- | --- |
//! | [`source`] | `Source`: one or many inputs, pulled one `Item` at a time |
//! | [`info`] | `FileInfo`: what a capture file says about itself, and what was wrong with it |
//! | [`error`] | `IngestError`: we could not do what was asked, in one sentence |
//! | `merge` | several of them in order of time, those that are late waited for |
//! | [`follow`] | a file that still grows, and those of its set |
//! | [`raw`] | `Input`: where bytes come from; streams are spooled so that their frames stay available |
//! | [`compressed`] | gzip and zstd, recognised by magic, decoded as they stream |
//! | [`window`] | the bytes at hand, at most a few mebibytes whatever the file says |
//! | [`format`] | which capture format a stream is, or what else it seems to be |
//! | [`pcap`], [`pcapng`] | records and blocks to frames, through `pcap-parser`; damage to faults, then on with the rest |
//! | [`clock`] | ticks of an interface to nanoseconds |
//! | [`beat`] | frames in bursts at a steady beat: stamped when they were handed over |
//! | [`file`], [`parser`] | one file: its parser, facts and checkpoints |
//! | [`recent`] | the last bytes of a stream, on disk |
//! | [`live`] | packets from the kernel, as a stream |
//! | [`index`], [`store`], [`frame_reader`] | "the file is the database": an offset every 4 096 frames, and any frame re-read |
//! | [`order`] | in which line of the merged whole a frame stands |
//! | [`writer`], [`save`] | pcapng out: marked frames, their comments and secrets |

mod ahead;
pub mod beat;
pub mod clock;
pub mod compressed;
pub mod error;
pub mod file;
pub mod follow;
pub mod format;
pub mod frame_reader;
pub mod index;
pub mod info;
pub mod live;
mod merge;
pub mod order;
pub mod parser;
pub mod pcap;
pub mod pcapng;
pub mod raw;
pub mod recent;
pub mod record;
pub mod save;
pub mod source;
pub mod store;
pub mod window;
pub mod writer;

#[cfg(test)]
mod samples;
