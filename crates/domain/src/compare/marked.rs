//! A part as html, with what went or came marked.

use std::ops::Range;

use super::parts::{Part, Token};
use super::words::{Stretch, stretches};
use crate::render::escape;

/// The element around words of the text before that went.
pub const GONE: &str = "del";

/// The element around words of the text after that came.
pub const COME: &str = "ins";

/// With fewer words in common than one in so many, what was left between two changes would only confuse.
const IN_COMMON_MIN: usize = 6;

pub fn plain(part: &Part) -> String {
    written(part, COME, &[])
}

pub fn whole(part: &Part, mark: &str) -> String {
    let all = 0..part.keys().len();
    written(part, mark, &[all])
}

/// The two with their differences marked in each.
pub fn both(old: &Part, new: &Part) -> (String, String) {
    let (old_keys, new_keys) = (old.keys(), new.keys());
    let is_word = |key: &&str| key.chars().any(char::is_alphanumeric);
    let mut same_words = 0;
    let (mut gone, mut come): (Vec<Range<usize>>, Vec<Range<usize>>) = (Vec::new(), Vec::new());
    let found = stretches(&old_keys, &new_keys);
    for (at, (stretch, from, to)) in found.iter().enumerate() {
        let keys = &old_keys[from.clone()];
        // A lone space between two changes only makes two of one.
        let joins = at > 0 && at + 1 < found.len() && keys.iter().all(|key| key.trim().is_empty());
        if *stretch == Stretch::Same && !joins {
            same_words += keys.iter().filter(|key| is_word(key)).count();
            continue;
        }
        join(&mut gone, from);
        join(&mut come, to);
    }
    let words = |keys: &[&str]| keys.iter().filter(|key| is_word(key)).count();
    if same_words * IN_COMMON_MIN < words(&old_keys).min(words(&new_keys)) {
        return (whole(old, GONE), whole(new, COME));
    }
    (written(old, GONE, &gone), written(new, COME, &come))
}

fn join(ranges: &mut Vec<Range<usize>>, range: &Range<usize>) {
    match ranges.last_mut() {
        _ if range.is_empty() => {}
        Some(last) if last.end == range.start => last.end = range.end,
        _ => ranges.push(range.clone()),
    }
}

/// `ranges` are of the keys, in order. A mark stands within the text of one element: it ends before each tag and begins
/// again after it, so that the elements of the part stay as they are.
fn written(part: &Part, mark: &str, ranges: &[Range<usize>]) -> String {
    let mut out = String::new();
    let mut is_open = false;
    let mut number = 0;
    let mut ranges = ranges.iter().peekable();
    // Spaces that are to be written; one at the edge of a mark stands outside of it.
    let mut spaces = String::new();
    for token in &part.tokens {
        if token.key().is_some() {
            while ranges.next_if(|range| range.end <= number).is_some() {}
        }
        let is_marked = ranges.peek().is_some_and(|range| range.contains(&number));
        match token {
            Token::Space => spaces.push(' '),
            Token::Tag(tag) => {
                close(&mut out, &mut is_open, mark);
                out.push_str(&std::mem::take(&mut spaces));
                out.push_str(tag);
            }
            Token::Word(_) | Token::Whole(_) => {
                if is_open && !is_marked {
                    close(&mut out, &mut is_open, mark);
                }
                out.push_str(&std::mem::take(&mut spaces));
                if is_marked && !is_open {
                    out.push_str(&format!("<{mark}>"));
                    is_open = true;
                }
                match token {
                    Token::Whole(html) => out.push_str(html),
                    Token::Word(word) => escape::text(&mut out, word),
                    Token::Tag(_) | Token::Space => {}
                }
            }
        }
        number += usize::from(token.key().is_some());
    }
    close(&mut out, &mut is_open, mark);
    out.push_str(&spaces);
    out
}

fn close(out: &mut String, is_open: &mut bool, mark: &str) {
    if std::mem::take(is_open) {
        out.push_str(&format!("</{mark}>"));
    }
}
