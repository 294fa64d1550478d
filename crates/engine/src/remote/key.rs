//! Names of objects: ASCII, relative, and safe on every file system and in every address.

/// S3 takes 1024 bytes for the whole key; the rest is left to the prefix.
const KEY_MAX_BYTES: usize = 800;
const PREFIX_MAX_BYTES: usize = 200;

/// Lower-case letters, digits, `-`, `_` and `.` in parts between slashes. No part is empty or begins or ends
/// with a dot: such names mean other files, hidden files or, on Windows, files without the dot. Capitals are
/// left out because a stick keeps `A` and `a` in one file.
pub fn is_key(key: &str) -> bool {
    key.len() <= KEY_MAX_BYTES && key.split('/').all(is_part)
}

/// What a listing may ask for: the beginning of a key, down to nothing.
pub fn is_key_prefix(prefix: &str) -> bool {
    let (folders, rest) = split(prefix);
    prefix.len() <= KEY_MAX_BYTES
        && folders.is_none_or(|folders| folders.split('/').all(is_part))
        && rest.chars().all(is_key_character)
        && !rest.starts_with('.')
}

/// The part up to the last slash, and the beginning of a name after it.
pub fn split(prefix: &str) -> (Option<&str>, &str) {
    match prefix.rsplit_once('/') {
        Some((folders, rest)) => (Some(folders), rest),
        None => (None, prefix),
    }
}

pub fn is_part(part: &str) -> bool {
    !part.is_empty() && !part.starts_with('.') && !part.ends_with('.') && part.chars().all(is_key_character)
}

fn is_key_character(c: char) -> bool {
    matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | '.')
}

/// A configured prefix without the slashes around it; empty or ending in a slash. Others own buckets too, so
/// it may have capitals and what else S3 calls safe. None if it can't be one.
pub fn clean_prefix(prefix: &str) -> Option<String> {
    let prefix = prefix.trim().trim_matches('/');
    if prefix.is_empty() {
        return Some(String::new());
    }
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "-_.!'()".contains(c);
    let is_safe_part = |part: &str| {
        !part.is_empty() && !part.starts_with('.') && !part.ends_with('.') && part.chars().all(is_safe)
    };
    (prefix.len() <= PREFIX_MAX_BYTES && prefix.split('/').all(is_safe_part)).then(|| format!("{prefix}/"))
}

#[cfg(test)]
mod tests {
    use super::{clean_prefix, is_key, is_key_prefix};

    #[test]
    fn a_key_never_leads_out_of_its_prefix() {
        for key in ["primer.json", "users/7f/replicas/0-a_b.json", "a", "0/1/2"] {
            assert!(is_key(key), "{key}");
        }
        for key in ["", "/a", "a/", "a//b", "..", "a/../b", ".a", "a.", "A", "a b", "ä", "a\\b", "a:b", "a\n"]
        {
            assert!(!is_key(key), "{key}");
        }
        assert!(!is_key(&"a".repeat(801)));
    }

    #[test]
    fn a_listing_may_ask_for_any_beginning_of_a_key() {
        for prefix in ["", "users/", "users/7f/rep", "u", "a/b/"] {
            assert!(is_key_prefix(prefix), "{prefix}");
        }
        for prefix in ["/", "//", "../", "a/../", "a/.b", "Ä", "a?"] {
            assert!(!is_key_prefix(prefix), "{prefix}");
        }
    }

    #[test]
    fn a_configured_prefix_is_taken_with_or_without_slashes() {
        assert_eq!(clean_prefix("").as_deref(), Some(""));
        assert_eq!(clean_prefix(" /Course-2026/ros(2)/ ").as_deref(), Some("Course-2026/ros(2)/"));
        for prefix in ["a//b", "../a", "a b", "ä", "a/./b", &"a".repeat(201)] {
            assert_eq!(clean_prefix(prefix), None, "{prefix}");
        }
    }
}
