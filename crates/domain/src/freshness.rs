//! Whether what is stored for a reader is still the right text. Both the profile hash and the chapter version decide.

use crate::ids::ChapterVersion;

/// What a look at the file of a row found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobCondition {
    /// It is there, and as far as was looked (its length, or its digest) it is what was written.
    Present,
    MissingOrDamaged,
}

/// The row for a reader's current profile hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrentRow {
    pub chapter_version: ChapterVersion,
    pub blob: BlobCondition,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Freshness {
    /// Open it: no generation, no network.
    Fresh,
    /// The right text once stood here and can't be read: set it aside and heal.
    Damaged,
    /// The reader's background changed since: generate, the old text stays readable until then.
    StaleProfile,
    /// The book changed since: generate, the old text stays readable until then.
    StaleSource,
    /// Written from a newer book than the installed one: open it and say so.
    NewerSource,
    /// Never generated for this reader.
    Missing,
}

impl Freshness {
    /// Whether a visit opens what is stored, without generating.
    pub fn opens_stored_text(self) -> bool {
        matches!(self, Freshness::Fresh | Freshness::NewerSource)
    }

    pub fn word(self) -> &'static str {
        match self {
            Freshness::Fresh => "fresh",
            Freshness::Damaged => "damaged",
            Freshness::StaleProfile => "stale_profile",
            Freshness::StaleSource => "stale_source",
            Freshness::NewerSource => "newer_source",
            Freshness::Missing => "missing",
        }
    }
}

/// `current`: the row with the reader's current hash; `other_rows`: whether there is one with another hash.
pub fn freshness(current: Option<CurrentRow>, other_rows: bool, installed: ChapterVersion) -> Freshness {
    let Some(row) = current else {
        return if other_rows { Freshness::StaleProfile } else { Freshness::Missing };
    };
    if row.chapter_version < installed {
        return Freshness::StaleSource;
    }
    match row.blob {
        // A newer book's text that can't be read heals like any other: from a remote, or as the installed book has it.
        BlobCondition::MissingOrDamaged => Freshness::Damaged,
        BlobCondition::Present if row.chapter_version > installed => Freshness::NewerSource,
        BlobCondition::Present => Freshness::Fresh,
    }
}

#[cfg(test)]
mod tests {
    use super::BlobCondition::{MissingOrDamaged, Present};
    use super::{CurrentRow, Freshness, freshness};
    use crate::ids::ChapterVersion;

    #[test]
    fn the_whole_truth_table_holds_row_by_row() {
        let installed = ChapterVersion(2);
        let row = |version, blob| Some(CurrentRow { chapter_version: ChapterVersion(version), blob });
        let table = [
            (row(2, Present), Freshness::Fresh),
            (row(2, MissingOrDamaged), Freshness::Damaged),
            (row(1, Present), Freshness::StaleSource),
            (row(1, MissingOrDamaged), Freshness::StaleSource),
            (row(3, Present), Freshness::NewerSource),
            (row(3, MissingOrDamaged), Freshness::Damaged),
        ];
        for (current, expected) in table {
            // Rows under other hashes never matter when the current one has a row.
            assert_eq!(freshness(current, false, installed), expected, "{current:?}");
            assert_eq!(freshness(current, true, installed), expected, "{current:?}");
        }
        assert_eq!(freshness(None, true, installed), Freshness::StaleProfile);
        assert_eq!(freshness(None, false, installed), Freshness::Missing);
    }
}
