//! Each screen at three sizes, colour left out. `cargo insta review`, or `INSTA_UPDATE=always cargo test`, accepts a change.

use crate::harness::Program;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn check(capture: &str, screen: &str, keys: &str) {
    for size in SIZES {
        let text = Program::open(capture, size).press(keys).text();
        snapshot(capture, screen, size, &text);
    }
}

fn snapshot(capture: &str, screen: &str, size: (u16, u16), text: &str) {
    let name = format!("{capture}_{screen}_{}x{}", size.0, size.1);
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn calls() {
    check("videoroom-http", "calls", "");
    check("ice-failure-auth", "calls", "");
    check("lossy", "calls", "");
}

#[test]
fn timeline() {
    check("videoroom-http", "timeline", "Enter Down Down");
    check("lossy", "timeline", "Enter End");
    check("lossy", "timeline-closer", "Enter Down Down + + + )");
}

#[test]
fn ladder() {
    check(
        "videoroom-http",
        "ladder",
        "Enter Right Down Down Down Down Down Down",
    );
    check("ice-failure-auth", "ladder", "Enter Right End");
}

#[test]
fn ice() {
    check("videoroom-http", "ice", "i");
    check("ice-failure-auth", "ice", "i");
}

#[test]
fn offer_and_answer() {
    check("videoroom-http", "agreed", "o");
    check("audio-video", "agreed", "o Down Down Down");
    check("videoroom-http", "answer_text", "o r r Down Down Down");
}

#[test]
fn dtls() {
    check("audio-video", "dtls", "d Down");
    check("dtls-failure-offer", "dtls", "d");
    check("ice-failure-auth", "dtls", "d");
}

#[test]
fn turn() {
    check("turn-stale-nonce", "turn", "u Down");
    check("ice-failure-auth", "turn", "u Down Down");
}

#[test]
fn media() {
    check("lossy", "media", "Down m w");
    check("audio-video", "media", "m Down");
    check("p2p-symmetric-nat", "media", "m");
}

#[test]
fn data() {
    check("data-channel", "data", "D Down");
    check("audio-video", "data_not_negotiated", "D");
}

#[test]
fn learn() {
    check("videoroom-http", "learn_list", "7");
    check(
        "videoroom-http",
        "learn_step",
        "7 Down Down Enter Right Right Right",
    );
    check("videoroom-http", "learn_hint", "7 Enter a 9 Enter");
    check("videoroom-http", "learn_terms", "7 Down Down Down Enter ?");
    check(
        "videoroom-http",
        "learn_absent",
        "7 Down Down Down Down Enter",
    );
    check(
        "ice-failure-blocked",
        "learn_failure",
        "7 End Enter Right a 1 Enter",
    );
    check(
        "lossy",
        "learn_jitter",
        "7 End Up Enter Right Right Right Right",
    );
}

#[test]
fn http() {
    check("videoroom-http", "http", "4 Down Down Down");
}

#[test]
fn flows() {
    check("videoroom-http", "flows", "5 > r");
}

#[test]
fn allocations() {
    check("turn-stale-nonce", "allocations", "6");
    check("ice-failure-auth", "allocations", "6 > > r");
    check("lossy", "allocations_none", "6");
}

#[test]
fn packets() {
    check("videoroom-http", "packets", "2 g 1 8 1 Enter Tab Down Down");
    check("lossy", "packets_of_call", "p Tab Tab");
}

#[test]
fn findings() {
    check("ice-failure-auth", "findings", "]");
    check("lossy", "findings", "3");
    check("lossy", "findings_of_call", "Down e");
    check("lossy", "findings_filtered", "3 / z z z z Enter");
}

/// The screen with what was typed behind `/` on it; `keys` follow.
fn check_filter(capture: &str, screen: &str, before: &str, typed: &str, keys: &str) {
    for size in SIZES {
        let mut program = Program::open(capture, size);
        let text = program
            .press(before)
            .press("/")
            .type_in(typed)
            .press(keys)
            .text();
        snapshot(capture, screen, size, &text);
    }
}

#[test]
fn filters() {
    check_filter("lossy", "filter_completed", "", "stream.pack", "Tab Tab");
    check_filter(
        "lossy",
        "filter_wrong",
        "",
        "call.outcom == failed",
        "Enter",
    );
    check_filter("lossy", "filter_help", "m", "", "F1");
    check_filter(
        "lossy",
        "filter_nothing_left",
        "",
        "call.outcome == failed",
        "Enter",
    );
    check_filter("lossy", "filtered_calls", "", "stream.loss > 1%", "Enter");
    check_filter(
        "lossy",
        "filtered_packets",
        "2",
        "stream.packetsLost > 10",
        "Enter",
    );
    check_filter(
        "lossy",
        "filtered_streams",
        "Down m",
        "stream.kind == video",
        "Enter",
    );
    check_filter(
        "lossy",
        "filtered_ladder",
        "L",
        "packet.protocol == ice",
        "Enter",
    );
    check_filter(
        "ice-failure-auth",
        "filtered_pairs",
        "i",
        "pair.state == failed",
        "Enter",
    );
    check_filter(
        "ice-failure-auth",
        "filtered_findings",
        "3",
        "finding.severity == error",
        "Enter",
    );
    check_filter("audio-video", "filtered_dtls", "d", "certificate", "Enter");
    check_filter("turn-stale-nonce", "filtered_turn", "u", "refresh", "Enter");
    check_filter(
        "data-channel",
        "filtered_data",
        "D",
        "channel.label == chat",
        "Enter",
    );
    check_filter(
        "videoroom-http",
        "filtered_http",
        "4",
        "http.method == OPTIONS",
        "Enter",
    );
    check_filter(
        "videoroom-http",
        "filtered_flows",
        "5",
        "flow.protocols ~ dtls",
        "Enter",
    );
    check_filter(
        "ice-failure-auth",
        "filtered_allocations",
        "6",
        "errors.normal == false",
        "Enter",
    );
}

#[test]
fn commands() {
    check("lossy", "commands", ": Tab Tab");
    check("lossy", "command_wrong", ": f r m e Enter");
    check("lossy", "bookmarks", "b L Down Down b B Tab");
}

#[test]
fn help() {
    check("videoroom-http", "help", "?");
}

#[test]
fn privacy() {
    check("videoroom-http", "private", "X");
    check("turn-stale-nonce", "private_ladder", "X L Down Down");
    check("videoroom-http", "private_packets", "X 2 g 1 8 1 Enter");
}

#[test]
fn columns_and_names() {
    check("lossy", "columns", "C Down Down");
    check("lossy", "name", "N");
}

#[test]
fn compare() {
    let offer =
        "Enter Right Down Down Down Down Down Down Space Down Down Down Down Down Down Space";
    check("videoroom-http", "compare", &format!("{offer} ="));
    check(
        "videoroom-http",
        "compare_differences",
        &format!("{offer} = f n n n"),
    );
    check(
        "videoroom-http",
        "compare_frames",
        "2 g 1 8 1 Enter Space g 1 8 3 Enter Space =",
    );
}
