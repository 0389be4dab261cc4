//! Calls whose signaling is encrypted, without their keys: STUN, DTLS and RTP still tell the peer connections, signaling is named as
//! encrypted, and nothing is made up.

use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;

use crate::Comparison;
use crate::Keys;
use crate::each;
use crate::judge;
use crate::name_of;
use crate::report;
use crate::root;
use crate::shared;
use crate::text;
use crate::truth;

#[test]
fn without_keys_calls_are_told_from_stun_and_nothing_is_made_up() {
    let mut folders = vec![root().join("captures/websocket-h2")];
    folders.extend(encrypted(shared("lab")));
    let found: Vec<_> = folders
        .iter()
        .map(|folder| {
            let keyless = ["alice.pcapng", "capture.pcapng"];
            let file = keyless.into_iter().find(|file| folder.join(file).exists());
            let file = file.expect("a capture beside its truth");
            (name_of(folder), compare(folder, file))
        })
        .collect();
    judge(&found, &[]);
}

/// A relay inside TLS hides the whole path: what signaling said stands, and nothing else does.
#[test]
fn without_keys_a_relay_inside_tls_shows_nothing_of_its_inside() {
    let Some(lab) = shared("lab") else { return };
    let path = lab.join("turn-tls/alice.pcapng");
    if !path.exists() {
        return;
    }
    let report = report(&path, None, Keys::None).expect("a capture");
    assert_eq!(each(&report["peerConnections"]).count(), 2);
    for call in each(&report["peerConnections"]) {
        assert_eq!(each(&call["ice"]["pairs"]).count(), 0);
        assert_eq!(each(&call["descriptions"]).count(), 2);
    }
    for inside in ["turn", "dtls", "streams", "stunServers"] {
        assert_eq!(each(&report[inside]).count(), 0, "{inside}");
    }
    let rules: Vec<&str> = each(&report["findings"])
        .map(|finding| text(&finding["rule"]))
        .collect();
    assert_eq!(rules, ["turn-encrypted"]);
}

/// Calls whose page spoke to its server over TLS or QUIC.
fn encrypted(lab: Option<PathBuf>) -> Vec<PathBuf> {
    let Some(lab) = lab else { return Vec::new() };
    let mut folders: Vec<_> = std::fs::read_dir(lab)
        .expect("readable")
        .map(|entry| entry.expect("readable").path())
        .filter(|folder| folder.join("alice-with-keys.pcapng").exists())
        .filter(|folder| {
            let truth = std::fs::read(folder.join("truth.json")).unwrap_or_default();
            let truth: Value = serde_json::from_slice(&truth).unwrap_or_default();
            let server = text(&truth["settings"]["server"]);
            server.starts_with('/') || server.starts_with("wss:")
        })
        .collect();
    folders.sort();
    assert!(folders.len() >= 4, "{folders:?}");
    folders
}

/// What the browser says of pairs, DTLS and streams must hold without keys; signaling must be absent, and said to be encrypted.
fn compare(folder: &Path, file: &str) -> Comparison {
    let mut comparison = truth::compare(folder, file, Keys::None);
    let report = report(&folder.join(file), None, Keys::None).expect("a capture");
    for part in ["sessions", "http", "dataChannels"] {
        comparison.equal(part, each(&report[part]).count(), 0);
    }
    for call in each(&report["peerConnections"]) {
        comparison.equal("descriptions", each(&call["descriptions"]).count(), 0);
        let declared =
            each(&call["ice"]["candidates"]).filter(|candidate| candidate["basis"] == "declared");
        comparison.equal("declared candidates", declared.count(), 0);
        let types = each(&call["ice"]["candidates"])
            .filter(|candidate| candidate["basis"] == "inferred" && candidate["type"] != "host");
        comparison.equal("types made up", types.count(), 0);
    }
    for stream in each(&report["streams"]) {
        comparison.equal("codec", &stream["codec"], &Value::Null);
    }
    for verdict in each(&report["verdicts"]) {
        comparison.equal("outcome", text(&verdict["outcome"]), "ok");
    }
    let told: Vec<_> = each(&report["findings"])
        .map(|finding| (text(&finding["rule"]), text(&finding["severity"])))
        .collect();
    comparison.equal("findings", told, vec![("signaling-encrypted", "note")]);
    comparison
}
