//! What files there are.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Every file under `folder`, by its path relative to it. A folder that is not there has none.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for file in paths(folder) {
        let name = file.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
        files.insert(name, fs::read(&file).unwrap());
    }
    files
}

/// The same, told apart by what a person can read in a failed assertion: length and digest.
pub fn digests(folder: &Path) -> BTreeMap<String, String> {
    let digest =
        |bytes: &[u8]| format!("{} bytes, {}", bytes.len(), primer_domain::ids::TextDigest::of(bytes));
    files(folder).into_iter().map(|(name, bytes)| (name, digest(&bytes))).collect()
}

fn paths(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths = Vec::new();
    for entry in entries {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            paths.extend(self::paths(&entry.path()));
        } else {
            paths.push(entry.path());
        }
    }
    paths.sort();
    paths
}

/// As somebody copies a data folder to another computer.
pub fn copy(from: &Path, to: &Path) {
    for (name, bytes) in files(from) {
        let file = to.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }
}

/// The stored texts: final names only.
pub fn stored(data: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = files(&data.join("blobs"));
    files.retain(|name, _| name.ends_with(".md"));
    files
}

pub fn temporary(data: &Path) -> Vec<String> {
    files(&data.join("blobs")).into_keys().filter(|name| name.ends_with(".tmp")).collect()
}

/// The contents of what was set aside.
pub fn quarantine(data: &Path) -> Vec<Vec<u8>> {
    files(&data.join("quarantine")).into_values().collect()
}

/// Whether a stored text is what its own name says: the name ends in the digest of the bytes.
pub fn is_whole(name: &str, bytes: &[u8]) -> bool {
    let digest = primer_domain::ids::TextDigest::of(bytes).prefix().to_string();
    name.ends_with(&format!("-{digest}.md"))
}
