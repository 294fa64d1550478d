//! The commands about chapters: the contents, a chapter to read, the author's other variants.

use primer_domain::book::condition::reason;
use primer_domain::book::{Branch, Chain, Chapter};
use primer_domain::freshness::Freshness;
use primer_domain::ids::{ChapterId, UserId};
use primer_domain::personalise::{Choice, original as original_text, unmarked, variant as variant_text};
use primer_domain::profile::{Background, summary};
use primer_domain::render::{Heading, RenderOptions, Rendered, render};

use super::compare::rewriting_of;
use super::error::{ApiError, ErrorCode, sentence, with_causes};
use super::other_computer::OtherComputers;
use super::readers::existing;
use super::types::*;
use crate::Engine;
use crate::blobs::BlobError;
use crate::reading::{CurrentProfile, ReadError, Visit};
use crate::store::{StoreError, positions};

/// Where the window gets a book's pictures from.
pub(super) const PICTURES: &str = if cfg!(windows) { "http://book.localhost/" } else { "book://localhost/" };

/// Words a minute of a student who reads to learn.
const READING_SPEED: usize = 200;

pub fn list(engine: &Engine, request: OfReader) -> Result<Contents, ApiError> {
    let user = existing(engine, &request.user_id)?;
    let profile = engine.current_profile(user)?;
    let book = &engine.shelf.book;
    let number = number_word(book.chapters.len());
    let subtitle = if profile.answered {
        format!("{number}, written for {}.", summary(&profile.background))
    } else {
        format!(
            "{number}, as the author wrote them for somebody new. Answer the questions under You, and they change."
        )
    };
    Ok(Contents { title: book.title.clone(), subtitle, chapters: entries(engine, user, &profile)? })
}

/// Each chapter with its state for this reader.
pub fn entries(
    engine: &Engine,
    user: UserId,
    profile: &CurrentProfile,
) -> Result<Vec<ChapterEntry>, ApiError> {
    let book = &engine.shelf.book;
    let mut entries = Vec::new();
    let mut computers = OtherComputers::of(engine, user);
    let mut latest: Option<(String, usize)> = None;
    for chapter in &book.chapters {
        let standing = engine.standing(user, chapter, profile.hash)?;
        let state = standing.state;
        let position =
            engine.store.read(|connection| positions::find(connection, user, &book.id, chapter.id))?;
        if let Some(position) = &position
            && latest.as_ref().is_none_or(|(at, _)| *at < position.updated_at)
        {
            latest = Some((position.updated_at.clone(), entries.len()));
        }
        let (label, detail) = state_words(state);
        let detail = match state {
            Freshness::NewerSource => Some(engine.newer_book_words(user)?.detail),
            _ => detail,
        };
        entries.push(ChapterEntry {
            chapter_id: chapter.id.0,
            title: chapter.title.clone(),
            state: state.into(),
            label: label.to_owned(),
            detail: detail.map(str::to_owned),
            minutes: minutes(unmarked(&chapter.source, &profile.background).split_whitespace().count()),
            progress: position.map_or(0.0, |position| position.progress),
            last_opened: false,
            news_from: computers.news(&standing)?,
        });
    }
    if let Some((_, index)) = latest {
        entries[index].last_opened = true;
    }
    Ok(entries)
}

fn state_words(state: Freshness) -> (&'static str, Option<&'static str>) {
    match state {
        Freshness::Fresh => ("ready", None),
        Freshness::Damaged => (
            "damaged",
            Some("Its file can't be read any more. Opening it writes it again; nothing of yours is lost."),
        ),
        Freshness::StaleProfile => (
            "your background changed",
            Some(
                "Opening it writes it for your new answers; the earlier text is kept in case you change back.",
            ),
        ),
        Freshness::StaleSource => {
            ("new version", Some("The author has revised this chapter. Opening it brings the new text."))
        }
        // What to do about it depends on where the newer book is.
        Freshness::NewerSource => ("from a newer book", None),
        Freshness::Missing => ("not generated yet", None),
    }
}

impl From<Freshness> for ChapterState {
    fn from(state: Freshness) -> ChapterState {
        match state {
            Freshness::Fresh => ChapterState::Fresh,
            Freshness::Damaged => ChapterState::Damaged,
            Freshness::StaleProfile => ChapterState::StaleProfile,
            Freshness::StaleSource => ChapterState::StaleSource,
            Freshness::NewerSource => ChapterState::NewerSource,
            Freshness::Missing => ChapterState::Missing,
        }
    }
}

pub fn open(engine: &Engine, request: OfChapter) -> Result<ChapterPage, ApiError> {
    let user = existing(engine, &request.user_id)?;
    let id = ChapterId(request.chapter_id);
    let visit = engine.visit(user, id)?;
    let chapter = engine.chapter(id)?;
    engine.note_reader(user);
    engine.rewriting_desk.note_reading(user, id);
    let rendered = rendered(engine, &visit.markdown, PICTURES);
    let rewriting = rewriting_of(engine, &visit.path, &visit.markdown, &rendered)?;
    let book = &engine.shelf.book;
    let position = engine.store.read(|connection| positions::find(connection, user, &book.id, id))?;
    let place = book.chapters.iter().position(|own| own.id == id).unwrap_or(0);
    let name = |chapter: &Chapter| ChapterName { chapter_id: chapter.id.0, title: chapter.title.clone() };
    Ok(ChapterPage {
        chapter_id: id.0,
        title: chapter.title.clone(),
        state: visit.state.into(),
        generated: visit.generated,
        toc: toc(&rendered.headings),
        blocks: shown_blocks(chapter, &visit.profile, &rendered),
        written_on: OtherComputers::of(engine, user).sender(&visit)?,
        rewriting,
        notices: notices(engine, &visit)?,
        minutes: minutes(rendered.words),
        progress: position.as_ref().map_or(0.0, |position| position.progress),
        position: position.map(|position| position.element_id),
        previous: place.checked_sub(1).and_then(|before| book.chapters.get(before)).map(name),
        next: book.chapters.get(place + 1).map(name),
        html: rendered.html,
    })
}

pub fn original(engine: &Engine, request: OpenOriginal) -> Result<OriginalPage, ApiError> {
    let chapter = engine.chapter(ChapterId(request.chapter_id))?;
    let rendered = rendered(engine, &original_text(&chapter.source), PICTURES);
    Ok(OriginalPage {
        chapter_id: chapter.id.0,
        title: chapter.title.clone(),
        toc: toc(&rendered.headings),
        html: rendered.html,
    })
}

pub fn variant(engine: &Engine, request: ChapterVariant) -> Result<Variant, ApiError> {
    let user = existing(engine, &request.user_id)?;
    let chapter = engine.chapter(ChapterId(request.chapter_id))?;
    let profile = engine.current_profile(user)?;
    let branch = chapter.source.chain(&request.block_id).and_then(|chain| chain.branches.get(request.index));
    let Some(branch) = branch else {
        return Err(ApiError::new(
            ErrorCode::BlockNotFound,
            format!("The installed book has no such variant of the block {}.", request.block_id),
            "Close the chapter and open it again.",
        ));
    };
    Ok(Variant {
        label: branch_label(branch),
        reason: match &branch.condition {
            Some(condition) => format!("for {}", condition.in_words()),
            None => "for everybody else".to_owned(),
        },
        html: rendered(engine, &variant_text(branch, &profile.background), PICTURES).html,
    })
}

pub fn save_position(engine: &Engine, request: SavePosition) -> Result<Nothing, ApiError> {
    let user = existing(engine, &request.user_id)?;
    let chapter = engine.chapter(ChapterId(request.chapter_id))?;
    let progress = if request.progress.is_nan() { 0.0 } else { request.progress.clamp(0.0, 1.0) };
    let at = engine.env.now();
    let book = &engine.shelf.book.id;
    engine.store.write(|transaction| {
        positions::save(transaction, user, book, chapter.id, &request.position, progress, at)
    })?;
    Ok(Nothing {})
}

/// How the command line wants a chapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextForm {
    Markdown,
    Html,
}

/// A chapter for the command line.
pub struct ChapterText {
    pub text: String,
    pub notices: Vec<Notice>,
}

/// The text of a visit, or the author's original, in the form that is wanted. Addresses of pictures stay as they are.
pub fn text(engine: &Engine, visit: &Visit, form: TextForm, original: bool) -> Result<ChapterText, ApiError> {
    let chapter = engine.chapter(visit.path.chapter_id)?;
    let markdown = if original { original_text(&chapter.source) } else { visit.markdown.clone() };
    let text = match form {
        TextForm::Markdown => markdown,
        TextForm::Html => rendered(engine, &markdown, "").html,
    };
    Ok(ChapterText { text, notices: notices(engine, visit)? })
}

/// A text that changes from one look to the next, and is not worth keeping.
pub(super) fn rendered_live(engine: &Engine, markdown: &str) -> String {
    let chapter_of_file = &engine.shelf.chapter_of_file;
    render(markdown, &RenderOptions { asset_base: PICTURES, chapter_of_file }).html
}

pub(super) fn rendered(engine: &Engine, markdown: &str, asset_base: &str) -> Rendered {
    engine.pages.of(markdown, &RenderOptions { asset_base, chapter_of_file: &engine.shelf.chapter_of_file })
}

fn toc(headings: &[Heading]) -> Vec<TocEntry> {
    let sections = headings.iter().filter(|heading| (2..=3).contains(&heading.level));
    sections
        .map(|heading| TocEntry { level: heading.level, id: heading.id.clone(), text: heading.text.clone() })
        .collect()
}

fn minutes(words: usize) -> u32 {
    u32::try_from(words.div_ceil(READING_SPEED)).unwrap_or(u32::MAX).max(1)
}

/// The margin's notes. The text says which block it is; the installed book says what else its author wrote there.
fn shown_blocks(chapter: &Chapter, profile: &CurrentProfile, rendered: &Rendered) -> Vec<ShownBlock> {
    rendered
        .blocks
        .iter()
        .map(|marked| {
            let chain = chapter.source.chain(&marked.block_id);
            // A text from another version of the book may show a branch that is not in this one.
            let choice = chain
                .and_then(|chain| Choice::of(chain, &profile.background))
                .filter(|choice| when_text(choice.branch()) == marked.when);
            ShownBlock {
                element_id: marked.element_id.clone(),
                block_id: marked.block_id.clone(),
                reason: match &choice {
                    Some(choice) => {
                        reason(&choice.facts(&profile.background), &profile.background, profile.answered)
                    }
                    None => format!("because {}", marked.because),
                },
                label: choice.map_or_else(|| marked.when.clone(), |choice| branch_label(choice.branch())),
                variants: chain.map(|chain| others(chain, choice, &profile.background)).unwrap_or_default(),
            }
        })
        .collect()
}

fn others(chain: &Chain, choice: Option<Choice<'_>>, background: &Background) -> Vec<VariantName> {
    let shown = choice.map(|choice| variant_text(choice.branch(), background));
    chain
        .branches
        .iter()
        .enumerate()
        .filter(|(_, branch)| shown.as_ref() != Some(&variant_text(branch, background)))
        .map(|(index, branch)| VariantName { index, label: branch_label(branch) })
        .collect()
}

fn when_text(branch: &Branch) -> String {
    branch.condition.as_ref().map_or_else(|| "otherwise".to_owned(), ToString::to_string)
}

fn branch_label(branch: &Branch) -> String {
    match (&branch.label, &branch.condition) {
        (Some(label), _) => label.clone(),
        (None, Some(condition)) => condition.in_words(),
        (None, None) => "Everybody else".to_owned(),
    }
}

fn notices(engine: &Engine, visit: &Visit) -> Result<Vec<Notice>, ApiError> {
    let mut notices = Vec::new();
    if visit.state == Freshness::Damaged {
        notices.push(Notice {
            code: NoticeCode::Healed,
            message: "The stored text of this chapter was damaged or missing and has been written again."
                .to_owned(),
            hint: "Nothing of yours is lost. If this happens often, have the disk checked.".to_owned(),
        });
    }
    if visit.state == Freshness::NewerSource {
        notices.push(Notice {
            code: NoticeCode::NewerBook,
            message: "This text was written from a newer book than the one installed here.".to_owned(),
            hint: engine.newer_book_words(visit.path.user_id)?.hint.to_owned(),
        });
    }
    if let Some(why) = &visit.not_kept {
        let error = not_kept_error(why);
        notices.push(Notice {
            code: NoticeCode::NotKept,
            message: format!("You can read this chapter, but it could not be stored. {}", error.message),
            hint: error.hint,
        });
    }
    Ok(notices)
}

fn not_kept_error(why: &ReadError) -> ApiError {
    match why {
        ReadError::Store(StoreError::DiskFull { .. }) | ReadError::Blobs(BlobError::DiskFull { .. }) => {
            ApiError::disk_full()
        }
        ReadError::Blobs(BlobError::Busy { .. }) => ApiError::busy(),
        other => ApiError::new(
            ErrorCode::DiskFailed,
            sentence(&with_causes(other)),
            "Check that the disk is there and that the data folder is yours to write to.",
        ),
    }
}

fn number_word(chapters: usize) -> String {
    const WORDS: [&str; 12] =
        ["One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"];
    let noun = if chapters == 1 { "chapter" } else { "chapters" };
    match chapters.checked_sub(1).and_then(|index| WORDS.get(index)) {
        Some(word) => format!("{word} {noun}"),
        None => format!("{chapters} {noun}"),
    }
}
