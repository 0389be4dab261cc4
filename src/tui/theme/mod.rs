//! Colours and shapes. Colours carry layers, shapes carry meaning, so that no colour is ever alone.
//!
//! | layer | colour | | meaning | glyph |
//! | --- | --- | --- | --- | --- |
//! | signaling | blue | | ok | ● |
//! | ICE, STUN | cyan | | degraded | ◐ |
//! | TURN | yellow | | failed | ✖ |
//! | DTLS, TLS | magenta | | cannot tell | ? |
//! | media | green | | selected | ★ |
//! | fault, error | red | | loss | ╳ |
//!
//! Sixteen colours are enough for that and follow the user's own terminal theme; [`palette`] has other themes and what users may
//! choose. Where the locale is not UTF-8, every drawn cell is translated by [`ascii`].

use ratatui::style::Color;
use ratatui::style::Modifier;
use ratatui::style::Style;

use crate::diagnosis::finding::FindingLayer;
use crate::diagnosis::finding::Outcome;
use crate::diagnosis::finding::Severity;
use crate::timeline::layer::Layer;
use crate::timeline::layer::Tone;
use crate::tui::theme::palette::Colours;
use crate::tui::theme::palette::Palette;
use crate::tui::theme::palette::Role;
use crate::wire::detail::Mark;

pub mod palette;

/// Colours and shapes of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// The theme.
    pub palette: Palette,
    /// Draw with ASCII characters only.
    pub ascii: bool,
    /// Colours chosen by the user.
    pub colours: Colours,
}

impl Theme {
    /// A theme with its own colours.
    pub const fn new(palette: Palette, ascii: bool) -> Self {
        Self {
            palette,
            ascii,
            colours: Colours::NONE,
        }
    }

    /// What the environment allows of `wanted`; `colour` overrides `NO_COLOR`.
    pub fn detect(colour: Option<bool>, wanted: Palette) -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let text = |name| std::env::var(name).unwrap_or_default();
        let dumb = text("TERM") == "dumb";
        let full = ["truecolor", "24bit"].contains(&text("COLORTERM").as_str())
            || text("TERM").contains("256");
        let palette = match (colour, wanted) {
            (Some(false), _) => Palette::Plain,
            (None, _) if set("NO_COLOR") || dumb => Palette::Plain,
            // Their shades are of the 256.
            (_, Palette::Dark | Palette::Light) if !full => Palette::Sixteen,
            (_, wanted) => wanted,
        };
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .map(text)
            .into_iter()
            .find(|value| !value.is_empty());
        let utf8 = locale.is_none_or(|name| {
            let name = name.to_ascii_lowercase();
            name.contains("utf-8") || name.contains("utf8")
        });
        Self::new(palette, !utf8)
    }

    fn role(self, role: Role) -> Style {
        let Some(own) = self.palette.colour(role) else {
            return Style::new();
        };
        let style = Style::new().fg(self.colours.of(role).unwrap_or(own));
        match self.palette {
            Palette::HighContrast => style.add_modifier(Modifier::BOLD),
            _ => style,
        }
    }

    /// A layer's colour.
    pub fn layer(self, layer: Layer) -> Style {
        match layer {
            Layer::Signaling => self.role(Role::Signaling),
            Layer::Ice => self.role(Role::Ice),
            Layer::Turn => self.role(Role::Turn),
            Layer::Dtls => self.role(Role::Dtls),
            Layer::Media => self.role(Role::Media),
            Layer::Connection | Layer::Other => Style::new(),
        }
    }

    /// The colour of a finding's layer.
    pub fn finding(self, layer: FindingLayer) -> Style {
        match layer {
            FindingLayer::Capture => Style::new(),
            FindingLayer::Signaling => self.layer(Layer::Signaling),
            FindingLayer::Ice => self.layer(Layer::Ice),
            FindingLayer::Turn => self.layer(Layer::Turn),
            FindingLayer::Dtls => self.layer(Layer::Dtls),
            FindingLayer::Media => self.layer(Layer::Media),
        }
    }

    /// Something that went well.
    pub fn good(self) -> Style {
        self.role(Role::Good)
    }

    /// Something that suffers.
    pub fn poor(self) -> Style {
        self.role(Role::Poor)
    }

    /// Something that is broken.
    pub fn bad(self) -> Style {
        match self.palette {
            Palette::Plain => Style::new().add_modifier(Modifier::BOLD),
            _ => self.role(Role::Bad),
        }
    }

    /// How something went; `plain` when there is nothing to say.
    pub fn tone(self, tone: Tone, plain: Style) -> Style {
        match tone {
            Tone::Plain => plain,
            Tone::Good => self.good(),
            Tone::Bad => self.bad(),
        }
    }

    /// Of second importance.
    pub const fn dim(self) -> Style {
        match self.palette {
            Palette::HighContrast => Style::new(),
            _ => Style::new().add_modifier(Modifier::DIM),
        }
    }

    /// Concluded, not read.
    pub const fn inferred(self) -> Style {
        self.dim().add_modifier(Modifier::ITALIC)
    }

    /// A heading.
    pub const fn bold(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The selected row of the pane that has the keys.
    pub const fn selected(self) -> Style {
        match self.palette {
            Palette::HighContrast => Style::new()
                .fg(Color::Black)
                .bg(Color::LightYellow)
                .add_modifier(Modifier::BOLD),
            _ => Style::new().add_modifier(Modifier::REVERSED),
        }
    }

    /// The selected row of a pane that has not.
    pub fn selected_elsewhere(self) -> Style {
        match self.palette {
            // Both, so that it can be read on dark terminals and on light ones.
            Palette::Dark => Style::new().fg(Color::Indexed(255)).bg(Color::Indexed(239)),
            Palette::Light => Style::new().fg(Color::Indexed(16)).bg(Color::Indexed(252)),
            _ => Style::new().add_modifier(Modifier::UNDERLINED),
        }
    }

    /// The border of a pane.
    pub fn border(self, focused: bool) -> Style {
        match (focused, self.palette) {
            (true, Palette::Plain) => Style::new().add_modifier(Modifier::BOLD),
            (true, _) => self.role(Role::Border),
            (false, _) => self.dim(),
        }
    }

    /// How a call came out: glyph, colour, words.
    pub fn outcome(self, outcome: Outcome) -> (char, Style, &'static str) {
        match outcome {
            Outcome::Ok => ('●', self.good(), "ok"),
            Outcome::Degraded => ('◐', self.poor(), "degraded"),
            Outcome::Failed => ('✖', self.bad(), "failed"),
            Outcome::Unknown => ('?', Style::new(), "unknown"),
        }
    }

    /// How bad a finding is: glyph, colour.
    pub fn severity(self, severity: Severity) -> (char, Style) {
        match severity {
            Severity::Error => ('✖', self.bad()),
            Severity::Warning => ('◐', self.poor()),
            Severity::Note => ('·', self.dim()),
        }
    }

    /// What a check said about a field: glyph, colour.
    pub fn mark(self, mark: Mark) -> (char, Style) {
        match mark {
            Mark::Plain => (' ', Style::new()),
            Mark::Good => ('●', self.good()),
            Mark::Bad => ('✖', self.bad()),
        }
    }
}

/// The ASCII character that stands in for a drawn one.
pub const fn ascii(c: char) -> char {
    match c {
        '●' | '█' | '▇' | '▆' | '▅' => '*',
        '◐' | '≈' => '~',
        '✖' | '╳' | '×' => 'x',
        'µ' => 'u',
        '★' => '!',
        '◆' => 'k',
        '─' | '━' | '┄' | '–' | '—' | '▁' | '▂' | '▃' | '▄' => '-',
        '═' | '▓' | '▒' => '=',
        '│' | '┃' | '┊' | '▐' | '▌' => '|',
        '▶' | '→' | '▸' => '>',
        '◀' | '←' | '≤' | '◂' => '<',
        '≠' => '#',
        '▲' | '↑' => '^',
        '▼' | '▾' | '↓' => 'v',
        '·' | '░' | '…' | '•' => '.',
        '┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' | '↔' | '⊕' => {
            '+'
        }
        ' '..='~' => c,
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_broken_things_still_stand_out() {
        let theme = Theme::new(Palette::Plain, false);
        for style in [theme.bad(), theme.selected(), theme.border(true)] {
            assert!(
                style.fg.is_none() && !style.add_modifier.is_empty(),
                "{style:?}"
            );
        }
    }

    #[test]
    fn outcomes_differ_without_colour_too() {
        let theme = Theme::new(Palette::Plain, true);
        let all = [
            Outcome::Ok,
            Outcome::Degraded,
            Outcome::Failed,
            Outcome::Unknown,
        ];
        let mut glyphs: Vec<char> = all.map(|outcome| ascii(theme.outcome(outcome).0)).to_vec();
        glyphs.sort_unstable();
        glyphs.dedup();
        assert_eq!(glyphs.len(), 4);
    }
}
