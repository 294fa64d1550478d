//! Whether two texts are in one language, as far as that can be told.
//!
//! Short texts, names and technical words mislead every detector, so only what it is sure of counts, and never
//! against a language that the text before seemed to be in as well.

use whatlang::{Lang, Script, detect, detect_script};

/// Shorter texts are told by their script alone: of the book's 2,000 English sentences none that is longer is surely
/// anything else.
const FEWEST_LETTERS: usize = 70;
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

#[cfg(test)]
mod tests {
    use super::Language;

    const ENGLISH: &str = "A node is one participant with one job: reading the laser scanner, estimating the position, driving the wheels.";
    const GERMAN: &str = "Ein Knoten ist ein Teilnehmer mit einer Aufgabe: den Laserscanner lesen, die Position schätzen, die Räder antreiben.";

    #[test]
    fn a_text_in_another_language_is_told_even_as_one_paragraph_among_others() {
        let chapter = Language::of(ENGLISH);
        assert!(chapter.allows(ENGLISH, "A node does one thing only. It reads the scanner, finds out where the robot is, or turns the wheels."));
        assert!(!chapter.allows(ENGLISH, GERMAN));
        assert!(!chapter.allows(ENGLISH, &format!("{ENGLISH}\n\n{GERMAN}")));
    }

    #[test]
    fn a_few_words_are_told_by_their_script_alone() {
        let chapter = Language::of(ENGLISH);
        assert!(chapter.allows("Wait for the robot.", "Warte auf den Roboter."));
        assert!(!chapter.allows("Wait for the robot.", "Подожди робота, пожалуйста."));
        assert!(!chapter.allows("Wait for the robot.", "等待机器人完成它的工作然后再继续。"));
    }

    #[test]
    fn a_text_that_is_itself_in_two_languages_may_stay_so() {
        let both = format!("{ENGLISH}\n\n{GERMAN}");
        assert!(Language::of(&both).allows(&both, &both));
        assert!(Language::of(ENGLISH).allows(GERMAN, GERMAN));
    }
}
