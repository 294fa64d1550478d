//! What a reader is shown of a rewriting while it goes on: never stored, and never more than words.

use std::collections::BTreeMap;

use super::Rewriting;
use super::answer::Answer;
use super::assemble::Outcome;
use super::pieces::Task;
use super::shield::{CLOSE, OPEN, Shielded};

impl Rewriting {
    /// The chapter up to and with the section of this number, of which `answer` has come so far. No guard has seen
    /// that yet: of what a model wrote there only its words count, and what looks like markup of its own stands there as
    /// it is spelt.
    pub fn preview(&self, outcomes: &BTreeMap<usize, Outcome>, number: usize, answer: &str) -> String {
        let mut text = String::new();
        for (index, piece) in self.pieces.iter().enumerate().take(number.saturating_add(1)) {
            let Task::Rewrite(sent) = &piece.task else {
                text.push_str(&self.markdown[piece.range.clone()]);
                continue;
            };
            text.push_str(&self.markdown[piece.range.start..sent.range.start]);
            if index == number {
                text.push_str(&words_so_far(sent, answer));
                break;
            }
            match outcomes.get(&index) {
                Some(Outcome::Rewritten(after)) => text.push_str(after),
                Some(Outcome::Kept(_)) | None => text.push_str(&self.markdown[sent.range.clone()]),
            }
            text.push_str(&self.markdown[sent.range.end..piece.range.end]);
        }
        text
    }

    /// Whether both send the same.
    pub fn is_same_as(&self, other: &Rewriting) -> bool {
        (&self.markdown, &self.background, &self.titles, &self.pieces)
            == (&other.markdown, &other.background, &other.titles, &other.pieces)
    }
}

fn words_so_far(sent: &Shielded, answer: &str) -> String {
    // A model that thinks aloud has nothing to show before it is through with it.
    if answer.trim_start().starts_with("<think>") && !answer.contains("</think>") {
        return String::new();
    }
    let whole = Answer { text: answer, finish_reason: Some("stop") };
    let mut rest = whole.unwrapped(&sent.text).unwrap_or_default();
    let mut words = String::new();
    let mut expected = 1;
    while let Some(open) = rest.find([OPEN, CLOSE]) {
        words.push_str(&as_spelt(&rest[..open]));
        rest = &rest[open..];
        // One that has not come to its end yet, or never will, hides what follows.
        let Some((inside, after)) = rest.strip_prefix(OPEN).and_then(|inside| inside.split_once(CLOSE))
        else {
            return words;
        };
        if inside.trim().parse() == Ok(expected)
            && let Some(shield) = sent.shields.get(expected - 1)
        {
            words.push_str(&shield.original);
            expected += 1;
        }
        rest = after;
    }
    words.push_str(&as_spelt(rest));
    words
}

/// Neither html nor a link nor a picture: those of the text come back with the placeholders.
fn as_spelt(words: &str) -> String {
    let mut spelt = String::with_capacity(words.len());
    let mut is_escaped = false;
    for letter in words.chars() {
        match letter {
            '<' | '[' | '`' | '$' if !is_escaped => spelt.push_str(&format!("&#{};", u32::from(letter))),
            _ => spelt.push(letter),
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    spelt
}
