//! What became of the recorded calls: outcome, the rung that broke, the rule that explains it.
//!
//! The recordings' own truth (`truth.json`, the browsers' states) stands behind each row.

#![expect(
    clippy::panic,
    reason = "a test that cannot read its samples has failed"
)]

use std::path::{Path, PathBuf};

use rtcscope::analyzer::analysis::Analysis;
use rtcscope::analyzer::pipeline::{Analyzer, analyze};
use rtcscope::diagnosis::finding::{Confidence, Finding, Outcome, Severity, Stage};
use rtcscope::diagnosis::ladder::{Status, climb};
use rtcscope::ingest::raw::Input;
use rtcscope::ingest::source::Item;
use rtcscope::ingest::source::Source;
use rtcscope::vocab::fault::Layer;
use rtcscope::vocab::frame::Frame;
use rtcscope::vocab::ids::PeerConnectionId;
use rtcscope::wire::tls::registry::Version;

/// Outcome, stage and the rule of the cause, of every verdict in order.
type Expected = &'static [(Outcome, Option<Stage>, Option<&'static str>)];

const OK: (Outcome, Option<Stage>, Option<&str>) = (Outcome::Ok, None, None);
const UNKNOWN: (Outcome, Option<Stage>, Option<&str>) = (Outcome::Unknown, None, None);

const fn failed(
    stage: Stage,
    rule: &'static str,
) -> (Outcome, Option<Stage>, Option<&'static str>) {
    (Outcome::Failed, Some(stage), Some(rule))
}

const fn degraded(rule: &'static str) -> (Outcome, Option<Stage>, Option<&'static str>) {
    (Outcome::Degraded, Some(Stage::Steady), Some(rule))
}

const LAB: &[(&str, Expected)] = &[
    ("any-device/alice.pcapng", &[OK, OK]),
    ("audio-video/alice.pcapng", &[OK, OK]),
    (
        "consent-expiry/alice.pcapng",
        &[
            failed(Stage::Steady, "ice-consent-lost"),
            failed(Stage::Steady, "ice-consent-lost"),
        ],
    ),
    (
        "dtls-failure-offer/alice.pcapng",
        &[failed(Stage::Dtls, "dtls-fingerprint-mismatch"), OK],
    ),
    ("firefox-p2p/alice.pcapng", &[OK]),
    (
        "ice-failure-auth/alice.pcapng",
        &[
            failed(Stage::Gathering, "turn-credentials-rejected"),
            failed(Stage::Gathering, "turn-credentials-rejected"),
        ],
    ),
    (
        "ice-failure-blocked/alice.pcapng",
        &[
            failed(Stage::Checks, "ice-checks-unanswered"),
            failed(Stage::Checks, "ice-checks-unanswered"),
        ],
    ),
    ("ice-tcp/alice.pcapng", &[OK, OK]),
    ("ipv6/alice.pcapng", &[OK, OK]),
    ("lossy/alice.pcapng", &[OK, degraded("media-loss")]),
    ("lossy/janus.pcapng", &[degraded("media-loss"), OK, OK, OK]),
    ("mdns/alice.pcapng", &[OK, OK]),
    ("mute/alice.pcapng", &[OK, OK]),
    ("offload/alice.pcapng", &[OK, OK]),
    (
        "one-way-media/alice.pcapng",
        &[OK, degraded("media-one-way")],
    ),
    ("p2p/alice.pcapng", &[OK]),
    ("p2p/bob.pcapng", &[OK]),
    ("quic/alice.pcapng", &[OK, OK]),
    ("restart-ice/alice.pcapng", &[OK, OK]),
    (
        "room-missing/alice.pcapng",
        &[failed(Stage::Signaling, "signaling-error")],
    ),
    ("simulcast/alice.pcapng", &[OK, OK]),
    ("turn-tcp/alice.pcapng", &[OK, OK]),
    // Everything runs inside TLS to the TURN server: without its keys nobody can tell.
    ("turn-tls/alice.pcapng", &[UNKNOWN, UNKNOWN]),
    ("videoroom-http/alice.pcapng", &[OK, OK]),
    ("videoroom-http/janus.pcapng", &[OK, OK, OK, OK]),
    ("videoroom-https/alice.pcapng", &[OK, OK]),
    ("videoroom-https/janus.pcapng", &[OK, OK, OK, OK]),
    ("videoroom-relay/alice.pcapng", &[OK, OK]),
    ("videoroom-relay/turn.pcapng", &[OK, OK]),
    ("vp9/alice.pcapng", &[OK, OK]),
    ("websocket/alice.pcapng", &[OK, OK]),
    ("derived/alice.pcapng.gz", &[OK, OK]),
    ("derived/micro.pcap", &[OK, OK]),
    ("derived/nano.pcap", &[OK, OK]),
    ("derived/cut-short.pcap", &[OK, OK]),
    ("derived/joined-late.pcapng", &[OK, OK]),
    ("derived/no-signaling.pcapng", &[OK, OK]),
    ("derived/snaplen-96.pcap", &[OK, OK]),
    // The last is the signaling dialogue whose other half is missing.
    ("derived/outgoing-only.pcapng", &[UNKNOWN, UNKNOWN, UNKNOWN]),
];

/// Recordings of calls that worked, from start to end, in both directions.
const HEALTHY: &[&str] = &["audio-video", "videoroom-http"];

#[test]
fn every_recorded_call_gets_its_verdict() {
    let Some(lab) = lab() else { return };
    let mut wrong = Vec::new();
    for (name, expected) in LAB {
        let analysis = read(&lab.join(name));
        let told: Vec<_> = analysis
            .verdicts
            .iter()
            .map(|verdict| {
                let cause = verdict.cause.map(|at| analysis.findings[at].rule);
                (verdict.outcome, verdict.stage, cause)
            })
            .collect();
        if told != *expected {
            wrong.push(format!("{name}: {told:?}, expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_failed_call_has_one_cause_and_no_list_of_its_consequences() {
    let Some(lab) = lab() else { return };
    for (name, _) in LAB {
        let analysis = read(&lab.join(name));
        for at in 0..analysis.scene.peer_connections.len() {
            let own = |finding: &&Finding| {
                finding.peer_connection == Some(PeerConnectionId(u32::try_from(at).unwrap()))
                    && finding.severity == Severity::Error
            };
            let errors = analysis.findings.iter().filter(own).count();
            let failed = analysis.verdicts[at].outcome == Outcome::Failed;
            assert_eq!(errors, usize::from(failed), "{name}, connection {at}");
        }
    }
}

#[test]
fn every_broken_rung_has_its_finding_with_frames() {
    let Some(lab) = lab() else { return };
    for (name, _) in LAB {
        let analysis = read(&lab.join(name));
        for verdict in &analysis.verdicts {
            assert_eq!(verdict.stage.is_some(), verdict.cause.is_some(), "{name}");
            let Some(cause) = verdict.cause else { continue };
            let finding = &analysis.findings[cause];
            assert!(
                finding.evidence.iter().any(|line| !line.frames.is_empty()),
                "{name}: {}",
                finding.rule
            );
            for text in [
                &finding.title,
                &finding.explanation,
                &finding.would_disprove,
                &finding.advice,
                &finding.reference,
            ] {
                assert!(!text.is_empty(), "{name}: {}", finding.rule);
            }
        }
    }
}

#[test]
fn healthy_calls_have_nothing_to_warn_of() {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let own = HEALTHY
        .iter()
        .map(|name| captures.join(name).join("capture.pcapng"));
    let recorded = lab().into_iter().flat_map(|lab| {
        let fine = LAB
            .iter()
            .filter(|(_, expected)| expected.iter().all(|row| *row == OK));
        fine.map(move |(name, _)| lab.join(name))
            .collect::<Vec<_>>()
    });
    for path in own.chain(recorded) {
        let analysis = read(&path);
        let warned: Vec<&Finding> = analysis
            .findings
            .iter()
            .filter(|finding| finding.severity > Severity::Note)
            .collect();
        assert!(warned.is_empty(), "{}: {warned:#?}", path.display());
        assert!(!analysis.verdicts.is_empty(), "{}", path.display());
    }
}

#[test]
fn a_capture_that_shows_too_little_says_so() {
    let Some(lab) = lab() else { return };
    let told = |name: &str, at: usize| {
        let verdict = read(&lab.join("derived").join(name)).verdicts.remove(at);
        (verdict.confidence, verdict.cannot_tell.join(" "))
    };
    let (confidence, cannot_tell) = told("outgoing-only.pcapng", 0);
    assert_eq!(confidence, Confidence::Low);
    assert!(cannot_tell.contains("one direction"), "{cannot_tell}");
    let (confidence, cannot_tell) = told("joined-late.pcapng", 0);
    assert_eq!(confidence, Confidence::Medium);
    assert!(
        cannot_tell.contains("when the capture began"),
        "{cannot_tell}"
    );
    // The second call of that capture began within it.
    let (confidence, cannot_tell) = told("joined-late.pcapng", 1);
    assert_eq!((confidence, cannot_tell.as_str()), (Confidence::High, ""));
    let (confidence, cannot_tell) = told("cut-short.pcap", 0);
    assert_eq!(confidence, Confidence::Medium);
    assert!(
        cannot_tell.contains("ends inside a packet"),
        "{cannot_tell}"
    );
    let (confidence, cannot_tell) = told("snaplen-96.pcap", 0);
    assert_eq!(confidence, Confidence::Medium);
    assert!(cannot_tell.contains("snap length"), "{cannot_tell}");
    let (_, cannot_tell) = told("no-signaling.pcapng", 0);
    assert!(cannot_tell.contains("signaling"), "{cannot_tell}");
}

/// What a snap length took can't be held against a call: its relayed checks and its handshake were answered where nobody can read it.
#[test]
fn a_snap_length_breaks_no_call() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let mut paths: Vec<PathBuf> = ["p2p-symmetric-nat", "data-channel", "restart-ice", "lossy"]
        .iter()
        .map(|name| own.join(name).join("capture.pcapng"))
        .collect();
    for name in ["videoroom-relay", "turn-tcp", "ice-tcp", "firefox-p2p"] {
        paths.extend(lab().map(|lab| lab.join(name).join("alice.pcapng")));
    }
    for (path, snap_length) in paths
        .iter()
        .flat_map(|path| [(path, 96), (path, 128), (path, 256)])
    {
        let analysis = read_cut(path, snap_length);
        let place = format!("{} at {snap_length}", path.display());
        for verdict in &analysis.verdicts {
            assert_ne!(verdict.outcome, Outcome::Failed, "{place}: {verdict:#?}");
        }
        for finding in &analysis.findings {
            assert!(finding.severity < Severity::Error, "{place}: {finding:#?}");
            assert_ne!(finding.rule, "turn-server-silent", "{place}");
        }
        let dtls = |(layer, ..): &(Layer, &str, _)| *layer == Layer::Dtls;
        let faults = &analysis.capture.faults;
        assert_eq!(faults.rows().filter(dtls).count(), 0, "{place}");
    }
    // DTLS 1.3: the extension that says so was cut off the server's hello, which calls itself 1.2.
    let analysis = read_cut(&own.join("data-channel/capture.pcapng"), 128);
    assert_eq!(analysis.scene.dtls[0].association.version, None);
    // DTLS 1.2 shows by what comes in the clear after it.
    let analysis = read_cut(&own.join("lossy/capture.pcapng"), 128);
    let version = analysis.scene.dtls[0].association.version;
    assert_eq!(version, Some(Version::Dtls12));
}

#[test]
fn findings_name_numbers_addresses_and_times() {
    let Some(lab) = lab() else { return };
    let first = |name: &str| {
        let analysis = read(&lab.join(name));
        let finding = &analysis.findings[0];
        let evidence = finding.evidence.iter().map(|line| line.text.as_str());
        let texts = [finding.title.as_str(), finding.explanation.as_str()];
        texts
            .into_iter()
            .chain(evidence)
            .collect::<Vec<_>>()
            .join("\n")
    };
    for (name, words) in [
        (
            "room-missing/alice.pcapng",
            &[
                "426",
                "no such room",
                "JANUS_VIDEOROOM_ERROR_NO_SUCH_ROOM",
                "999",
            ][..],
        ),
        (
            "ice-failure-auth/alice.pcapng",
            &[
                "401",
                "turnuser",
                "203.0.113.20:3478",
                "the usual challenge",
            ],
        ),
        (
            "ice-failure-blocked/alice.pcapng",
            &[
                "241 checks",
                "203.0.113.10:10012",
                "STUN server 203.0.113.20:3478",
            ],
        ),
        (
            "dtls-failure-offer/alice.pcapng",
            &[
                "sha-256 00:00:DF",
                "sha-256 4D:1E:DF",
                "21 ICMP errors",
                "DTLS alert",
            ],
        ),
        (
            "consent-expiry/alice.pcapng",
            &["8.047 s", "222 checks", "15.703 s", "25.703 s", "38.047 s"],
        ),
        (
            "one-way-media/alice.pcapng",
            &["10.517 s", "answered until 16.174 s", "RTCP"],
        ),
        (
            "lossy/alice.pcapng",
            &[
                "5.7 %",
                "audio 38 of 692 (5.5 %)",
                "video 17 of 265 (6.4 %)",
            ],
        ),
        (
            "mute/alice.pcapng",
            &["9.480 s to 12.548 s", "sequence numbers go on"],
        ),
    ] {
        let text = first(name);
        for word in words {
            assert!(text.contains(word), "{name}: no “{word}” in\n{text}");
        }
    }
}

#[test]
fn rungs_are_climbed_from_below() {
    let Some(lab) = lab() else { return };
    let ladder = |name: &str| -> Vec<Status> {
        let analysis = read(&lab.join(name));
        let rungs = climb(&analysis.scene, &analysis.capture, PeerConnectionId(0));
        rungs.iter().map(|rung| rung.status).collect()
    };
    assert_eq!(ladder("videoroom-http/alice.pcapng"), [Status::Passed; 7]);
    assert_eq!(
        ladder("ice-failure-blocked/alice.pcapng"),
        [
            Status::Passed,
            Status::Passed,
            Status::Broken,
            Status::NotSeen,
            Status::NotSeen,
            Status::NotSeen,
            Status::NotSeen
        ]
    );
    let late = ladder("derived/joined-late.pcapng");
    assert_eq!((late[0], late[4]), (Status::NotSeen, Status::NotSeen));
    assert_eq!((late[5], late[6]), (Status::Passed, Status::Passed));
}

#[test]
fn no_public_capture_is_called_failed_for_what_it_does_not_show() {
    let Some(public) = folder("public") else {
        return;
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(public)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    for path in files {
        let Some(analysis) = try_read(&path) else {
            continue;
        };
        // None of them is a recording of a call that failed. One moves to a mobile network, where seven of nine checks take a second.
        let is_slow = path.ends_with("veondigital__wifi-tcp_to_3g.pcap");
        for verdict in &analysis.verdicts {
            let rule = verdict.cause.map(|at| analysis.findings[at].rule);
            assert!(
                matches!(verdict.outcome, Outcome::Ok | Outcome::Unknown)
                    || is_slow && rule == Some("path-delay"),
                "{}: {verdict:?}",
                path.display()
            );
        }
        for finding in &analysis.findings {
            assert!(
                finding.severity < Severity::Error,
                "{}: {finding:#?}",
                path.display()
            );
        }
    }
}

fn read(path: &Path) -> Analysis {
    try_read(path).unwrap_or_else(|| panic!("{} can't be read", path.display()))
}

/// The capture as it had been with this snap length.
fn read_cut(path: &Path, snap_length: usize) -> Analysis {
    let mut source = Source::open(vec![Input::Path(path.to_owned())]).expect("a capture of ours");
    let mut analyzer = Analyzer::default();
    while let Some(item) = source.pull() {
        if let Item::Frame(frame) = item {
            let data = frame.data.get(..snap_length).unwrap_or(frame.data);
            analyzer.push(&Frame { data, ..frame });
        }
    }
    analyzer.finish();
    analyzer.into_analysis(source.files())
}

fn try_read(path: &Path) -> Option<Analysis> {
    let mut source = Source::open(vec![Input::Path(path.to_owned())]).ok()?;
    let mut analyzer = Analyzer::default();
    analyze(&mut source, &mut analyzer, |_, _| true);
    Some(analyzer.snapshot(source.files()))
}

fn lab() -> Option<PathBuf> {
    folder("lab")
}

fn folder(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/captures")
        .join(name);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: no captures in {}", path.display());
    None
}
