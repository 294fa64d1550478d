//! Which of the texts that are here each row names.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::ids::{ChapterId, ProfileHash};
use crate::replica::{Texts, rank};
use crate::storage_path::StoragePath;

/// For each chapter and background the text that a row should name: the preferred of those `held`, all of one
/// reader. A text of this book comes before any of another. `mentions` may know an earlier stamp: so every
/// computer chooses the same.
pub fn choose_rows(
    book_id: &str,
    held: &Texts,
    mentions: &Texts,
) -> BTreeMap<(ChapterId, ProfileHash), StoragePath> {
    let mut best = BTreeMap::new();
    for (path, entry) in stamped(held, mentions) {
        let order = (Reverse(entry.book_id == book_id), rank(&path, &entry));
        let place = best.entry((path.chapter_id, path.profile_hash)).or_insert_with(|| (order, path));
        if order < place.0 {
            *place = (order, path);
        }
    }
    best.into_iter().map(|(key, (_, path))| (key, path)).collect()
}

/// What is held, each with the earliest stamp and the most improvements that are known of it. Nothing else that is said of a
/// text held here counts.
pub(super) fn stamped(held: &Texts, mentions: &Texts) -> Texts {
    let mut texts = held.clone();
    for (path, entry) in &mut texts {
        if let Some(mention) = mentions.get(path).filter(|mention| mention.digest == entry.digest) {
            entry.stamp = entry.stamp.min(mention.stamp);
            entry.improvements = entry.improvements.max(mention.improvements);
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::choose_rows;
    use crate::ids::{ProfileHash, TextDigest};
    use crate::replica::random::{stamp, text};
    use crate::replica::{TextEntry, Texts};
    use crate::storage_path::StoragePath;

    type Text = (StoragePath, TextEntry);

    fn chosen(held: &[&Text], mentions: &[&Text]) -> Vec<StoragePath> {
        let texts = |of: &[&Text]| -> Texts { of.iter().map(|text| (*text).clone()).collect() };
        choose_rows("physical-ai", &texts(held), &texts(mentions)).into_values().collect()
    }

    #[test]
    fn each_chapter_and_background_gets_its_preferred_text() {
        let (early, late) = (text(1, 1, "early", stamp(1, 0, 1)), text(1, 1, "late", stamp(2, 0, 1)));
        let newer = text(1, 2, "newer", stamp(9, 0, 1));
        let second = text(2, 1, "second", stamp(1, 0, 1));
        let mut other_background = text(1, 1, "other", stamp(5, 0, 1));
        other_background.0.profile_hash = ProfileHash::new([0; 16]);
        assert_eq!(chosen(&[&late, &early, &second], &[]), [early.0, second.0]);
        assert_eq!(chosen(&[&early, &newer, &late], &[]), [newer.0]);
        assert_eq!(chosen(&[&early, &other_background], &[]), [other_background.0, early.0]);
        assert_eq!(chosen(&[], &[&early]), []);
    }

    #[test]
    fn a_rewritten_text_comes_before_the_deterministic_one_of_its_version_and_behind_a_newer_one() {
        let plain = text(1, 1, "plain", stamp(1, 0, 1));
        let mut rewritten = text(1, 1, "in other words", stamp(9, 0, 1));
        rewritten.1.generator = "model/1/x".to_owned();
        let newer = text(1, 2, "newer", stamp(9, 0, 1));
        assert_eq!(chosen(&[&plain, &rewritten], &[]), [rewritten.0]);
        assert_eq!(chosen(&[&plain, &rewritten, &newer], &[]), [newer.0]);
        // What others say of the generator of a text that is held here decides nothing.
        let forged = (plain.0, TextEntry { generator: "model/1/x".to_owned(), ..plain.1.clone() });
        assert_eq!(chosen(&[&plain, &rewritten], &[&forged]), [rewritten.0]);
    }

    #[test]
    fn a_text_of_this_book_comes_before_a_newer_one_of_another() {
        let mut other = text(1, 7, "other book", stamp(1, 0, 1));
        other.1.book_id = "biology".to_owned();
        let mut older_other = text(1, 6, "its older edition", stamp(1, 0, 1));
        older_other.1.book_id = "biology".to_owned();
        let own = text(1, 1, "this book", stamp(9, 0, 1));
        assert_eq!(chosen(&[&other, &own, &older_other], &[]), [own.0]);
        assert_eq!(chosen(&[&older_other, &other], &[]), [other.0]);
    }

    #[test]
    fn a_text_that_was_made_earlier_elsewhere_counts_from_then() {
        let (a, b) = (text(1, 1, "a", stamp(2, 0, 1)), text(1, 1, "b", stamp(3, 0, 1)));
        let elsewhere = (b.0, TextEntry { stamp: stamp(1, 0, 2), ..b.1.clone() });
        assert_eq!(chosen(&[&a, &b], &[]), [a.0]);
        assert_eq!(chosen(&[&a, &b], &[&elsewhere]), [b.0]);
        // Nor is what was improved elsewhere less here.
        let improved = |text: &Text, improvements: u32| {
            let generator = "model/1/x".to_owned();
            (text.0, TextEntry { generator, improvements, ..text.1.clone() })
        };
        let (first, second) = (improved(&a, 0), improved(&b, 0));
        assert_eq!(chosen(&[&first, &second], &[]), [a.0]);
        assert_eq!(chosen(&[&first, &second], &[&improved(&b, 1)]), [b.0]);
        // Said of other bytes, it says nothing of these; and nobody else decides which book a text here is
        // of.
        let forged = (b.0, TextEntry { digest: TextDigest::of(b"forged"), ..elsewhere.1.clone() });
        assert_eq!(chosen(&[&a, &b], &[&forged]), [a.0]);
        let misplaced =
            (a.0, TextEntry { book_id: "biology".to_owned(), stamp: stamp(1, 0, 2), ..a.1.clone() });
        assert_eq!(chosen(&[&a, &b], &[&misplaced]), [a.0]);
    }
}
