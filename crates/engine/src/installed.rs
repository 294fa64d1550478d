//! Which edition of the book opens: the newest that is at hand, the one that came with the program, or in the folder that
//! somebody named, or one that a sync has fetched.
//!
//! A running program keeps the book that it opened, so no text changes under a reader's eyes; what a sync has fetched
//! since opens at the next start.

use std::collections::BTreeSet;
use std::sync::Arc;

use primer_domain::publish::{Edition, Order, Verdict, Versions, order};

use crate::Engine;
use crate::blobs::BlobError;
use crate::bookshelf::{BookError, BookSource, Bookshelf};
use crate::editions::{EditionId, Editions};
use crate::log;
use crate::reading::ReadError;
use crate::store::{Store, StoreError, books};

/// Another program may install a newer edition while this one opens what was the newest, but not again and again.
const TRIES: usize = 3;

/// Opens the newest of `came` and what was fetched of the same book. One that can't be read any more is forgotten, so that
/// it is fetched again.
pub fn open_newest(store: &Store, editions: &Editions, came: BookSource) -> Result<Bookshelf, BookError> {
    let Some((book_id, versions)) = came.at_a_glance() else { return Bookshelf::open(came) };
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
            Ok(shelf) => return Ok(shelf),
            Err(error) => {
                log::warn("edition_forgotten").with("number", edition.number).cause(&error).write();
                if let Err(error) = store.write(|tx| books::remove_installed(tx, &book_id)) {
                    log::error("edition_not_forgotten").cause(&error).write();
                }
                break;
            }
        }
    }
    Bookshelf::open(came)
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

    /// Of the newest edition of the open book that is here.
    pub(crate) fn newest_versions(&self) -> Result<Versions, StoreError> {
        Ok(self.waiting_edition()?.map_or_else(|| self.shelf.versions(), |edition| edition.versions()))
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
    pub(crate) fn gather_known(
        &self,
        edition: &Edition,
    ) -> Result<Vec<(primer_domain::ids::TextDigest, u64)>, BlobError> {
        let id = EditionId::of(edition);
        let mut lacking = self.editions.lacking(&id, edition);
        if lacking.is_empty() {
            return Ok(Vec::new());
        }
        self.editions.require_room(&id, lacking.values().sum())?;
        for (name, entry) in &edition.files {
            if !lacking.contains_key(&entry.digest) {
                continue;
            }
            // A file of the open book that can't be read is fetched like any other.
            if let Ok(Some(bytes)) = self.shelf.source().read(name.as_str())
                && bytes.len() as u64 == entry.len_bytes
                && primer_domain::ids::TextDigest::of(&bytes) == entry.digest
            {
                self.editions.gather(&id, &entry.digest, &bytes)?;
                lacking.remove(&entry.digest);
            }
        }
        Ok(lacking.into_iter().collect())
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
    let is_told = shelf.book.chapters.iter().map(chapters).collect::<std::collections::BTreeMap<_, _>>()
        == told.collect();
    if shelf.book.id != edition.book_id || !is_told {
        return Err("Its book.toml is another than its index says.".to_owned());
    }
    match shelf.errors().as_slice() {
        [] => Ok(()),
        [one] => Err(one.clone()),
        [first, rest @ ..] => Err(format!("{first} (And {} more.)", rest.len())),
    }
}
