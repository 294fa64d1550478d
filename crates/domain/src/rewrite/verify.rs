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
    let chapter = Outline::of(deterministic, SectionMarks::PassedOver);
    let language = Language::of(&chapter.prose_in(&(0..deterministic.len())));
    for (before, after) in checked_sections(&chapter, deterministic, rewritten)? {
        if !language.allows(&before, &after) {
            return Err(Refusal::Language);
        }
    }
    Ok(())
}

/// The same for a text whose pieces were each found to be in the right language.
pub fn verify_made_here(deterministic: &str, rewritten: &str) -> Result<(), Refusal> {
    let chapter = Outline::of(deterministic, SectionMarks::PassedOver);
    checked_sections(&chapter, deterministic, rewritten).map(drop)
}

/// The prose of each section, before and after.
fn checked_sections(
    before: &Outline,
    deterministic: &str,
    rewritten: &str,
) -> Result<Vec<(String, String)>, Refusal> {
    let after = Outline::of(rewritten, SectionMarks::PassedOver);
    same(before, &after)?;
    let ranges = sections(before, deterministic).into_iter().zip(sections(&after, rewritten));
    let sections: Vec<_> =
        ranges.map(|(one, other)| (before.prose_in(&one), after.prose_in(&other))).collect();
    for (before, after) in &sections {
        prose::check(before, after)?;
    }
    Ok(sections)
}

/// From each heading to the next; texts of the same outline have the same number of them.
fn sections(outline: &Outline, markdown: &str) -> Vec<Range<usize>> {
    let headings = outline.blocks.iter().filter(|block| block.heading.is_some());
    let starts: Vec<usize> = std::iter::once(0).chain(headings.map(|block| block.range.start)).collect();
    let ends = starts[1..].iter().copied().chain([markdown.len()]);
    starts.iter().zip(ends).map(|(start, end)| *start..end).collect()
}
