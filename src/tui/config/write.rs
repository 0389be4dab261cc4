//! One setting changed in the text: comments, order and everything else stay as they are.

use toml_edit::Array;
use toml_edit::DocumentMut;
use toml_edit::Item;
use toml_edit::Table;
use toml_edit::value;

use crate::tui::config::Setting;
use crate::tui::state::calls::SORTS;

/// `text` with `setting` in it.
///
/// # Errors
///
/// The text is no TOML, or has something else where the setting belongs; what to tell, printable.
pub fn set(text: &str, setting: &Setting) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|_wrong| "it is no TOML".to_owned())?;
    match setting {
        Setting::Name(address, name) => {
            let names = section(&mut document, "names")?;
            match name {
                Some(name) => names.insert(&address.to_string(), value(name)),
                None => names.remove(&address.to_string()),
            };
        }
        Setting::Columns(columns) => {
            let words: Array = columns.iter().map(|column| column.word()).collect();
            section(&mut document, "calls")?.insert("columns", value(words));
        }
        Setting::Sort(sort) => {
            let calls = section(&mut document, "calls")?;
            let word = SORTS.get(sort.key).copied().unwrap_or_default();
            calls.insert("sort", value(word));
            calls.insert("descending", value(sort.descending));
        }
    }
    Ok(document.to_string())
}

fn section<'a>(document: &'a mut DocumentMut, name: &str) -> Result<&'a mut Table, String> {
    let item = document
        .entry(name)
        .or_insert_with(|| Item::Table(Table::new()));
    item.as_table_mut()
        .ok_or_else(|| format!("{name} is no section there"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::config::read::read;
    use crate::tui::state::columns::CallColumn;
    use crate::tui::state::listing::Sort;

    #[test]
    fn comments_and_other_settings_stay() {
        let text = "# mine\ntheme = \"light\"   # at noon\n\n[names]\n# at home\n\"10.0.0.1\" = \"router\"\n";
        let name = Setting::Name("10.0.0.2".parse().unwrap(), Some("tv".into()));
        let changed = set(text, &name).unwrap();
        assert_eq!(changed, format!("{text}\"10.0.0.2\" = \"tv\"\n"));
        let gone = Setting::Name("10.0.0.2".parse().unwrap(), None);
        assert_eq!(set(&changed, &gone).unwrap(), text);
    }

    #[test]
    fn what_was_written_is_read() {
        let columns = vec![CallColumn::Who, CallColumn::Media];
        let sort = Sort {
            key: 2,
            descending: true,
        };
        let text = set("", &Setting::Columns(columns.clone())).unwrap();
        let text = set(&text, &Setting::Sort(sort)).unwrap();
        let hostile = "a\"\n[calls]\u{1b}";
        let name = Setting::Name("::1".parse().unwrap(), Some(hostile.into()));
        let text = set(&text, &name).unwrap();
        let (config, unknown) = read(&text).unwrap();
        assert_eq!(
            (config.columns, config.sort, unknown),
            (columns, sort, vec![])
        );
        assert_eq!(config.names.values().next().unwrap(), hostile);
    }

    #[test]
    fn what_is_no_toml_is_left_alone() {
        let name = Setting::Name("::1".parse().unwrap(), Some("me".into()));
        assert!(set("= =", &name).is_err());
        assert!(set("names = 3", &name).is_err());
    }
}
