//! Text from the wire that would act on a terminal never reaches the screen.

use rtcscope::analyzer::analysis::Analysis;
use rtcscope::vocab::printable::acts_on_terminal;

use crate::harness::Program;

const EVIL: &str = "\u{1b}]52;c;ZXZpbA==\u{7}\u{1b}[2J\u{202e}gpj\u{200b}\r\n日本\u{9b}31m";

/// Puts hostile text wherever an analysis has text from the wire.
fn poison(mut analysis: Analysis) -> Analysis {
    let scene = &mut analysis.scene;
    for (_, name) in &mut scene.names {
        EVIL.clone_into(name);
    }
    for call in &mut scene.peer_connections {
        EVIL.clone_into(&mut call.label);
        call.a.name = Some(EVIL.to_owned());
        call.b.name = Some(EVIL.to_owned());
        for candidate in &mut call.ice.candidates {
            EVIL.clone_into(&mut candidate.address);
            EVIL.clone_into(&mut candidate.protocol);
            candidate.related = Some((EVIL.to_owned(), 1));
        }
    }
    for dialogue in &mut scene.dialogues {
        dialogue.url = Some(EVIL.to_owned());
        for message in &mut dialogue.messages {
            EVIL.clone_into(&mut message.summary);
            message.exchange = None;
        }
    }
    for stream in &mut scene.streams {
        stream.codec = Some(EVIL.to_owned());
        stream.rid = Some(EVIL.to_owned());
        stream.mid = Some(EVIL.to_owned());
    }
    for finding in &mut analysis.findings {
        EVIL.clone_into(&mut finding.title);
        EVIL.clone_into(&mut finding.explanation);
        for line in &mut finding.evidence {
            EVIL.clone_into(&mut line.text);
        }
    }
    for file in &mut analysis.capture.files {
        EVIL.clone_into(&mut file.path);
    }
    analysis
}

#[test]
fn hostile_text_is_spelled_out_on_every_screen() {
    for name in ["videoroom-http", "ice-failure-auth"] {
        let mut program = Program::start(name, (200, 60), poison);
        program.state.names = vec![EVIL.to_owned()];
        let mut spelled_out = 0;
        for keys in [
            "",
            "Enter",
            "Right",
            "Down Down",
            "Right",
            "Right",
            "Tab",
            "Esc Esc",
            "] ",
            "Tab",
            "2 /",
        ] {
            let buffer = program.press(keys).draw();
            for cell in &buffer.content {
                assert!(
                    !cell.symbol().contains(acts_on_terminal),
                    "{:?} after {keys}",
                    cell.symbol()
                );
            }
            let text = crate::harness::text(&buffer);
            // Sealing a cell at the last moment would show a question mark, and not what it was.
            spelled_out += usize::from(text.contains("\\x1b"));
        }
        assert!(spelled_out >= 6, "{name}: {spelled_out}");
    }
}
