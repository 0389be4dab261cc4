//! How the screens start: settings, theme, privacy; and the settings printed.

use crate::cli::args::Look;
use crate::cli::failure::Failure;
use crate::cli::raw::Colour;
use crate::tui::config::document::document;
use crate::tui::config::place;
use crate::tui::run::Setup;
use crate::tui::theme::Theme;

/// What the user's settings, the command line and the environment make of the screens.
///
/// # Errors
///
/// Something in the settings is wrong.
pub(super) fn setup(look: Look, colour: Colour) -> Result<Setup, Failure> {
    let config_path = place::path();
    let loaded = config_path.as_deref().map(place::load).transpose();
    let loaded = loaded.map_err(Failure::Config)?.unwrap_or_default();
    let wanted = match colour {
        Colour::Auto => None,
        Colour::Always => Some(true),
        Colour::Never => Some(false),
    };
    // Who names a theme wants its colours, whatever `NO_COLOR` says of programs in general.
    let wanted = wanted.or_else(|| look.theme.map(|_| true));
    let mut theme = Theme::detect(wanted, look.theme.unwrap_or(loaded.config.theme));
    theme.colours = loaded.config.colours;
    Ok(Setup {
        theme,
        config: loaded.config,
        config_path,
        ignored: loaded.ignored,
        private: look.private,
        lessons: None,
        built_in: None,
    })
}

/// The commented defaults, after where they can be changed.
pub(super) fn config_text() -> String {
    let place = match place::path() {
        Some(path) => {
            let there = if path.exists() {
                "is there"
            } else {
                "is not there yet"
            };
            format!("# Looked for at {}, which {there}.\n", path.display())
        }
        None => format!(
            "# No place for it is known: set {} to its path.\n",
            place::VARIABLE
        ),
    };
    let other = format!("# Another place can be named by {}.\n", place::VARIABLE);
    format!("{place}{other}{}", document())
}
