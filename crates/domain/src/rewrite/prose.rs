//! What prose may hold: as long as before, and nothing in it that only looks like text.

use std::collections::BTreeMap;
use std::ops::Range;

use super::refusal::Refusal;
use super::shield::{CLOSE, OPEN};

pub const SHORTEST_PERCENT: usize = 60;
pub const LONGEST_PERCENT: usize = 160;

/// How an address in the middle of prose begins.
const ADDRESSES: [&str; 4] = ["http://", "https://", "www.", "mailto:"];

/// Refuses `after` where it is no plain prose as long as `before`. Whatever `before` holds, `after` may hold as often.
pub fn check(before: &str, after: &str) -> Result<(), Refusal> {
    if address_count(after) > address_count(before) {
        return Err(Refusal::Address);
    }
    if tag_count(after) > tag_count(before) {
        return Err(Refusal::LooksLikeHtml);
    }
    check_characters(before, after)?;
    let (length, allowed) = (length_chars(after), length_chars(before));
    let percent = (length * 100).checked_div(allowed).unwrap_or(if length == 0 { 100 } else { usize::MAX });
    if percent < SHORTEST_PERCENT {
        return Err(Refusal::TooShort { percent });
    }
    // Exactly: 160.9 % is too long.
    if length * 100 > allowed * LONGEST_PERCENT {
        return Err(Refusal::TooLong { percent });
    }
    Ok(())
}

/// Refuses characters that are not seen or that turn the text around, unless `before` has as many of them.
pub fn check_characters(before: &str, after: &str) -> Result<(), Refusal> {
    let allowed = unseen(before);
    for (character, count) in unseen(after) {
        let have = allowed.get(&character).copied().unwrap_or_default();
        // Persian and many other scripts join and part letters with these two, however often they need to.
        let may_vary = matches!(character, '\u{200c}' | '\u{200d}') && have > 0;
        if count > have && !may_vary {
            return Err(Refusal::Invisible(character.into()));
        }
    }
    Ok(())
}

/// How much there is to read.
pub fn length_chars(prose: &str) -> usize {
    prose.chars().filter(|c| !c.is_whitespace()).count()
}

/// What of a stretch of prose travels as it is: addresses, and brackets like those of placeholders.
pub fn to_keep(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        let rest = &text[at..];
        let mut length = character.len_utf8();
        let begins_word = !text[..at].ends_with(char::is_alphanumeric);
        if matches!(character, OPEN | CLOSE) {
            found.push(at..at + length);
        } else if begins_word && ADDRESSES.iter().any(|start| starts_with(rest, start)) {
            let end = rest.find(|c: char| {
                c.is_whitespace() || c.is_control() || "<>\"`\\|".contains(c) || matches!(c, OPEN | CLOSE)
            });
            length = rest[..end.unwrap_or(rest.len())]
                .trim_end_matches(|c| ".,;:!?)]}'*_~".contains(c))
                .len()
                .max(length);
            found.push(at..at + length);
        }
        at += length;
    }
    found
}

fn address_count(prose: &str) -> usize {
    let lower = prose.to_lowercase();
    lower.matches("://").count() + lower.matches("www.").count() + lower.matches("mailto:").count()
}

/// What a browser would take for a tag or comment if it stood there as html.
fn tag_count(prose: &str) -> usize {
    let follows = |c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?');
    let tags = prose.match_indices('<').filter(|(at, _)| prose[at + 1..].starts_with(follows)).count();
    tags + prose.matches("-->").count()
}

fn unseen(text: &str) -> BTreeMap<char, usize> {
    let mut counts = BTreeMap::new();
    for character in text.chars().filter(|c| is_unseen(*c)) {
        *counts.entry(character).or_default() += 1;
    }
    counts
}

fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || (c.is_control() && c != '\n')
}

fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start))
}
