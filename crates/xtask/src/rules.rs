//! The repository's own rules on its files: how long they may be, and that none names a registry.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

const LINES_MAX: usize = 500;
const CODE_FOLDERS: [&str; 3] = ["crates/", "src-tauri/", "ui/"];
const CODE_ENDINGS: [&str; 5] = [".rs", ".ts", ".svelte", ".css", ".js"];

/// Made, fetched or generated; .gitignore keeps them out of the repository, but for the last.
const NOT_WRITTEN: [&str; 8] = [
    ".git",
    "artifacts",
    "gen",
    "target",
    "ui/dist",
    "ui/node_modules",
    "tests/empty-window/gen",
    "ui/generated",
];

/// In two parts, so that this file does not break its own rule.
const REGISTRY_HOSTS: [(&str, &str); 8] = [
    ("registry.", "npmjs.org"),
    ("registry.", "yarnpkg.com"),
    ("npm.pkg.", "github.com"),
    ("index.", "crates.io"),
    ("static.", "crates.io"),
    ("files.", "pythonhosted.org"),
    ("/art", "ifactory/"),
    (".jfr", "og.io"),
];

const LOCK_SOURCE: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";

pub fn check(root: &Path) -> Result<(), Failure> {
    let mut faults = Vec::new();
    for file in written_files(root)? {
        let name = name_in(root, &file);
        let bytes = fs::read(&file).map_err(Failure::file("read", &file))?;
        // A picture or a font has no lines.
        if let Ok(text) = String::from_utf8(bytes) {
            faults.extend(faults_in(&name, &text));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Failure::Refused(faults.join("\n"))) }
}

fn faults_in(name: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let is_code = CODE_FOLDERS.iter().any(|folder| name.starts_with(folder))
        && CODE_ENDINGS.iter().any(|ending| name.ends_with(ending));
    let lines = text.lines().count();
    if is_code && lines > LINES_MAX {
        faults.push(format!(
            "{name} has {lines} lines, more than {LINES_MAX}. Look for the second noun in it."
        ));
    }
    for (number, line) in (1..).zip(text.lines()) {
        if names_registry(name, line) {
            faults.push(format!(
                "{name}:{number} names a registry. Leave the choice of registry to the computer that builds: {}",
                line.trim()
            ));
        }
    }
    faults
}

fn names_registry(name: &str, line: &str) -> bool {
    let line = line.trim();
    if name == "Cargo.lock" {
        return line.starts_with("source = ") && line != LOCK_SOURCE;
    }
    let settings = name.ends_with(".npmrc") || name.starts_with(".cargo/");
    let is_set = settings && (line.starts_with("registry") || line.starts_with("replace-with"));
    let is_resolved = name.ends_with("package-lock.json") && line.starts_with("\"resolved\": \"http");
    is_set || is_resolved || REGISTRY_HOSTS.iter().any(|(start, end)| line.contains(&format!("{start}{end}")))
}

fn written_files(root: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(Failure::file("listed", &folder))? {
            let path = entry.map_err(Failure::file("listed", &folder))?.path();
            if NOT_WRITTEN.contains(&name_in(root, &path).as_str()) || path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Relative, with `/`.
fn name_in(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::{LINES_MAX, REGISTRY_HOSTS, faults_in};

    #[test]
    fn code_may_have_so_many_lines_and_a_book_any_number() {
        let long = "x\n".repeat(LINES_MAX + 1);
        assert_eq!(faults_in("crates/engine/src/a.rs", &long).len(), 1);
        assert!(faults_in("crates/engine/src/a.rs", &"x\n".repeat(LINES_MAX)).is_empty());
        assert!(faults_in("book/01.md", &long).is_empty());
        assert!(faults_in("ui/package-lock.json", &long).is_empty());
    }

    #[test]
    fn a_registry_is_found_wherever_it_is_named() {
        let (start, end) = REGISTRY_HOSTS[0];
        assert_eq!(faults_in("docs/x.md", &format!("see https://{start}{end}/y")).len(), 1);
        assert_eq!(faults_in("ui/package-lock.json", "\"resolved\": \"https://mirror/x.tgz\",").len(), 1);
        assert_eq!(faults_in("ui/.npmrc", "registry=https://mirror/").len(), 1);
        assert_eq!(faults_in("Cargo.lock", "source = \"sparse+https://mirror/\"").len(), 1);
    }

    #[test]
    fn the_usual_line_of_the_lock_file_is_fine() {
        let line = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
        assert!(faults_in("Cargo.lock", line).is_empty());
    }
}
