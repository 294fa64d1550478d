//! What a publisher may put in the place of what is published.

use std::collections::BTreeMap;

use thiserror::Error;

use super::edition::{ChapterFile, Edition, FileEntry};
use super::file_name::FileName;
use super::order::{Order, order};
use crate::ids::{ChapterId, ChapterVersion, TextDigest};
use crate::timestamp::Timestamp;

/// A book that is to be published.
#[derive(Debug, Clone)]
pub struct Draft {
    pub book_id: String,
    pub title: String,
    pub chapters: BTreeMap<ChapterId, ChapterFile>,
    pub files: BTreeMap<FileName, FileEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// What is published is this already.
    Unchanged,
    Edition(Edition),
}

/// Why a book can't be published. Each is a sentence for its publisher.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error(
        "The text of chapter {id} ({file}) changed, and its version is still {version}: no reader would get it."
    )]
    ChangedChapter { id: ChapterId, file: FileName, version: ChapterVersion },
    #[error(
        "Chapter {id} has the version {version}, and readers have the newer version {published} already."
    )]
    OlderChapter { id: ChapterId, version: ChapterVersion, published: ChapterVersion },
    #[error("Chapter {id} is left out, and readers have texts of it.")]
    MissingChapter { id: ChapterId },
    #[error("The file {file} changed, and no chapter has a newer version: no reader would get it.")]
    ChangedFile { file: FileName },
}

/// The edition that takes the place of `published`. `shipped`: the book of the same id that comes with the program, which
/// is what readers have where nothing is published.
pub fn next_edition(
    draft: Draft,
    published: Option<&Edition>,
    shipped: Option<&Edition>,
    at: Timestamp,
    program: &str,
) -> Result<Next, Refusal> {
    let number = published.map_or(0, |published| published.number);
    let next = Edition {
        book_id: draft.book_id,
        title: draft.title,
        number: number.saturating_add(1),
        published_at: at,
        program: program.to_owned(),
        chapters: draft.chapters,
        files: draft.files,
    };
    if let Some(published) = published {
        if next.files == published.files && next.chapters == published.chapters {
            return Ok(Next::Unchanged);
        }
        goes_on_from(&next, published)?;
        if order(&next.versions(), &published.versions()) == Order::Same {
            return Err(Refusal::ChangedFile { file: first_change(&next, published) });
        }
    }
    if let Some(shipped) = shipped {
        texts_keep_their_versions(&next, shipped)?;
    }
    Ok(Next::Edition(next))
}

/// Of the objects that are there those that none of these editions names.
pub fn unnamed(there: &BTreeMap<TextDigest, u64>, by: &[&Edition]) -> BTreeMap<TextDigest, u64> {
    let mut unnamed = there.clone();
    for edition in by {
        for entry in edition.files.values() {
            unnamed.remove(&entry.digest);
        }
    }
    unnamed
}

fn goes_on_from(next: &Edition, before: &Edition) -> Result<(), Refusal> {
    for (id, published) in &before.chapters {
        let Some(chapter) = next.chapters.get(id) else { return Err(Refusal::MissingChapter { id: *id }) };
        if chapter.version < published.version {
            let (version, published) = (chapter.version, published.version);
            return Err(Refusal::OlderChapter { id: *id, version, published });
        }
    }
    texts_keep_their_versions(next, before)
}

/// One version of a chapter is one text, wherever it is read.
fn texts_keep_their_versions(next: &Edition, before: &Edition) -> Result<(), Refusal> {
    for (id, chapter) in &next.chapters {
        let Some(other) = before.chapters.get(id).filter(|other| other.version == chapter.version) else {
            continue;
        };
        if next.files.get(&chapter.file) != before.files.get(&other.file) {
            let (file, version) = (chapter.file.clone(), chapter.version);
            return Err(Refusal::ChangedChapter { id: *id, file, version });
        }
    }
    Ok(())
}

/// A file that is new, other or gone.
fn first_change(next: &Edition, before: &Edition) -> FileName {
    let differs = |name: &&FileName| next.files.get(*name) != before.files.get(*name);
    let changed = next.files.keys().find(differs).or_else(|| before.files.keys().find(differs));
    let of_chapters = || next.chapters.values().next().map(|chapter| &chapter.file);
    // Where no file differs, the chapters do: they are named by the manifest, which is a file.
    changed.or_else(of_chapters).cloned().unwrap_or_else(FileName::of_manifest)
}

#[cfg(test)]
mod tests {
    use super::{Draft, Next, Refusal, next_edition, unnamed};
    use crate::ids::{ChapterId, ChapterVersion, TextDigest};
    use crate::publish::Edition;
    use crate::publish::edition::tests::{edition, name};
    use crate::timestamp::Timestamp;

    fn publish(
        draft: &Edition,
        published: Option<&Edition>,
        shipped: Option<&Edition>,
    ) -> Result<Next, Refusal> {
        let draft = Draft {
            book_id: draft.book_id.clone(),
            title: draft.title.clone(),
            chapters: draft.chapters.clone(),
            files: draft.files.clone(),
        };
        next_edition(draft, published, shipped, Timestamp::from_unix_ms(0), "primer/2")
    }

    fn number(next: Result<Next, Refusal>) -> u32 {
        match next.unwrap() {
            Next::Edition(edition) => edition.number,
            Next::Unchanged => 0,
        }
    }

    #[test]
    fn editions_count_on_and_the_same_book_is_none() {
        let first = edition(1, &[(1, "one"), (1, "two")], &[("a.svg", "a")]);
        assert_eq!(number(publish(&first, None, None)), 1);
        assert_eq!(publish(&first, Some(&first), None), Ok(Next::Unchanged));
        let revised = edition(1, &[(2, "one, revised"), (1, "two")], &[("a.svg", "b")]);
        let seventh = Edition { number: 7, ..first.clone() };
        assert_eq!(number(publish(&revised, Some(&seventh), Some(&first))), 8);
        let longer = edition(1, &[(1, "one"), (1, "two"), (1, "three")], &[("a.svg", "a")]);
        assert_eq!(number(publish(&longer, Some(&first), Some(&first))), 2);
    }

    #[test]
    fn a_text_that_changed_without_its_version_is_refused_and_named() {
        let first = edition(1, &[(1, "one"), (3, "two")], &[]);
        let changed = edition(1, &[(2, "one, revised"), (3, "two, revised")], &[]);
        let refused =
            Refusal::ChangedChapter { id: ChapterId(2), file: name("2.md"), version: ChapterVersion(3) };
        assert_eq!(publish(&changed, Some(&first), None), Err(refused.clone()));
        // So is one that differs from what comes with the program, which readers have.
        assert_eq!(publish(&changed, None, Some(&first)), Err(refused));
    }

    #[test]
    fn what_readers_have_never_goes_back() {
        let first = edition(1, &[(2, "one"), (3, "two")], &[]);
        let older = edition(1, &[(9, "one, revised"), (2, "two, before")], &[]);
        let refused = Refusal::OlderChapter {
            id: ChapterId(2),
            version: ChapterVersion(2),
            published: ChapterVersion(3),
        };
        assert_eq!(publish(&older, Some(&first), None), Err(refused));
        let shorter = edition(1, &[(3, "one, revised")], &[]);
        assert_eq!(publish(&shorter, Some(&first), None), Err(Refusal::MissingChapter { id: ChapterId(2) }));
    }

    #[test]
    fn what_two_editions_name_stays_and_only_what_neither_names_may_go() {
        let first = edition(1, &[(1, "one"), (1, "two")], &[("a.svg", "a")]);
        let second = edition(2, &[(2, "one, revised"), (1, "two")], &[("a.svg", "b")]);
        let third = edition(3, &[(3, "one, revised again"), (1, "two")], &[("a.svg", "a")]);
        let all = [&first, &second, &third].map(Edition::objects).into_iter().flatten().collect();
        let gone = unnamed(&all, &[&third, &second]);
        assert_eq!(gone.into_iter().collect::<Vec<_>>(), [(TextDigest::of(b"one"), 3)]);
        assert_eq!(unnamed(&all, &[]), all);
    }

    #[test]
    fn a_picture_that_changed_needs_a_chapter_with_a_newer_version() {
        let first = edition(1, &[(1, "one")], &[("a.svg", "a")]);
        for others in [&[("a.svg", "b")][..], &[], &[("a.svg", "a"), ("b.svg", "b")]] {
            let Err(Refusal::ChangedFile { file }) =
                publish(&edition(1, &[(1, "one")], others), Some(&first), None)
            else {
                panic!("it was not refused");
            };
            assert!(file.as_str().ends_with(".svg"), "{file}");
            assert!(publish(&edition(1, &[(2, "one, revised")], others), Some(&first), None).is_ok());
        }
    }
}
