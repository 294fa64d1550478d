//! Keeping the stored texts in order: what was opened when, the quota, and a look at rows and files at start.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{MutexGuard, PoisonError};

use primer_domain::eviction::{self, Held};
use primer_domain::ids::{ChapterId, TextDigest, UserId};
use primer_domain::storage_path::StoragePath;
use primer_domain::timestamp::Timestamp;
use rusqlite::Transaction;
use serde::Serialize;
use ts_rs::TS;

use crate::Engine;
use crate::blobs::{Entry, Found, WritingAlone};
pub use crate::installed::VerifiedEdition;
use crate::log;
use crate::reading::ReadError;
use crate::store::chapters::{self, NamedText, StoredFile};
use crate::store::settings::{self, Key};
use crate::store::texts::{self, StoredText};
use crate::store::{StoreError, put_away, users};

/// How many bytes the stored texts may take, until somebody sets another figure.
pub const QUOTA_DEFAULT_BYTES: u64 = 500 * 1000 * 1000;

const QUOTA: Key<u64> = Key::new("quota_bytes");

/// Who read here last.
pub(crate) const LAST_READER: Key<String> = Key::new("last_reader");

/// What is to be written down when nobody waits: opening a chapter must not.
#[derive(Default)]
pub(crate) struct Notes {
    opened: BTreeMap<StoragePath, Timestamp>,
    reader: Option<UserId>,
}

/// What a tidying found and did. Nothing that could be somebody's text is deleted.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, TS)]
pub struct Tidied {
    /// Left by a program that was stopped while it wrote, or editions of a book that nobody reads any more; removed.
    pub temporary: u32,
    /// Whole texts that no row knew; taken in again.
    pub adopted: u32,
    /// Files that are no text of Primer's, or not what their name says; moved to the quarantine folder.
    pub set_aside: u32,
    /// Rows whose file is missing or has another length; written again on the next visit.
    pub missing: u32,
    /// Files that could not be put right; why is in the log.
    pub failed: u32,
    /// Another program was writing, so nothing was looked at.
    pub postponed: bool,
}

/// What a check of every byte found.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, TS)]
pub struct Verified {
    pub checked: u32,
    pub damaged: Vec<String>,
    pub missing: Vec<String>,
    /// Of books that were fetched.
    pub editions: Vec<VerifiedEdition>,
    pub tidied: Tidied,
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, TS)]
pub struct Evicted {
    pub removed: Vec<String>,
    pub removed_bytes: u64,
    pub kept_bytes: u64,
}

impl Engine {
    pub(crate) fn note_opened(&self, path: &StoragePath) {
        let at = self.env.now();
        self.notes().opened.insert(*path, at);
    }

    /// Also where that is not written down yet.
    pub(crate) fn is_opened(&self, file: &StoredFile) -> bool {
        file.opened || self.notes().opened.contains_key(&file.path)
    }

    /// Notes who reads, to be written down with [`Engine::write_down_notes`].
    pub fn note_reader(&self, user: UserId) {
        self.notes().reader = Some(user);
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down what was opened, and by whom, since the last time. Called when nobody waits.
    pub fn write_down_notes(&self) -> Result<(), StoreError> {
        let notes = std::mem::take(&mut *self.notes());
        if notes.opened.is_empty() && notes.reader.is_none() {
            return Ok(());
        }
        let written = self.store.write(|transaction| {
            if let Some(user) = notes.reader {
                settings::set(transaction, None, &LAST_READER, &user.to_string())?;
            }
            notes.opened.iter().try_for_each(|(path, at)| texts::touch(transaction, path, *at))
        });
        if written.is_err() {
            let mut waiting = self.notes();
            waiting.reader = waiting.reader.or(notes.reader);
            for (path, at) in notes.opened {
                waiting.opened.entry(path).or_insert(at);
            }
        }
        written
    }

    pub fn quota_bytes(&self) -> Result<u64, StoreError> {
        let set = self.store.read(|connection| settings::get(connection, None, &QUOTA))?;
        Ok(set.unwrap_or(QUOTA_DEFAULT_BYTES))
    }

    pub fn set_quota(&self, quota_bytes: u64) -> Result<Evicted, ReadError> {
        // Room is made first: on a full disk the figure could not even be written down.
        let evicted = self.evict(quota_bytes)?;
        self.store.write(|transaction| settings::set(transaction, None, &QUOTA, &quota_bytes))?;
        Ok(evicted)
    }

    /// All stored texts, of all readers.
    pub fn stored_texts(&self) -> Result<Vec<StoredText>, StoreError> {
        self.store.read(|connection| texts::list(connection, None))
    }

    /// How many texts are stored, and their length together in bytes.
    pub fn stored_totals(&self) -> Result<(u64, u64), StoreError> {
        self.store.read(texts::totals)
    }

    /// Removes what was opened longest ago until at most `keep_bytes` are left, but never a fresh chapter.
    pub fn evict(&self, keep_bytes: u64) -> Result<Evicted, ReadError> {
        let alone = self.blobs.write_alone()?;
        self.write_down_notes()?;
        self.evict_alone(&alone, keep_bytes)
    }

    pub(crate) fn evict_over_quota(&self, alone: &WritingAlone) -> Result<(), ReadError> {
        let quota_bytes = self.quota_bytes()?;
        let (_, used_bytes) = self.stored_totals()?;
        if used_bytes > quota_bytes {
            self.write_down_notes()?;
            self.evict_alone(alone, quota_bytes)?;
        }
        Ok(())
    }

    fn evict_alone(&self, alone: &WritingAlone, keep_bytes: u64) -> Result<Evicted, ReadError> {
        let fresh = self.fresh_paths()?;
        let held: Vec<Held> = self
            .stored_texts()?
            .into_iter()
            .map(|text| Held {
                fresh: fresh.contains(&text.path.to_string()),
                path: text.path,
                len_bytes: text.len_bytes,
                last_opened: text.last_opened_at,
            })
            .collect();
        let held_bytes: u64 = held.iter().map(|text| text.len_bytes).sum();
        let leaving = eviction::plan(held, keep_bytes);
        self.remove_alone(alone, &leaving.iter().map(|text| text.path).collect::<Vec<_>>(), |_| Ok(()))?;
        let removed_bytes: u64 = leaving.iter().map(|text| text.len_bytes).sum();
        Ok(Evicted {
            removed: leaving.iter().map(|text| text.path.to_string()).collect(),
            removed_bytes,
            kept_bytes: held_bytes - removed_bytes,
        })
    }

    /// Removes stored texts from this computer.
    pub(crate) fn remove_texts(&self, leaving: &[StoragePath]) -> Result<(), ReadError> {
        if leaving.is_empty() {
            return Ok(());
        }
        let alone = self.blobs.write_alone()?;
        self.remove_alone(&alone, leaving, |_| Ok(()))
    }

    /// Removes all stored texts of a chapter, and keeps those of other computers away until its reader opens it again.
    pub(crate) fn put_away(&self, user: UserId, chapter: ChapterId) -> Result<(), ReadError> {
        let alone = self.blobs.write_alone()?;
        let held = self.store.read(|connection| texts::list(connection, Some(user)))?;
        let leaving: Vec<StoragePath> =
            held.into_iter().map(|text| text.path).filter(|path| path.chapter_id == chapter).collect();
        self.remove_alone(&alone, &leaving, |transaction| put_away::insert(transaction, user, chapter))
    }

    /// Rows first: a file without a row is taken in again at the next start, a row without a file is a fault.
    fn remove_alone(
        &self,
        _alone: &WritingAlone,
        leaving: &[StoragePath],
        noting: impl FnOnce(&Transaction<'_>) -> Result<(), StoreError>,
    ) -> Result<(), ReadError> {
        self.store.write(|transaction| {
            noting(transaction)?;
            leaving.iter().try_for_each(|path| {
                chapters::remove_by_path(transaction, path)?;
                texts::remove(transaction, path)
            })
        })?;
        Ok(leaving.iter().try_for_each(|path| self.blobs.remove(path))?)
    }

    /// What each reader would be shown now without generating, of this book and of any other that was read here.
    fn fresh_paths(&self) -> Result<BTreeSet<String>, ReadError> {
        let book = &self.shelf.book;
        let mut fresh = BTreeSet::new();
        for user in self.store.read(users::list)? {
            let hash = match self.current_profile(user.id) {
                Ok(profile) => profile.hash,
                // A profile that can't be read must not cost its reader a chapter: all of theirs stay.
                Err(_) => {
                    let texts = self.store.read(|connection| texts::list(connection, Some(user.id)))?;
                    fresh.extend(texts.iter().map(|text| text.path.to_string()));
                    continue;
                }
            };
            let named = self.store.read(|connection| chapters::of_background(connection, user.id, hash))?;
            let still_right = |text: &NamedText| {
                text.book_id != book.id
                    || book
                        .chapter(text.chapter_id)
                        .is_some_and(|chapter| text.chapter_version >= chapter.version)
            };
            fresh.extend(named.into_iter().filter(still_right).map(|text| text.storage_path));
        }
        Ok(fresh)
    }

    /// Compares rows and files without reading the files that rows know, and puts right what differs.
    pub fn tidy(&self) -> Result<Tidied, ReadError> {
        match self.blobs.try_write_alone()? {
            Some(alone) => self.tidy_alone(&alone),
            None => Ok(Tidied { postponed: true, ..Tidied::default() }),
        }
    }

    fn tidy_alone(&self, alone: &WritingAlone) -> Result<Tidied, ReadError> {
        let mut tidied = Tidied::default();
        let mut here = BTreeSet::new();
        for entry in self.blobs.walk()? {
            // One file that can't be moved must not keep the others from being put right.
            if let Err(error) = self.tidy_entry(alone, entry, &mut tidied, &mut here) {
                log::warn("file_not_tidied").cause(&error).write();
                tidied.failed += 1;
            }
        }
        match self.tidy_editions() {
            Ok(removed) => tidied.temporary += removed,
            Err(error) => {
                log::warn("editions_not_tidied").cause(&error).write();
                tidied.failed += 1;
            }
        }
        let rows = self.store.read(chapters::all_paths)?;
        tidied.missing = count(rows.iter().filter(|path| !here.contains(*path)).count());
        Ok(tidied)
    }

    fn tidy_entry(
        &self,
        alone: &WritingAlone,
        entry: Entry,
        tidied: &mut Tidied,
        here: &mut BTreeSet<String>,
    ) -> Result<(), ReadError> {
        match entry {
            Entry::Temporary(file) => {
                self.blobs.remove_temporary(alone, &file)?;
                tidied.temporary += 1;
            }
            Entry::Foreign(file) => {
                self.blobs.set_aside_file(&file)?;
                tidied.set_aside += 1;
            }
            Entry::Text { path, len_bytes } => {
                match self.store.read(|connection| texts::find(connection, &path))? {
                    Some(known) => {
                        if known.len_bytes == len_bytes {
                            here.insert(path.to_string());
                        }
                    }
                    None if self.adopt(&path)? => {
                        tidied.adopted += 1;
                        here.insert(path.to_string());
                    }
                    None => {
                        self.blobs.set_aside(&path)?;
                        tidied.set_aside += 1;
                    }
                }
            }
        }
        Ok(())
    }

    /// Accounts for a whole text that no row knows, such as one whose row was lost in a crash. Which book it is of is not
    /// known, so it is not opened; a visit that would write the same text finds it there. False if it is not what its
    /// name says, or its reader is not of this computer.
    fn adopt(&self, path: &StoragePath) -> Result<bool, ReadError> {
        let Some(bytes) = self.blobs.read_unverified(path)? else { return Ok(false) };
        let digest = TextDigest::of(&bytes);
        let reader = self.store.read(|connection| users::find(connection, path.user_id))?;
        if digest.prefix() != path.digest || reader.is_none() {
            return Ok(false);
        }
        let at = self.env.now();
        let text = StoredText {
            path: *path,
            book_id: String::new(),
            digest,
            len_bytes: bytes.len() as u64,
            generator: texts::ADOPTED.to_owned(),
            improvements: 0,
            created_at: at,
            last_opened_at: at,
            stamp: None,
            came_from: None,
            opened: true,
        };
        self.store.write(|transaction| texts::insert(transaction, &text))?;
        Ok(true)
    }

    /// Reads every stored text and every file of a fetched book, and sets aside those that are not what was written.
    pub fn verify(&self) -> Result<Verified, ReadError> {
        // Nobody may heal a text between its being found damaged and its being set aside.
        let alone = self.blobs.write_alone()?;
        // Before what nothing leads to any more is removed: one that could not be opened is still to be told of.
        let editions = self.verify_editions()?;
        let mut verified = Verified { editions, tidied: self.tidy_alone(&alone)?, ..Verified::default() };
        for text in self.stored_texts()? {
            verified.checked += 1;
            match self.blobs.read(&text.path, &text.digest, text.len_bytes) {
                Found::Intact(_) => {}
                Found::Missing => verified.missing.push(text.path.to_string()),
                Found::Damaged => {
                    self.blobs.set_aside(&text.path)?;
                    verified.damaged.push(text.path.to_string());
                }
            }
        }
        Ok(verified)
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
