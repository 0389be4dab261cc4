//! The path of a call: the selected pair, and what else was tried.
//!
//! ```text
//!   Path      ★ srflx 203.0.113.101:29181 ↔ host 203.0.113.10:10112 · udp, direct
//!             on the wire 192.168.10.2:48633 ↔ 203.0.113.10:10112
//!             RTT 0.9 / 1.0 / 4.2 ms · 9 of 9 checks answered · nominated 0.870 s (frame 190)
//!   Others    ✖ host 192.168.10.2:48633 ↔ host 10.0.0.7:5000 · 0 of 5 checks answered
//!   TURN      allocated · relay 203.0.113.20:50123 at 203.0.113.20:3478 (udp) · 1 channel
//! ```

use std::io;

use anstyle::Style;

use crate::report::text::call::Call;
use crate::report::text::figures::NO_BREAK;
use crate::report::text::figures::bare_milliseconds;
use crate::report::text::figures::count;
use crate::report::text::figures::counted;
use crate::report::text::figures::frames;
use crate::report::text::figures::instant;
use crate::report::text::page::Page;
use crate::report::text::words::BAD;
use crate::report::text::words::DIM;
use crate::report::text::words::GOOD;
use crate::report::text::words::PLAIN;
use crate::report::text::words::POOR;
use crate::report::text::words::Words;
use crate::report::text::words::safe;
use crate::session::model::ice::Candidate;
use crate::session::model::ice::CandidatePair;
use crate::session::model::ice::Integrity;
use crate::session::model::ice::PairPath;
use crate::session::model::ice::PairState;
use crate::session::model::ice::RoundTrip;
use crate::track::turn::Allocation;
use crate::track::turn::AllocationState;
use crate::vocab::time::Timestamp;

/// Prints path, other pairs, and TURN.
pub fn print(call: Call<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let ice = &call.connection.ice;
    let selected = call.connection.selected_pair();
    match selected {
        Some(pair) => print_selected(call, page, pair)?,
        None if ice.pairs.is_empty() && ice.candidates.is_empty() => {}
        None => {
            let checks = counted(ice.pairs.len() as u64, "pair");
            let words = Words::new()
                .styled(BAD, "no pair was selected")
                .text(format!(", {checks} tried"));
            page.field("Path", &words)?;
        }
    }
    let others: Vec<&CandidatePair> = ice.pairs.iter().filter(|pair| !pair.selected).collect();
    for (index, pair) in others.iter().take(PAIRS_SHOWN).enumerate() {
        let label = match index {
            0 if selected.is_some() => "Others",
            0 => "Pairs",
            _ => "",
        };
        page.field(label, &other(call, pair))?;
    }
    if others.len() > PAIRS_SHOWN {
        page.hanging(&Words::from(format!(
            "and {} more",
            others.len() - PAIRS_SHOWN
        )))?;
    }
    for (index, &id) in call.connection.turn.iter().enumerate() {
        if let Some(turn) = call.analysis.scene.turn.get(id.index()) {
            page.field(
                if index == 0 { "TURN" } else { "" },
                &allocation(call, turn),
            )?;
        }
    }
    Ok(())
}

fn print_selected(call: Call<'_>, page: &mut Page<'_>, pair: &CandidatePair) -> io::Result<()> {
    page.field(
        "Path",
        &ends(
            call,
            Words::new().styled(GOOD, format!("★{NO_BREAK}")),
            pair,
        )
        .text(how(call, pair)),
    )?;
    if let Some((a, b)) = pair.wire {
        let shown = |index: usize| {
            call.connection
                .ice
                .candidates
                .get(index)
                .map(|it| (it.address.clone(), it.port))
        };
        let same = shown(pair.a) == Some((a.ip.to_string(), a.port))
            && shown(pair.b) == Some((b.ip.to_string(), b.port));
        if !same {
            page.hanging(&Words::from(format!("on the wire {a} ↔ {b}")))?;
        }
    }
    let mut words = Words::new();
    if let Some(times) = pair.round_trip {
        words = words.text(round_trip(times));
    }
    words = checks(words, pair);
    if let Some(at) = pair.nominated_at {
        words = words
            .dot()
            .text(format!(
                "nominated{NO_BREAK}{}",
                instant(call.analysis.scene.seconds(at))
            ))
            .styled(
                DIM,
                format!(
                    " ({})",
                    frames(&pair.nominated_frames, &call.analysis.capture)
                ),
            );
    }
    page.hanging(&words)?;
    let changes = call.connection.ice.selected.len();
    let restarts = call.connection.ice.generations.saturating_sub(1);
    let mut words = Words::new();
    if changes > 1 {
        words = words.text(format!(
            "selected pair changed {}",
            times(changes as u64 - 1)
        ));
    }
    if restarts > 0 {
        words = words
            .dot()
            .text(format!("{} seen", counted(restarts as u64, "ICE restart")));
    }
    page.hanging(&words)?;
    print_rebindings(call, page)
}

fn print_rebindings(call: Call<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let all = &call.connection.ice.rebindings;
    for change in all.iter().take(REBINDINGS_SHOWN) {
        let words = Words::new()
            .styled(
                POOR,
                format!(
                    "address of {} changed{NO_BREAK}{}",
                    call.name(change.side),
                    instant(call.analysis.scene.seconds(change.at))
                ),
            )
            .text(format!(" from {} to {}", change.from, change.to))
            .styled(
                DIM,
                format!(" ({})", frames(&change.frames, &call.analysis.capture)),
            );
        page.hanging(&words)?;
    }
    let more = all.len().saturating_sub(REBINDINGS_SHOWN);
    if more > 0 {
        page.hanging(&Words::from(format!("and {more} more times")))?;
    }
    Ok(())
}

fn other(call: Call<'_>, pair: &CandidatePair) -> Words {
    let (glyph, style) = match pair.state {
        PairState::Succeeded => ('●', GOOD),
        PairState::Failed => ('✖', BAD),
        PairState::InProgress => ('◐', POOR),
        PairState::Waiting => ('·', DIM),
    };
    let words = ends(
        call,
        Words::new().styled(style, format!("{glyph}{NO_BREAK}")),
        pair,
    );
    checks(words.text(how(call, pair)), pair)
}

/// `srflx 203.0.113.101:29181 ↔ host 203.0.113.10:10112`.
fn ends(call: Call<'_>, words: Words, pair: &CandidatePair) -> Words {
    let candidates = &call.connection.ice.candidates;
    let words = candidate(words, candidates.get(pair.a)).text(" ↔ ");
    candidate(words, candidates.get(pair.b))
}

fn candidate(words: Words, candidate: Option<&Candidate>) -> Words {
    let Some(candidate) = candidate else {
        return words.text("?");
    };
    let address = if candidate.address.contains(':') {
        format!("[{}]:{}", candidate.address, candidate.port)
    } else {
        format!("{}:{}", candidate.address, candidate.port)
    };
    words
        .said(candidate.kind.word())
        .text(NO_BREAK.to_string())
        .said(&address)
}

fn how(call: Call<'_>, pair: &CandidatePair) -> String {
    let candidate = call.connection.ice.candidates.get(pair.a);
    let protocol = candidate.map_or("", |candidate| candidate.protocol.as_str());
    let path = match pair.path {
        PairPath::Direct => "direct",
        PairPath::Relay => "through TURN",
    };
    let protocol = safe(protocol, 8);
    format!(" ·{NO_BREAK}{protocol}, {path}")
}

fn round_trip(times: RoundTrip) -> String {
    format!(
        "RTT{NO_BREAK}{}{NO_BREAK}/{NO_BREAK}{}{NO_BREAK}/{NO_BREAK}{}{NO_BREAK}ms (min, median, max)",
        bare_milliseconds(times.min),
        bare_milliseconds(times.median),
        bare_milliseconds(times.max)
    )
}

fn checks(words: Words, pair: &CandidatePair) -> Words {
    let of = |answered: u64, sent: u64| format!("{} of {}", count(answered), count(sent));
    let mut words = words
        .dot()
        .text(match (pair.requests_sent, pair.requests_received) {
            (0, 0) => "no checks seen".into(),
            (sent, 0) => format!(
                "{} checks sent were answered, none received",
                of(pair.responses_received.min(sent), sent)
            ),
            (0, got) => format!(
                "{} checks received were answered, none sent",
                of(pair.responses_sent.min(got), got)
            ),
            (sent, got) => format!(
                "{} checks sent and {} received were answered",
                of(pair.responses_received.min(sent), sent),
                of(pair.responses_sent.min(got), got)
            ),
        });
    for error in &pair.errors {
        words = words
            .dot()
            .styled(POOR, format!("error {} ", error.code))
            .said_styled(POOR, &error.reason)
            .styled(POOR, format!(", {}", times(error.count)));
    }
    if pair.icmp_errors > 0 {
        words = words
            .dot()
            .styled(style_of(pair), counted(pair.icmp_errors, "ICMP error"));
    }
    if pair.integrity == Integrity::Failed {
        words = words.dot().styled(BAD, "MESSAGE-INTEGRITY does not verify");
    }
    words
}

/// ICMP errors at the end of a call that worked are the rule: one end closes its port before the other has said goodbye.
fn style_of(pair: &CandidatePair) -> Style {
    if pair.state == PairState::Succeeded {
        PLAIN
    } else {
        POOR
    }
}

/// A TURN allocation in one line.
pub fn allocation(call: Call<'_>, turn: &Allocation) -> Words {
    allocation_words(turn, |at| instant(call.analysis.scene.seconds(at)))
}

/// The same outside a call. `time` shows an instant.
pub fn allocation_words(turn: &Allocation, time: impl Fn(Timestamp) -> String) -> Words {
    let style = match turn.state {
        AllocationState::Failed | AllocationState::Challenged => BAD,
        AllocationState::Allocated | AllocationState::Released => GOOD,
        _ => PLAIN,
    };
    let mut words = Words::new().styled(style, turn.state.word());
    if let Some(at) = turn.allocated_at {
        words = words.text(format!(" {}", time(at)));
    }
    if let Some(relayed) = turn.relayed {
        words = words.dot().text(format!("relay {relayed}"));
    }
    words = words.dot().text(format!(
        "{} at server {} ({})",
        turn.client,
        turn.server,
        turn.transport.word()
    ));
    let bound = turn.channels.len() as u64;
    if bound > 0 {
        let packets = turn.channels.iter().map(|channel| channel.packets).sum();
        words = words.dot().text(format!(
            "{}, {}",
            counted(bound, "channel"),
            counted(packets, "packet")
        ));
    }
    if !turn.links.is_empty() {
        let links = counted(turn.links.len() as u64, "connection");
        words = words.dot().text(format!("{links} to peers"));
    }
    for error in turn.errors.iter().filter(|error| !error.normal) {
        words = words
            .dot()
            .styled(
                BAD,
                format!("{} refused with {} ", error.method, error.code),
            )
            .said_styled(BAD, &error.reason)
            .styled(BAD, format!(", {}", times(error.count)));
    }
    words
}

/// `once`, `3 times`.
fn times(number: u64) -> String {
    match number {
        1 => "once".into(),
        2 => "twice".into(),
        more => format!("{}{NO_BREAK}times", count(more)),
    }
}

/// Pairs written out, the selected one not counted.
const PAIRS_SHOWN: usize = 6;
/// Changes of address listed.
const REBINDINGS_SHOWN: usize = 4;
