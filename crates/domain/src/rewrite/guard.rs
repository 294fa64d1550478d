//! What an answer must be before anything of it is kept.
//!
//! An answer is put in its place in the whole chapter and the chapter is read again by the renderer's own parser:
//! whatever a parser would make of it there, a link, a heading, code that swallows the rest, an address for a link
//! three sections on, is seen. What remains free is words, their emphasis, and where paragraphs and lines end.

use std::ops::Range;

use super::answer::Answer;
use super::echo::{self, Echo};
use super::language::Language;
use super::object::Kind;
use super::outline::{Difference, Outline, SectionMarks};
use super::prose;
use super::refusal::Refusal;
use super::shield::Shielded;

/// What stays the same for all sections of a chapter.
#[derive(Debug)]
pub struct Guard<'t> {
    pub markdown: &'t str,
    pub outline: &'t Outline,
    pub language: Language,
    pub echo: &'t Echo,
}

impl Guard<'_> {
    /// The text that may stand in `sent.range`, or why it may not.
    pub fn judge(&self, sent: &Shielded, answer: &Answer<'_>) -> Result<String, Refusal> {
        let text = answer.unwrapped(&sent.text)?;
        let text = with_line_feeds(text, &sent.text);
        let section = &self.markdown[sent.range.clone()];
        if echo::talks(&text, section) {
            return Err(Refusal::Talk);
        }
        if self.echo.is_in(&text, section) {
            return Err(Refusal::PromptRepeated);
        }
        prose::check_characters(&sent.text, &text)?;
        let restored = sent.restore(&text)?;
        let (before, behind) = (&self.markdown[..sent.range.start], &self.markdown[sent.range.end..]);
        let chapter = format!("{before}{restored}{behind}");
        let outline = Outline::of(&chapter, SectionMarks::Seen);
        same(self.outline, &outline)?;
        // A link that fails to be one is none on the page, nor is a second address for a label. Neither is prose.
        for (form, kind) in [("](", Kind::Link), ("]:", Kind::LinkDefinition)] {
            if text.matches(form).count() > sent.text.matches(form).count() {
                return Err(Refusal::Added(kind));
            }
        }
        let place = sent.range.start..sent.range.start + restored.len();
        self.check_prose(&sent.range, &outline, &place)?;
        Ok(restored)
    }

    fn check_prose(
        &self,
        range: &Range<usize>,
        outline: &Outline,
        place: &Range<usize>,
    ) -> Result<(), Refusal> {
        let (before, after) = (self.outline.prose_in(range), outline.prose_in(place));
        prose::check(&before, &after)?;
        if !self.language.allows(&before, &after) {
            return Err(Refusal::Language);
        }
        // What is written as an entity is read as what it stands for.
        if echo::talks(&after, &before) || self.echo.is_in(&after, &before) {
            return Err(Refusal::Talk);
        }
        Ok(())
    }
}

/// Refuses `after` where it is made of anything else than `before`.
pub fn same(before: &Outline, after: &Outline) -> Result<(), Refusal> {
    match before.difference(after) {
        None => Ok(()),
        Some(Difference::Added(kind)) => Err(Refusal::Added(kind)),
        Some(Difference::Missing(kind)) => Err(Refusal::Lost(kind)),
        Some(Difference::Changed(kind)) => Err(Refusal::Changed(kind)),
    }
}

/// Lines end as in the text: some servers send carriage returns.
fn with_line_feeds(answer: &str, sent: &str) -> String {
    if sent.contains('\r') { answer.to_owned() } else { answer.replace("\r\n", "\n") }
}
