//! Whether two texts are in one language, as far as that can be told.
//!
//! Short texts, names and technical words mislead every detector, so only what it is sure of counts, and never
//! against a language that the text before seemed to be in as well.

use whatlang::{Lang, Script, detect, detect_script};

/// Shorter paragraphs are told by their script alone.
const FEWEST_LETTERS: usize = 60;
const FEWEST_LETTERS_FOR_SCRIPT: usize = 12;

/// The language of a whole chapter; none where even that can't be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language(Option<Lang>);

impl Language {
    pub fn of(prose: &str) -> Language {
        Language(surely(prose))
    }

    /// Whether `after` may be in the language of `before`, which is part of a chapter in this language.
    pub fn allows(self, before: &str, after: &str) -> bool {
        let likely = detect(before).map(|info| info.lang());
        let known: Vec<Lang> =
            with_paragraphs(before).filter_map(surely).chain(likely).chain(self.0).collect();
        let scripts: Vec<Option<Script>> = with_paragraphs(before).map(detect_script).collect();
        with_paragraphs(after).all(|text| {
            let is_written_so =
                letters(text) < FEWEST_LETTERS_FOR_SCRIPT || scripts.contains(&detect_script(text));
            is_written_so && surely(text).is_none_or(|language| known.contains(&language))
        })
    }
}

fn surely(text: &str) -> Option<Lang> {
    detect(text).filter(|info| info.is_reliable() && letters(text) >= FEWEST_LETTERS).map(|info| info.lang())
}

/// The text, and each of its paragraphs: one may be in another language than all the others.
fn with_paragraphs(text: &str) -> impl Iterator<Item = &str> {
    std::iter::once(text).chain(text.split("\n\n"))
}

fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphabetic()).count()
}
