//! Which rewritten text of a chapter opens: a new one, one that is to take the place of another, or an earlier one again.
//!
//! Of several texts every computer chooses by the same rank, which puts the more often improved first and then the earliest.
//! One that is to come before others is announced in the same transaction in which those are taken back: of an improved one
//! the count alone would leave the others where they are. The one that was shown so far stays on this computer alone.

use std::collections::BTreeSet;

use primer_domain::book::Chapter;
use primer_domain::replica::{Texts, keep_again, take_back};
use primer_domain::rewrite::{self, is_rewritten};
use primer_domain::storage_path::StoragePath;
use primer_domain::timestamp::Timestamp;
use rusqlite::Transaction;

use crate::blobs::Found;
use crate::reading::{CurrentProfile, MadeBy, ReadError};
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
            None => Texts::new(),
        };
        let at = self.env.now();
        let leaving = self.store.write(|transaction| {
            let improvements = match instead_of {
                // More than of any that it takes the place of, here or elsewhere.
                Some(_) => self.most_improvements(transaction, path, &announced)?.saturating_add(1),
                None => 0,
            };
            let source = MadeBy { generator: rewrite::generator(&record.model), improvements };
            self.record_text(transaction, *path, text.as_bytes(), source, at)?;
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
        announced: Texts,
        at: Timestamp,
    ) -> Result<Vec<StoragePath>, StoreError> {
        let mut others: BTreeSet<StoragePath> = announced.into_keys().collect();
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
    fn rewritten_elsewhere(&self, path: &StoragePath) -> Result<Texts, StoreError> {
        let announced = self.announced_texts(path.user_id)?.into_iter();
        Ok(announced.filter(|(other, entry)| is_other(path, other, &entry.generator)).collect())
    }

    /// Of the rewritten texts for the same chapter and background, those here and those `announced`.
    fn most_improvements(
        &self,
        transaction: &Transaction<'_>,
        path: &StoragePath,
        announced: &Texts,
    ) -> Result<u32, StoreError> {
        let held = texts::of_chapter(transaction, path.user_id, path.chapter_id, path.profile_hash)?;
        let here = held.iter().filter(|text| is_other(path, &text.path, &text.generator));
        let here = here.map(|text| text.improvements);
        Ok(here.chain(announced.values().map(|entry| entry.improvements)).max().unwrap_or(0))
    }
}

/// Whether this is another rewritten text for the same chapter, version and background.
fn is_other(path: &StoragePath, other: &StoragePath, generator: &str) -> bool {
    let key = |path: &StoragePath| (path.chapter_id, path.profile_hash, path.chapter_version);
    other != path && key(other) == key(path) && is_rewritten(generator)
}
