//! Removing: from this computer, which leaves the other computers and the remotes as they are, or everywhere.

use std::collections::BTreeSet;

use primer_domain::ids::{ChapterId, UserId};
use primer_domain::replica::{Registers, take_back, taken_back};
use primer_domain::storage_path::StoragePath;

use super::error::ApiError;
use super::readers::existing;
use super::remotes;
use super::sync_types::*;
use super::types::*;
use crate::Engine;
use crate::replica;
use crate::store::{texts, users};

/// What is stored of each chapter for a reader.
pub fn stored_chapters(engine: &Engine, request: OfReader) -> Result<Vec<StoredChapter>, ApiError> {
    let user = existing(engine, &request.user_id)?;
    let held = engine.store.read(|connection| texts::list(connection, Some(user)))?;
    let stored = |chapter: &primer_domain::book::Chapter| {
        let of_chapter: Vec<_> = held.iter().filter(|text| text.path.chapter_id == chapter.id).collect();
        StoredChapter {
            chapter_id: chapter.id.0,
            title: chapter.title.clone(),
            texts: of_chapter.len() as u64,
            len_bytes: of_chapter.iter().map(|text| text.len_bytes).sum(),
        }
    };
    Ok(engine.shelf.book.chapters.iter().map(stored).filter(|chapter| chapter.texts > 0).collect())
}

/// Removes every text of a chapter that is stored for a reader. Removed from this computer only, it comes back once its
/// reader opens it.
pub fn remove_chapter(engine: &Engine, request: RemoveChapter) -> Result<Nothing, ApiError> {
    let user = existing(engine, &request.user_id)?;
    let chapter = ChapterId(request.chapter_id);
    if request.everywhere {
        let known = engine.take_back_texts(user, |path, _| path.chapter_id == chapter)?;
        engine.remove_texts(&known)?;
    } else {
        engine.put_away(user, chapter)?;
    }
    engine.desk.note_change();
    Ok(Nothing {})
}

/// Takes a reader off this computer. What is in their remotes stays there, and a joining file brings it back.
pub fn remove_reader(engine: &Engine, request: OfReader) -> Result<Startup, ApiError> {
    let user = existing(engine, &request.user_id)?;
    engine.take_off(user)?;
    super::readers::startup(engine, Nothing {})
}

impl Engine {
    /// The reader goes last, so that what was interrupted can be done again.
    pub(super) fn take_off(&self, user: UserId) -> Result<(), ApiError> {
        self.rewriting_desk.cancel_all(user);
        for remote in self.remotes(user)? {
            remotes::remove(self, OfRemote { remote_id: remote.id.to_string() })?;
        }
        let held = self.store.read(|connection| texts::list(connection, Some(user)))?;
        let leaving: Vec<StoragePath> = held.into_iter().map(|text| text.path).collect();
        self.remove_texts(&leaving)?;
        let without_key = self.remove_model_key(user);
        // A keychain that can't be opened keeps nobody here who has no key in it.
        if self.model_setting(user)?.is_some() {
            without_key?;
        }
        self.store.write(|transaction| users::remove(transaction, user))?;
        Ok(self.claims.forget(user)?)
    }

    /// Takes back everywhere what `is_meant` of all texts that are known, by their path and generator. Returns their paths.
    pub(super) fn take_back_texts(
        &self,
        user: UserId,
        is_meant: impl Fn(&StoragePath, &str) -> bool,
    ) -> Result<Vec<StoragePath>, ApiError> {
        let held = self.store.read(|connection| texts::list(connection, Some(user)))?;
        let held: BTreeSet<StoragePath> = held
            .into_iter()
            .filter(|text| is_meant(&text.path, &text.generator))
            .map(|text| text.path)
            .collect();
        let mut known = held.clone();
        let announced = self.announced_texts(user)?.into_iter();
        known
            .extend(announced.filter(|(path, entry)| is_meant(path, &entry.generator)).map(|(path, _)| path));
        let at = self.env.now();
        self.store.write(|transaction| {
            replica::edit(transaction, user, at, |registers, stamp| {
                let gone = taken_back(registers, user);
                // A replica may mention for a while what its reader has taken back.
                known.retain(|path| held.contains(path) || !gone.contains(path));
                let mut changed = Registers::default();
                for path in known.iter().filter(|path| !gone.contains(path)) {
                    changed.join(&take_back(registers, path, stamp));
                }
                changed
            })
        })?;
        Ok(known.into_iter().collect())
    }
}
