//! Whether an answer speaks of its task: declines it, comments on it, or gives the instructions back.
//!
//! Whatever the section itself says is no sign of it.

use std::collections::BTreeSet;

/// So many words in a row that a prompt and an answer share are no chance. The bundled book, without having seen the
/// prompt, shares none.
const WORDS_IN_A_ROW: usize = 6;

/// In lower case, with straight apostrophes.
#[rustfmt::skip]
const TALK: &[&str] = &[
    "as an ai", "as a language model", "as a large language model", "i'm sorry, but", "i am sorry, but", "i apologize, but",
    "i cannot assist", "i can't assist", "i cannot help with", "i can't help with", "i cannot fulfill", "i can't fulfill",
    "i cannot comply", "i can't comply", "i cannot rewrite", "i can't rewrite", "i'm unable to", "i am unable to", "i'm not able to",
    "against my guidelines", "my system prompt", "the system prompt", "here is the rewritten", "here's the rewritten",
    "here is the revised", "here's the revised", "rewritten text:", "rewritten section", "rewritten version",
    "let me know if", "i hope this helps", "feel free to ask", "placeholder", "placeholders", "i have rewritten", "i've rewritten", "i rewrote",
    "the reader's background", "reader profile", "software_experience", "robotics_experience", "hardware_access", "learning_goals",
    "es tut mir leid, aber", "als ki-", "als sprachmodell", "je suis désolé, mais", "en tant que modèle de langage",
    "lo siento, pero", "como modelo de lenguaje", "mi dispiace, ma", "desculpe, mas", "извините, но", "抱歉，我", "对不起，我", "申し訳ありませんが",
];

/// The runs of words of a prompt.
#[derive(Debug, Clone, Default)]
pub struct Echo(BTreeSet<Vec<String>>);

impl Echo {
    pub fn of<'t>(prompt: impl IntoIterator<Item = &'t str>) -> Echo {
        // Not across two texts: the end of one and the beginning of the other are no sentence.
        Echo(prompt.into_iter().flat_map(|text| runs(text).into_iter()).collect())
    }

    /// Whether `answer` has a run of words from the prompt that `section` has not.
    pub fn is_in(&self, answer: &str, section: &str) -> bool {
        let shared: Vec<Vec<String>> = runs(answer).into_iter().filter(|run| self.0.contains(run)).collect();
        if shared.is_empty() {
            return false;
        }
        let own: BTreeSet<Vec<String>> = runs(section).into_iter().collect();
        shared.iter().any(|run| !own.contains(run))
    }
}

/// Whether `answer` holds a phrase of talk that `section` does not.
pub fn talks(answer: &str, section: &str) -> bool {
    let (answer, section) = (plain(answer), plain(section));
    TALK.iter().any(|phrase| count(&answer, phrase) > count(&section, phrase))
}

/// Whole words only: what serves “as an aid” is not said “as an AI”.
fn count(text: &str, phrase: &str) -> usize {
    let ends_in_word = phrase.ends_with(char::is_alphanumeric);
    let is_part = |at: usize| {
        let (before, behind) = (&text[..at], &text[at + phrase.len()..]);
        let runs_on = ends_in_word && behind.starts_with(char::is_alphanumeric);
        runs_on || before.ends_with(char::is_alphanumeric)
    };
    text.match_indices(phrase).filter(|(at, _)| !is_part(*at)).count()
}

fn plain(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase().replace('’', "'")
}

fn runs(text: &str) -> Vec<Vec<String>> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’'))
        .filter(|word| !word.is_empty())
        .map(|word| word.to_lowercase().replace('’', "'"))
        .collect();
    words.windows(WORDS_IN_A_ROW).map(<[String]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::{Echo, runs, talks};
    use crate::rewrite::prompt::INSTRUCTIONS;
    use crate::rewrite::tests::CHAPTERS;

    #[test]
    fn the_book_shares_no_run_of_words_with_the_instructions_and_talks_to_nobody() {
        let echo = Echo::of(INSTRUCTIONS);
        for (file, text) in CHAPTERS {
            assert!(
                !echo.is_in(text, ""),
                "{file}: {:?}",
                runs(text).iter().find(|run| echo.0.contains(*run))
            );
            let talk = text.lines().find(|line| talks(line, "") && !line.contains("placeholder"));
            assert_eq!(talk, None, "{file}");
        }
    }

    #[test]
    fn talk_is_told_by_whole_words() {
        assert!(talks("As an AI, I roll.", "") && talks("I’m  sorry,\nbut no", ""));
        assert!(!talks("The map serves as an aid.", ""));
    }
}
