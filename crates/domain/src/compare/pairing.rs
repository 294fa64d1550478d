//! Which part of the one edition stands beside which of the other.

use std::collections::HashMap;

use super::parts::Part;
use super::words::{Stretch, stretches};

/// More possible pairs than that are not weighed: what changed is then shown as gone and come.
const PAIRS_MAX: usize = 40_000;

/// What two parts of one kind are worth side by side though they have no word in common.
const SAME_KIND: u32 = 50;

/// Of two parts that have all words in common, in addition.
const SAME_WORDS: u32 = 1_000;

/// Every part of both once, in the order of both.
pub fn pairs(old: &[Part], new: &[Part]) -> Vec<(Option<usize>, Option<usize>)> {
    let keys = |parts: &[Part]| -> Vec<String> {
        parts.iter().map(|part| format!("{}\n{}", part.element, part.keys().concat())).collect()
    };
    let (old_keys, new_keys) = (keys(old), keys(new));
    let (old_keys, new_keys): (Vec<&str>, Vec<&str>) =
        (old_keys.iter().map(|key| &**key).collect(), new_keys.iter().map(|key| &**key).collect());
    let mut pairs = Vec::new();
    for (stretch, from, to) in stretches(&old_keys, &new_keys) {
        match stretch {
            Stretch::Same => pairs.extend(from.zip(to).map(|(from, to)| (Some(from), Some(to)))),
            Stretch::Changed => {
                let shift = |(a, b): (Option<usize>, Option<usize>)| {
                    (a.map(|index| index + from.start), b.map(|index| index + to.start))
                };
                pairs.extend(weighed(&old[from.clone()], &new[to.clone()]).into_iter().map(shift));
            }
        }
    }
    pairs
}

/// The pairs that have the most in common, none crossing another.
fn weighed(old: &[Part], new: &[Part]) -> Vec<(Option<usize>, Option<usize>)> {
    let apart =
        || (0..old.len()).map(|from| (Some(from), None)).chain((0..new.len()).map(|to| (None, Some(to))));
    if old.len() * new.len() > PAIRS_MAX {
        return apart().collect();
    }
    let counts = |parts: &[Part]| -> Vec<Words> { parts.iter().map(Words::of).collect() };
    let (old_words, new_words) = (counts(old), counts(new));
    let mut worth = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    let mut together = vec![vec![0_u32; new.len()]; old.len()];
    for from in (0..old.len()).rev() {
        for to in (0..new.len()).rev() {
            let pair = match old[from].element == new[to].element {
                true => SAME_KIND + old_words[from].in_common(&new_words[to]),
                false => 0,
            };
            together[from][to] = pair;
            worth[from][to] =
                (pair + worth[from + 1][to + 1]).max(worth[from + 1][to]).max(worth[from][to + 1]);
        }
    }
    let mut pairs = Vec::new();
    let (mut from, mut to) = (0, 0);
    while from < old.len() || to < new.len() {
        let is_pair = from < old.len()
            && to < new.len()
            && together[from][to] > 0
            && worth[from][to] == together[from][to] + worth[from + 1][to + 1];
        if is_pair {
            pairs.push((Some(from), Some(to)));
            (from, to) = (from + 1, to + 1);
        } else if to == new.len() || from < old.len() && worth[from][to] == worth[from + 1][to] {
            pairs.push((Some(from), None));
            from += 1;
        } else {
            pairs.push((None, Some(to)));
            to += 1;
        }
    }
    pairs
}

/// How often each word of a part stands in it.
struct Words {
    counts: HashMap<String, u32>,
    total: u32,
}

impl Words {
    fn of(part: &Part) -> Words {
        let mut words = Words { counts: HashMap::new(), total: 0 };
        for key in part.keys() {
            if key.chars().any(char::is_alphanumeric) {
                *words.counts.entry(key.to_lowercase()).or_default() += 1;
                words.total += 1;
            }
        }
        words
    }

    /// 0 to `SAME_WORDS`.
    fn in_common(&self, other: &Words) -> u32 {
        let both = self
            .counts
            .iter()
            .map(|(word, count)| (*count).min(other.counts.get(word).copied().unwrap_or(0)));
        (2 * SAME_WORDS * both.sum::<u32>()).checked_div(self.total + other.total).unwrap_or(0)
    }
}
