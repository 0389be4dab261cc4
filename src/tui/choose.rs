//! Which interface to capture on, when none was named.
//!
//! ```text
//!  rtcscope · Capture on
//!    name   state    packets/s  addresses
//!  ▸ eth0   up             412  192.168.1.7, fe80::1
//!    any    all of them
//!  ↑↓ choose · Space several · Enter capture · q leave
//! ```

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;
use std::time::Instant;

use ratatui::Frame;
use ratatui::crossterm::event;
use ratatui::crossterm::event::Event;
use ratatui::crossterm::event::KeyCode;
use ratatui::crossterm::event::KeyEventKind;
use ratatui::crossterm::event::KeyModifiers;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::ingest::live::interfaces;
use crate::ingest::live::interfaces::Interface;
use crate::ingest::live::options::ANY;
use crate::tui::suspend::Mouse;
use crate::tui::suspend::Stops;
use crate::tui::text::shown;
use crate::tui::theme::Theme;
use crate::tui::widgets::paint::put;
use crate::tui::widgets::paint::seal;
use crate::tui::widgets::paint::style_row;

/// Asks; `None`: the user left.
///
/// # Errors
///
/// The terminal can't be used, or the interfaces not be listed.
pub fn choose(theme: Theme, stops: &Stops) -> io::Result<Option<Vec<String>>> {
    let mut choice = Choice::new(interfaces::list()?);
    stops.take_over();
    let mut terminal = ratatui::try_init()?;
    let outcome = loop {
        if stops.is_over() {
            break Ok(None);
        }
        if let Err(error) = terminal.draw(|frame| choice.render(frame, theme)) {
            break Err(error);
        }
        if let Err(error) = stops.heed(&mut terminal, Mouse::Left) {
            break Err(error);
        }
        match next_key() {
            Ok(None) => choice.refresh(),
            Ok(Some(STOP)) => stops.ask(),
            Ok(Some(code)) => match choice.press(code) {
                Answer::Open => {}
                Answer::Leave => break Ok(None),
                Answer::These(names) => break Ok(Some(names)),
            },
            Err(error) => break Err(error),
        }
    };
    ratatui::try_restore()?;
    outcome
}

/// A key, waited for a moment.
fn next_key() -> io::Result<Option<KeyCode>> {
    if !event::poll(MOMENT)? {
        return Ok(None);
    }
    Ok(match event::read()? {
        Event::Key(key) if key.kind != KeyEventKind::Release => {
            let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
            Some(match key.code {
                KeyCode::Char('c') if ctrl => KeyCode::Esc,
                KeyCode::Char('z') if ctrl => STOP,
                code => code,
            })
        }
        _ => None,
    })
}

#[derive(Debug)]
struct Choice {
    interfaces: Vec<Interface>,
    /// Packets per second.
    rates: Vec<Option<f64>>,
    listed: Instant,
    at: usize,
    marked: BTreeSet<usize>,
}

#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Open,
    Leave,
    These(Vec<String>),
}

impl Choice {
    fn new(interfaces: Vec<Interface>) -> Self {
        // The busiest that is up and leads somewhere is most likely meant.
        let place = interfaces
            .iter()
            .enumerate()
            .filter(|(_, interface)| interface.up && interface.running && !interface.loopback)
            .max_by_key(|(_, interface)| (!interface.addresses.is_empty(), interface.packets))
            .map_or(0, |(place, _)| place);
        Self {
            rates: vec![None; interfaces.len()],
            interfaces,
            listed: Instant::now(),
            at: place,
            marked: BTreeSet::new(),
        }
    }

    /// Looks how busy they are now; one that came or went is listed or not the next time that this is asked.
    fn refresh(&mut self) {
        let Ok(now) = interfaces::list() else {
            return;
        };
        let elapsed = self.listed.elapsed().as_secs_f64();
        if elapsed < MOMENT.as_secs_f64() / 2.0 {
            return;
        }
        for (old, rate) in self.interfaces.iter_mut().zip(&mut self.rates) {
            if let Some(new) = now.iter().find(|new| new.name == old.name) {
                let packets = new.packets.zip(old.packets);
                *rate = packets.map(|(new, old)| new.saturating_sub(old) as f64 / elapsed);
                *old = new.clone();
            }
        }
        self.listed = Instant::now();
    }

    fn press(&mut self, key: KeyCode) -> Answer {
        // All of them at once is the last line.
        let last = self.interfaces.len();
        match key {
            KeyCode::Up | KeyCode::Char('k') => self.at = self.at.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.at = (self.at + 1).min(last),
            KeyCode::Home => self.at = 0,
            KeyCode::End => self.at = last,
            KeyCode::Char(' ') if self.at < last && !self.marked.remove(&self.at) => {
                self.marked.insert(self.at);
            }
            KeyCode::Char('q') | KeyCode::Esc => return Answer::Leave,
            KeyCode::Enter => {
                let name = |place: &usize| Some(self.interfaces.get(*place)?.name.clone());
                let marked: Vec<String> = self.marked.iter().filter_map(name).collect();
                let here = name(&self.at).unwrap_or_else(|| ANY.to_owned());
                return Answer::These(if marked.is_empty() {
                    vec![here]
                } else {
                    marked
                });
            }
            _ => {}
        }
        Answer::Open
    }

    fn render(&self, frame: &mut Frame<'_>, theme: Theme) {
        let area = frame.area();
        let buffer = frame.buffer_mut();
        put(buffer, area, 1, 0, "rtcscope · Capture on", theme.bold());
        let head = line("name", "state", "packets/s", "addresses");
        put(buffer, area, 3, 2, &head, theme.dim());
        let below = Rect {
            y: area.y + area.height.min(3),
            height: area.height.saturating_sub(5),
            ..area
        };
        let top = (self.at + 1).saturating_sub(below.height.into());
        let rows = self
            .interfaces
            .iter()
            .zip(&self.rates)
            .map(|(interface, rate)| {
                let addresses: Vec<String> = interface
                    .addresses
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                let rate = match (rate, interface.packets) {
                    (Some(rate), _) => format!("{rate:.0}"),
                    // Nothing to compare with yet.
                    (None, Some(_)) => String::new(),
                    (None, None) => "not told".to_owned(),
                };
                line(
                    &shown(&interface.name),
                    interface.state(),
                    &rate,
                    &addresses.join(", "),
                )
            });
        let all = line(ANY, "", "", "all of them");
        for (y, (at, text)) in (0..below.height).zip(rows.chain([all]).enumerate().skip(top)) {
            let mark = if self.marked.contains(&at) {
                "•"
            } else {
                " "
            };
            put(buffer, below, 2, y, mark, theme.poor());
            put(buffer, below, 3, y, &text, Style::new());
            if at == self.at {
                put(buffer, below, 1, y, "▸", theme.bold());
                style_row(buffer, below, y, theme.selected());
            }
        }
        let keys = "↑↓ choose · Space several · Enter capture · q leave";
        put(
            buffer,
            area,
            1,
            area.height.saturating_sub(1),
            keys,
            theme.dim(),
        );
        seal(buffer, theme);
    }
}

fn line(name: &str, state: &str, rate: &str, addresses: &str) -> String {
    format!("{name:<16} {state:<8} {rate:>9}  {addresses}")
}

/// Ctrl-Z: as a key without Ctrl it does nothing here.
const STOP: KeyCode = KeyCode::Char('\u{1a}');
/// Between two looks at how busy the interfaces are.
const MOMENT: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(name: &str, up: bool, loopback: bool) -> Interface {
        Interface {
            name: name.to_owned(),
            up,
            running: up,
            loopback,
            addresses: Vec::new(),
            packets: Some(1),
        }
    }

    #[test]
    fn what_is_up_is_offered_first_and_several_can_be_marked() {
        let interfaces = vec![
            interface("lo", true, true),
            interface("eth0", false, false),
            interface("eth1", true, false),
        ];
        let mut choice = Choice::new(interfaces);
        assert_eq!(
            choice.press(KeyCode::Enter),
            Answer::These(vec!["eth1".to_owned()])
        );
        choice.press(KeyCode::Char(' '));
        choice.press(KeyCode::Up);
        choice.press(KeyCode::Char(' '));
        assert_eq!(
            choice.press(KeyCode::Enter),
            Answer::These(vec!["eth0".to_owned(), "eth1".to_owned()])
        );
        choice.press(KeyCode::Char(' '));
        choice.press(KeyCode::Down);
        choice.press(KeyCode::Char(' '));
        choice.press(KeyCode::End);
        assert_eq!(
            choice.press(KeyCode::Enter),
            Answer::These(vec![ANY.to_owned()])
        );
        assert_eq!(choice.press(KeyCode::Esc), Answer::Leave);
    }
}
