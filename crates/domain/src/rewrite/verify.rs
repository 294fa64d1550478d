//! A rewritten chapter against the one it was made from: before it is stored, and whenever one comes from elsewhere.

use std::ops::Range;

use super::guard::same;
use super::language::Language;
use super::outline::{Outline, SectionMarks};
use super::prose;
use super::refusal::Refusal;

/// Refuses `rewritten` unless it is `deterministic` in other words: the same in all that is not prose, and in each
/// section prose of about the same length, in the same language, that holds nothing but text. Only the comments
/// that say how a section was rewritten may be there besides.
pub fn verify(deterministic: &str, rewritten: &str) -> Result<(), Refusal> {
    let before = Outline::of(deterministic, SectionMarks::PassedOver);
    let after = Outline::of(rewritten, SectionMarks::PassedOver);
    same(&before, &after)?;
    let language = Language::of(&before.prose_in(&(0..deterministic.len())));
    let sections = sections(&before, deterministic).into_iter().zip(sections(&after, rewritten));
    for (before_range, after_range) in sections {
        let (before, after) = (before.prose_in(&before_range), after.prose_in(&after_range));
        prose::check(&before, &after)?;
        if !language.allows(&before, &after) {
            return Err(Refusal::Language);
        }
    }
    Ok(())
}

/// From each heading to the next; texts of the same outline have the same number of them.
fn sections(outline: &Outline, markdown: &str) -> Vec<Range<usize>> {
    let headings = outline.blocks.iter().filter(|block| block.heading.is_some());
    let starts: Vec<usize> = std::iter::once(0).chain(headings.map(|block| block.range.start)).collect();
    let ends = starts[1..].iter().copied().chain([markdown.len()]);
    starts.iter().zip(ends).map(|(start, end)| *start..end).collect()
}
