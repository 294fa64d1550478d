//! A chapter put together again from what became of its pieces.

use std::collections::BTreeMap;

use super::pieces::{Piece, Task};
use super::refusal::Refusal;
use super::verify::verify_made_here;
use crate::render::marks::Mark;

/// Longer words in a comment of the text are cut.
const MARK_CHARS_MAX: usize = 200;

/// What became of a piece that was to be rewritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A text that the guard let through.
    Rewritten(String),
    /// A sentence on why the text stands as it was: a refusal, or that the server could not be reached.
    Kept(String),
}

/// A chapter with rewritten prose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewritten {
    pub text: String,
    /// How many pieces now stand in other words.
    pub rewritten_sections: usize,
    pub kept: Vec<KeptSection>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSection {
    /// None before the first heading.
    pub heading: Option<String>,
    pub reason: String,
}

/// The chapter with each outcome in its place, by the number of the piece, and with a comment that says so. A piece
/// without an outcome stands as it was, without one.
///
/// Refuses a whole that is not the chapter in other words, which for texts that the guard let through has not been
/// seen.
pub fn assemble(
    markdown: &str,
    pieces: &[Piece],
    outcomes: &BTreeMap<usize, Outcome>,
    model: &str,
) -> Result<Rewritten, Refusal> {
    let marked = put_together(markdown, pieces, outcomes, model, Marks::Written);
    if verify_made_here(markdown, &marked.text).is_ok() {
        return Ok(marked);
    }
    // A comment ends a paragraph that otherwise runs on over the odd indentation of its next line.
    let bare = put_together(markdown, pieces, outcomes, model, Marks::LeftOut);
    verify_made_here(markdown, &bare.text)?;
    Ok(bare)
}

#[derive(Clone, Copy, PartialEq)]
enum Marks {
    Written,
    LeftOut,
}

fn put_together(
    markdown: &str,
    pieces: &[Piece],
    outcomes: &BTreeMap<usize, Outcome>,
    model: &str,
    marks: Marks,
) -> Rewritten {
    let mut rewritten = Rewritten { text: String::new(), rewritten_sections: 0, kept: Vec::new() };
    for (index, piece) in pieces.iter().enumerate() {
        if piece.task == Task::TooLong {
            let reason = "One part of it alone is more than the model takes.".to_owned();
            rewritten.kept.push(KeptSection { heading: piece.heading.clone(), reason });
        }
        let (Task::Rewrite(sent), Some(outcome)) = (&piece.task, outcomes.get(&index)) else {
            rewritten.text.push_str(&markdown[piece.range.clone()]);
            continue;
        };
        let before = &markdown[sent.range.clone()];
        let after = match outcome {
            // Said in the same words is neither rewritten nor kept.
            Outcome::Rewritten(after) if after == before => {
                rewritten.text.push_str(&markdown[piece.range.clone()]);
                continue;
            }
            Outcome::Rewritten(after) => after,
            Outcome::Kept(_) => before,
        };
        let mark = match outcome {
            Outcome::Rewritten(_) => {
                rewritten.rewritten_sections += 1;
                Mark::Rewritten { by: one_line(model) }
            }
            Outcome::Kept(reason) => {
                let reason = one_line(reason);
                rewritten.kept.push(KeptSection { heading: piece.heading.clone(), reason: reason.clone() });
                Mark::Kept { reason }
            }
        };
        let (frame, indent) = split_indent(&markdown[piece.range.start..sent.range.start]);
        rewritten.text.push_str(frame);
        if marks == Marks::Written {
            blank_line(&mut rewritten.text);
            rewritten.text.push_str(&format!("{mark}\n\n"));
        }
        rewritten.text.push_str(indent);
        rewritten.text.push_str(after);
        rewritten.text.push_str(&markdown[sent.range.end..piece.range.end]);
    }
    rewritten
}

/// The spaces of the line on which a piece begins stay with it.
fn split_indent(frame: &str) -> (&str, &str) {
    frame.split_at(frame.rfind(['\n', '\r']).map_or(0, |newline| newline + 1))
}

fn blank_line(text: &mut String) {
    if !text.is_empty() && !text.ends_with("\n\n") {
        text.push('\n');
        if !text.ends_with("\n\n") {
            text.push('\n');
        }
    }
}

fn one_line(words: &str) -> String {
    let line = words.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    line.collect::<Vec<_>>().join(" ").chars().take(MARK_CHARS_MAX).collect()
}
