//! Where the configuration is, and getting it from there.

use std::fs;
use std::io;
use std::io::Read;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use directories::ProjectDirs;

use crate::tui::config::Config;
use crate::tui::config::Setting;
use crate::tui::config::read::Remark;
use crate::tui::config::read::read;
use crate::tui::config::write::set;
use crate::tui::text::shown;

/// Where the configuration is looked for: what [`VARIABLE`] says, else the system's place for such files. `None`: there is no such
/// place, as for a user without a home.
pub fn path() -> Option<PathBuf> {
    let named = std::env::var_os(VARIABLE).filter(|path| !path.is_empty());
    named.map(PathBuf::from).or_else(|| {
        let own = ProjectDirs::from("", "", "rtcscope")?;
        Some(own.config_dir().join("config.toml"))
    })
}

/// A configuration, and what of the file was left out: printable sentences.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// What is no setting.
    pub ignored: Vec<String>,
}

/// Reads the file; without one, everything is as by default.
///
/// # Errors
///
/// It cannot be read, or something in it is wrong; what to tell, printable.
pub fn load(path: &Path) -> Result<Loaded, String> {
    let name = path.display().to_string();
    let name = shown(&name);
    let text = match text(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Loaded::default()),
        Err(error) => return Err(format!("the configuration {name} cannot be read: {error}")),
    };
    let sentence = |remark: &Remark| format!("{name}, line {}: {}", remark.line, remark.text);
    let (config, unknown) = read(&text).map_err(|remark| sentence(&remark))?;
    Ok(Loaded {
        config,
        ignored: unknown.iter().map(sentence).collect(),
    })
}

/// Changes one setting in the file, which is made if it is not there.
///
/// # Errors
///
/// It cannot be read or written; what to tell, printable.
pub fn remember(path: &Path, setting: &Setting) -> Result<(), String> {
    // A link to a file elsewhere stays a link.
    let path = fs::canonicalize(path).unwrap_or_else(|_absent| path.to_owned());
    let failed = |error: &dyn std::fmt::Display| {
        let name = path.display().to_string();
        format!("{} cannot be changed: {error}", shown(&name))
    };
    let known = match text(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failed(&error)),
    };
    let changed = set(&known, setting).map_err(|error| failed(&error))?;
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    // Whole or not at all.
    let mut new = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
    new.write_all(changed.as_bytes())
        .map_err(|error| failed(&error))?;
    new.persist(&path).map_err(|error| failed(&error.error))?;
    Ok(())
}

fn text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let file = fs::File::open(path)?;
    file.take(BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

/// Names another file.
pub const VARIABLE: &str = "RTCSCOPE_CONFIG";
/// A configuration is read up to here, bytes.
const BYTES_MAX: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_there_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deeper").join("config.toml");
        assert_eq!(load(&path).unwrap().config.names.len(), 0);
        let setting = Setting::Name("10.0.0.1".parse().unwrap(), Some("alice".into()));
        remember(&path, &setting).unwrap();
        let loaded = load(&path).unwrap();
        assert_eq!(loaded.config.names.values().next().unwrap(), "alice");
        assert_eq!(loaded.ignored, Vec::<String>::new());
    }

    #[test]
    fn a_wrong_line_is_named_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        fs::write(&path, "\ntheme = 3\n").unwrap();
        let error = load(&path).unwrap_err();
        assert!(
            error.contains("config.toml, line 2: theme: allowed is dark"),
            "{error}"
        );
        // And is not lost over a name.
        let setting = Setting::Name("10.0.0.1".parse().unwrap(), Some("alice".into()));
        remember(&path, &setting).unwrap();
        assert!(
            fs::read_to_string(&path)
                .unwrap()
                .starts_with("\ntheme = 3\n")
        );
        fs::write(&path, "= =").unwrap();
        assert!(remember(&path, &setting).unwrap_err().contains("no TOML"));
        fs::write(&path, "hue = 3").unwrap();
        let ignored = load(&path).unwrap().ignored;
        assert!(
            ignored[0].contains("line 1: hue is no setting"),
            "{ignored:?}"
        );
    }
}
