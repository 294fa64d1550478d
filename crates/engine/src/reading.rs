//! A visit to a chapter: what is stored is opened if it is still right, and written again if not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use primer_domain::book::Chapter;
use primer_domain::freshness::{BlobCondition, CurrentRow, Freshness, freshness};
use primer_domain::ids::{ChapterId, ChapterVersion, ProfileHash, TextDigest, UserId};
use primer_domain::personalise::{GENERATOR_VERSION, personalise};
use primer_domain::profile::Background;
use primer_domain::replica::{Stamp, keep_again};
use primer_domain::storage_path::StoragePath;
use primer_domain::timestamp::Timestamp;
use rusqlite::Transaction;
use thiserror::Error;

use crate::Engine;
use crate::blobs::{BlobError, Found, WritingAlone};
use crate::log;
use crate::replica;
use crate::store::chapters::{self, ChapterRow};
use crate::store::texts::{self, StoredText};
use crate::store::{StoreError, backgrounds, devices, profiles, put_away, users};

#[derive(Debug, Error)]
pub enum ReadError {
    #[error("there is no reader {0}")]
    NoSuchReader(String),
    #[error("the book has no chapter {0}")]
    NoSuchChapter(u32),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Blobs(#[from] BlobError),
}

/// A reader as their background is used: read once, so that the hash is the hash of what was really used.
#[derive(Debug, Clone)]
pub struct CurrentProfile {
    pub user: UserId,
    pub background: Background,
    pub hash: ProfileHash,
    /// False for a reader who skipped the questions.
    pub answered: bool,
    pub updated_at: Option<String>,
}

/// What is stored of a chapter for a background, before any visit.
#[derive(Debug)]
pub struct Standing {
    pub state: Freshness,
    pub row: Option<ChapterRow>,
}

/// What a visit found, did, and shows.
#[derive(Debug)]
pub struct Visit {
    /// Before the visit.
    pub state: Freshness,
    /// Whether this visit wrote the text.
    pub generated: bool,
    pub profile: CurrentProfile,
    pub path: StoragePath,
    pub markdown: String,
    /// When the text was made and by which computer, if that one sent it here.
    pub sent_by: Option<Stamp>,
    /// Why the text could not be kept, if it could not; it is shown all the same.
    pub not_kept: Option<ReadError>,
}

/// One generation at a time for each text.
#[derive(Default)]
pub struct Flights {
    under_way: Mutex<HashMap<FlightKey, Arc<Mutex<()>>>>,
}

type FlightKey = (UserId, ChapterId, ProfileHash, ChapterVersion);

impl Flights {
    pub(crate) fn of(&self, key: FlightKey) -> Arc<Mutex<()>> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(under_way.entry(key).or_default())
    }

    /// Forgets a flight that nobody else waits for.
    pub(crate) fn land(&self, key: &FlightKey) {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if under_way.get(key).is_some_and(|flight| Arc::strong_count(flight) <= 2) {
            under_way.remove(key);
        }
    }
}

/// What a look at the row and its file found.
struct Look {
    state: Freshness,
    row: Option<ChapterRow>,
    /// The text, where the state says to open it.
    bytes: Option<Vec<u8>>,
}

impl Engine {
    pub fn current_profile(&self, user: UserId) -> Result<CurrentProfile, ReadError> {
        let profile = self.store.read(|connection| {
            if users::find(connection, user)?.is_none() {
                return Ok(None);
            }
            profiles::find(connection, user).map(Some)
        })?;
        match profile {
            None => Err(ReadError::NoSuchReader(user.to_string())),
            Some(Some(profile)) => Ok(CurrentProfile {
                user,
                background: profile.background,
                hash: profile.hash,
                answered: true,
                updated_at: Some(profile.updated_at),
            }),
            Some(None) => {
                let background = Background::of_somebody_new();
                let hash = background.hash();
                Ok(CurrentProfile { user, background, hash, answered: false, updated_at: None })
            }
        }
    }

    pub fn chapter(&self, id: ChapterId) -> Result<&Chapter, ReadError> {
        self.shelf.book.chapter(id).ok_or(ReadError::NoSuchChapter(id.0))
    }

    /// A chapter's state as the contents show it. Looks at the file's length, not at its bytes.
    pub fn standing(
        &self,
        user: UserId,
        chapter: &Chapter,
        hash: ProfileHash,
    ) -> Result<Standing, ReadError> {
        let (row, other) = self.rows(user, chapter.id, hash)?;
        let current = row.as_ref().map(|row| CurrentRow {
            chapter_version: row.chapter_version,
            blob: match row.file {
                Some(file) if self.blobs.len_bytes(&file.path) == Some(file.len_bytes) => {
                    BlobCondition::Present
                }
                _ => BlobCondition::MissingOrDamaged,
            },
        });
        Ok(Standing { state: freshness(current, other, chapter.version), row })
    }

    /// Opens a chapter for a reader, writing it first if what is stored is not right any more.
    pub fn visit(&self, user: UserId, id: ChapterId) -> Result<Visit, ReadError> {
        let chapter = self.chapter(id)?;
        self.visit_with(chapter, self.current_profile(user)?)
    }

    /// For a background that was read before.
    pub(crate) fn visit_with(&self, chapter: &Chapter, profile: CurrentProfile) -> Result<Visit, ReadError> {
        let user = profile.user;
        let look = self.look(user, chapter, profile.hash)?;
        if let Some(visit) = self.opened_visit(look.state, &look, &profile) {
            return Ok(visit);
        }
        let key = (user, chapter.id, profile.hash, chapter.version);
        let flight = self.flights.of(key);
        let visit = {
            let _alone = flight.lock().unwrap_or_else(PoisonError::into_inner);
            self.generate(chapter, &profile, look.state)
        };
        self.flights.land(&key);
        visit
    }

    fn rows(
        &self,
        user: UserId,
        chapter: ChapterId,
        hash: ProfileHash,
    ) -> Result<(Option<ChapterRow>, bool), StoreError> {
        let book = &self.shelf.book.id;
        self.store.read(|connection| {
            let row = chapters::current(connection, user, book, chapter, hash)?;
            let other = row.is_none() && chapters::has_other(connection, user, book, chapter, hash)?;
            Ok((row, other))
        })
    }

    fn look(&self, user: UserId, chapter: &Chapter, hash: ProfileHash) -> Result<Look, ReadError> {
        let (row, other) = self.rows(user, chapter.id, hash)?;
        let mut bytes = None;
        let current = match &row {
            None => None,
            Some(row) => {
                let found = match row.file {
                    Some(file) if row.chapter_version >= chapter.version => {
                        self.blobs.read(&file.path, &file.digest, file.len_bytes)
                    }
                    // An older version is written again whatever its file is like.
                    _ => Found::Missing,
                };
                let blob = match found {
                    Found::Intact(text) => {
                        bytes = Some(text);
                        BlobCondition::Present
                    }
                    Found::Missing | Found::Damaged => BlobCondition::MissingOrDamaged,
                };
                Some(CurrentRow { chapter_version: row.chapter_version, blob })
            }
        };
        Ok(Look { state: freshness(current, other, chapter.version), row, bytes })
    }

    /// The visit, if what was found can be opened as it is.
    fn opened_visit(&self, state: Freshness, look: &Look, profile: &CurrentProfile) -> Option<Visit> {
        let (file, bytes) = (look.row.as_ref()?.file?, look.bytes.as_ref()?);
        if !look.state.opens_stored_text() {
            return None;
        }
        // The digest held, so these are the bytes that were written, and those were text.
        let markdown = String::from_utf8_lossy(bytes).into_owned();
        self.note_opened(&file.path);
        Some(Visit {
            state,
            generated: false,
            profile: profile.clone(),
            path: file.path,
            markdown,
            sent_by: file.stamp.filter(|_| file.was_sent),
            not_kept: None,
        })
    }

    /// Writes the chapter, unless somebody else has while this visit waited its turn.
    fn generate(
        &self,
        chapter: &Chapter,
        profile: &CurrentProfile,
        state: Freshness,
    ) -> Result<Visit, ReadError> {
        let markdown = personalise(&chapter.source, &profile.background);
        let path = StoragePath {
            user_id: profile.user,
            chapter_id: chapter.id,
            profile_hash: profile.hash,
            chapter_version: chapter.version,
            digest: TextDigest::of(markdown.as_bytes()).prefix(),
        };
        let mut visit = Visit {
            state,
            generated: false,
            profile: profile.clone(),
            path,
            markdown,
            sent_by: None,
            not_kept: None,
        };
        match self.keep(chapter, &visit) {
            Ok(Kept::Here(visit)) => return Ok(*visit),
            Ok(Kept::Written) => visit.generated = true,
            // The text is right, only its storing failed; the reader reads, and is told why it will be written again.
            Err(why) => visit.not_kept = Some(why),
        }
        Ok(visit)
    }

    fn keep(&self, chapter: &Chapter, visit: &Visit) -> Result<Kept, ReadError> {
        let alone = self.blobs.write_alone()?;
        let look = self.look(visit.path.user_id, chapter, visit.path.profile_hash)?;
        if let Some(visit) = self.opened_visit(visit.state, &look, &visit.profile) {
            return Ok(Kept::Here(Box::new(visit)));
        }
        let damaged = look.row.as_ref().and_then(|row| row.file).filter(|_| look.state == Freshness::Damaged);
        if let Some(file) = damaged {
            self.blobs.set_aside(&file.path)?;
        }
        self.blobs.write(&alone, &visit.path, visit.markdown.as_bytes())?;
        let at = self.env.now();
        self.store.write(|transaction| {
            if let Some(file) = damaged.filter(|file| file.path != visit.path) {
                // A rewritten text can't be written again. Not known here any more, it may come back from a remote.
                texts::remove(transaction, &file.path)?;
            }
            let source = MadeBy { generator: generator(), improvements: 0 };
            self.record_text(transaction, visit.path, visit.markdown.as_bytes(), source, at)?;
            chapters::save(transaction, &visit.path, at)?;
            backgrounds::save(transaction, visit.path.user_id, &visit.profile.background)?;
            // Its reader wants it after all.
            replica::edit(transaction, visit.path.user_id, at, |registers, stamp| {
                keep_again(registers, &visit.path, stamp)
            })?;
            devices::count_change(transaction, visit.path.user_id)
        })?;
        self.note_kept(&alone);
        Ok(Kept::Written)
    }

    /// Accounts for a text that was made here for the installed book, because its reader wants the chapter here.
    pub(crate) fn record_text(
        &self,
        transaction: &Transaction<'_>,
        path: StoragePath,
        text: &[u8],
        MadeBy { generator, improvements }: MadeBy,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let device = devices::find(transaction, path.user_id)?;
        put_away::remove(transaction, path.user_id, path.chapter_id)?;
        texts::insert(
            transaction,
            &StoredText {
                path,
                book_id: self.shelf.book.id.clone(),
                digest: TextDigest::of(text),
                len_bytes: text.len() as u64,
                generator,
                improvements,
                created_at: at,
                last_opened_at: at,
                stamp: device.map(|device| Stamp::next(None, at, device.id)),
                came_from: None,
                opened: true,
            },
        )
    }

    /// Tells who waits that there is something new, and makes room for it.
    pub(crate) fn note_kept(&self, alone: &WritingAlone) {
        self.desk.note_change();
        if let Err(error) = self.evict_over_quota(alone) {
            // The text is stored; that older ones could not leave is no reason to say it was not.
            log::warn("quota_not_kept").cause(&error).write();
        }
    }
}

/// How a text came to be that was made here.
pub(crate) struct MadeBy {
    pub generator: String,
    /// How many rewritten texts it takes the place of, one after the other.
    pub improvements: u32,
}

/// What this program's own texts are written by.
pub(crate) fn generator() -> String {
    format!("primer/{GENERATOR_VERSION}")
}

enum Kept {
    Written,
    /// Another visit, or another program, was first.
    Here(Box<Visit>),
}
