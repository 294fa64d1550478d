//! The profile hash: MD5 of the background as Python's `json.dumps(background, sort_keys=True)` writes it.
//!
//! Anyone can check a hash with one line of Python, so the bytes here must be Python's: keys sorted, `", "` and `": "`
//! between, everything outside space to `~` as `\uXXXX`.

use md5::{Digest, Md5};

use super::Background;
use crate::ids::ProfileHash;

pub(super) fn profile_hash(background: &Background) -> ProfileHash {
    ProfileHash::new(Md5::digest(canonical_json(background)).into())
}

/// The text that is hashed: ASCII only. Its sets and maps are ordered by code point, as Rust orders UTF-8 strings.
pub fn canonical_json(background: &Background) -> String {
    let mut out = String::from("{\"hardware_access\": ");
    push_list(&mut out, background.hardware_access.iter());
    out.push_str(", \"learning_goals\": ");
    push_list(&mut out, background.learning_goals.iter());
    out.push_str(", \"robotics_experience\": ");
    push_string(&mut out, background.robotics_experience.word());
    out.push_str(", \"software_experience\": {");
    for (index, (skill, level)) in background.software_experience.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        push_string(&mut out, skill);
        out.push_str(": ");
        push_string(&mut out, level.word());
    }
    out.push_str("}}");
    out
}

fn push_list<'a>(out: &mut String, items: impl Iterator<Item = &'a String>) {
    out.push('[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        push_string(out, item);
    }
    out.push(']');
}

fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
}
