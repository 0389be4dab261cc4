//! How the screens start: settings, theme, privacy; and the settings printed.

use std::path::PathBuf;

use crate::analyzer::pipeline::Analyzer;
use crate::cli::args::Load;
use crate::cli::args::Look;
use crate::cli::failure::Failure;
use crate::cli::load::analyzer;
use crate::cli::load::key_logs;
use crate::cli::raw::Colour;
use crate::ingest::raw::Input;
use crate::ingest::source::Source;
use crate::tui::config::document::document;
use crate::tui::config::place;
use crate::tui::run::Setup;
use crate::tui::suspend::Stops;
use crate::tui::theme::Theme;
use crate::vocab::printable::printable;

/// What the user's settings, the command line and the environment make of the screens.
///
/// # Errors
///
/// Something in the settings is wrong.
pub(super) fn setup(look: Look, colour: Colour, load: &Load) -> Result<Setup, Failure> {
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
    // Before any thread begins: one that lets the signal through would be stopped with the terminal as it is.
    let stops = Stops::listen().map_err(Failure::Signals)?;
    Ok(Setup {
        theme,
        config: loaded.config,
        config_path,
        ignored: loaded.ignored,
        inputs: load.inputs.clone(),
        key_logs: key_logs(load),
        opener: open,
        private: look.private,
        lessons: None,
        built_in: None,
        stops,
    })
}

/// Opens captures while others are shown, as the command line does.
fn open(inputs: Vec<Input>, key_logs: Vec<PathBuf>) -> Result<(Source, Analyzer), String> {
    let load = Load { inputs, key_logs };
    let told = |failure: Failure| printable(&failure.to_string()).into_owned();
    let analyzer = analyzer(&load).map_err(told)?;
    let source = Source::open_ahead(load.inputs).map_err(|error| told(error.into()))?;
    Ok((source, analyzer))
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
