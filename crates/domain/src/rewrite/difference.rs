//! Two texts side by side, word by word.
//!
//! Paragraphs are matched first and words only within those that differ, so that a long chapter takes no longer than
//! its changes do.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Two paragraphs of more words than that together are shown as wholly different: the time taken grows as the square.
const WORDS_MAX: usize = 4_000;
const PARAGRAPHS_MAX: usize = 4_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Same,
    Removed,
    Added,
}

/// What is the same and removed is, in order, the text before; what is the same and added, the text after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferenceSpan {
    pub change: Change,
    pub text: String,
}

/// The spans of a change follow on each other as long as it goes on: no two neighbours are of one kind.
pub fn difference(before: &str, after: &str) -> Vec<DifferenceSpan> {
    let (old, new) = (paragraphs(before), paragraphs(after));
    let mut spans = Vec::new();
    each(&old, &new, PARAGRAPHS_MAX, &mut |change, old_range, new_range| match change {
        Some(change) => push(&mut spans, change, &text_of(change, (&old, old_range), (&new, new_range))),
        None => {
            let (old, new) = (old[old_range].concat(), new[new_range].concat());
            let (old, new) = (words(&old), words(&new));
            each(&old, &new, WORDS_MAX, &mut |change, old_range, new_range| match change {
                Some(change) => {
                    push(&mut spans, change, &text_of(change, (&old, old_range), (&new, new_range)))
                }
                None => {
                    push(&mut spans, Change::Removed, &old[old_range].concat());
                    push(&mut spans, Change::Added, &new[new_range].concat());
                }
            });
        }
    });
    spans
}

/// Calls `found` for each stretch; without a change where one stretch took the place of another.
fn each(
    old: &[&str],
    new: &[&str],
    most: usize,
    found: &mut dyn FnMut(Option<Change>, Range<usize>, Range<usize>),
) {
    if old.len() + new.len() > most {
        return found(None, 0..old.len(), 0..new.len());
    }
    for operation in capture_diff_slices(Algorithm::Patience, old, new) {
        let (old, new) = (operation.old_range(), operation.new_range());
        match operation {
            DiffOp::Equal { .. } => found(Some(Change::Same), old, new),
            DiffOp::Delete { .. } => found(Some(Change::Removed), old, new),
            DiffOp::Insert { .. } => found(Some(Change::Added), old, new),
            DiffOp::Replace { .. } => found(None, old, new),
        }
    }
}

fn text_of(change: Change, old: (&[&str], Range<usize>), new: (&[&str], Range<usize>)) -> String {
    match change {
        Change::Same | Change::Removed => old.0[old.1].concat(),
        Change::Added => new.0[new.1].concat(),
    }
}

fn push(spans: &mut Vec<DifferenceSpan>, change: Change, text: &str) {
    match spans.last_mut() {
        _ if text.is_empty() => {}
        Some(last) if last.change == change => last.text.push_str(text),
        _ => spans.push(DifferenceSpan { change, text: text.to_owned() }),
    }
}

/// Each with the empty lines behind it.
fn paragraphs(text: &str) -> Vec<&str> {
    let mut paragraphs = Vec::new();
    let (mut from, mut at, mut after_blank) = (0, 0, false);
    for line in text.split_inclusive('\n') {
        let is_blank = line.trim().is_empty();
        if after_blank && !is_blank {
            paragraphs.push(&text[from..at]);
            from = at;
        }
        after_blank = is_blank;
        at += line.len();
    }
    paragraphs.push(&text[from..]);
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs
}

/// Words and what stands between them, so that a comma that came or went is not the word's change.
fn words(text: &str) -> Vec<&str> {
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
    use super::{Change, DifferenceSpan, difference};
    use crate::replica::random::Random;

    fn joined(spans: &[DifferenceSpan], without: Change) -> String {
        spans.iter().filter(|span| span.change != without).map(|span| &*span.text).collect()
    }

    fn shown(before: &str, after: &str) -> String {
        let spans = difference(before, after);
        let text = spans.iter().map(|span| match span.change {
            Change::Same => span.text.clone(),
            Change::Removed => format!("[-{}-]", span.text),
            Change::Added => format!("[+{}+]", span.text),
        });
        text.collect()
    }

    #[test]
    fn a_changed_word_is_shown_alone_and_paragraphs_that_stayed_are_not_touched() {
        assert_eq!(
            shown("One two, three.\n\nStays.\n\nGoes.\n", "One 2, three.\n\nStays.\n\nComes now.\n"),
            "One [-two-][+2+], three.\n\nStays.\n\n[-Goes-][+Comes now+].\n"
        );
        assert_eq!(shown("a.\n\nb.\n", "a.\n\nx.\n\nb.\n"), "a.\n\n[+x.\n\n+]b.\n");
        assert_eq!(shown("", "a"), "[+a+]");
        assert_eq!(shown("机器人走", "机器狗走"), "机器[-人-][+狗+]走");
        assert!(difference("", "").is_empty());
    }

    #[test]
    fn the_spans_are_both_texts_whatever_these_are() {
        for seed in 0..500 {
            let mut random = Random::seeded(seed);
            let mut text = || -> String {
                (0..random.below(40))
                    .map(|_| *random.pick(&["a", "b", " ", "\n", "\n\n", "é", ",", "机", "\r\n"]))
                    .collect()
            };
            let (before, after) = (text(), text());
            let spans = difference(&before, &after);
            assert_eq!(joined(&spans, Change::Added), before);
            assert_eq!(joined(&spans, Change::Removed), after);
            assert!(spans.windows(2).all(|pair| pair[0].change != pair[1].change), "{spans:?}");
        }
    }

    #[test]
    fn two_long_texts_with_nothing_in_common_take_no_longer_than_that() {
        let text = |salt: usize| -> String {
            (0..60_000)
                .map(|n| format!("w{}{}", n * 7 + salt, if n % 50 == 0 { ".\n\n" } else { " " }))
                .collect()
        };
        let (before, after) = (text(1), text(2));
        let spans = difference(&before, &after);
        assert_eq!(joined(&spans, Change::Added), before);
        assert_eq!(joined(&spans, Change::Removed), after);
    }
}
