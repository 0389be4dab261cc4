//! The layout rules of `docs/ARCHITECTURE.md`, held: imports run downwards, every file is declared, files stay small, nothing is
//! left to be done later, and nothing names the machine it was written on.
//!
//! Each rule is a function from text to the sentences that say what is wrong, so that each is tested on text that breaks it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

/// The floors: a module imports from modules with a lower number, and from itself.
const FLOORS: &[(&str, u8)] = &[
    ("vocab", 0),
    ("wire", 1),
    ("sdp", 1),
    ("ingest", 1),
    ("crypt", 2),
    ("flow", 3),
    ("track", 4),
    ("session", 5),
    ("diagnosis", 6),
    ("timeline", 6),
    ("analyzer", 7),
    // Reads the analysis; lessons, the report and the screens filter by it.
    ("filter", 8),
    ("lessons", 9),
    ("report", 9),
    ("tui", 10),
    ("cli", 11),
];

/// Macros of `vocab` that Rust exports at the crate's root.
const EXPORTED_MACROS: &[&str] = &["codepoint"];

/// Lines that a file may have before its tests.
const LONGEST: usize = 500;

/// Lines below which a file is short again.
const SHORT: usize = 400;

/// Files that may be longer, and why. One that has shrunk below [`SHORT`] must leave this list.
const LONG_FILES: &[(&str, &str)] = &[];

#[test]
fn imports_run_downwards() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src") {
        wrong.extend(climbing(&path, &text));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_tables_of_floors_agree() {
    for document in ["src/lib.rs", "docs/ARCHITECTURE.md"] {
        let text = read(&root().join(document));
        let wrong = differing_floors(&text);
        assert!(wrong.is_empty(), "{document}: {}", wrong.join("\n"));
    }
    let modules = declared(&read(&root().join("src/lib.rs")));
    for module in &modules {
        assert!(floor(module).is_some(), "{module} has no floor");
    }
}

#[test]
fn every_file_is_declared() {
    let mut wrong = Vec::new();
    let files: Vec<PathBuf> = sources("src").into_iter().map(|(path, _)| path).collect();
    for (path, text) in sources("src") {
        let name = path.file_name().expect("a file has a name");
        if name == "mod.rs" || name == "lib.rs" {
            let folder = path.parent().expect("it lies in src");
            wrong.extend(undeclared(folder, &text, &files));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_small_or_say_why_not() {
    let mut wrong = Vec::new();
    let mut long = BTreeSet::new();
    for (path, text) in sources("src") {
        let path = path.display().to_string();
        let lines = lines_without_tests(&path, &text);
        let listed = LONG_FILES.iter().any(|(listed, _)| *listed == path);
        if lines > LONGEST && !listed {
            wrong.push(format!("{path}: {lines} lines without tests"));
        }
        if lines >= SHORT {
            long.insert(path);
        }
    }
    for (listed, reason) in LONG_FILES {
        assert!(reason.len() > 20, "{listed}: a reason is a sentence");
        if !long.contains(*listed) {
            wrong.push(format!("{listed} is short, or gone: take it off the list"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_left_for_later_and_nothing_names_a_machine() {
    let mut wrong = Vec::new();
    for folder in ["src", "tests", "benches", "fuzz", "docs", ".ci"] {
        for (path, text) in texts(folder) {
            wrong.extend(unfinished(&path, &text));
            wrong.extend(local_paths(&path, &text));
        }
    }
    for file in ["README.md", "CHANGELOG.md", "Cargo.toml", "deny.toml"] {
        let text = read(&root().join(file));
        wrong.extend(unfinished(Path::new(file), &text));
        wrong.extend(local_paths(Path::new(file), &text));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Imports of `path` that climb or go sideways.
fn climbing(path: &Path, text: &str) -> Vec<String> {
    let mut parts = path.components().skip(1);
    let Some(own) = parts
        .next()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
    else {
        return Vec::new();
    };
    let own = own.trim_end_matches(".rs");
    let Some(own_floor) = floor(own) else {
        return Vec::new(); // lib.rs declares, main.rs calls the top floor from outside.
    };
    let depth = parts.count() + 1;
    let mut wrong = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let code = without_comments_and_strings(line);
        for module in named_modules(&code) {
            let verdict = match floor(&module) {
                _ if module == own => continue,
                _ if module == "{" => "imports several modules in one line",
                None => "names no module of the table",
                Some(other) if other < own_floor => continue,
                Some(other) if other == own_floor => "goes sideways",
                Some(_) => "climbs",
            };
            let number = number + 1;
            wrong.push(format!(
                "{}:{number}: {own} → {module} {verdict}",
                path.display()
            ));
        }
        // From its own folder a file is `depth` modules deep, a module inside it (tests, say) one deeper.
        if code.contains(&"super::".repeat(depth + 1)) {
            wrong.push(format!(
                "{}:{}: leaves {own} by super",
                path.display(),
                number + 1
            ));
        }
    }
    wrong
}

/// First path segments after `crate::` in a line of code, macros left out.
fn named_modules(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, pattern) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + pattern.len()..];
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if after.starts_with('!') || EXPORTED_MACROS.contains(&name) {
            continue;
        }
        found.push(if name.is_empty() {
            rest.chars().take(1).collect()
        } else {
            name.to_owned()
        });
    }
    found
}

/// A line without its `//` comment, and with its string literals emptied.
fn without_comments_and_strings(line: &str) -> String {
    let mut code = String::new();
    let mut chars = line.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' if quoted => {
                chars.next();
            }
            '"' => {
                quoted = !quoted;
                code.push('"');
            }
            _ if quoted => {}
            '\'' if chars.peek() == Some(&'"') => {
                // The character literal '"'.
                chars.next();
                chars.next();
            }
            '/' if chars.peek() == Some(&'/') => break,
            _ => code.push(c),
        }
    }
    code
}

/// Rows of a document's table of floors that differ from [`FLOORS`], and modules that it lacks. `lessons` may be absent.
fn differing_floors(text: &str) -> Vec<String> {
    let mut rows = BTreeMap::new();
    for line in text.lines() {
        let line = line
            .trim_start_matches("//!")
            .trim()
            .trim_start_matches('|');
        let mut cells = line.split('|').map(str::trim);
        if let (Some(number), Some(name)) = (cells.next(), cells.next())
            && let Ok(number) = number.parse::<u8>()
        {
            let name = name.trim_matches(|c: char| !c.is_alphanumeric());
            rows.insert(name.to_owned(), number);
        }
    }
    let mut wrong: Vec<String> = FLOORS
        .iter()
        .filter(|(name, number)| match rows.get(*name) {
            Some(row) => row != number,
            None => *name != "lessons",
        })
        .map(|(name, number)| format!("{name} belongs to floor {number}"))
        .collect();
    for name in rows.keys().filter(|name| floor(name).is_none()) {
        wrong.push(format!("{name} is no floor"));
    }
    wrong
}

/// Modules that a file declares as files of their own.
fn declared(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter_map(|line| {
            let line = without_comments_and_strings(line);
            let line = line.trim();
            let line = line.strip_suffix(';')?;
            let (visibility, name) = line.split_once("mod ")?;
            let visible = visibility.is_empty() || visibility.trim_end().starts_with("pub");
            visible.then(|| name.trim().to_owned())
        })
        .collect()
}

/// Files and folders beside a `mod.rs` (or `lib.rs`) that it does not declare.
fn undeclared(folder: &Path, text: &str, files: &[PathBuf]) -> Vec<String> {
    // A module whose file has another name says so.
    let named = text.lines().filter_map(|line| {
        let path = line.trim().strip_prefix("#[path = \"")?;
        path.strip_suffix(".rs\"]").map(str::to_owned)
    });
    let declared: BTreeSet<String> = declared(text).into_iter().chain(named).collect();
    files
        .iter()
        .filter_map(|file| {
            let inner = file.strip_prefix(folder).ok()?;
            let mut parts = inner.components();
            let first = parts
                .next()?
                .as_os_str()
                .to_string_lossy()
                .trim_end_matches(".rs")
                .to_owned();
            let entry = ["mod", "lib", "main"].contains(&first.as_str());
            (!entry && !declared.contains(&first))
                .then(|| format!("{} is not declared by its folder", file.display()))
        })
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// Lines before the tests; files that are nothing but tests have none.
fn lines_without_tests(path: &str, text: &str) -> usize {
    let name = path.rsplit('/').next().unwrap_or(path);
    if ["tests.rs", "testing.rs", "samples.rs", "hostile.rs"].contains(&name) {
        return 0;
    }
    let mut lines = text.lines().peekable();
    let mut count = 0;
    while let Some(line) = lines.next() {
        let next = lines.peek().copied().unwrap_or_default();
        if line == "#[cfg(test)]" && next.starts_with("mod ") && next.ends_with('{') {
            break;
        }
        count += 1;
    }
    count
}

/// Marks of unfinished work.
fn unfinished(path: &Path, text: &str) -> Vec<String> {
    // Spelled in two halves, so that this file may be searched like the others.
    let marks = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["XX", "X:"],
        ["todo", "!("],
        ["unimple", "mented!"],
    ]
    .map(|halves| halves.concat());
    found(path, text, &marks, "left for later")
}

/// Paths that exist on one machine only.
fn local_paths(path: &Path, text: &str) -> Vec<String> {
    let folders = ["home", "root", "Users", "work", "workspace"].map(|name| format!("/{name}/"));
    found(path, text, &folders, "names a machine's own folder")
}

fn found(path: &Path, text: &str, words: &[String], what: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for word in words.iter().filter(|word| line.contains(word.as_str())) {
            wrong.push(format!("{}:{}: {what}: {word}", path.display(), number + 1));
        }
    }
    wrong
}

fn floor(module: &str) -> Option<u8> {
    let (_, number) = FLOORS.iter().find(|(name, _)| *name == module)?;
    Some(*number)
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a file of the project, as text")
}

/// Rust files under a folder of the project, by path from the project's root.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let rust = |(path, _): &(PathBuf, String)| path.extension().is_some_and(|end| end == "rs");
    texts(folder).into_iter().filter(rust).collect()
}

/// Text files under a folder of the project; what builds and fuzzing leave behind is passed over.
fn texts(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if path.is_dir() {
                if !["target", "corpus", "artifacts"].contains(&name.to_string_lossy().as_ref()) {
                    folders.push(path);
                }
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                let path = path.strip_prefix(root()).expect("it lies in the project");
                found.push((path.to_owned(), text));
            }
        }
    }
    found.sort();
    found
}

#[track_caller]
fn check_import(path: &str, line: &str, expected: &[&str]) {
    let wrong = climbing(Path::new(path), line);
    assert_eq!(wrong.len(), expected.len(), "{wrong:?}");
    for (wrong, expected) in wrong.iter().zip(expected) {
        assert!(wrong.ends_with(expected), "{wrong}");
    }
}

#[test]
fn a_climbing_import_is_found() {
    let path = "src/wire/stun/message.rs";
    check_import(path, "use crate::vocab::fault::Fault;", &[]);
    check_import(path, "use crate::wire::read::u16_at;", &[]);
    check_import(
        path,
        "use crate::flow::table::FlowTable;",
        &["wire → flow climbs"],
    );
    check_import(
        path,
        "pub(crate) use crate::cli::run;",
        &["wire → cli climbs"],
    );
    check_import(
        path,
        "    let x = crate::session::join::join(crate::tui::y());",
        &["wire → session climbs", "wire → tui climbs"],
    );
}

#[test]
fn a_sideways_import_is_found() {
    check_import(
        "src/sdp/mod.rs",
        "use crate::wire::stun;",
        &["sdp → wire goes sideways"],
    );
    check_import(
        "src/timeline/lane.rs",
        "use crate::diagnosis::finding::Finding;",
        &["timeline → diagnosis goes sideways"],
    );
}

#[test]
fn imports_in_prose_strings_and_macros_do_not_count() {
    let path = "src/vocab/time.rs";
    check_import(path, "//! Used by [`crate::cli`].", &[]);
    check_import(path, "let x = \"crate::cli\"; // crate::tui", &[]);
    check_import(
        path,
        "let x = ('\"', crate::cli::run);",
        &["vocab → cli climbs"],
    );
    check_import("src/wire/tls/alert.rs", "crate::codepoint! {", &[]);
    check_import("src/wire/tls/alert.rs", "use crate::codepoint;", &[]);
    check_import("src/wire/tls/alert.rs", "mycrate::tui::x();", &[]);
}

#[test]
fn imports_that_hide_their_module_are_found() {
    let path = "src/wire/tcp.rs";
    check_import(
        path,
        "use crate::{cli, tui};",
        &["imports several modules in one line"],
    );
    check_import(
        path,
        "use crate::elsewhere::X;",
        &["names no module of the table"],
    );
    check_import(
        path,
        "use super::super::super::tui::X;",
        &["leaves wire by super"],
    );
    check_import(path, "use super::link::X;", &[]);
}

#[test]
fn a_file_that_nobody_declares_is_found() {
    let files = [
        "src/wire/mod.rs",
        "src/wire/a.rs",
        "src/wire/b/mod.rs",
        "src/wire/b/c.rs",
    ];
    let files = files.map(PathBuf::from);
    let wrong = undeclared(Path::new("src/wire"), "//! mod b;\npub mod a;\n", &files);
    assert_eq!(
        wrong,
        [
            "src/wire/b/c.rs is not declared by its folder",
            "src/wire/b/mod.rs is not declared by its folder"
        ]
    );
    let declaring = "pub(crate) mod a;\n#[cfg(test)]\nmod b;\n";
    assert!(undeclared(Path::new("src/wire"), declaring, &files).is_empty());
    let renaming = "mod a;\n#[path = \"b.rs\"]\nmod other;\n";
    assert!(undeclared(Path::new("src/wire"), renaming, &files).is_empty());
}

#[test]
fn a_table_with_another_order_is_found() {
    let rows = FLOORS
        .iter()
        .map(|(name, number)| format!("//! | {number} | [`{name}`] | purpose |"));
    let table = rows.collect::<Vec<_>>().join(
        "
",
    );
    assert!(differing_floors(&table).is_empty());
    let moved = table.replace("| 3 | [`flow`]", "| 5 | [`flow`]");
    assert_eq!(differing_floors(&moved), ["flow belongs to floor 3"]);
    let extra = format!("{table}\n| 4 | [`helpers`] | |");
    assert_eq!(differing_floors(&extra), ["helpers is no floor"]);
}

#[test]
fn tests_do_not_count_as_length() {
    let text = "//! x\nfn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n";
    assert_eq!(lines_without_tests("src/a.rs", text), 2);
    let helper = "#[cfg(test)]\nmod samples;\nfn a() {}\n";
    assert_eq!(lines_without_tests("src/a.rs", helper), 3);
}

#[test]
fn unfinished_work_and_local_paths_are_found() {
    let text = format!(
        "fine\n// {}: later\nlet x = \"/{}/me/x\";\n",
        ["TO", "DO"].concat(),
        "home"
    );
    assert_eq!(unfinished(Path::new("a"), &text).len(), 1);
    assert_eq!(local_paths(Path::new("a"), &text).len(), 1);
    assert!(unfinished(Path::new("a"), "all todos done").is_empty());
}
