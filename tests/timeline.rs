//! Lanes and ladders of recorded calls.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use std::path::Path;

use rtcscope::analyzer::pipeline::{Analyzer, analyze};
use rtcscope::ingest::raw::Input;
use rtcscope::ingest::source::Source;
use rtcscope::session::model::scene::Scene;
use rtcscope::timeline::ladder::{Course, Ladder, Row, ladder};
use rtcscope::timeline::lane::{Lane, Shape};
use rtcscope::timeline::lanes::lanes;
use rtcscope::timeline::layer::{Layer, Tone};
use rtcscope::vocab::ids::PeerConnectionId;

fn scene(name: &str) -> Scene {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("captures").join(name).join("capture.pcapng");
    let mut source = Source::open(vec![Input::Path(path)]).unwrap();
    let mut analyzer = Analyzer::default();
    analyze(&mut source, &mut analyzer, |_, _| true);
    analyzer.into_analysis(source.files()).scene
}

fn lane(name: &str, layer: Layer) -> Lane {
    let scene = scene(name);
    let mut all = lanes(&scene, &scene.peer_connections[0]).into_iter();
    all.find(|lane| lane.layer == layer).unwrap()
}

fn words(lane: &Lane) -> Vec<&str> {
    let texts = lane.marks.iter().map(|mark| mark.text.as_str());
    texts.filter(|text| !text.is_empty()).collect()
}

fn first_ladder(name: &str) -> Ladder {
    ladder(&scene(name), PeerConnectionId(0)).unwrap()
}

fn row<'a>(ladder: &'a Ladder, words: &str) -> &'a Row {
    let mut rows = ladder.rows.iter();
    let found = rows.find(|row| row.text.contains(words));
    found.unwrap_or_else(|| panic!("no row says {words}: {:#?}", ladder.rows))
}

#[test]
fn lanes_come_in_the_order_of_the_layers() {
    let scene = scene("videoroom-http");
    let all = lanes(&scene, &scene.peer_connections[0]);
    let layers: Vec<Layer> = all.iter().map(|lane| lane.layer).collect();
    let expected = [
        Layer::Connection,
        Layer::Signaling,
        Layer::Ice,
        Layer::Dtls,
        Layer::Media,
    ];
    assert_eq!(layers, expected);
}

#[test]
fn signaling_shows_offer_answer_and_hangup_by_name() {
    let lane = lane("videoroom-http", Layer::Signaling);
    assert_eq!(words(&lane), ["offer", "answer", "hangup"]);
    assert!(lane.marks.iter().any(|mark| mark.shape == Shape::Pulse));
}

#[test]
fn a_nominated_pair_goes_on_with_consent() {
    let lane = lane("videoroom-http", Layer::Ice);
    assert_eq!(words(&lane), ["checks", "nominated"]);
    let nominated = lane
        .marks
        .iter()
        .position(|mark| mark.shape == Shape::Selected);
    let later = &lane.marks[nominated.unwrap()..];
    assert!(
        later
            .iter()
            .filter(|mark| mark.shape == Shape::Pulse)
            .count()
            > 5
    );
}

#[test]
fn lost_packets_stand_in_their_bucket() {
    let scene = scene("lossy");
    let calls = scene.peer_connections.iter();
    let rates = calls
        .flat_map(|call| lanes(&scene, call))
        .filter_map(|lane| lane.rate);
    assert!(rates.flat_map(|rate| rate.lost).sum::<u32>() > 0);
}

#[test]
fn hosts_are_named_by_signaling_and_dns() {
    let ladder = first_ladder("videoroom-http");
    let names: Vec<&str> = ladder
        .hosts
        .list
        .iter()
        .map(|host| host.name.as_str())
        .collect();
    assert_eq!(names, ["alice", "janus", "turn.lab.test"]);
}

#[test]
fn an_offer_goes_to_the_server_and_the_answer_comes_back() {
    let ladder = first_ladder("videoroom-http");
    let course = |words| match row(&ladder, words).course {
        Course::Arrow { from, to, .. } => (from, to),
        other => panic!("{other:?}"),
    };
    assert_eq!(course("+ offer"), (0, 1));
    assert_eq!(course("+ answer"), (1, 0));
}

#[test]
fn the_checks_of_a_pair_are_one_arrow_both_ways() {
    let ladder = first_ladder("videoroom-http");
    let checks = row(&ladder, "all answered, nominated");
    assert!(matches!(
        checks.course,
        Course::Both {
            one: 0,
            other: 1,
            ..
        }
    ));
    assert_eq!(checks.tone, Tone::Good);
    assert!(row(&ladder, "consent check").at > checks.at);
}

#[test]
fn rows_are_in_order_of_time_and_have_frames() {
    for name in [
        "videoroom-http",
        "ice-failure-auth",
        "lossy",
        "audio-video",
        "dtls-failure-offer",
    ] {
        let ladder = first_ladder(name);
        assert!(ladder.rows.is_sorted_by_key(|row| row.at), "{name}");
        let bare: Vec<&Row> = ladder
            .rows
            .iter()
            .filter(|row| row.frames.is_empty())
            .collect();
        assert!(bare.len() <= 2, "{name}: {bare:#?}");
    }
}

#[test]
fn checks_that_were_refused_say_with_which_error() {
    let ladder = first_ladder("ice-failure-auth");
    let refused = ladder
        .rows
        .iter()
        .filter(|row| row.layer == Layer::Ice && row.tone == Tone::Bad);
    assert!(refused.count() > 0, "{:#?}", ladder.rows);
}
