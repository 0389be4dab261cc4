//! What may be typed. [`crate::cli::args`] says what it means.

use std::path::PathBuf;

use clap::Args;
use clap::Parser;
use clap::Subcommand;
use clap::ValueEnum;
use clap::ValueHint;
use clap::builder::styling::AnsiColor;
use clap::builder::styling::Styles;
use clap_complete::Shell;

use crate::cli::live::raw::LIVE_EXAMPLES;
use crate::cli::live::raw::RawLive;

/// See the call, not the packets: rtcscope rebuilds WebRTC calls from captures.
///
/// Given a pcap or pcapng file it tells, with frame numbers for every answer, who called whom through which server, what was
/// offered and agreed, how they found a path (ICE, STUN, TURN), how they secured it (DTLS), what they sent and how well it
/// arrived (SRTP), and, when a call failed, the first thing that broke.
///
/// In a terminal it opens a screen to explore the capture; anywhere else, and with `report`, it prints.
#[derive(Debug, Parser)]
#[command(name = "rtcscope", version, after_help = EXAMPLES, styles = STYLES, max_term_width = 100, subcommand_precedence_over_arg = true)]
pub struct RawArgs {
    /// What to do, when it is not to look at captures.
    #[command(subcommand)]
    pub command: Option<RawCommand>,
    /// Inputs and options given before any command.
    #[command(flatten)]
    pub options: RawOptions,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum RawCommand {
    /// Print what the captures show, for people or for programs.
    #[command(after_help = REPORT_EXAMPLES)]
    Report(RawOptions),
    /// Watch calls on network interfaces while they happen.
    #[command(after_help = LIVE_EXAMPLES)]
    Live(RawLive),
    /// List the network interfaces that can be captured on.
    Interfaces,
    /// Print the configuration with its defaults, and where it is looked for.
    #[command(after_help = CONFIG_EXAMPLES)]
    Config,
    /// Learn how a call works on real packets: eight lessons, on the built-in captures or on yours.
    #[command(after_help = LEARN_EXAMPLES)]
    Learn(RawLearn),
    /// Write parts of captures to files.
    #[command(subcommand)]
    Export(RawExport),
    /// Print a completion script for a shell.
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// Which shell.
        shell: Shell,
    },
}

/// Inputs and options, alike before and after `report`.
#[derive(Debug, Default, Args)]
pub struct RawOptions {
    /// Capture files (pcap, pcapng, also gzip or zstd); `-` reads standard input; none opens a built-in sample call.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,

    /// The files still grow: read on at their end, and on in the next file of a rotated set.
    #[arg(long)]
    pub follow: bool,

    /// Secrets to decrypt with, as `SSLKEYLOGFILE` makes browsers write them; may be given several times [default: that variable's file].
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub keylog: Vec<PathBuf>,

    /// How to print the report [default: text].
    #[arg(long, value_name = "FORMAT", help_heading = "Report options")]
    pub format: Option<Format>,

    /// Write the report to this file instead of standard output.
    #[arg(short, long, value_name = "OUT", value_hint = ValueHint::FilePath, help_heading = "Report options")]
    pub output: Option<PathBuf>,

    /// Report only the calls that match, by the names of the JSON report: `call.outcome == failed`; `help` lists them.
    #[arg(long, value_name = "EXPR", help_heading = "Report options")]
    pub filter: Option<String>,

    /// Exit with status 1 when anything at least this bad was found: for scripts and CI.
    #[arg(long, value_name = "SEVERITY", help_heading = "Report options")]
    pub fail_on: Option<FailOn>,

    /// Colours of the screen; without it the configuration's [default: dark].
    #[arg(long, value_name = "THEME", help_heading = "Screen options")]
    pub theme: Option<Theme>,

    /// Mask addresses and names on the screen, each with a stand-in of its own.
    #[arg(long, help_heading = "Screen options")]
    pub private: bool,

    /// When to use colour; `auto` heeds `NO_COLOR` and the terminal [default: auto].
    #[arg(long, value_name = "WHEN")]
    pub color: Option<Colour>,
}

/// Themes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Theme {
    /// For dark terminals.
    Dark,
    /// For light ones.
    Light,
    /// The brightest colours, nothing dim.
    HighContrast,
    /// The terminal's sixteen colours and no shade.
    #[value(name = "16-colour")]
    Sixteen,
    /// Bold, dim, reversed and underlined only.
    #[value(name = "no-colour")]
    Plain,
}

/// Lessons, and where they are played.
#[derive(Debug, Default, Args)]
pub struct RawLearn {
    /// Captures to learn on; none takes the built-in capture that each step names.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,

    /// Begin with this lesson; when printing, print only this one.
    #[arg(long, value_name = "N")]
    pub lesson: Option<u32>,

    /// Take the lessons (*.md) of this directory instead of the built-in ones.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub lessons: Option<PathBuf>,

    /// Print the lessons, for a class, instead of opening the screen.
    #[arg(long)]
    pub print: bool,

    /// Print the answers too.
    #[arg(long, requires = "print")]
    pub answers: bool,

    /// How to print [default: md].
    #[arg(long, value_name = "FORMAT", requires = "print")]
    pub format: Option<Handout>,

    /// Print to this file instead of standard output.
    #[arg(short, long, value_name = "OUT", value_hint = ValueHint::FilePath, requires = "print")]
    pub output: Option<PathBuf>,

    /// Secrets to decrypt with, as `SSLKEYLOGFILE` makes browsers write them.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub keylog: Vec<PathBuf>,

    /// When to use colour; `auto` heeds `NO_COLOR` and the terminal [default: auto].
    #[arg(long, value_name = "WHEN")]
    pub color: Option<Colour>,
}

/// Formats of printed lessons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Handout {
    /// Markdown.
    Md,
    /// One HTML page that needs nothing else.
    Html,
}

/// What can be written to files.
#[derive(Debug, Subcommand)]
pub enum RawExport {
    /// Write the packets that pass a filter to a pcapng file, with the secrets that decrypt them.
    ///
    /// The filter is asked of every packet. What a packet says: `packet.protocol == STUN`, `payload ~ "a=ice-ufrag"`. Or what it
    /// belongs to: `call.outcome == failed` writes all packets of failed calls, their signaling too, `stream.packetsLost > 10` those of
    /// such streams, `http.path ~ "/janus"` those of such requests. Encrypted connections with a part in what is asked for are written
    /// whole, so that they can be opened elsewhere; the secrets go along as far as they are known, and no others.
    #[command(after_help = EXPORT_EXAMPLES)]
    Frames(RawFrames),
}

/// Which packets to write, and where.
#[derive(Debug, Args)]
pub struct RawFrames {
    /// Capture files (pcap, pcapng, also gzip or zstd); none takes the built-in sample call.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,

    /// Which packets: `call.outcome == failed`; `help` explains filters and lists the fields.
    #[arg(long, value_name = "EXPR", required = true)]
    pub filter: String,

    /// The pcapng file to write; `-` writes to standard output. A file that is there is replaced.
    #[arg(short, long, value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,

    /// Secrets to decrypt with, as `SSLKEYLOGFILE` makes browsers write them; may be given several times [default: that variable's file].
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub keylog: Vec<PathBuf>,

    /// Leave the secrets out of the file.
    #[arg(long)]
    pub no_secrets: bool,
}

/// Report formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, 80 columns wide.
    Text,
    /// One JSON object, `rtcscope-report/1`, described by docs/report.schema.json.
    Json,
    /// What happened, in order of time, one JSON object a line.
    Ndjson,
}

/// Severities for `--fail-on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Anything at all.
    Note,
    /// Something that makes a call suffer, or worse.
    Warning,
    /// Something that breaks a call.
    Error,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// In a terminal that can, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

const EXAMPLES: &str = "\
Examples:
  rtcscope                                  explore the built-in sample call
  rtcscope call.pcapng                      explore a capture
  rtcscope call.pcapng | less              read about it
  rtcscope report --format json call.pcapng the same, for a program
  rtcscope alice.pcapng server.pcapng       one call, seen from two places
  rtcscope --keylog keys.log call.pcapng    with the secrets of an encrypted one
  rtcscope live -i eth0                     watch calls while they happen
  ssh host tcpdump -U -w - | rtcscope -     the same, from another machine
  rtcscope learn                            learn how a call works, on real packets

Exit status: 0 done, 1 --fail-on was met, 2 wrong usage or unreadable input.";

const REPORT_EXAMPLES: &str = "\
Examples:
  rtcscope report call.pcapng
  rtcscope report --format json -o call.json call.pcapng
  rtcscope report --format json call.pcapng | jq '.verdicts'
  rtcscope report --format ndjson call.pcapng | grep '\"nominated\"'
  rtcscope report --filter 'call.outcome == failed' call.pcapng
  rtcscope report --filter 'stream.kind == video and stream.loss > 2%' call.pcapng
  rtcscope report --filter help
  rtcscope report --fail-on error nightly/*.pcapng";

const CONFIG_EXAMPLES: &str = "\
Examples:
  rtcscope config                           read it
  rtcscope config > config.toml             begin with it; its first lines say where to put it";

const LEARN_EXAMPLES: &str = "\
Examples:
  rtcscope learn                              go on where you were
  rtcscope learn --lesson 3                   candidates and NAT
  rtcscope learn --lesson 5 call.pcapng       TURN, on a capture of your own
  rtcscope learn --print --format html -o lessons.html
  rtcscope learn --print --answers --lesson 7 for the teacher
  rtcscope learn --lessons my-course          lessons of your own";

const EXPORT_EXAMPLES: &str = "\
Examples:
  rtcscope export frames --filter 'call.outcome == failed' -o failed.pcapng day.pcapng
  rtcscope export frames --filter 'call.id == pc-2' -o second.pcapng day.pcapng
  rtcscope export frames --filter 'stream.loss > 2%' -o lossy.pcapng a.pcapng b.pcapng
  rtcscope export frames --filter 'packet.protocol == STUN' -o - call.pcapng | tshark -r -
  rtcscope export frames --filter help

Exit status: 0 written, 1 no packet passes (nothing is written), 2 wrong usage or unreadable input.";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  rtcscope completions bash > ~/.local/share/bash-completion/completions/rtcscope
  rtcscope completions zsh > ~/.zfunc/_rtcscope
  rtcscope completions fish > ~/.config/fish/completions/rtcscope.fish";

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        RawArgs::command().debug_assert();
    }
}
