//! Pictures of the real screens for the documentation: `cargo test --test tui -- --ignored pictures`.

use std::fmt::Write;
use std::path::Path;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use rtcscope::tui::theme::{Theme, palette::Palette};

use crate::harness::Program;

/// Draws `docs/images/*.svg` anew.
#[test]
#[ignore = "writes into docs/images"]
fn pictures() {
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images");
    std::fs::create_dir_all(&images).unwrap();
    for (name, capture, keys) in [
        ("calls", "videoroom-http", ""),
        (
            "ladder",
            "videoroom-http",
            "Enter Right Down Down Down Down Down Down",
        ),
        (
            "packets",
            "videoroom-http",
            "2 g 1 8 2 Enter Tab Down Down Down Down Down",
        ),
        ("agreed", "audio-video", "o Down Down Down"),
        ("media", "lossy", "Down m w"),
        ("data", "data-channel", "D Down"),
        ("http", "videoroom-http", "4 Down Down Down Down Down Down"),
        ("turn", "turn-stale-nonce", "6"),
        ("findings", "ice-failure-auth", "]"),
        (
            "learn",
            "videoroom-http",
            "7 Down Down Enter Right Right Right",
        ),
    ] {
        let mut program = Program::open(capture, (120, 32));
        program.state.theme = Theme::new(Palette::Dark, false);
        let buffer = program.press(keys).draw();
        std::fs::write(images.join(format!("{name}.svg")), svg(&buffer)).unwrap();
    }
}

fn svg(buffer: &Buffer) -> String {
    let (width, height) = (buffer.area.width, buffer.area.height);
    let (w, h) = (
        f64::from(width) * CELL.0 + 24.0,
        f64::from(height) * CELL.1 + 24.0,
    );
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w:.0} {h:.0}\" font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n"
    );
    for y in 0..height {
        let mut x = 0;
        while x < width {
            let cell = &buffer[(x, y)];
            // A run of cells that look alike is one element.
            let mut text = String::new();
            let start = x;
            while x < width && buffer[(x, y)].style() == cell.style() {
                text.push_str(buffer[(x, y)].symbol());
                x += 1;
            }
            let reversed = cell.modifier.contains(Modifier::REVERSED);
            let colours = (colour(cell.fg, FOREGROUND), colour(cell.bg, BACKGROUND));
            let (front, back) = if reversed {
                (colours.1, colours.0)
            } else {
                colours
            };
            let (left, top) = (
                12.0 + f64::from(start) * CELL.0,
                12.0 + f64::from(y) * CELL.1,
            );
            if back != BACKGROUND {
                let run = f64::from(x - start) * CELL.0;
                let _ = writeln!(
                    out,
                    "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{run:.1}\" height=\"{:.1}\" fill=\"{back}\"/>",
                    CELL.1
                );
            }
            if text.trim().is_empty() {
                continue;
            }
            let weight = if cell.modifier.contains(Modifier::BOLD) {
                " font-weight=\"bold\""
            } else {
                ""
            };
            let opacity = if cell.modifier.contains(Modifier::DIM) {
                " opacity=\"0.6\""
            } else {
                ""
            };
            let run = f64::from(x - start) * CELL.0;
            let text = text
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;");
            let _ = writeln!(
                out,
                "<text x=\"{left:.1}\" y=\"{:.1}\" fill=\"{front}\"{weight}{opacity} textLength=\"{run:.1}\" xml:space=\"preserve\">{text}</text>",
                top + 14.0
            );
        }
    }
    out.push_str("</svg>\n");
    out
}

fn colour(colour: Color, default: &'static str) -> &'static str {
    match colour {
        Color::Red => "#f47067",
        Color::Green => "#8ddb8c",
        Color::Yellow => "#e0c26d",
        Color::Blue => "#6cb6ff",
        Color::Magenta => "#dcbdfb",
        Color::Cyan => "#76d9e6",
        Color::Indexed(_) => "#3a4350",
        _ => default,
    }
}

const CELL: (f64, f64) = (8.43, 18.0);
const BACKGROUND: &str = "#1c2128";
const FOREGROUND: &str = "#cdd9e5";
