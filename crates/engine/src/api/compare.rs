//! The texts of a chapter side by side, and what is said of one that a model rewrote.

use primer_domain::compare::{ComparedRow, compare as compared};
use primer_domain::ids::ChapterId;
use primer_domain::personalise::{original, personalise};
use primer_domain::render::{Rendered, SectionOrigin};
use primer_domain::rewrite::{KeptSection, model_of};
use primer_domain::storage_path::StoragePath;

use super::chapters::{PICTURES, rendered};
use super::compare_types::*;
use super::error::ApiError;
use super::readers::existing;
use crate::Engine;
use crate::blobs::Found;
use crate::rewriting::sections_of;
use crate::store::{StoreError, rewrites, texts};

/// One text of the chapter.
struct Text {
    view: EditionView,
    page: Rendered,
    rewriting: Option<ChapterRewriting>,
}

/// Asks nobody, and stores nothing that a visit would not.
pub fn compare(engine: &Engine, request: CompareRewrite) -> Result<Comparison, ApiError> {
    let user = existing(engine, &request.user_id)?;
    let chapter = engine.chapter(ChapterId(request.chapter_id))?;
    let visit = engine.visit(user, chapter.id)?;
    let plain = |edition, name: &str, made: &str, markdown: &str| Text {
        view: EditionView { edition, name: name.to_owned(), made: made.to_owned() },
        page: rendered(engine, markdown, PICTURES),
        rewriting: None,
    };
    let background = &visit.profile.background;
    let mut texts = vec![
        plain(
            Edition::Original,
            "The original",
            "as its author wrote it for somebody new",
            &original(&chapter.source),
        ),
        plain(
            Edition::Assembled,
            "Assembled for you",
            "from the author’s texts, by your answers",
            &personalise(&chapter.source, background),
        ),
    ];
    if let Some(earlier) = engine.earlier_rewrite(chapter, &visit.profile)?
        && let Found::Intact(bytes) = engine.blobs.read(&earlier.path, &earlier.digest, earlier.len_bytes)
    {
        let markdown = String::from_utf8_lossy(&bytes);
        let page = rendered(engine, &markdown, PICTURES);
        if let Some(rewriting) = rewriting_of(engine, &earlier.path, &markdown, &page)? {
            texts.push(rewritten(Edition::Earlier, "The other rewriting", page, rewriting));
        }
    }
    let page = rendered(engine, &visit.markdown, PICTURES);
    if let Some(rewriting) = rewriting_of(engine, &visit.path, &visit.markdown, &page)? {
        texts.push(rewritten(Edition::Rewritten, "Rewritten for you", page, rewriting));
    }
    let [usual_before, usual_after] = usual(&texts);
    let index = |wanted: Option<Edition>, usual: usize| {
        wanted.and_then(|edition| texts.iter().position(|text| text.view.edition == edition)).unwrap_or(usual)
    };
    let (before, after) =
        (&texts[index(request.before, usual_before)], &texts[index(request.after, usual_after)]);
    let rows = compared(&before.page, &after.page);
    Ok(Comparison {
        chapter_id: chapter.id.0,
        title: chapter.title.clone(),
        before: before.view.edition,
        after: after.view.edition,
        changed: rows.iter().filter(|row| matches!(row, ComparedRow::Changed { .. })).count(),
        rows,
        rewriting: after.rewriting.clone().or_else(|| before.rewriting.clone()),
        editions: texts.into_iter().map(|text| text.view).collect(),
    })
}

/// What stands before a reader now, and what it was made from or took the place of: the last two.
fn usual(texts: &[Text]) -> [usize; 2] {
    [texts.len().saturating_sub(2), texts.len().saturating_sub(1)]
}

fn rewritten(edition: Edition, name: &str, page: Rendered, rewriting: ChapterRewriting) -> Text {
    let made = format!("by the model {}", rewriting.model);
    let view = EditionView { edition, name: name.to_owned(), made };
    Text { view, page, rewriting: Some(rewriting) }
}

/// None for a text that no model rewrote. What the text tells of itself does not decide that.
pub fn rewriting_of(
    engine: &Engine,
    path: &StoragePath,
    markdown: &str,
    page: &Rendered,
) -> Result<Option<ChapterRewriting>, StoreError> {
    let (text, record) = engine
        .store
        .read(|connection| Ok((texts::find(connection, path)?, rewrites::find(connection, path)?)))?;
    let Some(model) = text.as_ref().and_then(|text| model_of(&text.generator)) else { return Ok(None) };
    // A record has the name as it was set, a generator only what of it can stand there.
    let model = record.as_ref().map_or(model, |record| &record.model).to_owned();
    let (rewritten_sections, kept) = sections_of(record, markdown);
    Ok(Some(ChapterRewriting { model, rewritten_sections, kept: in_place(kept, page) }))
}

/// Each with the heading that it stands below. The text marks where most of them are; the heading's own words tell of
/// the rest.
fn in_place(kept: Vec<KeptSection>, page: &Rendered) -> Vec<KeptSectionShown> {
    let mut marked: Vec<Option<&str>> = page
        .sections
        .iter()
        .filter(|section| matches!(section.origin, SectionOrigin::KeptBecause(_)))
        .map(|section| section.heading_id.as_deref())
        .collect();
    let words_of = |id: Option<&str>| {
        page.headings.iter().find(|heading| Some(&*heading.id) == id).map(|heading| &*heading.text)
    };
    kept.into_iter()
        .map(|KeptSection { heading, reason }| {
            let place = marked.iter().position(|id| words_of(*id) == heading.as_deref());
            let heading_id = match place {
                Some(place) => marked.remove(place).map(str::to_owned),
                None => page
                    .headings
                    .iter()
                    .find(|own| Some(&*own.text) == heading.as_deref())
                    .map(|own| own.id.clone()),
            };
            KeptSectionShown { heading_id, heading, reason }
        })
        .collect()
}
