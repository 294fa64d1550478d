//! Why an answer of a model is not used.

use thiserror::Error;

use super::object::Kind;

/// As a plain sentence, for the model that is asked again and for the reader alike. No sentence repeats anything of an
/// answer but numbers, so that an answer cannot speak through it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("The answer is empty.")]
    Empty,
    #[error("The answer was cut off before its end.")]
    CutOff,
    #[error("The answer did not end by itself.")]
    Unfinished,
    #[error("The answer declines the task or talks about it instead of giving the text alone.")]
    Talk,
    #[error("The answer repeats the instructions.")]
    PromptRepeated,
    #[error("The placeholder ⟦{0}⟧ is missing.")]
    PlaceholderMissing(usize),
    #[error("The placeholder ⟦{0}⟧ stands there more than once.")]
    PlaceholderRepeated(usize),
    #[error("The placeholder ⟦{0}⟧ is not in its order.")]
    PlaceholderMoved(usize),
    #[error("There is a placeholder that the section does not have.")]
    PlaceholderInvented,
    #[error("The answer has {} that the section does not have.", .0.words())]
    Added(Kind),
    #[error("The answer lacks {} that the section has, or has it where it does not work.", .0.words())]
    Lost(Kind),
    #[error("The answer changes {} or puts it elsewhere.", .0.words())]
    Changed(Kind),
    #[error(
        "The answer has {percent} % of the length of the section; it must have at least {} %.",
        super::prose::SHORTEST_PERCENT
    )]
    TooShort { percent: usize },
    #[error(
        "The answer has {percent} % of the length of the section; it must have at most {} %.",
        super::prose::LONGEST_PERCENT
    )]
    TooLong { percent: usize },
    #[error("The answer is not in the language of the section.")]
    Language,
    #[error("The answer has an address of the web that the section does not have.")]
    Address,
    #[error("The answer has something that looks like HTML and that the section does not have.")]
    LooksLikeHtml,
    #[error(
        "The answer has the invisible or directional character U+{0:04X}, which the section does not have."
    )]
    Invisible(u32),
}
