//! Element ids: prefixed, unique on the page, and made only of letters, digits, `-`, `_` and `.`, so that an id can
//! stand in an attribute and behind `#` as it is.

use std::collections::{BTreeMap, BTreeSet};

pub const PREFIX: &str = "b-";

/// The ids of one page.
#[derive(Default)]
pub struct Anchors {
    taken: BTreeSet<String>,
    /// The last number tried behind a name, so that a thousand headings of one name are not a million look-ups.
    last_number: BTreeMap<String, usize>,
    reserved: BTreeSet<String>,
}

impl Anchors {
    /// Sets aside an id that somebody wrote by hand for a later `exactly`, so that an earlier heading of the same
    /// words gets a number instead.
    pub fn reserve(&mut self, id: &str) {
        if let Some(id) = anchor(id) {
            self.reserved.insert(id);
        }
    }

    /// The id somebody wrote by hand, while it is still free.
    pub fn exactly(&mut self, id: &str) -> Option<String> {
        let id = anchor(id)?;
        self.taken.insert(id.clone()).then_some(id)
    }

    /// An id as near to `name` as is still free.
    pub fn near(&mut self, name: &str) -> String {
        let base = anchor(name).unwrap_or_else(|| format!("{PREFIX}section"));
        let mut id = base.clone();
        let number = self.last_number.entry(base.clone()).or_default();
        while self.taken.contains(&id) || self.reserved.contains(&id) {
            *number += 1;
            id = format!("{base}-{number}");
        }
        self.taken.insert(id.clone());
        id
    }
}

/// `topics` and `b-topics` are `b-topics`; `None` if nothing is left of it.
pub fn anchor(id: &str) -> Option<String> {
    let kept: String = id.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')).collect();
    let bare = kept.strip_prefix(PREFIX).unwrap_or(&kept);
    (!bare.is_empty()).then(|| format!("{PREFIX}{bare}"))
}

/// Letters and digits in lower case, a hyphen for whatever stands between them.
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() {
            slug.extend(c.to_lowercase());
        } else if matches!(c, '\'' | '’') {
            // "robot's" is one word.
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}
