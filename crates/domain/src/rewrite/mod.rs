//! Rewriting of a chapter's prose by a model, under guard: everything of it but the request itself.
//!
//! The deterministic text is the floor. It is cut into pieces; of each a model sees the prose, and numbered
//! placeholders for the rest; what it answers is refused unless, put back in its place, the chapter is the same in
//! everything but words. So a model, or a book or a background that speaks to the model, can change what a sentence
//! says, and nothing else: no link, picture, code, formula, heading or html comes or goes. A piece whose answer is
//! refused stands as it was and says why.
//!
//! The order of calls: `Rewriting::of`, then for each of its sections `messages` and `judge` (and once more with the
//! refusal, if there was one), then `assemble`. `verify` checks a whole text, also one that comes from elsewhere.

mod answer;
mod assemble;
mod breaker;
mod disclosure;
mod echo;
mod estimate;
mod generator;
mod guard;
mod language;
mod object;
mod outline;
mod pace;
mod pieces;
mod preview;
mod prompt;
mod prose;
mod refusal;
mod shield;
mod spans;
#[cfg(test)]
pub(crate) mod tests;
mod told;
mod verify;

use std::collections::BTreeMap;

pub use answer::Answer;
pub use assemble::{KeptSection, Outcome, Rewritten};
pub use breaker::Breaker;
pub use disclosure::{Disclosure, disclosure};
pub use estimate::Estimate;
pub use generator::{generator, is_rewritten, model_of};
pub use object::Kind;
pub use pace::Pace;
pub use prompt::{Message, PROMPT_VERSION, Role, Scaffolding, Titles, budget_chars};
pub use refusal::Refusal;
pub use told::told;
pub use verify::verify;

use crate::profile::Background;
use echo::Echo;
use guard::Guard;
use language::Language;
use outline::{Outline, SectionMarks};
use pieces::{Piece, Task};
use shield::Shielded;

/// One chapter, to be rewritten for one background.
#[derive(Debug)]
pub struct Rewriting {
    markdown: String,
    background: Background,
    titles: Titles,
    outline: Outline,
    pieces: Vec<Piece>,
    language: Language,
    echo: Echo,
}

impl Rewriting {
    /// `markdown` is the deterministic text. What is sent of one section has at most `budget_chars`, see
    /// `budget_chars`.
    pub fn of(markdown: &str, background: &Background, titles: &Titles, budget_chars: usize) -> Rewriting {
        let outline = Outline::of(markdown, SectionMarks::Seen);
        let reader = prompt::reader(background);
        Rewriting {
            pieces: pieces::cut(markdown, &outline, budget_chars),
            language: Language::of(&outline.prose_in(&(0..markdown.len()))),
            echo: Echo::of(prompt::INSTRUCTIONS.into_iter().chain([&*reader])),
            markdown: markdown.to_owned(),
            background: background.clone(),
            titles: titles.clone(),
            outline,
        }
    }

    /// What is to be rewritten, in the order of the text. May be nothing.
    pub fn sections(&self) -> impl Iterator<Item = Section<'_>> {
        (0..self.pieces.len()).filter_map(|number| self.section(number))
    }

    /// The section of this number; none where nothing is to be rewritten.
    pub fn section(&self, number: usize) -> Option<Section<'_>> {
        match &self.pieces.get(number)?.task {
            Task::Rewrite(sent) => Some(Section { rewriting: self, number, sent }),
            Task::LeaveAlone | Task::TooLong => None,
        }
    }

    /// The chapter with each outcome in its place, by the number of the section; `model` is the name that the text
    /// gives for who rewrote it. Checked once more as a whole.
    pub fn assemble(&self, outcomes: &BTreeMap<usize, Outcome>, model: &str) -> Result<Rewritten, Refusal> {
        assemble::assemble(&self.markdown, &self.pieces, outcomes, model)
    }
}

/// A piece of the chapter that is sent to a model.
#[derive(Debug, Clone, Copy)]
pub struct Section<'r> {
    rewriting: &'r Rewriting,
    number: usize,
    sent: &'r Shielded,
}

impl<'r> Section<'r> {
    /// Of this rewriting, in the order of the text; numbers may be left out.
    pub fn number(&self) -> usize {
        self.number
    }

    /// None before the first heading. A long section is sent in several parts of the same heading.
    pub fn heading(&self) -> Option<&'r str> {
        self.rewriting.pieces[self.number].heading.as_deref()
    }

    /// The deterministic text that the answer takes the place of.
    pub fn text(&self) -> &'r str {
        &self.rewriting.markdown[self.sent.range.clone()]
    }

    /// The text as a model sees it.
    pub fn sent(&self) -> &'r str {
        &self.sent.text
    }

    pub fn messages(&self, retry_reason: Option<&Refusal>) -> Vec<Message> {
        let Rewriting { background, titles, .. } = self.rewriting;
        prompt::messages(background, titles, self.heading(), self.sent, retry_reason)
    }

    /// The rewritten text for `Outcome::Rewritten`, or why the answer is not used.
    pub fn judge(&self, answer: &Answer<'_>) -> Result<String, Refusal> {
        let Rewriting { markdown, outline, language, echo, .. } = self.rewriting;
        Guard { markdown, outline, language: *language, echo }.judge(self.sent, answer)
    }
}
