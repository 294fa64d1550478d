//! A chapter rewritten by a reader's model, on top of its deterministic text.
//!
//! What it guarantees:
//! - **The deterministic text is there first**, and stays: it is what opens until a rewriting is whole, and what opens
//!   again if one is undone or found damaged.
//! - **All or nothing.** A server that fails, a wish to stop, or a text that does not pass as a whole leaves everything
//!   as it was. A single section whose answer is refused twice stands as it was, with the reason.
//! - **One background.** It is read once; the text is made for it and kept under its hash, whatever is saved meanwhile.
//! - **One at a time** for each reader and chapter, in whichever programs on this data folder; who comes second finds what
//!   the first one made.
//!
//! A chapter that is rewritten already is not sent again, unless its reader wants another text of it: then that takes the
//! place of the first once it is whole, and the first stays here to be opened again.
//!
//! [`Queue`] does so in the background, for the wishes that wait.

mod asking;
mod claims;
mod desk;
mod keeping;
mod live;
mod queue;
mod rest;
mod speed;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use primer_domain::book::Chapter;
use primer_domain::ids::{ChapterId, TextDigest, UserId};
use primer_domain::personalise::personalise;
use primer_domain::profile::Background;
use primer_domain::rewrite::{
    self, KeptSection, PROMPT_VERSION, Refusal, Rewriting, Titles, budget_chars, is_rewritten,
};
use primer_domain::storage_path::StoragePath;
use thiserror::Error;

pub(crate) use claims::{Claim, Claims};
pub use desk::{Desk, Last, Trouble};
pub use live::{Live, Seen};
pub use queue::{Queue, Turn, start};

use crate::model::{ModelError, ModelFault, ModelServer, ModelSetting, Patience, Tokens};
use crate::reading::{CurrentProfile, ReadError, Visit};
use crate::secrets::SecretError;
use crate::store::rewrites::{self, Rewrite};
use crate::store::{StoreError, chapters, texts};
use crate::{Cancel, Engine};
use asking::ask_all;
use keeping::Made;

/// How many characters of a text a token stands for, on the average of the languages of books.
const CHARS_PER_TOKEN: usize = 4;

#[derive(Debug, Error)]
pub enum RewriteError {
    #[error("no model server is set")]
    Off,
    #[error("the model takes only {tokens} tokens at once, too few for the instructions and a section")]
    ContextTooSmall { tokens: u32 },
    #[error("the text of this chapter is from a newer book than the installed one")]
    NewerBook,
    #[error("the rewritten chapter as a whole was not right: {0}")]
    Refused(#[from] Refusal),
    #[error("the rewriting was stopped")]
    Cancelled,
    #[error("the network can't be used")]
    Network(#[source] io::Error),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What can be done about a rewriting that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// To try again later. `answered`: the server was reached, and it is not that it was busy.
    Wait { answered: bool },
    /// Somebody has to mend something.
    Person,
    /// Nothing: it would be the same again.
    Nothing,
}

impl RewriteError {
    pub fn remedy(&self) -> Remedy {
        match self {
            RewriteError::Off | RewriteError::ContextTooSmall { .. } | RewriteError::Secret(_) => {
                Remedy::Person
            }
            RewriteError::Refused(_) | RewriteError::NewerBook => Remedy::Nothing,
            RewriteError::Read(ReadError::NoSuchReader(_) | ReadError::NoSuchChapter(_)) => Remedy::Nothing,
            RewriteError::Model(error) => match error.fault {
                ModelFault::WrongKey
                | ModelFault::NoSuchModel
                | ModelFault::NoCredit
                | ModelFault::ContextTooSmall
                | ModelFault::BadAddress => Remedy::Person,
                // The last two are also what a network says to whoever has not signed in to it.
                ModelFault::Unreachable
                | ModelFault::RateLimited
                | ModelFault::NotModelServer
                | ModelFault::CertificateNotTrusted => Remedy::Wait { answered: false },
                ModelFault::TimedOut
                | ModelFault::ServerFailed
                | ModelFault::AnswerTooLong
                | ModelFault::CutShort
                | ModelFault::Unexpected => Remedy::Wait { answered: true },
            },
            RewriteError::Cancelled
            | RewriteError::Network(_)
            | RewriteError::Read(_)
            | RewriteError::Store(_) => Remedy::Wait { answered: false },
        }
    }
}

/// How a rewriting is gone about.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    pub patience: Patience,
    pub cancel: Cancel,
    /// Although it is rewritten already.
    pub again: bool,
    /// Sees how far it is. One that saw a try that did not come to its end brings along what that one brought.
    pub live: Live,
}

/// How far a rewriting is, told as it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// Another program on this data folder rewrites the chapter. What that makes of it is waited for.
    Elsewhere,
    /// This many sections are done, of so many; the next one is asked for. None before the first heading.
    Section { done: usize, total: usize, heading: Option<&'a str> },
    /// More of the present section's text, as it comes. It may still be refused.
    Text(&'a str),
    /// The present section is asked for once more; what came of it so far is of no account.
    Again,
    /// The server asks to wait.
    Waiting(Duration),
    /// All sections are done.
    Done,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// None where it was rewritten before, or nothing of it is in other words than before.
    pub stored: Option<StoragePath>,
    /// Of what the model made now, or of the text from before where it was not asked.
    pub rewritten_sections: usize,
    pub kept: Vec<KeptSection>,
    /// Whether the model was asked for anything. Where an earlier try brought all of it, it was not.
    pub asked: bool,
    /// Of what was asked for it; none if nothing was, or the server does not tell.
    pub tokens: Option<Tokens>,
}

impl Engine {
    /// Has a chapter rewritten for a reader, and waits for it.
    pub fn rewrite(
        &self,
        user: UserId,
        id: ChapterId,
        manner: &Manner,
        shows: &mut dyn FnMut(Step<'_>),
    ) -> Result<Report, RewriteError> {
        self.chapter(id)?;
        let profile = self.current_profile(user)?;
        self.model_setting(user)?.ok_or(RewriteError::Off)?;
        let shown = self.shown(&profile, id)?;
        if let Some(claim) = self.claims.try_take(user, id).map_err(ReadError::from)? {
            return self.rewrite_claimed(&claim, user, id, manner, shows);
        }
        shows(Step::Elsewhere);
        let claim = self.claims.take(user, id, &manner.cancel)?;
        // Who was here first may have put another text in the place of the one that was to be improved.
        let again = manner.again && self.shown(&profile, id)? == shown;
        self.rewrite_claimed(&claim, user, id, &Manner { again, ..manner.clone() }, shows)
    }

    pub(crate) fn rewrite_claimed(
        &self,
        _alone: &Claim,
        user: UserId,
        id: ChapterId,
        manner: &Manner,
        shows: &mut dyn FnMut(Step<'_>),
    ) -> Result<Report, RewriteError> {
        let chapter = self.chapter(id)?;
        let profile = self.current_profile(user)?;
        let setting = self.model_setting(user)?.ok_or(RewriteError::Off)?;
        self.rewrite_alone(chapter, profile, &setting, manner, shows)
    }

    fn shown(&self, profile: &CurrentProfile, id: ChapterId) -> Result<Option<StoragePath>, StoreError> {
        let book = &self.shelf.book.id;
        let row = self.store.read(|c| chapters::current(c, profile.user, book, id, profile.hash))?;
        Ok(row.and_then(|row| row.file).map(|file| file.path))
    }

    /// Whether what opens of a chapter is a model's, as the rows say.
    pub(crate) fn is_rewritten(
        &self,
        profile: &CurrentProfile,
        chapter: &Chapter,
    ) -> Result<bool, StoreError> {
        let Some(path) = self.shown(profile, chapter.id)? else { return Ok(false) };
        let text = self.store.read(|connection| texts::find(connection, &path))?;
        Ok(path.chapter_version == chapter.version && text.is_some_and(|text| is_rewritten(&text.generator)))
    }

    fn rewrite_alone(
        &self,
        chapter: &Chapter,
        profile: CurrentProfile,
        setting: &ModelSetting,
        manner: &Manner,
        shows: &mut dyn FnMut(Step<'_>),
    ) -> Result<Report, RewriteError> {
        let (user, begun_at) = (profile.user, self.env.now());
        let floor = self.visit_with(chapter, profile)?;
        let before = self.rewritten_before(&floor)?;
        let instead_of = before.is_some().then_some(floor.path);
        if let Some(report) = before.filter(|_| !manner.again) {
            return Ok(report);
        }
        if floor.path.chapter_version > chapter.version {
            return Err(RewriteError::NewerBook);
        }
        if let Some(why) = floor.not_kept {
            // What can't keep the one text can't keep the other: that is told before anything is paid for.
            return Err(why.into());
        }
        // The stored text may be another computer's. All compare a rewritten one with what they make themselves.
        let source = personalise(&chapter.source, &floor.profile.background);
        let rewriting = self.rewriting_of(chapter, &source, &floor.profile.background, setting)?;
        let server = ModelServer::connect(setting.address()?, self.model_key(user)?, manner.patience)?;
        let asked = ask_all(&self.env, &server, setting, &rewriting, manner, shows);
        let seen = manner.live.seen();
        manner.live.end();
        self.note_speed(user, setting, seen.speed);
        let rewritten = rewriting.assemble(&asked?, &setting.model)?;
        let mut report = Report {
            stored: None,
            rewritten_sections: rewritten.rewritten_sections,
            kept: rewritten.kept.clone(),
            asked: seen.speed.sections > 0,
            tokens: seen.tokens,
        };
        let path = StoragePath { digest: TextDigest::of(rewritten.text.as_bytes()).prefix(), ..floor.path };
        if rewritten.rewritten_sections > 0 && path != floor.path {
            // As every other computer will judge it.
            rewrite::verify(&source, &rewritten.text)?;
            let record = Rewrite {
                model: setting.model.clone(),
                prompt_version: PROMPT_VERSION,
                tokens: seen.tokens,
                rewritten_sections: rewritten.rewritten_sections,
                kept: rewritten.kept,
            };
            if manner.cancel.is_cancelled() {
                return Err(RewriteError::Cancelled);
            }
            let (profile, text, record) = (&floor.profile, &*rewritten.text, &record);
            self.keep_rewritten(&Made { profile, path, text, record, begun_at, instead_of })?;
            report.stored = Some(path);
        }
        Ok(report)
    }

    /// `source`: the deterministic text.
    pub(crate) fn rewriting_of(
        &self,
        chapter: &Chapter,
        source: &str,
        background: &Background,
        setting: &ModelSetting,
    ) -> Result<Arc<Rewriting>, RewriteError> {
        let titles = Titles { book: self.shelf.book.title.clone(), chapter: chapter.title.clone() };
        let tokens = setting.context_tokens;
        let budget = budget_chars(tokens as usize * CHARS_PER_TOKEN, background, &titles);
        let budget = budget.ok_or(RewriteError::ContextTooSmall { tokens })?;
        Ok(Arc::new(Rewriting::of(source, background, &titles, budget)))
    }

    /// What is known of the text that a visit opened, if a model rewrote it.
    fn rewritten_before(&self, visit: &Visit) -> Result<Option<Report>, StoreError> {
        let (text, record) = self.store.read(|connection| {
            Ok((texts::find(connection, &visit.path)?, rewrites::find(connection, &visit.path)?))
        })?;
        if !text.is_some_and(|text| is_rewritten(&text.generator)) {
            return Ok(None);
        }
        let (rewritten_sections, kept) = sections_of(record, &visit.markdown);
        Ok(Some(Report { stored: None, rewritten_sections, kept, asked: false, tokens: None }))
    }
}

/// How many sections of a rewritten text are in other words, and which are not.
pub(crate) fn sections_of(record: Option<Rewrite>, markdown: &str) -> (usize, Vec<KeptSection>) {
    match record {
        Some(record) => (record.rewritten_sections, record.kept),
        // Of another computer's text only what it tells itself is known.
        None => rewrite::told(markdown),
    }
}
