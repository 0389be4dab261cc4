//! The configuration with all its defaults, commented. Lines that begin with `#` and no space are settings.

use std::fmt::Write;

use crate::tui::action::Action;
use crate::tui::keymap::BINDINGS;
use crate::tui::state::TimeMode;
use crate::tui::state::calls::SORTS;
use crate::tui::state::columns::CallColumn;
use crate::tui::theme::palette::Palette;
use crate::tui::theme::palette::Role;

/// The document.
pub fn document() -> String {
    let mut text = String::from(HEAD);
    // Writing to a string cannot fail.
    let mut say = |line: &str| {
        let _ = writeln!(text, "{line}");
    };
    let list = |words: &[&str]| -> String { words.join(", ") };
    let quoted = |words: &[&str]| -> String {
        let quoted: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
        quoted.join(", ")
    };
    say(&format!(
        "\n# Colours: {}.\n# NO_COLOR goes before, --theme before both; the key for the next theme is Ctrl-t.",
        list(&Palette::ALL.map(Palette::word))
    ));
    say("#theme = \"dark\"");
    say(&format!(
        "\n# Times at the start: {}.",
        list(&TimeMode::ALL.map(TimeMode::setting))
    ));
    say("#times = \"since-start\"");
    say("\n# Mask addresses and names on the screen, as --private does.\n#private = false");
    say("\n#[calls]");
    let all = list(&CallColumn::ALL.map(CallColumn::word));
    say(&format!("# Columns of the list of calls: {all}."));
    let columns = quoted(&CallColumn::SHOWN.map(CallColumn::word));
    say(&format!("#columns = [{columns}]"));
    say(&format!("# Its order: {}.", list(&SORTS)));
    say("#sort = \"time\"\n#descending = false");
    say("\n#[colours]");
    say("# Instead of the theme's: a name (\"light-red\"), a number of the 256, or \"#rrggbb\".");
    for role in Role::ALL {
        let colour = role.sixteen().to_string().to_lowercase();
        say(&format!("#{} = {colour:?}", role.word()));
    }
    say("\n#[names]");
    say("# Names of addresses, as the key N remembers them.");
    say("#\"192.0.2.1\" = \"alice's laptop\"");
    say("\n#[keys]");
    say(
        "# A key, or several: a character, a name (Enter, PgUp, F5), with Ctrl- in front or without.",
    );
    let names = Action::NAMED.iter().map(|(name, _)| name.len());
    let width = names.max().unwrap_or(0);
    for (name, action) in Action::NAMED {
        let mut rows = BINDINGS.iter().filter(|row| row.action == *action);
        let Some(row) = rows.next() else {
            continue;
        };
        let keys: Vec<String> = row
            .keys
            .iter()
            .map(|key| format!("{:?}", key.word()))
            .collect();
        let setting = format!("#{name:<width$} = [{}]", keys.join(", "));
        say(&format!("{setting:<44} # {}", row.words));
    }
    text
}

const HEAD: &str = "\
# rtcscope's configuration. Everything here is as it is without this file:
# take the `#` away in front of a setting, and of the [section] that it stands in, to change it.
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::config::Config;
    use crate::tui::config::read::read;
    use crate::tui::keymap::Binding;

    #[test]
    fn the_document_says_what_holds_without_it() {
        let lines = document();
        let settings: Vec<&str> = lines
            .lines()
            .filter_map(|line| line.strip_prefix('#'))
            .filter(|line| !line.starts_with(' '))
            .collect();
        let (config, unknown) = read(&settings.join("\n")).unwrap();
        assert_eq!(unknown, []);
        let default = Config::default();
        assert_eq!(config.theme, default.theme);
        assert_eq!(
            (config.times, config.private),
            (default.times, default.private)
        );
        assert_eq!(
            (config.columns, config.sort),
            (default.columns, default.sort)
        );
        assert_eq!(config.names.len(), 1);
        let keys = |config: &crate::tui::keymap::Keymap| -> Vec<String> {
            config.all().iter().map(Binding::key_names).collect()
        };
        assert_eq!(keys(&config.keymap), keys(&default.keymap));
    }
}
