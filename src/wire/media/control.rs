//! RTCP packets through the `rtcp` crate, as lines of the decode tree.

use bytes::Bytes;
use rtcp::extended_report::ExtendedReport;
use rtcp::goodbye::Goodbye;
use rtcp::packet::unmarshal;
use rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtcp::payload_feedbacks::receiver_estimated_maximum_bitrate::ReceiverEstimatedMaximumBitrate;
use rtcp::payload_feedbacks::slice_loss_indication::SliceLossIndication;
use rtcp::receiver_report::ReceiverReport;
use rtcp::reception_report::ReceptionReport;
use rtcp::sender_report::SenderReport;
use rtcp::source_description::SourceDescription;
use rtcp::transport_feedbacks::rapid_resynchronization_request::RapidResynchronizationRequest;
use rtcp::transport_feedbacks::transport_layer_cc::PacketStatusChunk;
use rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;
use rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack;

use crate::vocab::fault::Fault;
use crate::vocab::fault::Layer;
use crate::vocab::printable::printable_bytes;
use crate::wire::detail::Field;
use crate::wire::media::fence::fenced;
use crate::wire::rtcp::compound::Packet;
use crate::wire::rtcp::compound::PacketType;
use crate::wire::rtcp::report::sign_extend_24;

/// Lines for the body of a packet that starts at byte `base` of the frame; `None` for types that the crate does not read.
///
/// Fails when the guards or the crate refuse the packet; what our own decoder says then still stands.
pub fn lines(packet: &Packet<'_>, base: usize) -> Result<Option<Vec<Field>>, Fault> {
    let refused = Fault::new(Layer::Rtcp, "rtcp-body-unreadable", packet.offset);
    if !is_read_by_crate(packet) {
        return Ok(None);
    }
    let bytes = guarded(packet).ok_or(refused)?;
    let packets = fenced(Layer::Rtcp, refused.name, refused.offset, || {
        unmarshal(&mut bytes.clone())
    })?;
    let [decoded] = packets.as_slice() else {
        return Err(refused);
    };
    let any = decoded.as_any();
    let at = |from: usize, length: usize| base + from..base + from + length;
    let word =
        |name: &str, value: u32, from: usize| Field::new(name, value.to_string(), at(from, 4));
    let mut fields = Vec::new();
    if let Some(report) = any.downcast_ref::<SenderReport>() {
        fields.push(word("sender", report.ssrc, 4));
        fields.push(Field::new("NTP time", ntp(report.ntp_time), at(8, 8)));
        fields.push(word("RTP time", report.rtp_time, 16));
        fields.push(word("packets sent", report.packet_count, 20));
        fields.push(word("bytes sent", report.octet_count, 24));
        fields.extend(
            report
                .reports
                .iter()
                .enumerate()
                .map(|(i, r)| reception(r, base + 28 + 24 * i)),
        );
    } else if let Some(report) = any.downcast_ref::<ReceiverReport>() {
        fields.push(word("reporter", report.ssrc, 4));
        fields.extend(
            report
                .reports
                .iter()
                .enumerate()
                .map(|(i, r)| reception(r, base + 8 + 24 * i)),
        );
    } else if let Some(description) = any.downcast_ref::<SourceDescription>() {
        fields.extend(sources(description, base));
    } else if let Some(bye) = any.downcast_ref::<Goodbye>() {
        fields.extend(
            bye.sources
                .iter()
                .enumerate()
                .map(|(i, &ssrc)| word("source", ssrc, 4 + 4 * i)),
        );
        if !bye.reason.is_empty() {
            let from = 5 + 4 * bye.sources.len();
            fields.push(Field::new(
                "reason",
                printable_bytes(&bye.reason, 255),
                at(from, bye.reason.len()),
            ));
        }
    } else if let Some(nack) = any.downcast_ref::<TransportLayerNack>() {
        fields.extend([
            word("sender", nack.sender_ssrc, 4),
            word("stream", nack.media_ssrc, 8),
        ]);
        fields.extend(nack.nacks.iter().enumerate().map(|(i, pair)| {
            Field::new(
                "missing",
                format!("{:?}", pair.packet_list()),
                at(12 + 4 * i, 4),
            )
        }));
    } else if let Some(feedback) = any.downcast_ref::<TransportLayerCc>() {
        fields.extend([
            word("sender", feedback.sender_ssrc, 4),
            word("stream", feedback.media_ssrc, 8),
        ]);
        fields.extend(transport_wide(feedback, base));
    } else if let Some(request) = any.downcast_ref::<RapidResynchronizationRequest>() {
        fields.extend([
            word("sender", request.sender_ssrc, 4),
            word("stream", request.media_ssrc, 8),
        ]);
    } else if let Some(pli) = any.downcast_ref::<PictureLossIndication>() {
        fields.extend([
            word("sender", pli.sender_ssrc, 4),
            word("stream", pli.media_ssrc, 8),
        ]);
    } else if let Some(sli) = any.downcast_ref::<SliceLossIndication>() {
        fields.extend([
            word("sender", sli.sender_ssrc, 4),
            word("stream", sli.media_ssrc, 8),
        ]);
        fields.extend(sli.sli_entries.iter().enumerate().map(|(i, slice)| {
            let value = format!(
                "{} macroblocks from {}, picture {}",
                slice.number, slice.first, slice.picture
            );
            Field::new("lost slice", value, at(12 + 4 * i, 4))
        }));
    } else if let Some(fir) = any.downcast_ref::<FullIntraRequest>() {
        fields.extend([
            word("sender", fir.sender_ssrc, 4),
            word("stream", fir.media_ssrc, 8),
        ]);
        fields.extend(fir.fir.iter().enumerate().map(|(i, entry)| {
            let value = format!("{}, request {}", entry.ssrc, entry.sequence_number);
            Field::new("key frame of", value, at(12 + 8 * i, 8))
        }));
    } else if let Some(remb) = any.downcast_ref::<ReceiverEstimatedMaximumBitrate>() {
        fields.push(word("sender", remb.sender_ssrc, 4));
        // Not the crate's Display, which panics on a large exponent.
        fields.push(Field::new(
            "bit rate",
            format!("{:.0} b/s", remb.bitrate),
            at(17, 3),
        ));
        fields.extend(
            remb.ssrcs
                .iter()
                .enumerate()
                .map(|(i, &ssrc)| word("of stream", ssrc, 20 + 4 * i)),
        );
    } else if let Some(report) = any.downcast_ref::<ExtendedReport>() {
        fields.push(word("sender", report.sender_ssrc, 4));
        let mut from = 8;
        for block in &report.reports {
            let length = block.raw_size();
            fields.push(Field::new("block", format!("{block:?}"), at(from, length)));
            from += length;
        }
    } else {
        return Ok(None);
    }
    Ok(Some(fields))
}

/// Types and formats that the crate has a decoder for.
const fn is_read_by_crate(packet: &Packet<'_>) -> bool {
    match packet.kind {
        PacketType::SenderReport
        | PacketType::ReceiverReport
        | PacketType::SourceDescription
        | PacketType::Bye
        | PacketType::ExtendedReport => true,
        PacketType::TransportFeedback => matches!(packet.count, 1 | 5 | 15),
        PacketType::PayloadFeedback => matches!(packet.count, 1 | 2 | 4 | 15),
        _ => false,
    }
}

/// The packet without padding, if the crate can take it: on the shapes refused here it panics, or loses what could be read.
fn guarded(packet: &Packet<'_>) -> Option<Bytes> {
    let length = packet.body.len() + 4;
    let fits = match (packet.kind, packet.count) {
        (PacketType::PayloadFeedback, 4) => length >= 20 && (length - 12).is_multiple_of(8),
        (PacketType::PayloadFeedback, 15) => {
            packet.body.get(8..12) == Some(b"REMB")
                && packet
                    .body
                    .get(12)
                    .is_some_and(|&count| length == 20 + 4 * usize::from(count))
        }
        (PacketType::PayloadFeedback | PacketType::TransportFeedback, _) => length >= 12,
        _ => true,
    };
    if !fits || !length.is_multiple_of(4) || packet.fault.is_some() {
        return None;
    }
    let words = u16::try_from(length / 4 - 1).ok()?.to_be_bytes();
    let mut bytes = vec![0x80 | packet.count, packet.kind.code()];
    bytes.extend(words);
    bytes.extend(packet.body);
    Some(bytes.into())
}

/// A report block at byte `at` of the frame.
fn reception(block: &ReceptionReport, at: usize) -> Field {
    let part = |name: &str, value: String, from: usize, length: usize| {
        Field::new(name, value, at + from..at + from + length)
    };
    let lost = format!("{:.1} %", f64::from(block.fraction_lost) * 100.0 / 256.0);
    let delay = format!("{:.3} s", f64::from(block.delay) / 65_536.0);
    Field::new("report on", block.ssrc.to_string(), at..at + 24).with([
        part("lost since the last report", lost, 4, 1),
        part(
            "lost since the beginning",
            sign_extend_24(block.total_lost).to_string(),
            5,
            3,
        ),
        part(
            "highest sequence number",
            block.last_sequence_number.to_string(),
            8,
            4,
        ),
        part("jitter", format!("{} ticks", block.jitter), 12, 4),
        part(
            "last sender report",
            format!("{:#010x}", block.last_sender_report),
            16,
            4,
        ),
        part("delay since", delay, 20, 4),
    ])
}

/// Chunks of a source description, with their items.
fn sources(description: &SourceDescription, base: usize) -> Vec<Field> {
    let mut at = base + 4;
    let mut fields = Vec::new();
    for chunk in &description.chunks {
        let start = at;
        at += 4;
        let mut items = Vec::new();
        for item in &chunk.items {
            let length = 2 + item.text.len();
            items.push(Field::new(
                item.sdes_type.to_string(),
                printable_bytes(&item.text, 255),
                at..at + length,
            ));
            at += length;
        }
        // A zero ends the list, and fills its word.
        at = start + (at + 1 - start).next_multiple_of(4);
        fields.push(Field::new("source", chunk.source.to_string(), start..at).with(items));
    }
    fields
}

/// Transport-wide feedback, chunk by chunk.
fn transport_wide(feedback: &TransportLayerCc, base: usize) -> Vec<Field> {
    let at = |from: usize, length: usize| base + from..base + from + length;
    let reference = i64::from(sign_extend_24(feedback.reference_time)) * 64;
    let mut fields = vec![
        Field::new(
            "first sequence number",
            feedback.base_sequence_number.to_string(),
            at(12, 2),
        ),
        Field::new(
            "packets",
            feedback.packet_status_count.to_string(),
            at(14, 2),
        ),
        Field::new("reference time", format!("{reference} ms"), at(16, 3)),
        Field::new(
            "feedback number",
            feedback.fb_pkt_count.to_string(),
            at(19, 1),
        ),
    ];
    let chunks = feedback.packet_chunks.iter().take(MOST_LINES).enumerate();
    fields.extend(chunks.map(|(i, chunk)| {
        let value = match chunk {
            PacketStatusChunk::RunLengthChunk(run) => {
                format!("{} × {:?}", run.run_length, run.packet_status_symbol)
            }
            PacketStatusChunk::StatusVectorChunk(vector) => format!("{:?}", vector.symbol_list),
        };
        Field::new("status", value, at(20 + 2 * i, 2))
    }));
    let deltas: Vec<i64> = feedback
        .recv_deltas
        .iter()
        .take(MOST_LINES)
        .map(|d| d.delta)
        .collect();
    let from = 20 + 2 * feedback.packet_chunks.len();
    fields.push(Field::new(
        "receive deltas",
        format!("{deltas:?} µs"),
        at(from, feedback.recv_deltas.len()),
    ));
    fields
}

/// NTP time in seconds since 1900.
fn ntp(time: u64) -> String {
    let micros = ((time & 0xffff_ffff) * 1_000_000) >> 32;
    format!("{}.{micros:06} s since 1900", time >> 32)
}

/// Lines shown of a long list.
const MOST_LINES: usize = 256;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::rtcp::body::Body;
    use crate::wire::rtcp::body::decode;
    use crate::wire::rtcp::compound::Compound;

    fn only(bytes: &[u8]) -> Packet<'_> {
        Compound::new(bytes).packets().next().unwrap().unwrap()
    }

    fn names(bytes: &[u8]) -> Vec<(String, String)> {
        let fields = lines(&only(bytes), 0).unwrap().unwrap();
        fields
            .into_iter()
            .map(|field| (field.name, field.value))
            .collect()
    }

    #[test]
    fn the_packets_that_the_crate_panics_on_are_refused() {
        for bytes in [
            &[0x81, 0xcd, 0, 1, 1, 2, 3, 0x24][..],
            &[0x84, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3],
            &[
                0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, b'R', b'E', b'M', b'B', 9, 0, 0, 0,
            ],
        ] {
            assert_eq!(
                lines(&only(bytes), 0).unwrap_err().name,
                "rtcp-body-unreadable"
            );
        }
    }

    #[test]
    fn a_remb_with_a_huge_exponent_is_shown() {
        let bytes = [
            0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, b'R', b'E', b'M', b'B', 1, 0xff, 0xf5, 0xf0,
            0x8e, 0xd4, 0xb4, 0xff,
        ];
        assert_eq!(names(&bytes)[0].0, "sender");
    }

    #[test]
    fn the_crate_and_our_decoder_agree_on_a_report() {
        let bytes = [
            0x81, 201, 0, 7, 0, 0, 0, 99, 0, 0, 0, 7, 64, 0xff, 0xff, 0xfe, 0, 0, 0, 7, 0, 0, 0,
            33, 0, 1, 0x80, 0, 0, 0, 0x80, 0,
        ];
        let fields = lines(&only(&bytes), 100).unwrap().unwrap();
        let Body::ReceiverReport(ours) = decode(&only(&bytes)).body else {
            panic!("no report");
        };
        let parts: Vec<&str> = fields[1]
            .children
            .iter()
            .map(|part| part.value.as_str())
            .collect();
        assert_eq!(
            parts,
            ["25.0 %", "-2", "7", "33 ticks", "0x00018000", "0.500 s"]
        );
        assert_eq!(ours.blocks[0].cumulative_lost, -2);
        assert_eq!(
            (fields[1].range.clone(), fields[1].children[3].range.clone()),
            (108..132, 120..124)
        );
    }

    #[test]
    fn a_description_is_shown_with_its_items() {
        let bytes = [0x81, 202, 0, 3, 0, 0, 0, 7, 1, 2, b'a', 0x1b, 0, 0, 0, 0];
        let fields = lines(&only(&bytes), 0).unwrap().unwrap();
        assert_eq!(fields[0].children[0].value, "a\\x1b");
    }

    #[test]
    fn types_without_a_decoder_there_are_left_to_ours() {
        assert_eq!(
            lines(
                &only(&[0x80, 204, 0, 2, 0, 0, 0, 1, b'a', b'b', b'c', b'd']),
                0
            ),
            Ok(None)
        );
    }

    proptest! {
        #[test]
        fn any_packet_is_safe(kind in 200_u8..208, count in 0_u8..32, words in 0_usize..20, noise in proptest::collection::vec(any::<u8>(), 80), remb: bool) {
            let mut bytes = vec![0x80 | count, kind, 0, words as u8];
            bytes.extend(&noise[..words * 4]);
            if remb && words > 4 {
                bytes[12..16].copy_from_slice(b"REMB");
                bytes[16] = words as u8 - 4;
            }
            let _ = lines(&only(&bytes), 0);
        }
    }
}
