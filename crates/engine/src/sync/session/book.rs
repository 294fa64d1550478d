//! The last stages of a sync: whether a newer edition of the book is published, and fetching it.
//!
//! By then all that the reader made is in its place. A book that can't be used is noted with a sentence and keeps no sync
//! from its end; the one that is installed stays.

use primer_domain::ids::TextDigest;
use primer_domain::publish::{
    EDITION_LEN_MAX, Edition, EditionFault, Judgement, Looked, Verdict, is_worth_a_try, question,
};

use super::{Answer, Op, Session, Stage, Task, Try, is_of_one_object};
use crate::editions::EditionId;
use crate::remote::{Object, RemoteError, RemoteFault, Unless};
use crate::store::books::{self, Published};
use crate::sync::{SyncError, keys, program};

/// Characters of why a book is not installed.
const WHY_LEN: usize = 400;

/// What is known of the book of this sync's remote.
#[derive(Default)]
pub(super) struct BookWork {
    /// What came of an index that arrived damaged.
    damaged: Option<TextDigest>,
    /// That is being fetched.
    edition: Option<Edition>,
    /// Why it can't be had whole.
    lacking: Option<String>,
    /// What was found lacking before the index was asked for once more.
    doubted: Option<(Edition, String)>,
    /// Whether that was done in this sync.
    asked_again: bool,
}

/// A file of a book, by what it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct BookFile {
    digest: TextDigest,
    len_bytes: u64,
}

impl BookFile {
    pub(super) fn len_bytes(self) -> u64 {
        self.len_bytes
    }
}

impl Session {
    pub(super) fn ask_for_book(&mut self) -> Result<(), SyncError> {
        self.stage = Stage::BookIndex;
        let known = self.published()?;
        let last = known.map(|known| Looked { at: known.looked_at, etag: known.etag });
        let wanted = self.manner.look_for_book || self.others_have_a_newer_book()?;
        if let Some(unless) = question(last.as_ref(), self.engine.env.now(), wanted) {
            self.waiting.push_back(Task::GetBookIndex(unless.unwrap_or_default(), Try::First));
        }
        Ok(())
    }

    fn published(&self) -> Result<Option<Published>, SyncError> {
        match self.supposed_published() {
            Some(published) => return Ok(Some(published.clone())),
            None if self.is_supposed_another() => return Ok(None),
            None => {}
        }
        let (remote, book) = (self.remote.id, &self.engine.shelf.book.id);
        Ok(self.engine.store.read(|connection| books::published(connection, remote, book))?)
    }

    /// One of the replicas that were read in this sync tells of texts that no book here could have been the source of.
    fn others_have_a_newer_book(&self) -> Result<bool, SyncError> {
        if self.read.is_empty() {
            return Ok(false);
        }
        let (book, here) = (&self.engine.shelf.book.id, self.engine.newest_versions()?);
        let read = self.read.iter().filter_map(|device| self.replicas.get(device));
        Ok(read.flat_map(|replica| &replica.texts).any(|(path, entry)| {
            entry.book_id == *book
                && here.get(&path.chapter_id).is_some_and(|version| path.chapter_version > *version)
        }))
    }

    pub(super) fn op_of_index(&self, etag: &str) -> Op {
        let key = keys::book_index(&self.engine.shelf.book.id);
        Op::GetUnless { key, etag: etag.to_owned(), limit_bytes: EDITION_LEN_MAX }
    }

    pub(super) fn op_of_book_file(&self, file: BookFile) -> Op {
        let key = keys::book_object(&self.engine.shelf.book.id, &file.digest);
        Op::Get { key, limit_bytes: file.len_bytes }
    }

    pub(super) fn index_answered(
        &mut self,
        etag: String,
        tried: Try,
        answer: Result<Answer, RemoteError>,
    ) -> Result<(), SyncError> {
        match answer {
            Ok(Answer::GotUnless(Unless::Known)) => Ok(()),
            // A missing object never means “delete”: what is installed stays.
            Ok(Answer::GotUnless(Unless::Got(None))) => self.note_published(None, None, None),
            Ok(Answer::GotUnless(Unless::Got(Some(object)))) => self.read_index(etag, tried, object),
            Ok(answer) => unreachable!("{answer:?} is no answer to a question for a book"),
            Err(error) => match error.fault {
                // These keys may not look whether there is one. As good as none, but for what is known.
                RemoteFault::NoPermission { .. } => match self.published()? {
                    Some(Published { etag: Some(_), .. }) => Ok(()),
                    _ => self.note_published(None, None, None),
                },
                RemoteFault::TooLong => {
                    let why = "What is published is longer than any index of a book.".to_owned();
                    self.note_published(Some(String::new()), None, Some((Verdict::Refused, why)))
                }
                RemoteFault::Damaged if tried == Try::First => {
                    self.waiting.push_back(Task::GetBookIndex(etag, Try::Second));
                    Ok(())
                }
                // It is asked for again at the next sync.
                RemoteFault::Damaged => Ok(()),
                _ => {
                    self.failure.get_or_insert(error);
                    Ok(())
                }
            },
        }
    }

    fn read_index(&mut self, etag: String, tried: Try, object: Object) -> Result<(), SyncError> {
        let parsed = Edition::parse(&object.bytes, &self.engine.shelf.book.id);
        let digest = TextDigest::of(&object.bytes);
        match parsed {
            Ok(_) => {
                // Some servers send it again though it has not changed. What was found of it holds then.
                let known = self.published()?.filter(|known| known.body.as_ref() == Some(&object.bytes));
                let judged = known.and_then(|known| known.judged);
                self.save_published(Some(object.etag), Some(object.bytes), judged)
            }
            Err(fault) if fault.may_pass() && tried == Try::First => {
                self.book.damaged = Some(digest);
                self.waiting.push_back(Task::GetBookIndex(etag, Try::Second));
                Ok(())
            }
            // Another damage than before: it was its journey, and it may be whole there.
            Err(fault) if fault.may_pass() && self.book.damaged != Some(digest) => Ok(()),
            Err(fault) => {
                self.note_published(Some(object.etag), None, Some((Verdict::Refused, words_of(&fault))))
            }
        }
    }

    fn note_published(
        &mut self,
        etag: Option<String>,
        body: Option<Vec<u8>>,
        judged: Option<(Verdict, String)>,
    ) -> Result<(), SyncError> {
        let at = self.engine.env.now();
        let judged = judged.map(|(verdict, why)| (verdict, shown(&why)));
        let judged =
            judged.map(|(verdict, why)| Judgement { verdict, program: program().to_owned(), at, why });
        self.save_published(etag, body, judged)
    }

    fn save_published(
        &mut self,
        etag: Option<String>,
        body: Option<Vec<u8>>,
        judged: Option<Judgement>,
    ) -> Result<(), SyncError> {
        let at = self.engine.env.now();
        let published = Published { looked_at: at, etag, body, judged };
        if self.manner.dry {
            self.suppose_published(published);
            return Ok(());
        }
        let (remote, book) = (self.remote.id, &self.engine.shelf.book.id);
        Ok(self.engine.store.write(|tx| books::save_published(tx, remote, book, &published))?)
    }

    /// The index is known: whether what it tells of is to be fetched.
    pub(super) fn plan_book(&mut self) -> Result<(), SyncError> {
        self.stage = Stage::BookFiles;
        let known = self.published()?;
        let judged = known.as_ref().and_then(|known| known.judged.as_ref());
        let noted = || {
            let body = known.as_ref()?.body.as_ref()?;
            // One that was noted could be read.
            Edition::parse(body, &self.engine.shelf.book.id).ok()
        };
        let Some(edition) = noted() else { return Ok(()) };
        if let Some((_, why)) = self.book.doubted.take().filter(|(doubted, _)| *doubted == edition) {
            // It is still what is published, and lacks what it lacked a moment ago.
            (self.book.edition, self.book.lacking) = (Some(edition), Some(why));
            return Ok(());
        }
        let (here, now) = (self.engine.newest_versions()?, self.engine.env.now());
        if !is_worth_a_try(&edition.versions(), &here, judged, program(), now) {
            return Ok(());
        }
        if self.manner.supposed.has_edition() {
            // From another remote.
            return Ok(());
        }
        if !self.engine.editions.is_in_place(&EditionId::of(&edition), &edition) {
            let lacking = match self.manner.dry {
                true => self.engine.lacking_of(&edition)?,
                false => self.engine.gather_known(&edition)?,
            };
            self.progress.total += lacking.len() as u64;
            self.progress.total_bytes += lacking.iter().map(|(_, len_bytes)| len_bytes).sum::<u64>();
            let file = |(digest, len_bytes)| Task::GetBookFile(BookFile { digest, len_bytes }, Try::First);
            self.waiting.extend(lacking.into_iter().map(file));
        }
        self.book.edition = Some(edition);
        Ok(())
    }

    pub(super) fn book_file_answered(
        &mut self,
        file: BookFile,
        tried: Try,
        answer: Result<Answer, RemoteError>,
    ) -> Result<(), SyncError> {
        let Some(edition) = &self.book.edition else { return Ok(()) };
        let bytes = match answer {
            Ok(Answer::Got(object)) => object.map(|object| object.bytes),
            Ok(answer) => unreachable!("{answer:?} is no answer to a file of a book"),
            Err(error) if is_of_one_object(&error) => Some(Vec::new()),
            Err(error) if matches!(error.fault, RemoteFault::NoPermission { .. }) => None,
            Err(error) => {
                self.failure.get_or_insert(error);
                return Ok(());
            }
        };
        match bytes {
            Some(bytes) if TextDigest::of(&bytes) == file.digest && bytes.len() as u64 == file.len_bytes => {
                self.engine.editions.gather(&EditionId::of(edition), &file.digest, &bytes)?;
                self.progress.done += 1;
                self.progress.done_bytes += file.len_bytes;
            }
            Some(_) if tried == Try::First => {
                self.waiting.push_back(Task::GetBookFile(file, Try::Second));
            }
            bytes => {
                let of_file = |(name, _): (&_, _)| format!("its file {name}");
                let name = edition.files.iter().find(|(_, entry)| entry.digest == file.digest).map(of_file);
                let name = name.unwrap_or_else(|| "a file of it".to_owned());
                let how = if bytes.is_some() { "is not what its index says" } else { "is not there" };
                self.book.lacking.get_or_insert_with(|| format!("It is not whole there: {name} {how}."));
            }
        }
        Ok(())
    }

    /// All of it that can be had is here.
    pub(super) fn install_book(&mut self) -> Result<(), SyncError> {
        self.stage = Stage::Done;
        let Some(edition) = self.book.edition.take() else { return Ok(()) };
        if self.manner.dry {
            self.suppose_installed();
            return Ok(());
        }
        let lacking = self.book.lacking.take();
        if let Some(why) = &lacking
            && !self.book.asked_again
        {
            // Whoever published a newer edition meanwhile has removed what only older ones need: then that one is wanted.
            self.book.asked_again = true;
            self.book.doubted = Some((edition, why.clone()));
            self.stage = Stage::BookIndex;
            let etag = self.published()?.and_then(|known| known.etag).unwrap_or_default();
            self.waiting.push_back(Task::GetBookIndex(etag, Try::First));
            return Ok(());
        }
        let installed = match lacking {
            Some(why) => Err((Verdict::Lacking, why)),
            None => self.engine.install_edition(&edition)?,
        };
        match installed {
            Ok(is_new) => self.tally.editions += u64::from(is_new),
            Err(judged) => {
                let known = self.published()?;
                let (etag, body) = known.map(|known| (known.etag, known.body)).unwrap_or_default();
                self.note_published(etag, body, Some(judged))?;
            }
        }
        Ok(())
    }
}

/// A sentence with words from elsewhere in it, safe to show.
fn shown(why: &str) -> String {
    let mut shown: String =
        why.chars().take(WHY_LEN).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if why.chars().nth(WHY_LEN).is_some() {
        shown.push('…');
    }
    shown
}

fn words_of(fault: &EditionFault) -> String {
    crate::api::sentence(&fault.to_string())
}
