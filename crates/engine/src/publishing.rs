//! Publishing a book: its files as immutable objects first, the index that names them last, so that whoever reads the
//! index finds all of it. Publishing again what is published sends only what is missing there. What two editions in turn name
//! stays; older objects are removed once the index is there.

mod in_turn;
mod sweep;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use primer_domain::book::{Fault, MANIFEST_FILE};
use primer_domain::ids::TextDigest;
use primer_domain::publish::{
    ChapterFile, Draft, EDITION_LEN_MAX, Edition, EditionFault, FileEntry, FileKind, FileName, Next, Refusal,
    next_edition, unnamed,
};
use primer_domain::timestamp::Timestamp;
use serde::Serialize;
use thiserror::Error;

use self::in_turn::InTurn;
use self::sweep::{Swept, sweep};
use crate::bookshelf::{BookError, BookSource, Bookshelf};
use crate::remote::{Listed, Remote, RemoteError};
use crate::sync::{keys, program};

#[derive(Debug, Error)]
pub enum PublishError {
    #[error("the book has errors")]
    Faults { faults: Vec<Fault> },
    #[error("the book has errors")]
    Errors { errors: Vec<String> },
    #[error("the file {} can't be read", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{file} can't be published under this name")]
    Name { file: String },
    #[error("{file} changed while it was being published")]
    Changed { file: FileName },
    #[error("this book can't be published: {fault}")]
    Unfit { fault: EditionFault },
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("{key} can't be gone on from: {fault}")]
    Unusable { key: String, fault: EditionFault },
    #[error("somebody else published at the same moment")]
    Overtaken,
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

/// How a book is to be published.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wish {
    /// Only find out what would be done.
    pub dry: bool,
    /// Remove nothing of earlier editions.
    pub keep_old: bool,
}

/// What was published, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Publication {
    pub book_id: String,
    pub title: String,
    pub edition: u32,
    /// It was published already.
    pub unchanged: bool,
    pub files: u64,
    /// Objects that are, or would be, sent.
    pub sent: u64,
    pub sent_bytes: u64,
    /// Objects of earlier editions that are, or would be, removed.
    pub removed: u64,
    pub removed_bytes: u64,
    /// Why not all of them were, in a sentence.
    pub not_removed: Option<String>,
    /// Files in the folder that are no part of a book.
    pub left_out: Vec<String>,
    pub requests: u64,
}

/// A folder that was read as a book without any error.
pub struct Manuscript {
    shelf: Bookshelf,
    draft: Draft,
    left_out: Vec<String>,
}

impl Manuscript {
    pub fn read(folder: &Path) -> Result<Manuscript, PublishError> {
        let shelf = Bookshelf::open(BookSource::Folder(folder.to_owned()))
            .map_err(|BookError::Faults { faults }| PublishError::Faults { faults })?;
        let errors = shelf.errors();
        if !errors.is_empty() {
            return Err(PublishError::Errors { errors });
        }
        let chapters = chapters_of(&shelf)?;
        let texts: BTreeSet<&FileName> = chapters.values().map(|chapter| &chapter.file).collect();
        let (mut files, mut left_out) = (BTreeMap::new(), Vec::new());
        for name in names_below(folder)? {
            let wanted = FileName::parse(&name).filter(|file| match file.kind() {
                FileKind::Manifest | FileKind::Picture => true,
                FileKind::Text => texts.contains(file) || is_licence(file),
            });
            match wanted {
                Some(file) => {
                    let bytes = read(&shelf, folder, &file)?;
                    let entry = FileEntry { len_bytes: bytes.len() as u64, digest: TextDigest::of(&bytes) };
                    files.insert(file, entry);
                }
                None => left_out.push(name),
            }
        }
        let (book_id, title) = (shelf.book.id.clone(), shelf.book.title.clone());
        Ok(Manuscript { shelf, draft: Draft { book_id, title, chapters, files }, left_out })
    }

    pub async fn publish(
        self,
        remote: &Remote,
        at: Timestamp,
        wish: Wish,
    ) -> Result<Publication, PublishError> {
        let traffic = remote.traffic();
        let Manuscript { shelf, draft, left_out } = self;
        let (book_id, shipped) = (draft.book_id.clone(), shipped(&draft.book_id));
        let index = keys::book_index(&book_id);
        let published = match remote.get(&index, EDITION_LEN_MAX).await? {
            None => None,
            Some(object) => Some(
                Edition::parse(&object.bytes, &book_id)
                    .map_err(|fault| PublishError::Unusable { key: index.clone(), fault })?,
            ),
        };
        let next = next_edition(draft, published.as_ref(), shipped.as_ref(), at, program())?;
        let (edition, before, unchanged) = match (next, published) {
            (Next::Edition(edition), before) => (edition, before, false),
            // What was published before that nobody knows any more.
            (Next::Unchanged, Some(published)) => (published, None, true),
            (Next::Unchanged, None) => unreachable!("nothing can't be as it was"),
        };
        let bytes = edition.to_json();
        // What no reader would take is not sent.
        Edition::parse(&bytes, &book_id).map_err(|fault| PublishError::Unfit { fault })?;
        let there = objects(remote, &book_id).await?;
        let missing = missing(&edition, &there);
        // Only what was there before: somebody else may be putting objects of the next edition.
        let old = match &before {
            Some(before) if !wish.keep_old => unnamed(&there, &[&edition, before]),
            _ => BTreeMap::new(),
        };
        let mut swept = Swept { removed: old.len() as u64, removed_bytes: old.values().sum(), failure: None };
        if !wish.dry {
            let shelf = Arc::new(shelf);
            send(remote, &shelf, &edition, &missing).await?;
            if !unchanged {
                remote.put(&index, &bytes).await?;
                // Two who publish at once would else each believe that theirs is there.
                let now = remote.get(&index, EDITION_LEN_MAX).await?;
                if now.is_none_or(|object| object.bytes != bytes) {
                    return Err(PublishError::Overtaken);
                }
                // Whoever published a moment ago may have removed what this edition takes up again.
                let removed = self::missing(&edition, &objects(remote, &book_id).await?);
                send(remote, &shelf, &edition, &removed).await?;
            }
            swept = sweep(remote, &book_id, &old).await;
        }
        Ok(Publication {
            book_id,
            title: edition.title.clone(),
            edition: edition.number,
            unchanged,
            files: edition.files.len() as u64,
            sent: missing.len() as u64,
            sent_bytes: missing.values().sum(),
            removed: swept.removed,
            removed_bytes: swept.removed_bytes,
            not_removed: swept.failure.map(|error| error.words().sentence),
            left_out,
            requests: remote.traffic().requests - traffic.requests,
        })
    }
}

/// The objects of a book that are there, with their lengths in bytes.
async fn objects(remote: &Remote, book_id: &str) -> Result<BTreeMap<TextDigest, u64>, RemoteError> {
    let listed = remote.list(&keys::book_objects(book_id)).await?;
    let object = |object: Listed| Some((keys::book_object_of(book_id, &object.key)?, object.len_bytes));
    Ok(listed.into_iter().filter_map(object).collect())
}

/// Those of an edition that are not there as they should be.
fn missing(edition: &Edition, there: &BTreeMap<TextDigest, u64>) -> BTreeMap<TextDigest, u64> {
    let mut missing = edition.objects();
    missing.retain(|digest, len_bytes| there.get(digest) != Some(len_bytes));
    missing
}

async fn send(
    remote: &Remote,
    shelf: &Arc<Bookshelf>,
    edition: &Edition,
    missing: &BTreeMap<TextDigest, u64>,
) -> Result<(), PublishError> {
    let mut sending = InTurn::new();
    let mut begun = BTreeSet::new();
    for (file, entry) in &edition.files {
        if !missing.contains_key(&entry.digest) || !begun.insert(entry.digest) {
            continue;
        }
        let key = keys::book_object(&edition.book_id, &entry.digest);
        let (remote, shelf) = (remote.clone(), Arc::clone(shelf));
        let (file, digest) = (file.clone(), entry.digest);
        sending.begin(async move {
            match shelf.source().read(file.as_str()) {
                Ok(Some(bytes)) if TextDigest::of(&bytes) == digest => {
                    remote.put(&key, &bytes).await.map(drop).map_err(PublishError::Remote)
                }
                _ => Err(PublishError::Changed { file }),
            }
        });
    }
    while let Some(sent) = sending.next().await {
        sent?;
    }
    Ok(())
}

fn chapters_of(
    shelf: &Bookshelf,
) -> Result<BTreeMap<primer_domain::ids::ChapterId, ChapterFile>, PublishError> {
    let chapter = |chapter: &primer_domain::book::Chapter| {
        let file = FileName::parse(&chapter.file).filter(|file| file.kind() == FileKind::Text);
        let file = file.ok_or_else(|| PublishError::Name { file: chapter.file.clone() })?;
        Ok((chapter.id, ChapterFile { version: chapter.version, file }))
    };
    shelf.book.chapters.iter().map(chapter).collect()
}

/// The book of this id that comes with the program, as an edition; none if that is another one.
fn shipped(book_id: &str) -> Option<Edition> {
    let (bundled_id, _) = BookSource::Bundled.at_a_glance()?;
    if bundled_id != book_id {
        return None;
    }
    let shelf = Bookshelf::open(BookSource::Bundled).ok()?;
    let chapters = chapters_of(&shelf).ok()?;
    let mut files = BTreeMap::new();
    for chapter in chapters.values() {
        let bytes = shelf.source().read(chapter.file.as_str()).ok()??;
        let entry = FileEntry { len_bytes: bytes.len() as u64, digest: TextDigest::of(&bytes) };
        files.insert(chapter.file.clone(), entry);
    }
    Some(Edition {
        book_id: shelf.book.id.clone(),
        title: shelf.book.title.clone(),
        number: 0,
        published_at: Timestamp::from_unix_ms(0),
        program: program().to_owned(),
        chapters,
        files,
    })
}

fn is_licence(file: &FileName) -> bool {
    let name = file.as_str();
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    matches!(stem, "LICENSE" | "LICENCE")
}

fn read(shelf: &Bookshelf, folder: &Path, file: &FileName) -> Result<Vec<u8>, PublishError> {
    let failed = |source| PublishError::File { path: folder.join(file.as_str()), source };
    match shelf.source().read(file.as_str()) {
        Ok(Some(bytes)) => Ok(bytes.into_owned()),
        Ok(None) => Err(failed(io::Error::new(io::ErrorKind::NotFound, "it leads out of the book's folder"))),
        Err(error) => Err(failed(error)),
    }
}

/// The files in a folder and the folders in it, relative to it and in the order of their names; none whose name begins
/// with a dot, as those of tools do.
fn names_below(folder: &Path) -> Result<BTreeSet<String>, PublishError> {
    let mut names = BTreeSet::new();
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((path, before)) = folders.pop() {
        let failed = |source| PublishError::File { path: path.clone(), source };
        for entry in fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            let name = format!("{before}{name}");
            match entry.file_type().map_err(failed)? {
                kind if kind.is_dir() => folders.push((entry.path(), format!("{name}/"))),
                _ => {
                    names.insert(name);
                }
            }
        }
    }
    Ok(names)
}

impl PublishError {
    /// What was found in the book, a line each.
    pub fn findings(&self) -> Vec<String> {
        match self {
            PublishError::Faults { faults } => faults.iter().map(ToString::to_string).collect(),
            PublishError::Errors { errors } => errors.clone(),
            _ => Vec::new(),
        }
    }

    /// The manifest's name is in many a next step.
    pub(crate) fn next_step(&self) -> String {
        match self {
            PublishError::Faults { .. } | PublishError::Errors { .. } => {
                "Mend the places that “primer book check” lists, and publish again.".to_owned()
            }
            PublishError::File { .. } => "Check that the file is there and yours to read.".to_owned(),
            PublishError::Name { .. } => format!(
                "Give it a plain name, within the book's folder, in {MANIFEST_FILE} too, and publish again."
            ),
            PublishError::Changed { .. } | PublishError::Overtaken => {
                "Publish again; nothing is lost, and nobody has got half of it.".to_owned()
            }
            PublishError::Unfit { .. } => "Make it smaller, and publish again.".to_owned(),
            PublishError::Refused(Refusal::MissingChapter { .. }) => {
                format!("Keep the chapter in {MANIFEST_FILE}, if only with a word on where its matter went.")
            }
            PublishError::Refused(Refusal::ChangedFile { .. }) => {
                format!(
                    "Count up the version of a chapter that shows it in {MANIFEST_FILE}, and publish again."
                )
            }
            PublishError::Refused(_) => {
                format!("Count up the version of this chapter in {MANIFEST_FILE}, and publish again.")
            }
            PublishError::Unusable { key, fault } if fault.is_damage() => {
                format!("Delete {key} there, and publish again.")
            }
            PublishError::Unusable { .. } => "Update Primer, and publish again.".to_owned(),
            PublishError::Remote(error) => error.words().next_step,
        }
    }
}
