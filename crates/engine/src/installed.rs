//! Which edition of the book opens: the newest that is at hand, the one that came with the program, or in the folder that
//! somebody named, or one that a sync has fetched.
//!
//! A running program keeps the book that it opened, so no text changes under a reader's eyes; what a sync has fetched
//! since opens at the next start.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use primer_domain::ids::TextDigest;
use primer_domain::publish::{Edition, Order, Verdict, Versions, order};

use serde::Serialize;
use ts_rs::TS;

use crate::Engine;
use crate::blobs::BlobError;
use crate::bookshelf::{BookError, BookSource, Bookshelf};
use crate::editions::{EditionId, Editions};
use crate::log;
use crate::reading::ReadError;
use crate::store::{Store, StoreError, books};

/// Another program may install a newer edition while this one opens what was the newest, but not again and again.
const TRIES: usize = 3;

/// An installed edition of a book, read byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct VerifiedEdition {
    pub book_id: String,
    pub title: String,
    pub edition: u32,
    pub files: u32,
    /// Those that are missing or not what was published.
    pub damaged: Vec<String>,
}

/// The book of a running program.
pub struct Opened {
    pub shelf: Bookshelf,
    /// A newer edition that could not be read.
    pub forgotten: Option<Edition>,
}

impl Opened {
    fn as_it_came(came: BookSource, forgotten: Option<Edition>) -> Result<Opened, BookError> {
        Ok(Opened { shelf: Bookshelf::open(came)?, forgotten })
    }
}

/// Opens the newest of `came` and what was fetched of the same book. One that can't be read any more is forgotten, so that
/// it is fetched again.
pub fn open_newest(store: &Store, editions: &Editions, came: BookSource) -> Result<Opened, BookError> {
    let Some((book_id, versions)) = came.at_a_glance() else { return Opened::as_it_came(came, None) };
    let mut forgotten = None;
    for _ in 0..TRIES {
        let Some(edition) = fetched(store, &book_id) else { break };
        if order(&edition.versions(), &versions) != Order::Newer {
            break;
        }
        let files = editions.open(&EditionId::of(&edition), edition.clone());
        // Held from here on. If another was installed before that, this one may be gone.
        if fetched(store, &book_id).as_ref() != Some(&edition) {
            continue;
        }
        match Bookshelf::open(BookSource::Edition(Arc::new(files))) {
            Ok(shelf) => return Ok(Opened { shelf, forgotten: None }),
            Err(error) => {
                log::warn("edition_forgotten").with("number", edition.number).cause(&error).write();
                if let Err(error) = store.write(|tx| books::remove_installed(tx, &book_id)) {
                    log::error("edition_not_forgotten").cause(&error).write();
                }
                forgotten = Some(edition);
                break;
            }
        }
    }
    Opened::as_it_came(came, forgotten)
}

/// A database that can't tell must not keep the book from being opened.
fn fetched(store: &Store, book_id: &str) -> Option<Edition> {
    match store.read(|connection| books::installed(connection, book_id)) {
        Ok(edition) => edition,
        Err(error) => {
            log::error("edition_unknown").cause(&error).write();
            None
        }
    }
}

impl Engine {
    /// An edition that is newer than the open one and opens at the next start.
    pub fn waiting_edition(&self) -> Result<Option<Edition>, StoreError> {
        let fetched = self.store.read(|connection| books::installed(connection, &self.shelf.book.id))?;
        Ok(fetched.filter(|edition| order(&edition.versions(), &self.shelf.versions()) == Order::Newer))
    }

    /// Of the newest edition of the open book that is here, and opens at the next start. Of none where the open one is not
    /// whole any more, so that any that is published is worth being fetched.
    pub(crate) fn newest_versions(&self) -> Result<Versions, StoreError> {
        let book_id = &self.shelf.book.id;
        let recorded = self.store.read(|connection| books::installed(connection, book_id))?;
        Ok(match (recorded, self.shelf.source()) {
            (Some(edition), _) if order(&edition.versions(), &self.shelf.versions()) == Order::Newer => {
                edition.versions()
            }
            (None, BookSource::Edition(_)) => Versions::new(),
            _ => self.shelf.versions(),
        })
    }

    /// Reads every file of every installed edition. One that is not whole is opened no more, its damaged files are set aside,
    /// and a sync fetches what is lacking of it; until then what the program came with opens.
    pub(crate) fn verify_editions(&self) -> Result<Vec<VerifiedEdition>, ReadError> {
        let mut verified = Vec::new();
        let mut editions = self.store.read(books::all_installed)?;
        // One that could not even be opened. It may be whole again meanwhile.
        let forgotten = self.forgotten.iter().filter(|edition| !editions.contains(edition));
        editions.extend(forgotten.cloned().collect::<Vec<_>>());
        for edition in editions {
            let id = EditionId::of(&edition);
            // What can't be read is as good as damaged.
            let is_whole = |entry| matches!(self.editions.read_in_place(&id, entry), Ok(Some(_)));
            let damaged: Vec<_> = edition.files.iter().filter(|(_, entry)| !is_whole(entry)).collect();
            if !damaged.is_empty() {
                self.store.write(|tx| match books::installed(tx, &edition.book_id)? {
                    Some(recorded) if recorded == edition => books::remove_installed(tx, &edition.book_id),
                    // Another one was installed meanwhile.
                    _ => Ok(()),
                })?;
                for (_, entry) in &damaged {
                    self.blobs.set_aside_file(&self.editions.place_of(&id, entry))?;
                }
            }
            verified.push(VerifiedEdition {
                book_id: edition.book_id.clone(),
                title: edition.title.clone(),
                edition: edition.number,
                files: u32::try_from(edition.files.len()).unwrap_or(u32::MAX),
                damaged: damaged.iter().map(|(name, _)| name.to_string()).collect(),
            });
        }
        Ok(verified)
    }

    /// Removes editions that nothing leads to any more and no running program reads from.
    pub(crate) fn tidy_editions(&self) -> Result<u32, ReadError> {
        let keep: BTreeSet<EditionId> = self.store.read(|connection| {
            let mut keep = books::all_installed(connection)?;
            // On their way here, or in their place and not recorded yet.
            keep.extend(books::all_published(connection)?);
            Ok(keep.iter().map(EditionId::of).collect())
        })?;
        Ok(self.editions.tidy(&keep)?)
    }

    /// Records an edition that is in its place, unless a newer one was meanwhile.
    pub(crate) fn record_edition(&self, edition: &Edition) -> Result<bool, StoreError> {
        let at = self.env.now();
        self.store.write(|tx| {
            let before = books::installed(tx, &edition.book_id)?;
            let is_newer =
                before.is_none_or(|before| order(&edition.versions(), &before.versions()) == Order::Newer);
            if is_newer {
                books::set_installed(tx, edition, at)?;
            }
            Ok(is_newer)
        })
    }

    /// Looks through an edition that was gathered whole, and puts it in its place. `Err` within: why it is not.
    pub(crate) fn install_edition(
        &self,
        edition: &Edition,
    ) -> Result<Result<bool, (Verdict, String)>, ReadError> {
        let id = EditionId::of(edition);
        if !self.editions.is_in_place(&id, edition) {
            if !self.editions.lacking(&id, edition).is_empty() {
                return Ok(Err((Verdict::Lacking, "A part of it is missing here.".to_owned())));
            }
            if let Err(why) = look_through(&self.editions, &id, edition) {
                return Ok(Err((Verdict::Refused, why)));
            }
            self.editions.put_in_place(&id)?;
        }
        Ok(Ok(self.record_edition(edition)?))
    }

    /// Gathers what of an edition is on this computer already: most of a book stays as it was. Returns what is lacking.
    pub(crate) fn gather_known(&self, edition: &Edition) -> Result<Vec<(TextDigest, u64)>, BlobError> {
        let id = EditionId::of(edition);
        let mut lacking = self.editions.lacking(&id, edition);
        if lacking.is_empty() {
            return Ok(Vec::new());
        }
        self.editions.require_room(&id, lacking.values().sum())?;
        self.find_known(edition, &mut lacking, |digest, bytes| self.editions.gather(&id, digest, bytes))?;
        Ok(lacking.into_iter().collect())
    }

    /// What would be lacking after that, while nothing is gathered.
    pub(crate) fn lacking_of(&self, edition: &Edition) -> Result<Vec<(TextDigest, u64)>, BlobError> {
        let mut lacking = self.editions.lacking(&EditionId::of(edition), edition);
        self.find_known(edition, &mut lacking, |_, _| Ok(()))?;
        Ok(lacking.into_iter().collect())
    }

    /// Takes from `lacking` what is on this computer already.
    fn find_known(
        &self,
        edition: &Edition,
        lacking: &mut BTreeMap<TextDigest, u64>,
        found: impl Fn(&TextDigest, &[u8]) -> Result<(), BlobError>,
    ) -> Result<(), BlobError> {
        let id = EditionId::of(edition);
        for (name, entry) in &edition.files {
            if !lacking.contains_key(&entry.digest) {
                continue;
            }
            // A file of the open book that can't be read is fetched like any other.
            let open = || self.shelf.source().read(name.as_str()).ok()?;
            let is_it = |bytes: &Cow<'_, [u8]>| {
                bytes.len() as u64 == entry.len_bytes && TextDigest::of(bytes) == entry.digest
            };
            // It may have been in its place before, and only a part of it damaged.
            let before = self.editions.read_in_place(&id, entry).ok().flatten().map(Cow::Owned);
            if let Some(bytes) = before.or_else(|| open().filter(is_it)) {
                found(&entry.digest, &bytes)?;
                lacking.remove(&entry.digest);
            }
        }
        Ok(())
    }
}

/// Nothing is installed that `primer book check` would refuse, or that is another book than its index says.
fn look_through(editions: &Editions, id: &EditionId, edition: &Edition) -> Result<(), String> {
    let files = editions.gathered(id, edition.clone());
    let shelf = Bookshelf::open(BookSource::Edition(Arc::new(files)))
        .map_err(|error| crate::api::sentence(&error.to_string()))?;
    let chapters =
        |chapter: &primer_domain::book::Chapter| (chapter.id, (chapter.version, chapter.file.clone()));
    let told = edition.chapters.iter().map(|(id, of)| (*id, (of.version, of.file.to_string())));
    let is_told = shelf.book.chapters.iter().map(chapters).collect::<BTreeMap<_, _>>() == told.collect();
    if shelf.book.id != edition.book_id || !is_told {
        return Err("Its book.toml is another than its index says.".to_owned());
    }
    match shelf.errors().as_slice() {
        [] => Ok(()),
        [one] => Err(one.clone()),
        [first, rest @ ..] => Err(format!("{first} (And {} more.)", rest.len())),
    }
}
