//! Writing a replica.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{FORMAT, Replica};
use crate::ids::ProfileHash;
use crate::profile::{self, Background};
use crate::replica::registers::canonical_json;
use crate::replica::{Register, TextEntry, Texts};
use crate::storage_path::StoragePath;

/// All of it but the last line and the brace that closes it.
pub(super) fn lines(replica: &Replica) -> String {
    let registers = replica.registers.iter().map(|(key, value)| member(&key.to_string(), &register(value)));
    let missing = replica.missing.iter().map(|path| {
        let text = format!("{}/{}/{}", path.chapter_id, path.profile_hash, version_and_digest(path));
        quoted(&text)
    });
    let members = [
        member("format", &FORMAT.to_string()),
        member("user", &quoted(&replica.user.to_string())),
        member("device", &quoted(&replica.device.to_string())),
        member("device_name", &quoted(&replica.device_name)),
        member("write_id", &quoted(&replica.write_id.to_string())),
        member("written_at", &quoted(&replica.written_at.to_string())),
        member("program", &quoted(&replica.program)),
        member("registers", &block('{', registers, '}', 1)),
        member("chapters", &block('{', chapters(&replica.texts, &replica.backgrounds).into_iter(), '}', 1)),
        member("missing", &block('[', missing, ']', 1)),
    ];
    format!("{{\n  {},\n", members.join(",\n  "))
}

fn chapters(texts: &Texts, backgrounds: &BTreeMap<ProfileHash, Background>) -> Vec<String> {
    let mut by_hash: BTreeMap<ProfileHash, Vec<String>> = BTreeMap::new();
    for (path, entry) in texts {
        let key = format!("{}/{}", path.chapter_id, version_and_digest(path));
        by_hash.entry(path.profile_hash).or_default().push(member(&key, &text(entry)));
    }
    let hashes: BTreeSet<&ProfileHash> = by_hash.keys().chain(backgrounds.keys()).collect();
    let chapter = |hash: &ProfileHash| {
        // As it is hashed: the MD5 of what stands there is the hash before it.
        let background =
            backgrounds.get(hash).map(|known| member("background", &profile::canonical_json(known)));
        let texts =
            by_hash.get(hash).map(|texts| member("texts", &block('{', texts.iter().cloned(), '}', 3)));
        member(&hash.to_string(), &block('{', background.into_iter().chain(texts), '}', 2))
    };
    hashes.into_iter().map(chapter).collect()
}

fn version_and_digest(path: &StoragePath) -> String {
    format!("v{}-{}", path.chapter_version, path.digest)
}

fn register(register: &Register) -> String {
    let removed = if register.removed { "\"removed\": true, " } else { "" };
    format!("{{\"value\": {}, {removed}\"stamp\": \"{}\"}}", canonical_json(&register.value), register.stamp)
}

fn text(entry: &TextEntry) -> String {
    let improvements = match entry.improvements {
        0 => String::new(),
        number => format!("\"improvements\": {number}, "),
    };
    format!(
        "{{\"sha256\": \"{}\", \"len_bytes\": {}, \"book\": {}, \"generator\": {}, {improvements}\"stamp\": \"{}\"}}",
        entry.digest,
        entry.len_bytes,
        quoted(&entry.book_id),
        quoted(&entry.generator),
        entry.stamp
    )
}

fn member(name: &str, value: &str) -> String {
    format!("{}: {value}", quoted(name))
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// One item to a line, two spaces further in than `depth`.
fn block(open: char, items: impl Iterator<Item = String>, close: char, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let lines: Vec<String> = items.map(|item| format!("\n{indent}  {item}")).collect();
    if lines.is_empty() {
        return format!("{open}{close}");
    }
    format!("{open}{}\n{indent}{close}", lines.join(","))
}
