//! The walk over a compound packet: headers and lengths, nothing inside.

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::vocab::ids::Ssrc;

crate::codepoint! {
    /// RTCP packet type (IANA "RTCP Control Packet Types").
    pub enum PacketType: u8 {
        /// Full intra-frame request of H.261 (RFC 2032), historic.
        H261Fir = 192 => "FIR (H.261)",
        /// Negative acknowledgement of H.261 (RFC 2032), historic.
        H261Nack = 193 => "NACK (H.261)",
        /// SMPTE time code (RFC 5484).
        SmpteTimeCode = 194 => "SMPTETC",
        /// Extended inter-arrival jitter (RFC 5450).
        InterarrivalJitter = 195 => "IJ",
        /// Sender report.
        SenderReport = 200 => "SR",
        /// Receiver report.
        ReceiverReport = 201 => "RR",
        /// Source description.
        SourceDescription = 202 => "SDES",
        /// Goodbye.
        Bye = 203 => "BYE",
        /// Application-defined.
        App = 204 => "APP",
        /// Transport-layer feedback (RFC 4585 §6.2).
        TransportFeedback = 205 => "RTPFB",
        /// Payload-specific feedback (RFC 4585 §6.3).
        PayloadFeedback = 206 => "PSFB",
        /// Extended report (RFC 3611).
        ExtendedReport = 207 => "XR",
        /// AVB (IEEE 1733).
        Avb = 208 => "AVB",
        /// Receiver summary information (RFC 5760).
        ReceiverSummary = 209 => "RSI",
        /// Port mapping (RFC 6284).
        Token = 210 => "TOKEN",
        /// Inter-destination media synchronisation (RFC 7272).
        Idms = 211 => "IDMS",
        /// Reporting group reporting sources (RFC 8861).
        ReportingGroup = 212 => "RGRS",
        /// Splicing notification (RFC 8286).
        Splicing = 213 => "SNM",
    }
}

/// A datagram taken as plain RTCP.
#[derive(Debug, Clone, Copy)]
pub struct Compound<'a> {
    datagram: &'a [u8],
}

impl<'a> Compound<'a> {
    /// Views `datagram`; the walk finds out whether its lengths hold.
    pub const fn new(datagram: &'a [u8]) -> Self {
        Self { datagram }
    }

    /// The bytes.
    pub const fn datagram(&self) -> &'a [u8] {
        self.datagram
    }

    /// The packets, in order. The first fault ends the walk: without a length there is no next packet.
    pub const fn packets(&self) -> Packets<'a> {
        Packets {
            rest: self.datagram,
            offset: 0,
        }
    }
}

/// One packet of a compound.
#[derive(Debug, Clone, Copy)]
pub struct Packet<'a> {
    /// Offset of its header in the datagram.
    pub offset: usize,
    /// Its type.
    pub kind: PacketType,
    /// The five bits beside the version: a count of reports or chunks, a subtype or a feedback format.
    pub count: u8,
    /// Bytes, header and padding included: 4 × (length field + 1).
    pub length: usize,
    /// What follows the 4-byte header, without padding.
    pub body: &'a [u8],
    /// Padding bytes at its end.
    pub padding: u8,
    /// A broken rule that did not stop the walk: bad padding.
    pub fault: Option<Fault>,
}

impl Packet<'_> {
    /// Offset of the body in the datagram.
    pub const fn body_offset(&self) -> usize {
        self.offset + HEADER_LENGTH
    }

    /// The first word of the body: the sender's SSRC in all types but a few historic ones.
    pub fn ssrc(&self) -> Option<Ssrc> {
        let (&word, _) = self.body.split_first_chunk()?;
        Some(Ssrc(u32::from_be_bytes(word)))
    }
}

/// Iterator over the packets of a compound.
#[derive(Debug, Clone)]
pub struct Packets<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Iterator for Packets<'a> {
    type Item = Result<Packet<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let bytes = std::mem::take(&mut self.rest);
        let offset = self.offset;
        let Some(&[first, kind, l0, l1]) = bytes.first_chunk() else {
            return Some(Err(fault("rtcp-header-truncated", offset)));
        };
        if first >> 6 != 2 {
            return Some(Err(fault("rtcp-version-not-2", offset)));
        }
        let length = (usize::from(u16::from_be_bytes([l0, l1])) + 1) * 4;
        let Some((packet, rest)) = bytes.split_at_checked(length) else {
            return Some(Err(fault("rtcp-length-overruns", offset + 2)));
        };
        self.rest = rest;
        self.offset += length;
        let whole = packet.get(HEADER_LENGTH..).unwrap_or(&[]);
        let (body, padding, broken) = if first & 0x20 == 0 {
            (whole, 0, None)
        } else {
            match strip_padding(whole) {
                // Padding belongs to the last packet of a compound only (RFC 3550 §6.4.1).
                Some((body, count)) if rest.is_empty() => (body, count, None),
                Some((body, count)) => (body, count, Some(fault("rtcp-padding-not-last", offset))),
                None => (
                    whole,
                    0,
                    Some(fault("rtcp-padding-overruns", offset + length - 1)),
                ),
            }
        };
        Some(Ok(Packet {
            offset,
            kind: PacketType::from_code(kind),
            count: first & 0x1f,
            length,
            body,
            padding,
            fault: broken,
        }))
    }
}

/// Body without the padding that its last byte counts; `None` when the count is no multiple of four or too large.
fn strip_padding(body: &[u8]) -> Option<(&[u8], u8)> {
    let &count = body.last()?;
    let kept = body.len().checked_sub(usize::from(count))?;
    let body = body.get(..kept)?;
    (count != 0 && count.is_multiple_of(4)).then_some((body, count))
}

pub(super) const fn fault(name: &'static str, offset: usize) -> Fault {
    Fault::new(Layer::Rtcp, name, offset)
}

/// Version, count, type and length.
pub const HEADER_LENGTH: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    type Outline = Result<(PacketType, u8, usize, u8), &'static str>;

    fn outline(bytes: &[u8]) -> Vec<Outline> {
        Compound::new(bytes)
            .packets()
            .map(|p| {
                p.map(|p| (p.kind, p.count, p.body.len(), p.padding))
                    .map_err(|f| f.name)
            })
            .collect()
    }

    #[test]
    fn a_compound_is_walked_by_its_lengths() {
        let bytes = [
            0x80, 201, 0, 1, 0, 0, 0, 7, 0x81, 202, 0, 2, 0, 0, 0, 7, 1, 0, 0, 0,
        ];
        assert_eq!(
            outline(&bytes),
            [
                Ok((PacketType::ReceiverReport, 0, 4, 0)),
                Ok((PacketType::SourceDescription, 1, 8, 0))
            ]
        );
    }

    #[test]
    fn a_fault_ends_the_walk_after_the_good_part() {
        let good = [0x80, 201, 0, 1, 0, 0, 0, 7];
        for (tail, name) in [
            (&[0x80, 201, 0][..], "rtcp-header-truncated"),
            (&[0x80, 201, 0, 9, 0, 0, 0, 0][..], "rtcp-length-overruns"),
            (&[0x00, 201, 0, 0][..], "rtcp-version-not-2"),
        ] {
            let got = outline(&[&good[..], tail].concat());
            assert_eq!(got.len(), 2);
            assert_eq!(got[1], Err(name));
        }
    }

    #[test]
    fn padding_is_stripped_and_bad_padding_kept_as_a_fault() {
        let padded = [0xa0, 201, 0, 2, 0, 0, 0, 7, 0, 0, 0, 4];
        assert_eq!(
            outline(&padded),
            [Ok((PacketType::ReceiverReport, 0, 4, 4))]
        );
        for count in [0, 3, 12] {
            let mut bad = padded;
            bad[11] = count;
            let packet = Compound::new(&bad).packets().next().unwrap().unwrap();
            assert_eq!(packet.fault.unwrap().name, "rtcp-padding-overruns");
            assert_eq!(packet.body.len(), 8);
        }
    }
}
