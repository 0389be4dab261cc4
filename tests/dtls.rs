//! The DTLS tracker on real captures: what it says of each handshake against what tshark and the browsers themselves said.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;
use std::path::PathBuf;

use rtcscope::ingest::raw::Input;
use rtcscope::ingest::source::Item;
use rtcscope::ingest::source::Source;
use rtcscope::track::dtls::Association;
use rtcscope::track::dtls::Tracker;
use rtcscope::vocab::address::Direction;
use rtcscope::vocab::address::TransportAddress;
use rtcscope::vocab::fault::FaultLog;
use rtcscope::vocab::frame::Frame;
use rtcscope::vocab::ids::FlowId;
use rtcscope::vocab::sighting::Sighting;
use rtcscope::wire::channel_data::ChannelData;
use rtcscope::wire::packet::Body;
use rtcscope::wire::packet::decode;
use rtcscope::wire::stun;
use rtcscope::wire::tls::certificate::HashFunction;
use rtcscope::wire::tls::cipher_suite::CipherSuite;
use rtcscope::wire::tls::srtp_profile::SrtpProfile;
use rtcscope::wire::udp::Datagram;
use serde_json::Value;

#[test]
fn public_captures_agree_with_tshark() {
    let Some(folder) = captures("public") else {
        return;
    };
    let index = std::fs::read_to_string(folder.join("index.tsv")).expect("an index");
    let mut compared = 0;
    for row in index.lines().filter(|row| row.contains("dtls_negotiated=")) {
        let columns: Vec<_> = row.split('\t').collect();
        let facts: HashMap<_, _> = columns[9]
            .split("; ")
            .filter_map(|fact| fact.split_once('='))
            .collect();
        // Carried by tunnels, which this test's reader does not open.
        if facts.contains_key("encap") && !facts["encap"].starts_with("null") {
            continue;
        }
        let call = Call::read(&folder.join(columns[0]));
        let negotiated: BTreeSet<_> = call.associations().filter_map(negotiated).collect();
        let expected: BTreeSet<_> = facts["dtls_negotiated"]
            .split('+')
            .map(|fact| fact.rsplit_once(": ").expect("a count").0.to_owned())
            .collect();
        // One of the associations may run inside TURN over TCP.
        assert!(!negotiated.is_empty(), "{}", columns[0]);
        assert!(
            negotiated.is_subset(&expected),
            "{}: {negotiated:?}",
            columns[0]
        );
        let certificates: BTreeSet<_> = call
            .associations()
            .flat_map(|association| &association.certificates)
            .map(|seen| hex(seen.fingerprints.get(HashFunction::Sha256)))
            .collect();
        let expected = facts.get("dtls_cert_sha256").copied().unwrap_or_default();
        for certificate in &certificates {
            assert!(expected.contains(certificate), "{}", columns[0]);
        }
        assert!(call.faults.is_empty(), "{}: {:?}", columns[0], call.faults);
        compared += 1;
    }
    assert!(compared >= 10, "only {compared} captures compared");
}

/// `DTLS1.2 cipher 0xc02b srtp_profile 0x0001`, as the collection's index writes it.
fn negotiated(association: &Association) -> Option<String> {
    let version = association.version?.to_string().replace(' ', "");
    let suite = association.cipher_suite.map(CipherSuite::code)?;
    let mut text = format!("{version} cipher {suite:#06x}");
    if let Some(profile) = association.srtp_profile.map(SrtpProfile::code) {
        let _ = write!(text, " srtp_profile {profile:#06x}");
    }
    Some(text)
}

#[test]
fn lab_calls_agree_with_get_stats() {
    let Some(folder) = captures("lab") else {
        return;
    };
    let mut compared = 0;
    let entries = std::fs::read_dir(folder).expect("readable");
    for folder in entries.flatten().map(|entry| entry.path()) {
        let (capture, truth) = (folder.join("alice.pcapng"), folder.join("truth.json"));
        let Ok(truth) = std::fs::read_to_string(truth) else {
            continue;
        };
        let truth: Value = serde_json::from_str(&truth).expect("JSON");
        let (mut transports, mut fingerprints) = (BTreeSet::new(), BTreeSet::new());
        collect(&truth["peers"]["alice"], &mut |report| {
            if let Some(transport) = Transport::of_report(report) {
                transports.insert(transport);
            }
        });
        collect(&truth["peers"], &mut |report| {
            if let Some(fingerprint) = report["fingerprint"].as_str() {
                fingerprints.insert(fingerprint.to_owned());
            }
        });
        let call = Call::read(&capture);
        let seen: BTreeSet<_> = call.associations().filter_map(Transport::of).collect();
        // Relayed over TCP or TLS, DTLS is out of this test's reach.
        if seen.is_empty() {
            continue;
        }
        for transport in &transports {
            let found = seen.iter().any(|seen| seen.agrees_with(transport));
            assert!(found, "{}: {transport:?} in {seen:?}", folder.display());
        }
        for certificate in call.associations().flat_map(|a| &a.certificates) {
            let text = certificate.fingerprints.text(HashFunction::Sha256);
            let hash = text.trim_start_matches("sha-256 ");
            assert!(fingerprints.contains(hash), "{}: {hash}", folder.display());
        }
        assert!(
            call.faults.is_empty(),
            "{}: {:?}",
            folder.display(),
            call.faults
        );
        compared += 1;
    }
    assert!(compared >= 15, "only {compared} calls compared");
}

/// What getStats says of a transport, and what the wire says.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Transport {
    version: String,
    cipher: String,
    srtp: Option<String>,
}

impl Transport {
    fn of(association: &Association) -> Option<Self> {
        association.handshake_finished_at?;
        Some(Self {
            version: format!("{:04X}", association.version?.code()),
            cipher: association.cipher_suite?.name()?.to_owned(),
            srtp: association
                .srtp_profile
                .and_then(SrtpProfile::name)
                .map(str::to_owned),
        })
    }

    fn of_report(report: &Value) -> Option<Self> {
        let text = |name: &str| report[name].as_str().map(str::to_owned);
        Some(Self {
            version: text("tlsVersion")?,
            cipher: text("dtlsCipher")?,
            srtp: text("srtpCipher"),
        })
    }

    /// DTLS 1.3 hides the SRTP profile; getStats shortens the names of GCM profiles.
    fn agrees_with(&self, stats: &Self) -> bool {
        let short = |profile: &Option<String>| {
            profile
                .as_ref()
                .map(|p| p.trim_start_matches("SRTP_").to_owned())
        };
        self.version == stats.version
            && self.cipher == stats.cipher
            && (self.srtp.is_none() || short(&self.srtp) == short(&stats.srtp))
    }
}

fn collect(value: &Value, each: &mut impl FnMut(&Value)) {
    each(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, each)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, each)),
        _ => {}
    }
}

/// What the tracker makes of a capture's datagrams, those inside TURN over UDP included.
#[derive(Default)]
struct Call {
    tracker: Tracker,
    faults: FaultLog,
    /// Conversations by sender, receiver and, inside TURN, the peer.
    flows: HashMap<(TransportAddress, TransportAddress, Option<TransportAddress>), u32>,
    /// Peers by TURN client and channel number.
    channels: HashMap<(TransportAddress, u16), TransportAddress>,
}

impl Call {
    fn read(path: &Path) -> Self {
        let mut call = Self::default();
        let mut source = Source::open(vec![Input::Path(path.into())]).expect("a capture");
        while let Some(item) = source.pull() {
            if let Item::Frame(frame) = item
                && let Body::Udp(udp) = decode(frame.link, frame.data, frame.original_length).body
            {
                call.datagram(&frame, &udp);
            }
        }
        call
    }

    fn associations(&self) -> impl Iterator<Item = &Association> {
        self.tracker.associations().iter()
    }

    fn datagram(&mut self, frame: &Frame<'_>, udp: &Datagram<'_>) {
        let (mut payload, mut peer) = (udp.payload, None);
        if let Ok(message) = stun::Message::new(payload) {
            peer = message.xor_peer_address();
            if let (Some(number), Some(peer)) = (message.channel_number(), peer) {
                self.channels.insert((udp.source, number), peer);
            }
            payload = message.data().unwrap_or_default();
        } else if let Ok(channel) = ChannelData::new_cut(payload) {
            let bound = |client| self.channels.get(&(client, channel.number)).copied();
            peer = bound(udp.source).or_else(|| bound(udp.destination));
            payload = channel.data;
        }
        if !matches!(payload, [20..=63, ..]) {
            return;
        }
        let next = self.flows.len() as u32;
        let back = self.flows.get(&(udp.destination, udp.source, peer));
        let (flow, direction) = if let Some(&flow) = back {
            (flow, Direction::Reverse)
        } else {
            let key = (udp.source, udp.destination, peer);
            (*self.flows.entry(key).or_insert(next), Direction::Forward)
        };
        let seen = Sighting {
            at: frame.at,
            frame: frame.number,
            flow: FlowId(flow),
            direction,
        };
        if udp.cut_bytes > 0 {
            self.tracker.observe_cut(seen, payload, &mut self.faults);
        } else {
            self.tracker.observe(seen, payload, &mut self.faults);
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A folder of the capture collection, which stands beside the checkout where there is one.
fn captures(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/captures")
        .join(folder);
    if !path.is_dir() {
        println!("skipped: no captures at {}", path.display());
        return None;
    }
    Some(path)
}
