//! What the analyzer says of the capture as a whole: files, faults, secrets, quality, and how much of which protocol it holds.

use crate::analyzer::pipeline::Known;
use crate::diagnosis::capture::burst_interval;
use crate::diagnosis::capture::is_one_direction;
use crate::diagnosis::capture::starts_mid_call;
use crate::ingest::info::FileInfo;
use crate::session::model::scene::Scene;
use crate::vocab::capture::Capture;
use crate::vocab::capture::CaptureFile;
use crate::vocab::capture::ProtocolCounts;
use crate::vocab::capture::Quality;
use crate::vocab::fault::Fault;
use crate::vocab::fault::FaultLog;
use crate::vocab::fault::Layer;

impl Known<'_> {
    /// What is said of the capture as a whole; `files`: what the source says of itself.
    pub(super) fn capture(&self, scene: &Scene, files: &[FileInfo]) -> Capture {
        let mut faults = self.demux.faults().clone();
        faults.absorb(&self.trackers.faults);
        faults.absorb(self.trackers.signaling.faults());
        for file in files {
            faults.absorb(&file.faults);
        }
        self.count_limits(&mut faults);
        Capture {
            files: files.iter().map(capture_file).collect(),
            start: self.start,
            end: self.start.map(|_| self.end),
            packets: self.packets,
            bytes: self.bytes,
            secrets: self.secrets(scene),
            quality: self.quality(scene, files),
            protocols: self.protocols(scene),
            faults,
        }
    }

    /// A table that was full is a fault of ours to show: what came after is counted, not kept.
    fn count_limits(&self, faults: &mut FaultLog) {
        let refused = [
            ("limit-flows", self.demux.table().refused()),
            ("limit-check-paths", self.trackers.ice.refused()),
            ("limit-turn-allocations", self.trackers.turn.refused()),
            (
                "limit-http-exchanges",
                self.demux.tcp_conversations().refused(),
            ),
        ];
        for (name, count) in refused {
            for _ in 0..count.min(1) {
                faults.record(Fault::new(Layer::Capture, name, 0), None);
            }
        }
    }

    /// Key-log lines for the DTLS associations seen, and the rest, which can only be TLS's.
    fn secrets(&self, scene: &Scene) -> (u64, u64) {
        let dtls: usize = scene
            .dtls
            .iter()
            .filter_map(|transport| transport.association.client_random)
            .map(|random| self.key_log.lines_for(&random))
            .sum();
        (self.key_log.len().saturating_sub(dtls) as u64, dtls as u64)
    }

    fn quality(&self, scene: &Scene, files: &[FileInfo]) -> Quality {
        Quality {
            truncated_packets: self.demux.counts().truncated_packets,
            dropped_packets: files.iter().filter_map(FileInfo::dropped).sum(),
            duplicate_packets: self.demux.counts().duplicate_packets,
            time_steps_back: files.iter().map(|file| file.time_steps_back).sum(),
            largest_step_back: files
                .iter()
                .map(|file| file.largest_step_back)
                .max()
                .unwrap_or_default(),
            burst_interval: burst_interval(scene, files.iter().filter_map(|file| file.beat)),
            one_direction: is_one_direction(scene),
            starts_mid_call: starts_mid_call(scene),
            cut_short: files
                .iter()
                .any(|file| file.faults.rows().any(|(_, name, _)| name == CUT_SHORT)),
            // Known where analyses follow each other.
            evicted_calls: 0,
            evicted_flows: 0,
        }
    }

    fn protocols(&self, scene: &Scene) -> ProtocolCounts {
        let counts = self.demux.counts();
        let stun = self.trackers.transactions.counts();
        let rtp_packets: u64 = scene
            .streams
            .iter()
            .flat_map(|stream| &stream.stats.paths)
            .map(|path| path.packets)
            .sum();
        ProtocolCounts {
            stun_retransmissions: stun.retransmissions,
            stun_unanswered: stun.requests - stun.answered,
            channel_data: counts.channel_data,
            send_indications: stun.types.get("send-indication").copied().unwrap_or(0),
            data_indications: stun.types.get("data-indication").copied().unwrap_or(0),
            stun_types: stun.types,
            dtls_records: scene.dtls.iter().map(|t| t.association.records).sum(),
            dtls_handshakes: scene
                .dtls
                .iter()
                .filter(|t| t.association.handshake_finished_at.is_some())
                .count() as u64,
            rtp_packets,
            rtp_streams: scene.streams.len() as u64,
            rtcp_packets: counts.rtcp_packets,
            srtcp_packets: counts.srtcp_packets,
            http_exchanges: scene.http.len() as u64,
            websocket_connections: counts.websocket_connections,
            websocket_messages: counts.websocket_messages,
            tls_connections: counts.tls_connections,
            tls_decrypted: counts.tls_decrypted,
            quic_connections: counts.quic_connections,
            quic_decrypted: counts.quic_decrypted,
            sctp_packets: self.trackers.sctp.packets(),
            dns_messages: counts.dns_messages,
            icmp_messages: counts.icmp_messages,
            other_packets: counts.other_packets + counts.rtp_like.saturating_sub(rtp_packets),
        }
    }
}

fn capture_file(info: &FileInfo) -> CaptureFile {
    CaptureFile {
        path: info.path.clone(),
        format: info.format.word().to_owned(),
        bytes: info.bytes,
        packets: info.packets,
        link_types: info.link_types.iter().map(|link| link.name()).collect(),
        interfaces: info
            .interfaces
            .iter()
            .filter_map(|interface| interface.name.clone())
            .collect(),
        application: info.application.clone(),
    }
}

/// The ingest floor's name for a file that ends inside a record.
const CUT_SHORT: &str = "capture-cut-short";
