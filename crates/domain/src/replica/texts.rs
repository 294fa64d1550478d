//! The texts that a computer has generated or knows of: what is announced about each, and which of two is
//! preferred.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::registers::collection::TAKEN_BACK;
use super::{RegisterKey, Registers, Stamp};
use crate::ids::{ChapterVersion, TextDigest, UserId};
use crate::rewrite::is_rewritten;
use crate::storage_path::StoragePath;

/// What is announced of a text. Its path says the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextEntry {
    pub book_id: String,
    pub digest: TextDigest,
    pub len_bytes: u64,
    /// What wrote it, such as `primer/1`, or `model/1/llama3.2:3b` for one that a model rewrote.
    pub generator: String,
    /// How many rewritten texts it took the place of at its reader's wish, one after the other.
    pub improvements: u32,
    /// When, and by which computer, it was made.
    pub stamp: Stamp,
}

pub type Texts = BTreeMap<StoragePath, TextEntry>;

/// Where a text stands among those for its chapter and background: the least is the best.
pub type TextRank = (Reverse<ChapterVersion>, Reverse<Option<u32>>, Stamp, TextDigest, StoragePath);

/// The greater chapter version first, then what a model rewrote, for its reader asked for it, and of that what was improved
/// more often, for its reader was not content with the other; then the earlier stamp, then the smaller digest.
pub fn rank(path: &StoragePath, entry: &TextEntry) -> TextRank {
    let rewritten = is_rewritten(&entry.generator).then_some(entry.improvements);
    (Reverse(path.chapter_version), Reverse(rewritten), entry.stamp, entry.digest, *path)
}

/// Whether `a` is preferred to `b`, two texts for one chapter and background.
pub fn better(a: (&StoragePath, &TextEntry), b: (&StoragePath, &TextEntry)) -> bool {
    rank(a.0, a.1) < rank(b.0, b.1)
}

/// Of two announcements of one text, the one with the earlier stamp; beyond that the smaller, so that all
/// choose the same. Of how often it was improved the one that knows more is right: an older program leaves that out.
pub fn earlier(a: &TextEntry, b: &TextEntry) -> TextEntry {
    fn order(entry: &TextEntry) -> (Stamp, TextDigest, u64, &str, &str) {
        let TextEntry { book_id, digest, len_bytes, generator, stamp, improvements: _ } = entry;
        (*stamp, *digest, *len_bytes, generator, book_id)
    }
    let first = if order(b) < order(a) { b } else { a };
    TextEntry { improvements: a.improvements.max(b.improvements), ..first.clone() }
}

/// Takes from `other` the texts that are not known here, were made earlier, or were improved more often. Returns the paths that
/// changed, in order.
pub fn join_texts(texts: &mut Texts, other: &Texts) -> Vec<StoragePath> {
    let mut changed = Vec::new();
    for (path, theirs) in other {
        let ours = texts.get(path);
        let both = ours.map_or_else(|| theirs.clone(), |ours| earlier(ours, theirs));
        if ours != Some(&both) {
            texts.insert(*path, both);
            changed.push(*path);
        }
    }
    changed
}

/// The texts that their reader removed everywhere.
pub fn taken_back(registers: &Registers, user: UserId) -> BTreeSet<StoragePath> {
    registers
        .of(TAKEN_BACK)
        .filter(|(_, register)| register.live() == Some(&true.into()))
        .filter_map(|(key, _)| StoragePath::parse_after_user(user, key))
        .collect()
}

/// What removes a text everywhere; nothing if that was done already.
pub fn take_back(registers: &Registers, path: &StoragePath, stamp: Stamp) -> Registers {
    let mut delta = Registers::default();
    registers.want(&mut delta, RegisterKey::new(TAKEN_BACK, path.after_user()), true.into(), stamp);
    delta
}

/// What lets a text be kept and sent again, once its reader wants it after all; nothing if it was never taken
/// back.
pub fn keep_again(registers: &Registers, path: &StoragePath, stamp: Stamp) -> Registers {
    let mut delta = Registers::default();
    registers.drop_live(&mut delta, RegisterKey::new(TAKEN_BACK, path.after_user()), stamp);
    delta
}

#[cfg(test)]
mod tests {
    use super::{TextEntry, Texts, better, earlier, join_texts, keep_again, take_back, taken_back};
    use crate::ids::{TextDigest, UserId};
    use crate::replica::random::{Random, register, stamp, text, user};
    use crate::replica::{RegisterKey, Registers};

    #[test]
    fn the_greater_version_is_preferred_then_the_more_often_rewritten_text_then_the_earlier_stamp_then_the_smaller_digest()
     {
        let newer = text(1, 2, "newer", stamp(9, 0, 1));
        let rewritten = |words: &str, ms: i64| {
            let mut text = text(1, 1, words, stamp(ms, 0, 1));
            text.1.generator = "model/1/x".to_owned();
            text
        };
        let (first, second) = (rewritten("rewritten", 7), rewritten("rewritten elsewhere", 8));
        let improved = |words: &str, ms: i64, improvements: u32| {
            let (path, entry) = rewritten(words, ms);
            (path, TextEntry { improvements, ..entry })
        };
        let (twice, once) = (improved("improved again", 9, 2), improved("improved", 8, 1));
        let mut early = text(1, 1, "early", stamp(1, 0, 1));
        // Of what no model rewrote it says nothing.
        early.1.improvements = 1;
        let late = text(1, 1, "late", stamp(2, 0, 1));
        let mut twins = [text(1, 1, "a", stamp(3, 0, 1)), text(1, 1, "b", stamp(3, 0, 1))];
        twins.sort_by_key(|(_, entry)| entry.digest);
        let [small, great] = &twins;
        let order = [&newer, &twice, &once, &first, &second, &early, &late, small, great];
        for (at, (path, entry)) in order.iter().enumerate() {
            for (other, (other_path, other_entry)) in order.iter().enumerate() {
                assert_eq!(better((path, entry), (other_path, other_entry)), at < other);
            }
        }
    }

    #[test]
    fn texts_are_joined_to_the_same_set_in_any_order() {
        let mut random = Random::seeded(5);
        let pool: Vec<_> = (0..6).map(|_| random.text()).collect();
        let some = |random: &mut Random| -> Texts {
            let mut texts = Texts::new();
            for _ in 0..random.below(6) {
                let (path, entry) = random.pick(&pool).clone();
                let hostile = TextEntry {
                    stamp: random.stamp(),
                    len_bytes: random.below(3),
                    book_id: random.below(2).to_string(),
                    generator: random.below(2).to_string(),
                    improvements: u32::from(random.chance(2)),
                    digest: *random.pick(&[entry.digest, TextDigest::of(b"another")]),
                };
                texts.insert(path, hostile);
            }
            texts
        };
        let joined = |a: &Texts, b: &Texts| {
            let mut both = a.clone();
            let changed = join_texts(&mut both, b);
            assert_eq!(changed.len(), both.iter().filter(|(path, entry)| a.get(path) != Some(entry)).count());
            both
        };
        for _ in 0..2_000 {
            let (a, b, c) = (some(&mut random), some(&mut random), some(&mut random));
            assert_eq!(joined(&a, &b), joined(&b, &a));
            assert_eq!(joined(&joined(&a, &b), &c), joined(&a, &joined(&b, &c)));
            assert_eq!(joined(&a, &a), a);
        }
    }

    #[test]
    fn of_two_announcements_of_one_text_the_earlier_stamp_stays() {
        let (_, first) = text(1, 1, "words", stamp(1, 0, 2));
        let (_, second) = text(1, 1, "words", stamp(2, 0, 1));
        assert_eq!(earlier(&first, &second), first);
        assert_eq!(earlier(&second, &first), first);
    }

    #[test]
    fn a_program_that_knows_nothing_of_improvements_takes_none_away_by_announcing_a_text_itself() {
        let (path, old) = text(1, 1, "improved", stamp(1, 0, 2));
        for stamp in [stamp(1, 0, 2), stamp(2, 0, 2)] {
            let improved = TextEntry { improvements: 2, stamp, ..old.clone() };
            let mut texts: Texts = [(path, improved)].into();
            assert_eq!(
                join_texts(&mut texts, &[(path, old.clone())].into()).len(),
                usize::from(stamp > old.stamp)
            );
            assert_eq!(texts.get(&path), Some(&TextEntry { improvements: 2, ..old.clone() }));
        }
    }

    #[test]
    fn a_text_is_taken_back_everywhere_until_it_is_wanted_again() {
        let (path, _) = text(3, 2, "words", stamp(1, 0, 1));
        let mut registers = Registers::default();
        assert!(keep_again(&registers, &path, stamp(1, 0, 1)).is_empty());
        registers.join(&take_back(&registers, &path, stamp(2, 0, 1)));
        assert_eq!(taken_back(&registers, user()), [path].into());
        assert!(take_back(&registers, &path, stamp(3, 0, 1)).is_empty());
        registers.join(&keep_again(&registers, &path, stamp(4, 0, 1)));
        assert!(taken_back(&registers, user()).is_empty());
    }

    #[test]
    fn a_register_that_names_no_path_of_this_reader_takes_nothing_back() {
        let (path, _) = text(3, 2, "words", stamp(1, 0, 1));
        let mut registers = Registers::default();
        for key in [path.to_string(), "../x".to_owned(), String::new()] {
            registers.insert(RegisterKey::new("taken_back", key), register(true, false, stamp(1, 0, 1)));
        }
        registers.insert(
            RegisterKey::new("taken_back", path.after_user()),
            register("yes", false, stamp(1, 0, 1)),
        );
        assert!(taken_back(&registers, user()).is_empty());
        let other = UserId::parse("0192f0c1-2345-7abc-8def-000000000000").unwrap();
        registers.join(&take_back(&registers, &path, stamp(2, 0, 1)));
        assert_eq!(taken_back(&registers, other).first().map(|path| path.user_id), Some(other));
    }
}
