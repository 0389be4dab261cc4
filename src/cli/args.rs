//! What was meant: one action and its inputs.

use std::path::Path;
use std::path::PathBuf;

use clap_complete::Shell;

use crate::cli::live::raw::Watch;
use crate::cli::raw::Colour;
use crate::cli::raw::FailOn;
use crate::cli::raw::Format;
use crate::cli::raw::Handout;
use crate::cli::raw::RawArgs;
use crate::cli::raw::RawCommand;
use crate::cli::raw::RawExport;
use crate::cli::raw::RawFrames;
use crate::cli::raw::RawLearn;
use crate::cli::raw::RawOptions;
use crate::cli::raw::Theme;
use crate::diagnosis::finding::Severity;
use crate::ingest::raw::Input;
use crate::tui::theme::palette::Palette;

/// The command line, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Args {
    /// What to do.
    pub action: Action,
    /// When to use colour.
    pub colour: Colour,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Open the terminal UI.
    Explore(Load, Look),
    /// Print a report.
    Report(Load, Report),
    /// Watch interfaces.
    Live(Box<Watch>, Look),
    /// List the interfaces.
    Interfaces,
    /// Print the configuration with its defaults.
    Config,
    /// Learn.
    Learn(Learn),
    /// Write packets to a file.
    ExportFrames(Load, Frames),
    /// Print what a filter can ask for.
    FilterHelp,
    /// Print a completion script.
    Completions(Shell),
}

/// What to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// Captures in the order given; never empty.
    pub inputs: Vec<Input>,
    /// Key logs in the order given.
    pub key_logs: Vec<PathBuf>,
}

/// How the screens look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    /// Which theme; `None`: the configuration says.
    pub theme: Option<Palette>,
    /// Mask addresses and names?
    pub private: bool,
}

/// What to learn, and on what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learn {
    /// Captures of the user's own; without inputs each step takes the built-in one that it names.
    pub load: Load,
    /// The lesson to begin with, or the only one to print.
    pub lesson: Option<u32>,
    /// Where lessons of the user's own are.
    pub directory: Option<PathBuf>,
    /// How to print them; `None` opens the screen.
    pub print: Option<Print>,
}

/// How to print lessons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Print {
    /// In which format.
    pub format: Handout,
    /// With the answers?
    pub answers: bool,
    /// To which file; `None` for standard output.
    pub output: Option<PathBuf>,
}

/// Which packets to write, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frames {
    /// The filter that they pass.
    pub filter: String,
    /// To which file; `None` when none was named.
    pub output: Option<PathBuf>,
    /// Do the secrets that open them go along?
    pub secrets: bool,
}

/// How to print a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// In which format.
    pub format: Format,
    /// To which file; `None` for standard output.
    pub output: Option<PathBuf>,
    /// Which calls; `None` for all.
    pub filter: Option<String>,
    /// The severity from which findings make the exit status 1.
    pub fail_on: Option<Severity>,
}

impl Args {
    /// Resolves what was typed. `terminal`: is standard output a terminal?
    ///
    /// Options count alike before and after `report`; after it wins where only one can. Report options alone ask for a
    /// report, and so does an output that nobody can press keys at.
    pub fn resolve(raw: RawArgs, terminal: bool) -> Self {
        let (before, after, report_asked) = match raw.command {
            None => (raw.options, RawOptions::default(), false),
            Some(RawCommand::Report(options)) => (raw.options, options, true),
            Some(RawCommand::Live(live)) => {
                let look = Look {
                    theme: raw.options.theme.map(palette),
                    private: raw.options.private,
                };
                return Self {
                    colour: live.color.or(raw.options.color).unwrap_or(Colour::Auto),
                    action: Action::Live(
                        Box::new(Watch::resolve(live, raw.options.keylog, terminal)),
                        look,
                    ),
                };
            }
            Some(RawCommand::Interfaces) => {
                return Self {
                    action: Action::Interfaces,
                    colour: raw.options.color.unwrap_or(Colour::Auto),
                };
            }
            Some(RawCommand::Config) => {
                return Self {
                    action: Action::Config,
                    colour: raw.options.color.unwrap_or(Colour::Auto),
                };
            }
            Some(RawCommand::Export(RawExport::Frames(wanted))) => {
                return Self {
                    action: export(raw.options, wanted),
                    colour: Colour::Auto,
                };
            }
            Some(RawCommand::Learn(learn)) => return Self::learn(raw.options, learn, terminal),
            Some(RawCommand::Completions { shell }) => {
                return Self {
                    action: Action::Completions(shell),
                    colour: raw.options.color.unwrap_or(Colour::Auto),
                };
            }
        };
        let format = after.format.or(before.format);
        let output = after.output.or(before.output);
        let filter = after.filter.or(before.filter);
        let fail_on = after.fail_on.or(before.fail_on);
        let colour = after.color.or(before.color).unwrap_or(Colour::Auto);
        let load = Load {
            inputs: inputs(
                before.files.iter().chain(&after.files),
                before.follow || after.follow,
            ),
            key_logs: before.keylog.into_iter().chain(after.keylog).collect(),
        };
        let explore = terminal
            && !report_asked
            && format.is_none()
            && output.is_none()
            && filter.is_none()
            && fail_on.is_none();
        let action = if filter.as_deref().is_some_and(|it| it.trim() == HELP) {
            Action::FilterHelp
        } else if explore {
            let look = Look {
                theme: after.theme.or(before.theme).map(palette),
                private: before.private || after.private,
            };
            Action::Explore(load, look)
        } else {
            let report = Report {
                format: format.unwrap_or(Format::Text),
                output: output.filter(|path| path != Path::new("-")),
                filter,
                fail_on: fail_on.map(severity),
            };
            Action::Report(load, report)
        };
        Self { action, colour }
    }

    /// Lessons are printed when that is asked for, and where nobody can press keys.
    fn learn(before: RawOptions, learn: RawLearn, terminal: bool) -> Self {
        let print = learn.print || !terminal;
        let files: Vec<&PathBuf> = before.files.iter().chain(&learn.files).collect();
        let action = Action::Learn(Learn {
            load: Load {
                inputs: files.into_iter().map(input).collect(),
                key_logs: before.keylog.into_iter().chain(learn.keylog).collect(),
            },
            lesson: learn.lesson,
            directory: learn.lessons,
            print: print.then(|| Print {
                format: learn.format.unwrap_or(Handout::Md),
                answers: learn.answers,
                output: learn.output.filter(|path| path != Path::new("-")),
            }),
        });
        let colour = learn.color.or(before.color).unwrap_or(Colour::Auto);
        Self { action, colour }
    }
}

/// Inputs and key logs may stand before the command too.
fn export(before: RawOptions, wanted: RawFrames) -> Action {
    if wanted.filter.trim() == HELP {
        return Action::FilterHelp;
    }
    let load = Load {
        inputs: inputs(before.files.iter().chain(&wanted.files), false),
        key_logs: before.keylog.into_iter().chain(wanted.keylog).collect(),
    };
    let frames = Frames {
        filter: wanted.filter,
        output: wanted.output.or(before.output),
        secrets: !wanted.no_secrets,
    };
    Action::ExportFrames(load, frames)
}

fn inputs<'a>(files: impl Iterator<Item = &'a PathBuf>, follow: bool) -> Vec<Input> {
    let growing = |input| match input {
        Input::Path(path) if follow => Input::Growing(path),
        other => other,
    };
    let inputs: Vec<Input> = files.map(input).map(growing).collect();
    if inputs.is_empty() {
        vec![sample()]
    } else {
        inputs
    }
}

fn input(path: &PathBuf) -> Input {
    if path == Path::new("-") {
        Input::Stdin
    } else {
        Input::Path(path.clone())
    }
}

/// The call that comes with the program.
pub fn sample() -> Input {
    Input::Memory {
        name: SAMPLE_NAME.into(),
        bytes: include_bytes!("../../captures/videoroom-http/capture.pcapng"),
    }
}

/// The secrets of that call, as its two ends logged them.
pub const SAMPLE_KEYS: &[u8] = include_bytes!("../../captures/videoroom-http/keys.log");

/// The filter that is none; who searches for this word puts it in quotation marks.
const HELP: &str = "help";

/// What the sample is called.
pub const SAMPLE_NAME: &str = "videoroom-http (built-in sample)";

const fn palette(theme: Theme) -> Palette {
    match theme {
        Theme::Dark => Palette::Dark,
        Theme::Light => Palette::Light,
        Theme::HighContrast => Palette::HighContrast,
        Theme::Sixteen => Palette::Sixteen,
        Theme::Plain => Palette::Plain,
    }
}

const fn severity(fail_on: FailOn) -> Severity {
    match fail_on {
        FailOn::Note => Severity::Note,
        FailOn::Warning => Severity::Warning,
        FailOn::Error => Severity::Error,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn resolve(line: &str, terminal: bool) -> Args {
        let words = std::iter::once("rtcscope").chain(line.split_whitespace());
        Args::resolve(RawArgs::try_parse_from(words).unwrap(), terminal)
    }

    fn report_of(line: &str) -> (Load, Report) {
        match resolve(line, true).action {
            Action::Report(load, report) => (load, report),
            other => panic!("{line}: {other:?}"),
        }
    }

    fn file(path: &str) -> Input {
        Input::Path(path.into())
    }

    #[test]
    fn no_file_means_the_sample() {
        let expected = Load {
            inputs: vec![sample()],
            key_logs: vec![],
        };
        assert_eq!(
            resolve("", true).action,
            Action::Explore(expected, Look::default())
        );
    }

    #[test]
    fn a_terminal_gets_the_screens_and_a_pipe_the_text() {
        assert!(matches!(
            resolve("a.pcap", true).action,
            Action::Explore(..)
        ));
        let Action::Report(load, report) = resolve("a.pcap", false).action else {
            panic!("no report");
        };
        assert_eq!(
            (load.inputs, report.format),
            (vec![file("a.pcap")], Format::Text)
        );
    }

    #[test]
    fn options_count_alike_before_and_after_the_command() {
        let lines = [
            "report --format json --keylog k --fail-on error a.pcap",
            "report a.pcap --fail-on error --format json --keylog k",
            "--format json --keylog k report a.pcap --fail-on error",
            "a.pcap --keylog k --format json --fail-on error",
            "--keylog k a.pcap report --format json --fail-on error",
        ];
        for line in lines {
            let (load, report) = report_of(line);
            assert_eq!(load.inputs, [file("a.pcap")], "{line}");
            assert_eq!(load.key_logs, [PathBuf::from("k")], "{line}");
            assert_eq!(report.format, Format::Json, "{line}");
            assert_eq!(report.fail_on, Some(Severity::Error), "{line}");
        }
    }

    #[test]
    fn how_the_screens_look_is_said_before_they_open() {
        let Action::Explore(_, look) = resolve("--theme 16-colour a.pcap --private", true).action
        else {
            panic!("no screen");
        };
        assert_eq!(
            look,
            Look {
                theme: Some(Palette::Sixteen),
                private: true
            }
        );
        assert_eq!(resolve("config", true).action, Action::Config);
        for theme in Palette::ALL {
            let line = format!("--theme {}", theme.word());
            assert!(
                matches!(resolve(&line, true).action, Action::Explore(_, look) if look.theme == Some(theme))
            );
        }
    }

    #[test]
    fn a_dash_is_standard_input_or_output() {
        let (load, report) = report_of("report - -o -");
        assert_eq!((load.inputs, report.output), (vec![Input::Stdin], None));
    }

    #[test]
    fn a_filter_asks_for_a_report_and_help_for_its_fields() {
        let line = |filter: &str| {
            let words = ["rtcscope", "report", "--filter", filter];
            Args::resolve(RawArgs::try_parse_from(words).unwrap(), true).action
        };
        assert!(
            matches!(line("a or b"), Action::Report(_, report) if report.filter.as_deref() == Some("a or b"))
        );
        assert_eq!(line("help"), Action::FilterHelp);
        assert!(matches!(line("\"help\""), Action::Report(..)));
    }

    #[test]
    fn files_on_both_sides_of_the_command_keep_their_order() {
        let (load, _) = report_of("a report b c");
        assert_eq!(load.inputs, [file("a"), file("b"), file("c")]);
    }
}
