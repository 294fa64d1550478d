//! The guard, rule by rule; what a book or a background may try; and thousands of texts and answers from seeds.

mod guard;
mod injection;
mod marks;
mod mutations;
mod preview;
mod properties;

use super::{Answer, Refusal, Rewriting, Section, Titles};
use crate::profile::Background;

/// One section with everything in it that a chapter can have.
const CHAPTER: &str = include_str!("chapter.md");

/// The bundled book, as its authors wrote it.
pub(crate) const CHAPTERS: [(&str, &str); 6] = [
    ("01-introduction.md", include_str!("../../../../../book/01-introduction.md")),
    ("02-ros2.md", include_str!("../../../../../book/02-ros2.md")),
    ("03-digital-twin.md", include_str!("../../../../../book/03-digital-twin.md")),
    ("04-robot-brain.md", include_str!("../../../../../book/04-robot-brain.md")),
    ("05-vision-language-action.md", include_str!("../../../../../book/05-vision-language-action.md")),
    ("06-capstone.md", include_str!("../../../../../book/06-capstone.md")),
];

fn titles() -> Titles {
    Titles { book: "A book".into(), chapter: "A chapter".into() }
}

fn rewriting(markdown: &str) -> Rewriting {
    Rewriting::of(markdown, &Background::of_somebody_new(), &titles(), 6_000)
}

/// The only section of a text.
fn only(rewriting: &Rewriting) -> Section<'_> {
    let sections: Vec<Section<'_>> = rewriting.sections().collect();
    assert_eq!(sections.len(), 1, "{:?}", sections.iter().map(Section::sent).collect::<Vec<_>>());
    sections[0]
}

/// What becomes of an answer that is complete.
fn judged(section: Section<'_>, text: &str) -> Result<String, Refusal> {
    section.judge(&Answer { text, finish_reason: Some("stop") })
}
