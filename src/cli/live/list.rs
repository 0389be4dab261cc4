//! `rtcscope interfaces`: a table of them.
//!
//! ```text
//! name   state    packets/s  addresses
//! eth0   up             412  192.168.1.7, fe80::1
//! ```
//!
//! Where the system counts no packets that can be read, the column is left out and said to be.

use std::io;
use std::io::Write;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anstream::ColorChoice;

use crate::cli::failure::Failure;
use crate::cli::output::Destination;
use crate::ingest::live::interfaces;
use crate::ingest::live::interfaces::Interface;
use crate::vocab::printable::printable;

/// Prints the interfaces, after a moment to see how busy they are.
pub fn print(colour: ColorChoice) -> Result<ExitCode, Failure> {
    let before = interfaces::list().map_err(Failure::Interfaces)?;
    if !are_counted(&before) {
        Destination::Stdout.deliver(colour, |out| write(&before, &before, out))?;
        return Ok(ExitCode::SUCCESS);
    }
    thread::sleep(MOMENT);
    let after = interfaces::list().map_err(Failure::Interfaces)?;
    Destination::Stdout.deliver(colour, |out| write(&before, &after, out))?;
    Ok(ExitCode::SUCCESS)
}

/// Does the system tell how many packets they had?
fn are_counted(interfaces: &[Interface]) -> bool {
    interfaces.iter().any(|it| it.packets.is_some())
}

fn rows(before: &[Interface], after: &[Interface]) -> Vec<[String; 4]> {
    let titles = ["name", "state", "packets/s", "addresses"].map(str::to_owned);
    let row = |interface: &Interface| {
        let earlier = before.iter().find(|it| it.name == interface.name);
        let rate = earlier.and_then(|it| it.packets).zip(interface.packets);
        let rate =
            rate.map(|(was, is)| (is.saturating_sub(was) as f64 / MOMENT.as_secs_f64()).round());
        let addresses: Vec<String> = interface
            .addresses
            .iter()
            .map(ToString::to_string)
            .collect();
        [
            printable(&interface.name).into_owned(),
            interface.state().to_owned(),
            rate.map_or_else(|| "–".to_owned(), |rate| rate.to_string()),
            addresses.join(", "),
        ]
    };
    std::iter::once(titles)
        .chain(after.iter().map(row))
        .collect()
}

fn write(before: &[Interface], after: &[Interface], out: &mut dyn Write) -> io::Result<()> {
    let rows = rows(before, after);
    let are_counted = are_counted(after);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths = [0, 1, 2].map(width);
    for [name, state, rate, addresses] in &rows {
        let rate = if are_counted {
            format!("{rate:>0$}  ", widths[2])
        } else {
            String::new()
        };
        let line = format!(
            "{name:<0$}  {state:<1$}  {rate}{addresses}",
            widths[0], widths[1]
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    if !are_counted && !after.is_empty() {
        writeln!(out, "\n{NOT_COUNTED}")?;
    }
    Ok(())
}

/// Why there is no column for them.
const NOT_COUNTED: &str =
    "Packets per second are not shown: on this system only a capture counts them.";

/// Over which packets per second are counted.
const MOMENT: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_what_came_meanwhile() {
        let interface = |packets| Interface {
            name: "eth0".to_owned(),
            up: true,
            running: true,
            loopback: false,
            addresses: vec!["192.0.2.1".parse().unwrap(), "fe80::1".parse().unwrap()],
            packets,
        };
        let mut text = Vec::new();
        write(&[interface(Some(10))], &[interface(Some(422))], &mut text).unwrap();
        let expected =
            "name  state  packets/s  addresses\neth0  up           412  192.0.2.1, fe80::1\n";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
        assert_eq!(rows(&[], &[interface(None)])[1][2], "–");
        let mut text = Vec::new();
        write(&[interface(None)], &[interface(None)], &mut text).unwrap();
        let expected = "name  state  addresses\neth0  up     192.0.2.1, fe80::1\n\n\
             Packets per second are not shown: on this system only a capture counts them.\n";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }
}
