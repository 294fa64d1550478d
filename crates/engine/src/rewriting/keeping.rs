//! Which rewritten text of a chapter opens: a new one, one that is to take the place of another, or an earlier one again.
//!
//! Of several texts every computer chooses by the same rank, which puts the earliest first. So one that is to come
//! before another is announced in the same transaction in which the others are taken back. The one that was shown so
//! far stays on this computer alone.

use std::collections::BTreeSet;

use primer_domain::book::Chapter;
use primer_domain::replica::{keep_again, take_back};
use primer_domain::rewrite::{self, is_rewritten};
use primer_domain::storage_path::StoragePath;
use primer_domain::timestamp::Timestamp;
use rusqlite::Transaction;

use crate::blobs::Found;
use crate::reading::{CurrentProfile, ReadError};
use crate::store::rewrites::{self, Rewrite};
use crate::store::texts::StoredText;
use crate::store::{StoreError, backgrounds, chapters, devices, earlier_rewrites, profiles, texts, wishes};
use crate::sync::name_best;
use crate::{Engine, replica};

/// A rewritten text that is whole and right.
pub(super) struct Made<'a> {
    pub profile: &'a CurrentProfile,
    pub path: StoragePath,
    pub text: &'a str,
    pub record: &'a Rewrite,
    pub begun_at: Timestamp,
    /// The rewritten text whose place it is to take.
    pub instead_of: Option<StoragePath>,
}

impl Engine {
    pub(super) fn keep_rewritten(&self, made: &Made<'_>) -> Result<(), ReadError> {
        let Made { profile, path, text, record, begun_at, instead_of } = made;
        let book = &self.shelf.book.id;
        let alone = self.blobs.write_alone()?;
        self.blobs.write(&alone, path, text.as_bytes())?;
        let announced = match instead_of {
            Some(_) => self.rewritten_elsewhere(path)?,
            None => BTreeSet::new(),
        };
        let at = self.env.now();
        let leaving = self.store.write(|transaction| {
            let generator = rewrite::generator(&record.model);
            self.record_text(transaction, *path, text.as_bytes(), generator, at)?;
            rewrites::insert(transaction, path, record, at)?;
            backgrounds::save(transaction, profile.user, &profile.background)?;
            let leaving = match instead_of {
                Some(shown) => self.put_first(transaction, path, Some(shown), announced, at)?,
                None => {
                    // One that came from another computer meanwhile may be preferred; all are to choose the same.
                    earlier_rewrites::remove(transaction, path)?;
                    name_best(transaction, path, book)?;
                    replica::edit(transaction, profile.user, at, |registers, stamp| {
                        keep_again(registers, path, stamp)
                    })?;
                    Vec::new()
                }
            };
            devices::count_change(transaction, profile.user)?;
            if profiles::current_hash(transaction, profile.user)? == path.profile_hash {
                // Together with the text, so that no crash has it asked for twice.
                let chapter = path.chapter_id;
                let again = instead_of.is_some();
                wishes::fulfil(
                    transaction,
                    profile.user,
                    book,
                    chapter,
                    path.profile_hash,
                    *begun_at,
                    again,
                )?;
            }
            Ok(leaving)
        })?;
        leaving.iter().try_for_each(|path| self.blobs.remove(path))?;
        self.note_kept(&alone);
        self.rewriting_desk.note_change();
        Ok(())
    }

    /// Lets the text that the last improvement took the place of open again, on all computers; the one that is shown now
    /// is the earlier one then. False if there is none here.
    pub fn undo_rewrite(&self, chapter: &Chapter, profile: &CurrentProfile) -> Result<bool, ReadError> {
        let (user, book) = (profile.user, &self.shelf.book.id);
        let alone = self.blobs.write_alone()?;
        let Some(earlier) = self.earlier_rewrite(chapter, profile)? else { return Ok(false) };
        if !matches!(self.blobs.read(&earlier.path, &earlier.digest, earlier.len_bytes), Found::Intact(_)) {
            return Ok(false);
        }
        let announced = self.rewritten_elsewhere(&earlier.path)?;
        let at = self.env.now();
        let leaving = self.store.write(|transaction| {
            let row = chapters::current(transaction, user, book, chapter.id, profile.hash)?;
            let shown = row.and_then(|row| row.file).map(|file| file.path);
            let leaving = self.put_first(transaction, &earlier.path, shown.as_ref(), announced, at)?;
            devices::count_change(transaction, user)?;
            Ok(leaving)
        })?;
        leaving.iter().try_for_each(|path| self.blobs.remove(path))?;
        self.note_kept(&alone);
        self.rewriting_desk.note_change();
        Ok(true)
    }

    /// What an undoing would open again.
    pub(crate) fn earlier_rewrite(
        &self,
        chapter: &Chapter,
        profile: &CurrentProfile,
    ) -> Result<Option<StoredText>, StoreError> {
        self.store.read(|connection| {
            let earlier = earlier_rewrites::all(connection, profile.user)?;
            let held = texts::of_chapter(connection, profile.user, chapter.id, profile.hash)?;
            Ok(held
                .into_iter()
                .find(|text| text.path.chapter_version == chapter.version && earlier.contains(&text.path)))
        })
    }

    /// Makes `path`, which is held, the rewritten text of its chapter and background, and takes all others back. The one
    /// that is shown stays here as the earlier one. Returns those whose files are to go.
    fn put_first(
        &self,
        transaction: &Transaction<'_>,
        path: &StoragePath,
        shown: Option<&StoragePath>,
        announced: BTreeSet<StoragePath>,
        at: Timestamp,
    ) -> Result<Vec<StoragePath>, StoreError> {
        let mut others = announced;
        let mut leaving = Vec::new();
        earlier_rewrites::remove(transaction, path)?;
        for text in texts::of_chapter(transaction, path.user_id, path.chapter_id, path.profile_hash)? {
            if !is_other(path, &text.path, &text.generator) {
                continue;
            }
            others.insert(text.path);
            if Some(&text.path) == shown {
                earlier_rewrites::insert(transaction, &text.path, at)?;
            } else {
                chapters::remove_by_path(transaction, &text.path)?;
                texts::remove(transaction, &text.path)?;
                leaving.push(text.path);
            }
        }
        name_best(transaction, path, &self.shelf.book.id)?;
        replica::edit(transaction, path.user_id, at, |registers, stamp| {
            let mut changed = keep_again(registers, path, stamp);
            for other in &others {
                changed.join(&take_back(registers, other, stamp));
            }
            changed
        })?;
        Ok(leaving)
    }

    /// The rewritten texts of the same chapter and background that other computers announce.
    fn rewritten_elsewhere(&self, path: &StoragePath) -> Result<BTreeSet<StoragePath>, StoreError> {
        let announced = self.announced_texts(path.user_id)?.into_iter();
        let others = announced.filter(|(other, entry)| is_other(path, other, &entry.generator));
        Ok(others.map(|(other, _)| other).collect())
    }
}

/// Whether this is another rewritten text for the same chapter, version and background.
fn is_other(path: &StoragePath, other: &StoragePath, generator: &str) -> bool {
    let key = |path: &StoragePath| (path.chapter_id, path.profile_hash, path.chapter_version);
    other != path && key(other) == key(path) && is_rewritten(generator)
}
