//! The words a condition may use, and the nearest one to a word it should not have used.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

use super::manifest::Manifest;
use crate::profile::FORM;

/// The form's answers, with those that a book's manifest adds.
#[derive(Debug, Clone)]
pub struct Words {
    pub skills: BTreeSet<String>,
    pub hardware: BTreeSet<String>,
    pub goals: BTreeSet<String>,
}

impl Words {
    pub fn of_manifest(manifest: &Manifest) -> Words {
        let mut words = Words::of_form();
        words.skills.extend(manifest.words.skills.iter().map(|name| normalised(name)));
        words.hardware.extend(manifest.words.hardware.iter().map(|name| normalised(name)));
        words.goals.extend(manifest.words.goals.iter().map(|name| normalised(name)));
        words
    }

    pub fn of_form() -> Words {
        let of =
            |choices: &[crate::profile::FormChoice]| choices.iter().map(|c| c.value.to_owned()).collect();
        Words { skills: of(&FORM.skills), hardware: of(&FORM.hardware), goals: of(&FORM.goals) }
    }
}

/// A name as a profile has it: trimmed and in NFC, so that the author's spelling and the reader's are one.
pub(crate) fn normalised(name: &str) -> String {
    name.trim().nfc().collect()
}

/// The known word that `word` is most likely a slip of. None if it is known, or like none of them.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let slips_allowed = match word.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(&word.to_lowercase(), &known.to_lowercase()), known))
        .min()
        .filter(|(slips, known)| *known != word && *slips <= slips_allowed)
        .map(|(_, known)| known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Words, nearest};
    use crate::book::Manifest;

    #[test]
    fn the_manifests_words_are_trimmed_and_composed_as_a_profiles_names_are() {
        let text = "id = \"b\"\ntitle = \"B\"\nlanguage = \"en\"\nauthors = []\nlicence = \"CC0-1.0\"\n[words]\nskills = [\" Cafe\u{301}\"]\n[[chapter]]\nid = 1\ntitle = \"T\"\nslug = \"t\"\nversion = 1\nfile = \"c.md\"\n";
        assert!(Words::of_manifest(&Manifest::parse(text).unwrap()).skills.contains("Café"));
    }

    #[test]
    fn a_slip_of_the_pen_is_recognised_and_a_different_word_is_not() {
        let known = ["python", "cpp", "ros2", "typescript"];
        assert_eq!(nearest("pyhton", known).as_deref(), Some("python"));
        assert_eq!(nearest("Python", known).as_deref(), Some("python"));
        assert_eq!(nearest("ros", known).as_deref(), Some("ros2"));
        assert_eq!(nearest("rust", known), None);
        assert_eq!(nearest("python", known), None);
    }
}
