//! What may be typed after `rtcscope live`, and what it means.

use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::ValueHint;
use clap::builder::PathBufValueParser;
use clap::builder::TypedValueParser;

use crate::cli::raw::Colour;
use crate::cli::raw::Format;
use crate::ingest::live::options::ANY;
use crate::ingest::live::options::BUFFER_BYTES;
use crate::ingest::live::options::Backend;
use crate::ingest::live::options::Options;
use crate::ingest::live::options::OutputOptions;
use crate::ingest::live::options::RECENT_BYTES;
use crate::ingest::live::options::RecentOptions;
use crate::ingest::live::options::Rotate;

/// Options of `rtcscope live`.
#[derive(Debug, Args)]
pub struct RawLive {
    /// Interface to capture on; may be given several times, `any` is all of them [default: asks, or `any` without a terminal].
    #[arg(short, long = "interface", value_name = "IFACE")]
    pub interfaces: Vec<String>,

    /// Capture only these packets, in tcpdump's words: `udp or tcp port 443`.
    #[arg(short, long, value_name = "FILTER")]
    pub filter: Option<String>,

    /// Write the packets to this pcapng file too.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, value_parser = PathBufValueParser::new().try_map(written))]
    pub write: Option<PathBuf>,

    /// Begin a new file after this size (`100MB`) or time (`10m`).
    #[arg(long, value_name = "SIZE|TIME", requires = "write", value_parser = rotation)]
    pub rotate: Option<Rotate>,

    /// Keep only this many files, the newest.
    #[arg(long, value_name = "N", requires = "rotate", value_parser = clap::value_parser!(u32).range(1..))]
    pub keep: Option<u32>,

    /// Stop after this time: `30s`, `10m`, `8h`.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub duration: Option<Duration>,

    /// Secrets to decrypt with, read on as the file grows; may be given several times [default: the file of `SSLKEYLOGFILE`].
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub keylog: Vec<PathBuf>,

    /// No screen: say what happens on standard error, and print a report.
    #[arg(long)]
    pub headless: bool,

    /// How to print that report: `text` and `json` at the end, `ndjson` event by event as they happen [default: text].
    #[arg(long, value_name = "FORMAT", requires = "headless")]
    pub format: Option<Format>,

    /// Disk space for the latest packets, to look at them again.
    #[arg(long, value_name = "SIZE", default_value = "1GB", conflicts_with = "headless", value_parser = size)]
    pub recent: u64,

    /// Where to keep them [default: the system's directory for temporary files].
    #[arg(long, value_name = "DIR", conflicts_with = "headless", value_hint = ValueHint::DirPath)]
    pub recent_dir: Option<PathBuf>,

    /// Memory that the kernel may fill while the analysis is busy.
    #[arg(long, value_name = "SIZE", default_value = "64MB", value_parser = buffer)]
    pub buffer: u64,

    /// Take the network card's own times, where it has a clock.
    #[arg(long)]
    pub hardware_time: bool,

    /// Capture through libpcap instead of the kernel's own packet sockets.
    #[cfg(all(target_os = "linux", feature = "libpcap"))]
    #[arg(long)]
    pub libpcap: bool,

    /// When to use colour; `auto` heeds `NO_COLOR` and the terminal [default: auto].
    #[arg(long, value_name = "WHEN")]
    pub color: Option<Colour>,
}

/// What to watch, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// What to capture. Without interfaces: ask.
    pub options: Options,
    /// Key logs to follow.
    pub key_logs: Vec<PathBuf>,
    /// Without a screen: how to print.
    pub headless: Option<Format>,
}

impl Watch {
    /// Resolves what was typed; `key_logs` were given before the command. `terminal`: is standard output one?
    pub fn resolve(raw: RawLive, key_logs: Vec<PathBuf>, terminal: bool) -> Self {
        let headless = (raw.headless || !terminal).then(|| raw.format.unwrap_or(Format::Text));
        let mut interfaces = raw.interfaces;
        let mut seen = std::collections::BTreeSet::new();
        interfaces.retain(|name| seen.insert(name.clone()));
        if interfaces.is_empty() && headless.is_some() {
            interfaces.push(ANY.to_owned());
        }
        #[cfg(all(target_os = "linux", feature = "libpcap"))]
        let backend = if raw.libpcap {
            Backend::Libpcap
        } else {
            Backend::default()
        };
        #[cfg(not(all(target_os = "linux", feature = "libpcap")))]
        let backend = Backend::default();
        let (rotate, keep) = (raw.rotate, raw.keep.map(|keep| keep as usize));
        Self {
            options: Options {
                interfaces,
                filter: raw.filter,
                buffer_bytes: usize::try_from(raw.buffer).unwrap_or(BUFFER_BYTES),
                hardware_time: raw.hardware_time,
                output: raw.write.map(|path| OutputOptions { path, rotate, keep }),
                // Only screens look at packets again.
                recent: headless.is_none().then_some(RecentOptions {
                    bytes: raw.recent,
                    directory: raw.recent_dir,
                }),
                duration: raw.duration,
                backend,
            },
            key_logs: key_logs.into_iter().chain(raw.keylog).collect(),
            headless,
        }
    }
}

fn rotation(text: &str) -> Result<Rotate, String> {
    let as_time = time(text).map(Rotate::Span);
    let as_size = size(text).map(Rotate::Bytes);
    as_time
        .or(as_size)
        .map_err(|_neither| "a size such as `100MB`, or a time such as `10m`".to_owned())
}

/// `100MB`, `1.5GB`, `64kB`, `4096`.
fn size(text: &str) -> Result<u64, String> {
    let number_ends = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(number_ends);
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        "t" | "tb" | "tib" => 1 << 40,
        _ => 0,
    };
    let bytes = number
        .parse::<f64>()
        .ok()
        .map(|number| number * factor as f64);
    match bytes {
        Some(bytes) if bytes >= 1.0 && bytes < (1_u64 << 60) as f64 => Ok(bytes as u64),
        _ => Err(format!("`{text}` is no size such as `100MB`, at most 1 EB")),
    }
}

/// A size that the kernel takes: it counts a ring's frames in 32 bits.
fn buffer(text: &str) -> Result<u64, String> {
    size(text).and_then(|bytes| {
        (bytes <= LARGEST_BUFFER)
            .then_some(bytes)
            .ok_or_else(|| "the kernel keeps 2 GB at most".to_owned())
    })
}

/// A file's name, and no `-`: standard output is the report's.
fn written(path: PathBuf) -> Result<PathBuf, &'static str> {
    if path == Path::new("-") {
        return Err("name a file; to hand packets to another program there is `tcpdump -U -w -`");
    }
    Ok(path)
}

/// `30s`, `10m`, `8h`, `1d`.
fn time(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time such as `30s`, `10m` or `8h`");
    let number_ends = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(number_ends);
    let factor = match unit.trim() {
        "ms" => 0.001,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return Err(wrong()),
    };
    let seconds = number.parse::<f64>().map_err(|_no_number| wrong())? * factor;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|time| !time.is_zero() && *time < LONGEST)
        .ok_or_else(wrong)
}

/// Two gigabytes.
const LARGEST_BUFFER: u64 = 2 << 30;
/// A century: longer than anybody waits.
const LONGEST: Duration = Duration::from_secs(100 * 366 * 86_400);

/// Shown below the options.
pub const LIVE_EXAMPLES: &str = "\
Examples:
  rtcscope live                                    choose an interface, then watch it
  rtcscope live -i eth0 -i wlan0                   two of them
  rtcscope live -i any -f 'udp or tcp port 443'    all of them, without what is not wanted
  rtcscope live -i eth0 -w call.pcapng             and keep the packets
  rtcscope live -i eth0 -w ring.pcapng --rotate 100MB --keep 10
  rtcscope live -i eth0 --headless --format json --duration 60s
  rtcscope live -i eth0 --headless --format ndjson | grep '\"state\"'
  ssh host tcpdump -U -w - | rtcscope -            another machine's

Capturing needs a right. For a program called rtcscope it is given once:
  sudo setcap cap_net_raw+ep $(which rtcscope)";

const _: () = assert!(
    RECENT_BYTES == 1 << 30 && BUFFER_BYTES == 64 << 20,
    "the defaults above"
);

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::Action;
    use crate::cli::args::Args as Resolved;
    use crate::cli::raw::RawArgs;

    fn watch(line: &str, terminal: bool) -> Watch {
        let words = ["rtcscope"].into_iter().chain(line.split_whitespace());
        match Resolved::resolve(RawArgs::try_parse_from(words).unwrap(), terminal).action {
            Action::Live(watch, _) => *watch,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn without_a_terminal_there_is_a_report() {
        let piped = watch("live", false);
        assert_eq!(
            (piped.headless, piped.options.interfaces),
            (Some(Format::Text), vec!["any".to_owned()])
        );
        let shown = watch("live", true);
        assert!(shown.headless.is_none() && shown.options.interfaces.is_empty());
    }

    #[test]
    fn an_interface_is_captured_once() {
        assert_eq!(
            watch("live -i a -i b -i a", true).options.interfaces,
            ["a", "b"]
        );
    }

    #[test]
    fn what_cannot_be_is_refused_with_a_reason() {
        assert_eq!(buffer("2GB"), Ok(2 << 30));
        assert!(buffer("3GB").unwrap_err().contains("2 GB at most"));
        assert!(buffer("much").unwrap_err().contains("is no size"));
        assert_eq!(written("a.pcapng".into()), Ok(PathBuf::from("a.pcapng")));
        assert!(written("-".into()).unwrap_err().contains("name a file"));
    }

    #[test]
    fn sizes_and_times_tell_rotations_apart() {
        for (text, expected) in [
            ("100MB", Rotate::Bytes(100 << 20)),
            ("1.5k", Rotate::Bytes(1_536)),
            ("10m", Rotate::Span(Duration::from_secs(600))),
            ("0.5h", Rotate::Span(Duration::from_secs(1_800))),
        ] {
            assert_eq!(rotation(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            "MB",
            "0",
            "0s",
            "-1s",
            "1e300h",
            "5x",
            "1.2.3MB",
            "99999999TB",
        ] {
            assert!(rotation(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_needs_another_option_says_so() {
        for line in [
            "live --rotate 1MB",
            "live -w f --keep 3",
            "live --format json",
            "live -w f --rotate 1s --keep 0",
            "live --headless --recent 1MB",
        ] {
            let words = ["rtcscope"].into_iter().chain(line.split_whitespace());
            assert!(RawArgs::try_parse_from(words).is_err(), "{line}");
        }
    }
}
