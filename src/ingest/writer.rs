//! pcapng out.
//!
//! ```text
//!  Section Header (application, comment) · Decryption Secrets · Interface Descriptions, Enhanced Packets and Interface Statistics, as they come
//! ```
//!
//! Little-endian, nanoseconds (`if_tsresol` 9). What is written can be read by anything that reads pcapng.

use std::io;
use std::io::Write;

use pcap_parser::BOM_MAGIC;
use pcap_parser::DSB_MAGIC;
use pcap_parser::EPB_MAGIC;
use pcap_parser::IDB_MAGIC;
use pcap_parser::ISB_MAGIC;
use pcap_parser::SHB_MAGIC;

use crate::ingest::record::SecretsKind;
use crate::vocab::frame::Frame;
use crate::vocab::frame::LinkType;
use crate::vocab::time::Timestamp;

/// Writes one section. Buffer the output: every block is one `write_all`.
#[derive(Debug)]
pub struct PcapngWriter<W> {
    output: W,
    interfaces: u32,
    /// The block being put together.
    block: Vec<u8>,
}

impl<W: Write> PcapngWriter<W> {
    /// Begins the section, with a comment on it when there is something to say.
    ///
    /// # Errors
    ///
    /// The output cannot be written.
    pub fn new(output: W, comment: Option<&str>) -> io::Result<Self> {
        let mut writer = Self {
            output,
            interfaces: 0,
            block: Vec::new(),
        };
        writer.begin(SHB_MAGIC);
        writer.u32(BOM_MAGIC);
        writer.u16(1);
        writer.u16(0);
        // Section length: not said.
        writer.u32(u32::MAX);
        writer.u32(u32::MAX);
        writer.option(SHB_USERAPPL, APPLICATION.as_bytes());
        writer.comment(comment);
        writer.end_options();
        writer.end()?;
        Ok(writer)
    }

    /// Goes on within a section that was begun elsewhere.
    pub const fn within(output: W) -> Self {
        Self {
            output,
            interfaces: 0,
            block: Vec::new(),
        }
    }

    /// Secrets for what follows. At most 4 GiB.
    ///
    /// # Errors
    ///
    /// The output cannot be written.
    pub fn secrets(&mut self, kind: SecretsKind, text: &[u8]) -> io::Result<()> {
        self.begin(DSB_MAGIC);
        self.u32(kind.code());
        self.u32(text.len() as u32);
        self.padded(text);
        self.end()
    }

    /// Describes an interface; its number is what [`PcapngWriter::frame`] takes.
    ///
    /// # Errors
    ///
    /// The output cannot be written.
    pub fn interface(
        &mut self,
        link: LinkType,
        snaplen: u32,
        name: Option<&str>,
    ) -> io::Result<u32> {
        self.filtered_interface(link, snaplen, name, None)
    }

    /// The same for an interface whose frames a capture filter chose.
    ///
    /// # Errors
    ///
    /// The output cannot be written.
    pub fn filtered_interface(
        &mut self,
        link: LinkType,
        snaplen: u32,
        name: Option<&str>,
        filter: Option<&str>,
    ) -> io::Result<u32> {
        self.begin(IDB_MAGIC);
        self.u16(link.number());
        self.u16(0);
        self.u32(snaplen);
        if let Some(name) = name {
            self.text_option(IF_NAME, name);
        }
        self.option(IF_TSRESOL, &[9]);
        if let Some(filter) = filter {
            // Zero: the filter is text.
            self.text_option(IF_FILTER, &format!("\0{filter}"));
        }
        self.end_options();
        self.end()?;
        let number = self.interfaces;
        self.interfaces += 1;
        Ok(number)
    }

    /// A frame of `interface`, with a comment when there is something to say.
    ///
    /// # Errors
    ///
    /// The output cannot be written.
    pub fn frame(
        &mut self,
        interface: u32,
        frame: &Frame<'_>,
        comment: Option<&str>,
    ) -> io::Result<()> {
        let ticks = frame.at.nanos();
        self.begin(EPB_MAGIC);
        self.u32(interface);
        self.u32((ticks >> 32) as u32);
        self.u32(ticks as u32);
        self.u32(frame.data.len() as u32);
        self.u32(frame.original_length);
        self.padded(frame.data);
        if comment.is_some() {
            self.comment(comment);
            self.end_options();
        }
        self.end()
    }

    /// What was counted on `interface` until `at`: frames received and dropped. With comments, when there is something to say.
    ///
    /// # Errors
    ///
    /// The output cannot be written.
    pub fn statistics(
        &mut self,
        interface: u32,
        at: Timestamp,
        received: u64,
        dropped: u64,
        comments: &[String],
    ) -> io::Result<()> {
        self.begin(ISB_MAGIC);
        self.u32(interface);
        self.u32((at.nanos() >> 32) as u32);
        self.u32(at.nanos() as u32);
        for comment in comments {
            self.comment(Some(comment));
        }
        self.option(ISB_IFRECV, &received.to_le_bytes());
        self.option(ISB_IFDROP, &dropped.to_le_bytes());
        self.end_options();
        self.end()
    }

    /// What was written, so far.
    pub const fn output(&self) -> &W {
        &self.output
    }

    /// The same, to take it.
    pub const fn output_mut(&mut self) -> &mut W {
        &mut self.output
    }

    /// Flushes and gives the output back.
    ///
    /// # Errors
    ///
    /// The output cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.output.flush()?;
        Ok(self.output)
    }

    fn begin(&mut self, kind: u32) {
        self.block.clear();
        self.u32(kind);
        // The length, once it is known.
        self.u32(0);
    }

    fn end(&mut self) -> io::Result<()> {
        let length = (self.block.len() as u32 + 4).to_le_bytes();
        self.block.extend_from_slice(&length);
        if let Some(first) = self.block.get_mut(4..8) {
            first.copy_from_slice(&length);
        }
        self.output.write_all(&self.block)
    }

    fn u16(&mut self, value: u16) {
        self.block.extend_from_slice(&value.to_le_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.block.extend_from_slice(&value.to_le_bytes());
    }

    fn padded(&mut self, bytes: &[u8]) {
        self.block.extend_from_slice(bytes);
        let padded = self.block.len().next_multiple_of(4);
        self.block.resize(padded, 0);
    }

    fn option(&mut self, code: u16, value: &[u8]) {
        self.u16(code);
        self.u16(value.len() as u16);
        self.padded(value);
    }

    /// The length of an option has 16 bits: a longer text ends at the last whole character that fits.
    fn text_option(&mut self, code: u16, text: &str) {
        let end = (0..=text.len().min(u16::MAX.into()))
            .rfind(|&end| text.is_char_boundary(end))
            .unwrap_or_default();
        self.option(code, text.get(..end).unwrap_or_default().as_bytes());
    }

    fn comment(&mut self, comment: Option<&str>) {
        if let Some(comment) = comment {
            self.text_option(COMMENT, comment);
        }
    }

    fn end_options(&mut self) {
        self.u32(0);
    }
}

/// What writes, for the section header.
const APPLICATION: &str = concat!("rtcscope ", env!("CARGO_PKG_VERSION"));

const COMMENT: u16 = 1;
const SHB_USERAPPL: u16 = 4;
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
const IF_FILTER: u16 = 11;
const ISB_IFRECV: u16 = 4;
const ISB_IFDROP: u16 = 5;
