//! Text to settings.

use std::fmt::Display;
use std::net::IpAddr;
use std::ops::Range;

use ratatui::style::Color;
use toml_edit::Document;
use toml_edit::Item;
use toml_edit::Table;

use crate::tui::action::Action;
use crate::tui::config::Config;
use crate::tui::keymap::key::Key;
use crate::tui::keymap::key::NAMED;
use crate::tui::state::TimeMode;
use crate::tui::state::calls::SORTS;
use crate::tui::state::columns::CallColumn;
use crate::tui::text::shown;
use crate::tui::theme::palette::Palette;
use crate::tui::theme::palette::Role;

/// Something about a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The line, from 1.
    pub line: usize,
    /// What about it. Printable.
    pub text: String,
}

/// Reads settings; also gives what is no setting, and was left out.
///
/// # Errors
///
/// What is no TOML, or no value of its setting.
pub fn read(text: &str) -> Result<(Config, Vec<Remark>), Remark> {
    let document = Document::parse(text).map_err(|error| Remark {
        line: line_of(text, error.span()),
        text: format!("this is no TOML: {}", shown(error.message())),
    })?;
    let mut reader = Reader {
        text,
        config: Config::default(),
        unknown: Vec::new(),
    };
    reader.root(document.as_table())?;
    Ok((reader.config, reader.unknown))
}

struct Reader<'a> {
    text: &'a str,
    config: Config,
    unknown: Vec<Remark>,
}

impl Reader<'_> {
    fn root(&mut self, root: &Table) -> Result<(), Remark> {
        for (name, item) in root {
            match name {
                "theme" => {
                    let allowed = || words(Palette::ALL.map(Palette::word));
                    self.config.theme = self.one(name, item, Palette::of, allowed)?;
                }
                "times" => {
                    let of = |word: &str| {
                        let mut all = TimeMode::ALL.into_iter();
                        all.find(|mode| mode.setting() == word)
                    };
                    let allowed = || words(TimeMode::ALL.map(TimeMode::setting));
                    self.config.times = self.one(name, item, of, allowed)?;
                }
                "private" => self.config.private = self.truth(name, item)?,
                "calls" => self.calls(self.table(name, item)?)?,
                "keys" => self.keys(self.table(name, item)?)?,
                "colours" => self.colours(self.table(name, item)?)?,
                "names" => self.names(self.table(name, item)?)?,
                _ => self.ignore(root, "", name),
            }
        }
        Ok(())
    }

    fn calls(&mut self, calls: &Table) -> Result<(), Remark> {
        for (name, item) in calls {
            match name {
                "columns" => {
                    let allowed = || words(CallColumn::ALL.map(CallColumn::word));
                    let columns = self.list(name, item, CallColumn::of, allowed)?;
                    let mut seen = Vec::new();
                    for column in columns {
                        if !seen.contains(&column) {
                            seen.push(column);
                        }
                    }
                    if seen.is_empty() {
                        return Err(self.wrong(item, "columns: at least one"));
                    }
                    self.config.columns = seen;
                }
                "sort" => {
                    let of = |word: &str| SORTS.iter().position(|known| *known == word);
                    self.config.sort.key = self.one(name, item, of, || words(SORTS))?;
                }
                "descending" => self.config.sort.descending = self.truth(name, item)?,
                _ => self.ignore(calls, "calls.", name),
            }
        }
        Ok(())
    }

    fn keys(&mut self, keys: &Table) -> Result<(), Remark> {
        let mut changed = Vec::new();
        for (name, item) in keys {
            let Some(action) = Action::of(name) else {
                self.ignore(keys, "keys.", name);
                continue;
            };
            let allowed = || {
                let named = NAMED.iter().map(|(name, _)| *name);
                format!(
                    "a character, F1 to F24, {}, or Ctrl- and one of these",
                    words(named)
                )
            };
            let chosen = if item.is_str() {
                vec![self.one(name, item, Key::parse, allowed)?]
            } else {
                self.list(name, item, Key::parse, allowed)?
            };
            self.config.keymap.bind(action, &chosen);
            changed.push((name, item, action));
        }
        // When all are known: two may have changed places.
        for (name, item, action) in changed {
            if let Some((key, other)) = self.config.keymap.conflict(action) {
                let text = format!(
                    "{name}: {} is the key of `{}` there; give that another one first",
                    key.word(),
                    other.word()
                );
                return Err(self.wrong(item, &text));
            }
        }
        Ok(())
    }

    fn colours(&mut self, colours: &Table) -> Result<(), Remark> {
        for (name, item) in colours {
            let Some(role) = Role::ALL.into_iter().find(|role| role.word() == name) else {
                self.ignore(colours, "colours.", name);
                continue;
            };
            let of = |word: &str| word.parse::<Color>().ok();
            let allowed = || {
                "red, green, yellow, blue, magenta, cyan, white, black, gray, the first seven also with light- in front, \
                 a number from 0 to 255, or #rrggbb"
                    .to_owned()
            };
            let colour = self.one(name, item, of, allowed)?;
            self.config.colours.set(role, colour);
        }
        Ok(())
    }

    fn names(&mut self, names: &Table) -> Result<(), Remark> {
        for (address, item) in names {
            let Ok(ip) = address.parse::<IpAddr>() else {
                let text = format!("{} is no IP address", shown(address));
                return Err(self.wrong_at(names.key(address).and_then(toml_edit::Key::span), &text));
            };
            let of = |word: &str| (!word.trim().is_empty()).then(|| word.trim().to_owned());
            let name = self.one(address, item, of, || "a name".to_owned())?;
            self.config.names.insert(ip, name);
        }
        Ok(())
    }

    /// The value of a word.
    fn one<T>(
        &self,
        name: &str,
        item: &Item,
        of: impl Fn(&str) -> Option<T>,
        allowed: impl Fn() -> String,
    ) -> Result<T, Remark> {
        let word = item.as_str();
        word.and_then(of).ok_or_else(|| {
            let text = format!(
                "{}: allowed is {}, in quotation marks",
                shown(name),
                allowed()
            );
            self.wrong(item, &text)
        })
    }

    /// The values of a list of words.
    fn list<T>(
        &self,
        name: &str,
        item: &Item,
        of: impl Fn(&str) -> Option<T>,
        allowed: impl Fn() -> String,
    ) -> Result<Vec<T>, Remark> {
        let wrong = |span| {
            let text = format!(
                "{}: allowed is a list, in brackets, of {}, each in quotation marks",
                shown(name),
                allowed()
            );
            self.wrong_at(span, &text)
        };
        let values = item.as_array().ok_or_else(|| wrong(item.span()))?;
        let each = values.iter().map(|value| {
            let known = value.as_str().and_then(&of);
            known.ok_or_else(|| wrong(value.span().or_else(|| item.span())))
        });
        each.collect()
    }

    fn truth(&self, name: &str, item: &Item) -> Result<bool, Remark> {
        item.as_bool()
            .ok_or_else(|| self.wrong(item, &format!("{name}: allowed is true, false")))
    }

    fn table<'t>(&self, name: &str, item: &'t Item) -> Result<&'t Table, Remark> {
        item.as_table()
            .ok_or_else(|| self.wrong(item, &format!("{name}: this is a section, [{name}]")))
    }

    fn wrong(&self, item: &Item, text: &str) -> Remark {
        self.wrong_at(item.span(), text)
    }

    fn wrong_at(&self, span: Option<Range<usize>>, text: &str) -> Remark {
        Remark {
            line: line_of(self.text, span),
            text: text.to_owned(),
        }
    }

    fn ignore(&mut self, table: &Table, section: &str, name: &str) {
        let span = table.key(name).and_then(toml_edit::Key::span);
        let text = format!("{section}{} is no setting of this version", shown(name));
        let remark = self.wrong_at(span, &text);
        self.unknown.push(remark);
    }
}

fn line_of(text: &str, span: Option<Range<usize>>) -> usize {
    let before = span.and_then(|span| text.get(..span.start));
    before.map_or(1, |before| before.matches('\n').count() + 1)
}

/// `a, b, c`.
fn words<T: Display>(all: impl IntoIterator<Item = T>) -> String {
    let all: Vec<String> = all.into_iter().map(|word| word.to_string()).collect();
    all.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::keymap::Binding;

    fn wrong(text: &str) -> (usize, String) {
        let remark = read(text).expect_err("it is wrong");
        (remark.line, remark.text)
    }

    #[test]
    fn everything_can_be_set() {
        let text = r##"
theme = "light"
times = "clock"
private = true
[calls]
columns = ["who", "outcome", "who"]
sort = "length"
descending = true
[keys]
mark = "x"
filter = ["F3", "Ctrl-f"]
page-down = "PgDn"
[colours]
ice = "#00aaff"
bad = "light-red"
[names]
"192.168.10.2" = "alice's laptop"
"2001:db8::2" = " alice "
"##;
        let (config, unknown) = read(text).unwrap();
        assert_eq!(unknown, []);
        assert_eq!((config.theme, config.private), (Palette::Light, true));
        assert_eq!(config.times, TimeMode::Clock);
        assert_eq!(config.columns, [CallColumn::Who, CallColumn::Outcome]);
        assert_eq!(
            (SORTS[config.sort.key], config.sort.descending),
            ("length", true)
        );
        assert_eq!(
            config.colours.of(Role::Ice),
            Some(Color::Rgb(0, 0xaa, 0xff))
        );
        assert_eq!(config.colours.of(Role::Bad), Some(Color::LightRed));
        let names: Vec<&String> = config.names.values().collect();
        assert_eq!(names, ["alice's laptop", "alice"]);
        let bound = |action| {
            let rows = config.keymap.all().iter();
            let keys = rows
                .filter(|row| row.action == action)
                .map(Binding::key_names);
            keys.collect::<Vec<_>>()
        };
        assert!(bound(Action::Mark).iter().all(|keys| keys == "x"));
        assert!(bound(Action::Filter).iter().all(|keys| keys == "F3 Ctrl-f"));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line_and_what_is_allowed() {
        let (line, text) = wrong("# mine\ntheme = \"dakr\"\n");
        assert_eq!(line, 2);
        assert!(
            text.contains("dark, light, high-contrast, 16-colour, no-colour"),
            "{text}"
        );
        let (line, text) = wrong("private = 1");
        assert!(line == 1 && text.contains("true, false"), "{text}");
        let (line, text) = wrong("[calls]\ncolumns = [\n \"who\",\n \"whom\"]");
        assert!(line == 4 && text.contains("outcome, start"), "{text}");
        let (line, text) = wrong("[keys]\nmark = \"Hyper-x\"");
        assert!(line == 2 && text.contains("PgUp"), "{text}");
        let (line, text) = wrong("[keys]\n\nfilter = [\"F3\", \"n\"]");
        assert!(line == 3 && text.contains("`next-hit`"), "{text}");
        let (line, text) = wrong("[colours]\nice = \"blueish\"");
        assert!(line == 2 && text.contains("#rrggbb"), "{text}");
        let (line, text) = wrong("[names]\n\n\"alice\" = \"me\"");
        assert!(line == 3 && text.contains("no IP address"), "{text}");
        let (line, text) = wrong("a = 1\nb = = 2");
        assert!(line == 2 && text.contains("no TOML"), "{text}");
        let (line, text) = wrong("names = 3");
        assert!(line == 1 && text.contains("[names]"), "{text}");
    }

    #[test]
    fn what_is_no_setting_is_ignored_and_told() {
        let (config, unknown) = read("color = 1\n[calls]\nwidth = 3\n[keys]\nfly = \"f\"").unwrap();
        assert_eq!(config.theme, Palette::Dark);
        let told: Vec<(usize, &str)> = unknown
            .iter()
            .map(|remark| (remark.line, remark.text.split(' ').next().unwrap()))
            .collect();
        assert_eq!(told, [(1, "color"), (3, "calls.width"), (5, "keys.fly")]);
    }

    #[test]
    fn any_text_is_read_or_refused() {
        let text = super::super::document::document();
        for end in 0..text.len() {
            if let Some(part) = text.get(..end) {
                let _ = read(part);
                let _ = read(&part.replace("\n#", "\n"));
            }
        }
    }
}
