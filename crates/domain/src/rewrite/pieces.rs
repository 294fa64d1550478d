//! A chapter cut into pieces that a model can take one at a time.
//!
//! The pieces are ranges of bytes that follow on each other, so put together they are the chapter. A piece begins at a
//! heading, or, where a section is too long, at another block that stands in no list and no quotation; it never
//! begins inside one. A piece with no prose worth rewriting is not for sending.

use std::ops::Range;

use super::outline::Outline;
use super::shield::{HINT_CHARS_MAX, Shielded};
use crate::render::words;

/// Fewer words than that are left as they are.
const FEWEST_WORDS: usize = 12;

/// What a placeholder and its line in the legend take at most, without the text that it stands for.
const PLACEHOLDER_CHARS: usize = 40;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Of the whole text.
    pub range: Range<usize>,
    /// The words of the heading that the piece stands under; none before the first.
    pub heading: Option<String>,
    pub task: Task,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// To be sent.
    Rewrite(Shielded),
    /// Headings, code, a few words: nothing to rewrite.
    LeaveAlone,
    /// One block that alone is more than the model takes.
    TooLong,
}

/// Cuts `markdown` so that what is sent of a piece, with its legend, has no more than `budget_chars`.
pub fn cut(markdown: &str, outline: &Outline, budget_chars: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut heading: Option<String> = None;
    let mut from = 0;
    // As far as the text fits, and whether anything of it is more than a heading.
    let (mut chars, mut has_body) = (0, false);
    let ends = outline.blocks.iter().skip(1).map(|next| next.range.start).chain([markdown.len()]);
    for (block, end) in outline.blocks.iter().zip(ends) {
        let start = line_start(markdown, block.range.start).max(from);
        let cost = cost_chars(markdown, outline, &(block.range.start..end));
        let begins_section = block.heading.is_some();
        if start > from && (begins_section || (has_body && chars + cost > budget_chars)) {
            pieces.push(piece(markdown, outline, from..start, heading.clone(), budget_chars));
            (from, chars, has_body) = (start, 0, false);
        }
        if begins_section {
            heading.clone_from(&block.heading);
        } else {
            has_body = true;
        }
        chars += cost;
    }
    if from < markdown.len() {
        pieces.push(piece(markdown, outline, from..markdown.len(), heading, budget_chars));
    }
    pieces
}

fn piece(
    markdown: &str,
    outline: &Outline,
    range: Range<usize>,
    heading: Option<String>,
    budget_chars: usize,
) -> Piece {
    let words = words::count(&outline.prose_in(&range));
    let shielded = Shielded::of(markdown, outline, range.clone()).filter(|_| words >= FEWEST_WORDS);
    let task = match shielded {
        None => Task::LeaveAlone,
        Some(shielded) if sent_chars(&shielded) > budget_chars => Task::TooLong,
        Some(shielded) => Task::Rewrite(shielded),
    };
    Piece { range, heading, task }
}

fn sent_chars(shielded: &Shielded) -> usize {
    shielded.text.chars().count() + shielded.legend().chars().count()
}

/// No less than what a block, with what follows up to the next, adds to what is sent.
fn cost_chars(markdown: &str, outline: &Outline, range: &Range<usize>) -> usize {
    let first = outline.spans.partition_point(|span| span.range.end <= range.start);
    let spans = outline.spans[first..].iter().take_while(|span| span.range.start < range.end);
    let (mut hidden, mut shown) = (0, 0);
    for span in spans {
        let chars = markdown[span.range.clone()].chars().count();
        hidden += chars;
        shown += PLACEHOLDER_CHARS + if span.is_block { 0 } else { chars.min(HINT_CHARS_MAX) };
    }
    markdown[range.clone()].chars().count().saturating_sub(hidden) + shown
}

fn line_start(markdown: &str, at: usize) -> usize {
    // A carriage return alone ends a line for the parser too.
    markdown[..at].rfind(['\n', '\r']).map_or(0, |newline| newline + 1)
}
