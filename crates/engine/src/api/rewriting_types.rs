//! Requests and responses about chapters that a model rewrites in the background.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::model_types::TokenCount;

#[derive(Debug, Clone, Deserialize, TS)]
pub struct WishRewrite {
    pub user_id: String,
    pub chapter_id: u32,
    /// Although it is rewritten already.
    pub again: bool,
}

/// How the rewriting stands for a reader, on this computer.
#[derive(Debug, Clone, Serialize, TS)]
pub struct RewritingStatus {
    /// Whether a model server is set.
    pub is_on: bool,
    /// Grows whenever a rewritten text was stored or a wish ended.
    pub changes: u64,
    /// What is under way.
    pub now: Option<RewritingNow>,
    /// What waits, in the order in which it will be gone about.
    pub waiting: Vec<RewritingWish>,
    /// Why nothing is gone about just now, whichever chapter it is.
    pub trouble: Option<RewritingTrouble>,
    /// Until all of it is done, in seconds, as far as it can be guessed.
    pub eta_s: Option<u64>,
    /// What came of the last one since the program was started.
    pub last: Option<RewritingDone>,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct RewritingNow {
    pub chapter_id: u32,
    pub title: String,
    pub sections_done: usize,
    /// 0 before it is known.
    pub sections_total: usize,
    /// Of the section under way; none before the first heading.
    pub heading: Option<String>,
    /// For so long the server asked to wait, in seconds.
    pub waiting_s: Option<u64>,
    /// Of all answers so far; none if the server does not tell.
    pub tokens: Option<TokenCount>,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct RewritingWish {
    pub chapter_id: u32,
    pub title: String,
    /// Although it is rewritten already.
    pub again: bool,
    /// A sentence on why it waits.
    pub reason: String,
    /// In vain so far.
    pub tries: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct RewritingTrouble {
    pub message: String,
    pub hint: String,
    /// When the server is asked again, in seconds; none if somebody has to mend something first, or nothing waits for it.
    pub again_s: Option<u64>,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct RewritingDone {
    pub chapter_id: u32,
    /// 0 if no section of the model's was used.
    pub rewritten_sections: usize,
    /// Those that stand as they were.
    pub kept: Vec<KeptSectionView>,
    pub tokens: Option<TokenCount>,
    /// Why it was not gone about, and will not be by itself.
    pub given_up: Option<GivenUp>,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct GivenUp {
    pub message: String,
    pub hint: String,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct KeptSectionView {
    /// None before the first heading.
    pub heading: Option<String>,
    pub reason: String,
}

/// What has come of a chapter that is being rewritten. It is for looking at: no guard has seen it, and it is not kept.
#[derive(Debug, Clone, Serialize, TS)]
pub struct LiveText {
    pub done: usize,
    pub total: usize,
    /// Safe to show; none while nothing of it is under way.
    pub html: Option<String>,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct FoundModelServer {
    pub base_url: String,
    /// What usually listens there, such as “Ollama”.
    pub name: String,
    pub models: Vec<String>,
}

/// What rewriting a chapter will take, guessed before anything is sent.
#[derive(Debug, Clone, Serialize, TS)]
pub struct RewriteEstimate {
    pub sections: usize,
    pub tokens: TokenCount,
    /// By what the model took so far; none while that is not known.
    pub seconds: Option<u64>,
    /// All of it in words.
    pub sentence: String,
}
