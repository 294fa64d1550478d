//! Which words of two texts are the same.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Two lists of more parts than that together are taken as wholly different: the time taken grows as the square.
pub const MOST: usize = 4_000;

/// What became of a stretch of the text before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stretch {
    Same,
    /// It went, something else came, or both.
    Changed,
}

/// Both texts from beginning to end, as stretches that are the same in both or differ; no two neighbours are of one
/// kind.
pub fn stretches(old: &[&str], new: &[&str]) -> Vec<(Stretch, Range<usize>, Range<usize>)> {
    let mut found: Vec<(Stretch, Range<usize>, Range<usize>)> = Vec::new();
    let mut push = |stretch: Stretch, old: Range<usize>, new: Range<usize>| match found.last_mut() {
        _ if old.is_empty() && new.is_empty() => {}
        Some((kind, old_before, new_before)) if *kind == stretch => {
            old_before.end = old.end;
            new_before.end = new.end;
        }
        _ => found.push((stretch, old, new)),
    };
    if old.len() + new.len() > MOST {
        push(Stretch::Changed, 0..old.len(), 0..new.len());
        return found;
    }
    for operation in capture_diff_slices(Algorithm::Patience, old, new) {
        let stretch = match operation {
            DiffOp::Equal { .. } => Stretch::Same,
            DiffOp::Delete { .. } | DiffOp::Insert { .. } | DiffOp::Replace { .. } => Stretch::Changed,
        };
        push(stretch, operation.old_range(), operation.new_range());
    }
    found
}

/// Words and what stands between them, so that a comma that came or went is not the word's change.
pub fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut from = 0;
    let mut before = None;
    for (at, character) in text.char_indices() {
        let class = (character.is_alphanumeric(), character.is_whitespace());
        // Punctuation stands alone, and so do the letters of scripts without spaces, which are words themselves.
        let alone =
            class == (false, false) || matches!(character, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}');
        if at > from && (alone || before != Some(class)) {
            words.push(&text[from..at]);
            from = at;
        }
        before = if alone { None } else { Some(class) };
    }
    words.push(&text[from..]);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::{MOST, Stretch, stretches, words};
    use crate::replica::random::Random;

    fn shown(before: &str, after: &str) -> String {
        let (old, new) = (words(before), words(after));
        let shown = stretches(&old, &new).into_iter().map(|(stretch, from, to)| match stretch {
            Stretch::Same => old[from].concat(),
            Stretch::Changed => format!("[{}|{}]", old[from].concat(), new[to].concat()),
        });
        shown.collect()
    }

    #[test]
    fn a_changed_word_is_changed_alone() {
        assert_eq!(shown("One two, three.", "One 2, three."), "One [two|2], three.");
        assert_eq!(shown("", "a"), "[|a]");
        assert_eq!(shown("机器人走", "机器狗走"), "机器[人|狗]走");
        assert_eq!(shown("a, b", "a b"), "a[,|] b");
        assert!(stretches(&[], &[]).is_empty());
    }

    #[test]
    fn the_stretches_are_both_texts_whatever_these_are() {
        for seed in 0..500 {
            let mut random = Random::seeded(seed);
            let mut text = || -> String {
                (0..random.below(40))
                    .map(|_| *random.pick(&["a", "b", " ", "\n", "é", ",", "机", "\r\n"]))
                    .collect()
            };
            let (before, after) = (text(), text());
            let (old, new) = (words(&before), words(&after));
            assert_eq!(old.concat(), before);
            let stretches = stretches(&old, &new);
            let (mut from, mut to) = (0, 0);
            for (stretch, in_old, in_new) in &stretches {
                assert_eq!((in_old.start, in_new.start), (from, to), "seed {seed}");
                assert_eq!(
                    *stretch == Stretch::Same,
                    old[in_old.clone()] == new[in_new.clone()],
                    "seed {seed}"
                );
                (from, to) = (in_old.end, in_new.end);
            }
            assert_eq!((from, to), (old.len(), new.len()), "seed {seed}");
            assert!(stretches.windows(2).all(|pair| pair[0].0 != pair[1].0), "seed {seed}");
        }
    }

    #[test]
    fn two_long_texts_with_nothing_in_common_are_one_change() {
        let text = |salt: usize| -> String { (0..MOST).map(|n| format!("w{} ", n * 7 + salt)).collect() };
        let (before, after) = (text(1), text(2));
        assert_eq!(stretches(&words(&before), &words(&after)).len(), 1);
    }
}
