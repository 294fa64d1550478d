//! Requests and responses, as they cross to the window.

use primer_domain::profile::{Background, Draft, FieldError};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::compare_types::ChapterRewriting;

/// No fields.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
pub struct Nothing {}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct OfReader {
    pub user_id: String,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct OfChapter {
    pub user_id: String,
    pub chapter_id: u32,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct AddReader {
    pub name: String,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct RenameReader {
    pub user_id: String,
    pub name: String,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct WithBackground {
    pub user_id: String,
    pub background: Draft,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct OpenOriginal {
    pub chapter_id: u32,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct ChapterVariant {
    pub user_id: String,
    pub chapter_id: u32,
    pub block_id: String,
    /// Which of the block's branches, from 0.
    pub index: usize,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct SavePosition {
    pub user_id: String,
    pub chapter_id: u32,
    /// The id of an element in the chapter's HTML.
    pub position: String,
    /// 0 to 1.
    pub progress: f64,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct SetAppearance {
    pub user_id: Option<String>,
    pub appearance: Appearance,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct SetQuota {
    pub quota_bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct Reader {
    pub id: String,
    pub name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    System,
    Light,
    Dark,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Appearance {
    pub theme: Theme,
    /// 80 to 200.
    pub text_size_percent: u32,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct BookView {
    pub id: String,
    pub title: String,
    /// BCP 47.
    pub language: String,
    pub authors: Vec<String>,
    /// SPDX.
    pub licence: String,
    pub chapters: usize,
}

/// Something a person should know, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct Notice {
    pub code: NoticeCode,
    pub message: String,
    pub hint: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum NoticeCode {
    /// A stored text was damaged or missing and has been written again.
    Healed,
    /// The text comes from a newer book than the installed one.
    NewerBook,
    /// The text is shown but could not be stored.
    NotKept,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct Startup {
    /// The last one who read here.
    pub reader: Option<Reader>,
    pub readers: Vec<Reader>,
    pub book: BookView,
    pub appearance: Appearance,
    pub notices: Vec<Notice>,
    pub version: String,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct ProfileForm {
    pub skills: Vec<Choice>,
    pub levels: Vec<Choice>,
    pub robotics: Vec<Choice>,
    pub hardware: Vec<Choice>,
    pub goals: Vec<Choice>,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct ProfileView {
    pub user_id: String,
    /// False for a reader who skipped the questions: the background is then that of somebody new.
    pub answered: bool,
    pub background: Background,
    pub profile_hash: String,
    pub updated_at: Option<String>,
    /// Where the answers were changed last, if not on this computer.
    pub changed_on: Option<OtherComputer>,
    /// Half a sentence: “someone who knows Python and is new to robots”.
    pub summary: String,
}

/// Another of the reader's computers, which did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct OtherComputer {
    /// None where it is not known here.
    pub name: Option<String>,
    /// “yesterday”.
    pub when: String,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct ProfilePreview {
    pub errors: Vec<FieldError>,
    /// Empty while there are errors.
    pub changes: Vec<ChapterChange>,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct ChapterChange {
    pub chapter_id: u32,
    pub title: String,
    pub change: Change,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The words stay as they are.
    Same,
    /// It will be written again when it is opened.
    Rewritten,
    /// Its text for these answers is already here.
    Ready,
    /// It has not been opened yet.
    New,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ChapterState {
    Fresh,
    Damaged,
    StaleProfile,
    StaleSource,
    NewerSource,
    Missing,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct ChapterEntry {
    pub chapter_id: u32,
    pub title: String,
    pub state: ChapterState,
    /// The state in a few words.
    pub label: String,
    /// The state in a sentence, where there is something to say.
    pub detail: Option<String>,
    /// What reading the whole of it takes.
    pub minutes: u32,
    /// The furthest the reader came, 0 to 1.
    pub progress: f64,
    /// The one to continue with.
    pub last_opened: bool,
    /// Where its text came from since its reader last opened it here, or where the answers were changed that it waits for.
    pub news_from: Option<OtherComputer>,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct Contents {
    pub title: String,
    pub subtitle: String,
    pub chapters: Vec<ChapterEntry>,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct TocEntry {
    /// 2 for a section, 3 for a part of one.
    pub level: u8,
    /// The id of an element in the HTML.
    pub id: String,
    pub text: String,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct VariantName {
    pub index: usize,
    pub label: String,
}

/// A block that was chosen for the reader.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ShownBlock {
    /// The id of an element in the HTML.
    pub element_id: String,
    pub block_id: String,
    /// “because you said Python: beginner”.
    pub reason: String,
    pub label: String,
    /// The author's others.
    pub variants: Vec<VariantName>,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct ChapterName {
    pub chapter_id: u32,
    pub title: String,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct ChapterPage {
    pub chapter_id: u32,
    pub title: String,
    /// Before the visit.
    pub state: ChapterState,
    pub generated: bool,
    pub html: String,
    pub toc: Vec<TocEntry>,
    pub blocks: Vec<ShownBlock>,
    /// Who wrote this text, if it was sent here.
    pub written_on: Option<OtherComputer>,
    /// None where no model rewrote it.
    pub rewriting: Option<ChapterRewriting>,
    pub notices: Vec<Notice>,
    pub minutes: u32,
    pub progress: f64,
    /// The id of the element to resume at.
    pub position: Option<String>,
    pub previous: Option<ChapterName>,
    pub next: Option<ChapterName>,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct OriginalPage {
    pub chapter_id: u32,
    pub title: String,
    pub html: String,
    pub toc: Vec<TocEntry>,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct Variant {
    pub label: String,
    /// For whom: “for Python below intermediate”.
    pub reason: String,
    pub html: String,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct Storage {
    pub used_bytes: u64,
    pub quota_bytes: u64,
    /// How many texts are stored.
    pub chapters: u64,
    pub folder: String,
}
