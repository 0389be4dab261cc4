//! The language and its fields, for people.

use std::fmt::Write;

use crate::filter::catalogue;
use crate::filter::catalogue::Field;
use crate::filter::catalogue::Kind;
use crate::filter::catalogue::Unit;
use crate::filter::rows::RowKind;

/// The language with examples, then all fields: plain text.
pub fn help() -> String {
    let mut text = LANGUAGE.to_owned();
    let rows = RowKind::ALL.into_iter().chain([RowKind::Packet]).map(Some);
    for row in std::iter::once(None).chain(rows) {
        let heading = match row {
            None => "Any row".to_owned(),
            Some(row) => format!("{} ({})", capitalized(row.word()), list(row)),
        };
        let _ = write!(text, "\n{heading}\n");
        for field in catalogue::all().filter(|field| field.row == row) {
            let _ = writeln!(
                text,
                "  {:<30} {:<9} {}",
                field.name,
                holds(field),
                meaning(field)
            );
        }
    }
    text
}

/// The list of the report that has these rows.
const fn list(row: RowKind) -> &'static str {
    match row {
        RowKind::Call => "peerConnections, and the verdicts about them",
        RowKind::Stream => "streams",
        RowKind::Flow => "flows",
        RowKind::Http => "http",
        RowKind::Finding => "findings",
        RowKind::Candidate => "peerConnections[].ice.candidates",
        RowKind::Pair => "peerConnections[].ice.pairs",
        RowKind::Dtls => "dtls",
        RowKind::Channel => {
            "dataChannels; among packets, all of the DTLS conversation: which of them carry a channel is encrypted"
        }
        RowKind::Turn => "turn",
        RowKind::Packet => "no list of the report: for the lists of packets on the screen",
    }
}

/// Filters that a list of such rows is likely to be asked, and what they find.
pub const fn examples(row: RowKind) -> &'static [(&'static str, &'static str)] {
    match row {
        RowKind::Call => &[
            ("call.outcome == failed", "calls that failed"),
            (
                "stream.loss > 2%",
                "calls with a stream that lost that much",
            ),
            (
                "ip == 203.0.113.0/24",
                "calls with an address in that network",
            ),
        ],
        RowKind::Stream => &[
            ("stream.packetsLost > 10", "streams that lost packets"),
            (
                "stream.kind == video and stream.from == a",
                "video that side a sends",
            ),
        ],
        RowKind::Flow => &[
            ("flow.protocols ~ dtls", "conversations with DTLS in them"),
            ("call.outcome == failed", "those of failed calls"),
        ],
        RowKind::Http => &[
            ("http.status >= 400", "requests that were refused"),
            ("http.path ~ \"/janus\"", "requests below that path"),
            ("http.durationMs > 1s", "slow ones"),
            ("body ~ \"ice-ufrag\"", "those that carry ICE credentials"),
        ],
        RowKind::Finding => &[
            ("finding.severity == error", "the worst"),
            ("finding.layer == ice", "those about ICE"),
        ],
        RowKind::Candidate | RowKind::Pair => &[
            ("pair.state == succeeded", "pairs that worked"),
            ("candidate.type == relay", "pairs with a relayed candidate"),
            ("pair.roundTripTime.median > 50ms", "slow ones"),
        ],
        RowKind::Dtls => &[
            ("dtls.state == connected", "what completed"),
            ("certificate", "lines that speak of certificates"),
        ],
        RowKind::Channel => &[
            ("channel.label == \"chat\"", "the channel of that name"),
            ("channel.messagesAToB > 100", "where side a sent that many"),
            ("channel.ordered == false", "those that may be overtaken"),
        ],
        RowKind::Turn => &[
            ("turn.errors.code == 403", "what a policy refused"),
            ("turn.state == allocated", "what was granted"),
            ("refused", "lines that speak of a refusal"),
        ],
        RowKind::Packet => &[
            ("stun 203.0.113.10", "packets with these words"),
            ("packet.protocol == DTLS", "packets of one protocol"),
            (
                "stream.packetsLost > 10",
                "packets of streams that lost some",
            ),
            ("call.outcome == failed", "packets of failed calls"),
            (
                "ip == 10.0.0.0/8 and length > 1000",
                "large ones of a network",
            ),
            (
                "channel.label == chat",
                "all of the DTLS conversation that it runs in",
            ),
            ("payload ~ \"ice-ufrag\"", "packets that carry this text"),
            ("bytes ~ 21:12:a4:42", "packets with these bytes"),
        ],
    }
}

/// What a field holds, in a word.
pub const fn holds(field: &Field) -> &'static str {
    match field.kind {
        Kind::Text => "text",
        Kind::Word(_) => "word",
        Kind::Flag => "yes/no",
        Kind::Number(Unit::None) => "number",
        Kind::Number(Unit::Seconds) => "s",
        Kind::Number(Unit::Milliseconds) => "ms",
        Kind::Number(Unit::Bytes) => "bytes",
        Kind::Number(Unit::BitsPerSecond) => "bit/s",
        Kind::Number(Unit::Ratio) => "0 to 1",
        Kind::Address => "address",
        Kind::Bytes => "in hex",
    }
}

/// What it means, and the words that it can be.
pub fn meaning(field: &Field) -> String {
    match field.kind {
        Kind::Word(words) => format!("{}: {}", field.meaning, words.join(", ")),
        _ => field.meaning.to_owned(),
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

const LANGUAGE: &str = "\
A filter says which calls are wanted, by the names of the JSON report.

  call.outcome == failed                                  a call that failed
  stream.packetsLost > 10 and stream.kind == video        one whose video lost packets: both of one stream
  stream.loss > 2% or pair.roundTripTime.median > 150ms   numbers take units: s ms us, B kB MB, kbps Mbps, %
  ip == 10.0.0.0/8                                        an address, one with a port, or a network
  http.path ~ \"/janus\"                                    ~ holds the text, in any case; no pattern
  candidate.type in {srflx, relay}                        one of several
  not stream.rid                                          a field alone: it is known, so here: it is not
  alice 403                                               words search all fields; side by side: both
  http.body ~ ice-ufrag                                   text in a request or a response, decrypted where keys are known

and, or, not are also && || !, with parentheses. == is alike in any case of letters. A test of what is not
known is false. A test on streams, flows … passes when one of the call's rows does; joined by `and`, tests on
one kind of row are about the same row.
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::Filter;

    #[test]
    fn every_example_is_a_filter() {
        let examples = LANGUAGE.lines().filter(|line| line.starts_with("  "));
        let mut seen = 0;
        for line in examples {
            let example = line.trim().split("   ").next().unwrap();
            let example = example.trim();
            assert!(example.parse::<Filter>().is_ok(), "{example}");
            seen += 1;
        }
        assert_eq!(seen, 9);
    }

    #[test]
    fn every_example_of_a_list_is_a_filter_of_it() {
        for row in RowKind::ALL.into_iter().chain([RowKind::Packet]) {
            assert!(!examples(row).is_empty());
            for (example, _) in examples(row) {
                let filter = Filter::of_list(example, row).map_err(|wrong| wrong.to_string());
                assert_eq!(filter.map(|_| ()), Ok(()), "{example}");
            }
        }
    }

    #[test]
    fn every_field_is_listed() {
        let help = help();
        for field in catalogue::all() {
            assert!(help.contains(field.name), "{}", field.name);
        }
    }
}
