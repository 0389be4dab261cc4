//! Themes: which colour each role has in which.

use ratatui::style::Color;

/// A theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// For dark terminals: the terminal's own colours, with shades for backgrounds.
    Dark,
    /// For light terminals: darker colours, which white does not swallow.
    Light,
    /// The brightest colours, nothing dim.
    HighContrast,
    /// The terminal's sixteen colours and no shade.
    Sixteen,
    /// No colour: bold, dim, reversed and underlined only.
    Plain,
}

impl Palette {
    /// All of them, in the order of the key that cycles them.
    pub const ALL: [Self; 5] = [
        Self::Dark,
        Self::Light,
        Self::HighContrast,
        Self::Sixteen,
        Self::Plain,
    ];

    /// As it is written in the configuration and on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::HighContrast => "high-contrast",
            Self::Sixteen => "16-colour",
            Self::Plain => "no-colour",
        }
    }

    /// The theme of this name.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.word() == word)
    }

    /// The next one; after the last comes the first.
    #[must_use]
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|theme| *theme == self);
        let next = at.map_or(0, |at| (at + 1) % Self::ALL.len());
        Self::ALL.get(next).copied().unwrap_or(self)
    }

    /// The colour of a role.
    pub(super) const fn colour(self, role: Role) -> Option<Color> {
        match self {
            Self::Plain => None,
            Self::Dark | Self::Sixteen => Some(role.sixteen()),
            // Of the 256: dark enough on white.
            Self::Light => Some(Color::Indexed(match role {
                Role::Signaling => 26,
                Role::Ice | Role::Border => 30,
                Role::Turn | Role::Poor => 130,
                Role::Dtls => 90,
                Role::Media | Role::Good => 28,
                Role::Data => 61,
                Role::Bad => 160,
            })),
            Self::HighContrast => Some(match role {
                Role::Signaling | Role::Data => Color::LightBlue,
                Role::Ice => Color::LightCyan,
                Role::Turn | Role::Poor => Color::LightYellow,
                Role::Dtls => Color::LightMagenta,
                Role::Media | Role::Good => Color::LightGreen,
                Role::Bad => Color::LightRed,
                Role::Border => Color::White,
            }),
        }
    }
}

/// What a colour stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Signaling.
    Signaling,
    /// ICE, STUN.
    Ice,
    /// TURN.
    Turn,
    /// DTLS, TLS.
    Dtls,
    /// Media.
    Media,
    /// Data channels.
    Data,
    /// Something that went well.
    Good,
    /// Something that suffers.
    Poor,
    /// Something that is broken.
    Bad,
    /// The border of the pane that has the keys.
    Border,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Signaling,
        Self::Ice,
        Self::Turn,
        Self::Dtls,
        Self::Media,
        Self::Data,
        Self::Good,
        Self::Poor,
        Self::Bad,
        Self::Border,
    ];

    /// As it is written in the configuration.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Signaling => "signaling",
            Self::Ice => "ice",
            Self::Turn => "turn",
            Self::Dtls => "dtls",
            Self::Media => "media",
            Self::Data => "data",
            Self::Good => "good",
            Self::Poor => "poor",
            Self::Bad => "bad",
            Self::Border => "border",
        }
    }

    /// Among the sixteen colours that every terminal has.
    pub const fn sixteen(self) -> Color {
        match self {
            Self::Signaling => Color::Blue,
            Self::Ice | Self::Border => Color::Cyan,
            Self::Turn | Self::Poor => Color::Yellow,
            Self::Dtls => Color::Magenta,
            Self::Media | Self::Good => Color::Green,
            Self::Data => Color::LightBlue,
            Self::Bad => Color::Red,
        }
    }
}

/// Colours that the user chose; the others are the theme's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Colours([Option<Color>; Role::ALL.len()]);

impl Colours {
    /// No choice.
    pub const NONE: Self = Self([None; Role::ALL.len()]);

    /// The colour chosen for a role.
    pub fn of(&self, role: Role) -> Option<Color> {
        self.0.get(role as usize).copied().flatten()
    }

    /// Chooses a colour.
    pub fn set(&mut self, role: Role, colour: Color) {
        if let Some(place) = self.0.get_mut(role as usize) {
            *place = Some(colour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn themes_have_names_of_their_own_and_follow_each_other() {
        let mut theme = Palette::Dark;
        for expected in Palette::ALL {
            assert_eq!(theme, expected);
            assert_eq!(Palette::of(theme.word()), Some(theme));
            theme = theme.next();
        }
        assert_eq!(theme, Palette::Dark);
        assert_eq!(Palette::of("pink"), None);
    }

    #[test]
    fn layers_have_colours_of_their_own() {
        let layers = Role::ALL.iter().take(6);
        for theme in Palette::ALL.into_iter().take(2) {
            let mut colours: Vec<_> = layers
                .clone()
                .map(|role| format!("{:?}", theme.colour(*role)))
                .collect();
            colours.sort();
            colours.dedup();
            assert_eq!(colours.len(), 6, "{theme:?}");
        }
    }

    #[test]
    fn roles_stand_where_they_are_looked_up() {
        let mut colours = Colours::NONE;
        for (role, number) in Role::ALL.into_iter().zip(0..) {
            colours.set(role, Color::Indexed(number));
        }
        for (role, number) in Role::ALL.into_iter().zip(0..) {
            assert_eq!(colours.of(role), Some(Color::Indexed(number)));
        }
    }
}
