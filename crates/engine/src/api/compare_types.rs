//! Requests and responses about what a model made of a chapter.

use primer_domain::compare::ComparedRow;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How a text was rewritten that is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct ChapterRewriting {
    /// As its server calls it, or as another computer names it.
    pub model: String,
    pub rewritten_sections: usize,
    /// In the order of the text.
    pub kept: Vec<KeptSectionShown>,
}

/// A section that stands as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct KeptSectionShown {
    /// The id of its heading in the HTML; none before the first heading.
    pub heading_id: Option<String>,
    pub heading: Option<String>,
    /// A sentence.
    pub reason: String,
}

/// Which text of a chapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Edition {
    /// As its author wrote it for somebody new.
    Original,
    /// As Primer put it together for the reader.
    Assembled,
    /// The one that an improvement, or undoing it, took the place of. On this computer only.
    Earlier,
    /// By the reader's model, as it opens now.
    Rewritten,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct CompareRewrite {
    pub user_id: String,
    pub chapter_id: u32,
    /// None, or one that is not there, for the two that tell most.
    pub before: Option<Edition>,
    pub after: Option<Edition>,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct EditionView {
    pub edition: Edition,
    pub name: String,
    /// Half a sentence: “as its author wrote it for somebody new”.
    pub made: String,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct Comparison {
    pub chapter_id: u32,
    pub title: String,
    /// Those that there are.
    pub editions: Vec<EditionView>,
    pub before: Edition,
    pub after: Edition,
    pub rows: Vec<ComparedRow>,
    /// How many rows differ.
    pub changed: usize,
    /// Of the rewritten one that is shown, if one is.
    pub rewriting: Option<ChapterRewriting>,
}
