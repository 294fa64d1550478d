//! Keeping the stored texts in order: what was opened when, the quota, and a look at rows and files at start.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use primer_domain::eviction::{self, Held};
use primer_domain::ids::TextDigest;
use primer_domain::storage_path::StoragePath;
use serde::Serialize;
use ts_rs::TS;

use crate::Engine;
use crate::blobs::{Entry, Found, WritingAlone};
use crate::reading::ReadError;
use crate::store::settings::{self, Key};
use crate::store::texts::{self, StoredText};
use crate::store::{StoreError, chapters, users};

/// How many bytes the stored texts may take, until somebody sets another figure.
pub const QUOTA_DEFAULT_BYTES: u64 = 500 * 1000 * 1000;

const QUOTA: Key<u64> = Key::new("quota_bytes");

/// What a tidying found and did. Nothing that could be somebody's text is deleted.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, TS)]
pub struct Tidied {
    /// Left by a program that was stopped while it wrote; removed.
    pub temporary: u32,
    /// Whole texts that no row knew; taken in again.
    pub adopted: u32,
    /// Files that are no text of Primer's, or not what their name says; moved to the quarantine folder.
    pub set_aside: u32,
    /// Rows whose file is missing or has another length; written again on the next visit.
    pub missing: u32,
    /// Another program was writing, so nothing was looked at.
    pub postponed: bool,
}

/// What a check of every byte found.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, TS)]
pub struct Verified {
    pub checked: u32,
    pub damaged: Vec<String>,
    pub missing: Vec<String>,
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
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).insert(*path, at);
    }

    /// Writes down what was opened since the last time. Called when nobody waits.
    pub fn write_down_opened(&self) -> Result<(), StoreError> {
        let opened = std::mem::take(&mut *self.opened.lock().unwrap_or_else(PoisonError::into_inner));
        if opened.is_empty() {
            return Ok(());
        }
        let written = self.store.write(|transaction| {
            opened.iter().try_for_each(|(path, at)| texts::touch(transaction, path, *at))
        });
        if written.is_err() {
            let mut waiting = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
            for (path, at) in opened {
                waiting.entry(path).or_insert(at);
            }
        }
        written
    }

    pub fn quota_bytes(&self) -> Result<u64, StoreError> {
        let set = self.store.read(|connection| settings::get(connection, None, &QUOTA))?;
        Ok(set.unwrap_or(QUOTA_DEFAULT_BYTES))
    }

    pub fn set_quota(&self, quota_bytes: u64) -> Result<Evicted, ReadError> {
        self.store.write(|transaction| settings::set(transaction, None, &QUOTA, &quota_bytes))?;
        self.evict(quota_bytes)
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
        self.write_down_opened()?;
        self.evict_alone(&alone, keep_bytes)
    }

    pub(crate) fn evict_over_quota(&self, alone: &WritingAlone) -> Result<(), ReadError> {
        let quota_bytes = self.quota_bytes()?;
        let (_, used_bytes) = self.stored_totals()?;
        if used_bytes > quota_bytes {
            self.write_down_opened()?;
            self.evict_alone(alone, quota_bytes)?;
        }
        Ok(())
    }

    fn evict_alone(&self, _alone: &WritingAlone, keep_bytes: u64) -> Result<Evicted, ReadError> {
        let fresh = self.fresh_paths()?;
        let held: Vec<Held> = self
            .stored_texts()?
            .into_iter()
            .map(|text| Held {
                fresh: fresh.contains(&text.path),
                path: text.path,
                len_bytes: text.len_bytes,
                last_opened: text.last_opened_at,
            })
            .collect();
        let held_bytes: u64 = held.iter().map(|text| text.len_bytes).sum();
        let leaving = eviction::plan(held, keep_bytes);
        // Rows first: a file without a row is taken in again at the next start, a row without a file is a fault.
        self.store.write(|transaction| {
            leaving.iter().try_for_each(|text| {
                chapters::remove_by_path(transaction, &text.path)?;
                texts::remove(transaction, &text.path)
            })
        })?;
        for text in &leaving {
            self.blobs.remove(&text.path)?;
        }
        let removed_bytes: u64 = leaving.iter().map(|text| text.len_bytes).sum();
        Ok(Evicted {
            removed: leaving.iter().map(|text| text.path.to_string()).collect(),
            removed_bytes,
            kept_bytes: held_bytes - removed_bytes,
        })
    }

    /// What each reader would be shown now without generating.
    fn fresh_paths(&self) -> Result<BTreeSet<StoragePath>, ReadError> {
        let mut fresh = BTreeSet::new();
        for user in self.store.read(users::list)? {
            let hash = self.current_profile(user.id)?.hash;
            for chapter in &self.shelf.book.chapters {
                let book = &self.shelf.book.id;
                let row = self
                    .store
                    .read(|connection| chapters::current(connection, user.id, book, chapter.id, hash))?;
                fresh.extend(
                    row.filter(|row| row.chapter_version >= chapter.version).map(|row| row.storage_path),
                );
            }
        }
        Ok(fresh)
    }

    /// Compares rows and files without reading the files that rows know, and puts right what differs.
    pub fn tidy(&self) -> Result<Tidied, ReadError> {
        let Some(alone) = self.blobs.try_write_alone()? else {
            return Ok(Tidied { postponed: true, ..Tidied::default() });
        };
        let mut tidied = Tidied::default();
        let mut here = BTreeSet::new();
        for entry in self.blobs.walk()? {
            match entry {
                Entry::Temporary(file) => {
                    self.blobs.remove_temporary(&alone, &file)?;
                    tidied.temporary += 1;
                }
                Entry::Foreign(file) => {
                    self.blobs.set_aside_file(&file)?;
                    tidied.set_aside += 1;
                }
                Entry::Text { path, len_bytes } => match self.store.read(|c| texts::find(c, &path))? {
                    Some(known) => {
                        if known.len_bytes == len_bytes {
                            here.insert(path);
                        }
                    }
                    None if self.adopt(&path)? => {
                        tidied.adopted += 1;
                        here.insert(path);
                    }
                    None => {
                        self.blobs.set_aside(&path)?;
                        tidied.set_aside += 1;
                    }
                },
            }
        }
        let rows = self.store.read(chapters::all_paths)?;
        tidied.missing = count(rows.iter().filter(|path| !here.contains(path)).count());
        Ok(tidied)
    }

    /// Takes in a whole text that no row knows, such as one whose row was lost in a crash. False if it is not what its
    /// name says, or its reader is not of this computer.
    fn adopt(&self, path: &StoragePath) -> Result<bool, ReadError> {
        let Some(bytes) = self.blobs.read_unverified(path)? else { return Ok(false) };
        let digest = TextDigest::of(&bytes);
        let reader = self.store.read(|connection| users::find(connection, path.user_id))?;
        if digest.prefix() != path.digest || reader.is_none() {
            return Ok(false);
        }
        let at = self.env.now();
        self.store.write(|transaction| {
            texts::insert(
                transaction,
                &StoredText {
                    path: *path,
                    book_id: self.shelf.book.id.clone(),
                    digest,
                    len_bytes: bytes.len() as u64,
                    generator: "adopted".to_owned(),
                    created_at: at,
                    last_opened_at: at,
                },
            )?;
            chapters::save_if_absent(transaction, path, at)
        })?;
        Ok(true)
    }

    /// Reads every stored text and sets aside those that are not what was written.
    pub fn verify(&self) -> Result<Verified, ReadError> {
        let tidied = self.tidy()?;
        let mut verified = Verified { tidied, ..Verified::default() };
        for text in self.stored_texts()? {
            verified.checked += 1;
            match self.blobs.read(&text.path, &text.digest)? {
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
