//! The ICE pair grid against the browser's own candidate-pair statistics: relay, symmetric NAT, restart and failures.
//!
//! The report is made of the frames up to the instant of the statistics, so that counts are of the same time. A check that was on its way then is on
//! one side's count and not on the other's; the wire is where ours are counted.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;

use crate::Comparison;
use crate::Keys;
use crate::Known;
use crate::count;
use crate::each;
use crate::judge;
use crate::report;
use crate::root;
use crate::shared;
use crate::text;
use crate::truth::find;
use crate::truth::fragments;
use crate::truth::stats;

#[test]
fn the_pair_grid_says_what_the_browser_says() {
    let mut found: Vec<(String, Comparison)> = OWN
        .iter()
        .map(|name| {
            let folder = root().join("captures").join(name);
            ((*name).to_owned(), compare(&folder, "capture.pcapng"))
        })
        .collect();
    if let Some(lab) = shared("lab") {
        found.extend(LAB.iter().map(|name| {
            let folder = lab.join(name);
            ((*name).to_owned(), compare(&folder, &file(&folder)))
        }));
    }
    for (name, comparison) in &found {
        assert!(
            comparison.points > 1,
            "{name}: {} points",
            comparison.points
        );
    }
    judge(&found, KNOWN);
}

fn file(folder: &Path) -> String {
    let with_keys = "alice-with-keys.pcapng";
    let there: PathBuf = folder.join(with_keys);
    let name = if there.exists() {
        with_keys
    } else {
        "alice.pcapng"
    };
    name.to_owned()
}

fn compare(folder: &Path, file: &str) -> Comparison {
    let truth = std::fs::read(folder.join("truth.json")).expect("a call has its truth.json");
    let truth: Value = serde_json::from_slice(&truth).expect("truth.json is JSON");
    let path = folder.join(file);
    let mut comparison = Comparison::default();
    for browser in each(&truth["peers"]["alice"]["peerConnections"]) {
        let fragments = fragments(browser);
        let theirs: Vec<&Value> = stats(browser, "candidate-pair").collect();
        let instants = theirs.iter().filter_map(|pair| pair["timestamp"].as_f64());
        let instant = instants.fold(0.0, f64::max);
        if fragments.is_empty() {
            continue;
        }
        // Calls of the project keep no instants: their statistics are of the end.
        let until = (instant > 0.0).then_some((instant * 1e6) as u64);
        let report = report(&path, until, Keys::All).expect("a capture");
        let Some((call, side)) = find(&report, &fragments, &mut comparison) else {
            continue;
        };
        let ours = each(&call["ice"]["pairs"])
            .filter(|pair| is_tried(pair))
            .count();
        let tried: Vec<&Value> = theirs.into_iter().filter(|pair| is_tried(pair)).collect();
        comparison.point("pairs tried", ours >= tried.len(), || {
            format!("{ours} instead of {}", tried.len())
        });
        if tried.is_empty() {
            forgotten(browser, &path, &fragments, &mut comparison);
        }
        for pair in tried {
            self::pair(browser, call, side, pair, until.is_some(), &mut comparison);
        }
    }
    comparison
}

/// A browser forgets its pairs when ICE has failed. What it said of the only one before that is compared instead.
fn forgotten(
    browser: &Value,
    path: &Path,
    fragments: &BTreeSet<String>,
    comparison: &mut Comparison,
) {
    let samples = each(&browser["stats"]).filter_map(|sample| {
        let pairs = each(&sample["reports"]).filter(|it| it["type"] == "candidate-pair");
        let pairs: Vec<&Value> = pairs.filter(|pair| is_tried(pair)).collect();
        Some((sample["t"].as_f64()?, pairs)).filter(|(_, pairs)| !pairs.is_empty())
    });
    let Some((instant, theirs)) = samples.last() else {
        return;
    };
    let until = Some((instant * 1e6) as u64);
    let report = report(path, until, Keys::All).expect("a capture");
    let Some((call, side)) = find(&report, fragments, comparison) else {
        return;
    };
    let ours = each(&call["ice"]["pairs"]).filter(|pair| is_tried(pair));
    let ours: Vec<&Value> = ours.collect();
    comparison.equal("pairs tried before ICE failed", ours.len(), theirs.len());
    if let ([ours], [theirs]) = (ours.as_slice(), theirs.as_slice()) {
        figures("the pair", ours, theirs, side, true, comparison);
    }
}

fn is_tried(pair: &Value) -> bool {
    count(&pair["requestsSent"]) + count(&pair["requestsReceived"]) > 0
}

fn pair(
    browser: &Value,
    call: &Value,
    side: &str,
    theirs: &Value,
    at_its_instant: bool,
    comparison: &mut Comparison,
) {
    let candidate = |kind: &'static str, id: &str| {
        let mut known = stats(browser, kind);
        known
            .find(|candidate| candidate["id"] == theirs[id])
            .cloned()
    };
    let (Some(local), Some(remote)) = (
        candidate("local-candidate", "localCandidateId"),
        candidate("remote-candidate", "remoteCandidateId"),
    ) else {
        return;
    };
    let name = format!(
        "{} {} to {} {}",
        text(&local["candidateType"]),
        count(&local["port"]),
        text(&remote["candidateType"]),
        count(&remote["port"])
    );
    let other = if side == "a" { "b" } else { "a" };
    let is = |id: &Value, theirs: &Value| {
        let mut ours = each(&call["ice"]["candidates"]).filter(|ours| ours["id"] == *id);
        // The browser keeps the address of a host with an mDNS name to itself.
        let address = text(&theirs["address"]);
        let named = address.is_empty() || address.strip_suffix(".local").is_some();
        ours.any(|ours| {
            count(&ours["port"]) == count(&theirs["port"])
                && (named || text(&ours["address"]) == address)
        })
    };
    let ours: Vec<&Value> = each(&call["ice"]["pairs"])
        .filter(|pair| is(&pair[side], &local) && is(&pair[other], &remote))
        .collect();
    let [ours] = ours.as_slice() else {
        comparison.point(&name, false, || format!("{} pairs of ours", ours.len()));
        return;
    };
    figures(&name, ours, theirs, side, at_its_instant, comparison);
}

fn figures(
    name: &str,
    ours: &Value,
    theirs: &Value,
    side: &str,
    at_its_instant: bool,
    comparison: &mut Comparison,
) {
    comparison.equal(
        &format!("{name}: state"),
        text(&ours["state"]),
        text(&theirs["state"]),
    );
    comparison.equal(
        &format!("{name}: nominated"),
        ours["nominated"] == true,
        theirs["nominated"] == true,
    );
    // Ours are counted from side a.
    let names = [
        ("requestsSent", "requestsReceived"),
        ("responsesReceived", "responsesSent"),
        ("requestsReceived", "requestsSent"),
        ("responsesSent", "responsesReceived"),
    ];
    for (of_a, of_b) in names {
        let our_name = if side == "a" { of_a } else { of_b };
        let (ours, theirs) = (count(&ours[our_name]), count(&theirs[of_a]));
        let later = if at_its_instant {
            0
        } else {
            AFTER_THE_STATISTICS
        };
        let agreed = (theirs..=theirs + later).contains(&ours);
        comparison.point(&format!("{name}: {of_a}"), agreed, || {
            format!("{ours} instead of {theirs}")
        });
    }
}

/// Checks that may follow the statistics until the call is closed.
const AFTER_THE_STATISTICS: i64 = 2;
/// Recorded calls of the project.
const OWN: [&str; 1] = ["p2p-symmetric-nat"];
/// Recorded calls beside the project.
const LAB: [&str; 6] = [
    "videoroom-relay",
    "restart-ice",
    "ice-failure-auth",
    "ice-failure-blocked",
    "consent-expiry",
    "turn-tcp",
];

const KNOWN: &[Known] = &[
    (
        "videoroom-relay",
        "host 39545 to host 10172: state",
        "both: 24 checks went unanswered, which is failed by RFC 8445, and the browser goes on trying",
    ),
    (
        "restart-ice",
        "prflx 21493 to host 10175: state",
        "ours: 6 of its checks were answered and it was nominated; the browser tells only that the last five were not",
    ),
    (
        "consent-expiry",
        "the pair: state",
        "ours: it succeeded and lost consent later, which the connection's state and a finding tell; the browser tells that it asks again",
    ),
];
