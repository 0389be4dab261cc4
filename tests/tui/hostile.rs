//! Text from the wire that would act on a terminal never reaches the screen.

use std::sync::Arc;

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
        for description in &mut call.descriptions {
            description.sdp = format!("s={EVIL}\r\n{}a={EVIL}", description.sdp).into();
            for section in &mut Arc::make_mut(&mut description.parsed).media {
                section.mid = Some(EVIL.to_owned());
                EVIL.clone_into(&mut section.protocol);
                section.transport.ice_ufrag = Some(EVIL.to_owned());
                for codec in &mut section.codecs {
                    EVIL.clone_into(&mut codec.name);
                }
            }
        }
        for section in call.negotiations.iter_mut().flat_map(|it| &mut it.sections) {
            section.mid = Some(EVIL.to_owned());
            for codec in &mut section.codecs {
                EVIL.clone_into(&mut codec.label);
            }
            for extension in &mut section.header_extensions {
                EVIL.clone_into(&mut extension.uri);
            }
        }
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
    for exchange in &mut scene.http {
        exchange.upgraded = Some(EVIL.to_owned());
        if let Some(request) = exchange.request_mut() {
            EVIL.clone_into(&mut request.method);
            EVIL.clone_into(&mut request.target);
            request.headers = [(EVIL, EVIL)].into_iter().collect();
            request.body.bytes = EVIL.as_bytes().into();
        }
        if let Some(response) = exchange.response_mut() {
            EVIL.clone_into(&mut response.reason);
            response.body.content_type = Some(EVIL.to_owned());
            response.body.bytes = format!("{{\"{EVIL}\": \"x\"}}").into_bytes().into();
        }
    }
    for flow in &mut scene.flows {
        flow.server_name = Some(EVIL.to_owned());
    }
    for turn in &mut scene.turn {
        turn.realm = Some(EVIL.to_owned());
        turn.username = Some(EVIL.to_owned());
        turn.software = Some(EVIL.to_owned());
        for error in &mut turn.errors {
            EVIL.clone_into(&mut error.reason);
        }
    }
    for certificate in scene
        .dtls
        .iter_mut()
        .flat_map(|it| &mut it.association.certificates)
    {
        if let Some(certificate) = &mut certificate.certificate {
            EVIL.clone_into(&mut certificate.subject);
            EVIL.clone_into(&mut certificate.issuer);
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
            "1 1 o",
            "r",
            "r End",
            "d",
            "d Down Down Down",
            "u",
            "u Down",
            "m",
            "e",
            "4",
            "4 Down Tab",
            "5",
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
        assert!(spelled_out >= 14, "{name}: {spelled_out}");
    }
}
