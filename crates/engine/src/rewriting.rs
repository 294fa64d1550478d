//! A chapter rewritten by a reader's model, on top of its deterministic text.
//!
//! What it guarantees:
//! - **The deterministic text is there first**, and stays: it is what opens until a rewriting is whole, and what opens
//!   again if one is undone or found damaged.
//! - **All or nothing.** A server that fails, a wish to stop, or a text that does not pass as a whole leaves everything
//!   as it was. A single section whose answer is refused twice stands as it was, with the reason.
//! - **One background.** It is read once; the text is made for it and kept under its hash, whatever is saved meanwhile.
//! - **One at a time** for each reader, chapter, background and version; who comes second finds what the first one made.
//!
//! A chapter that is rewritten already is not sent again; `discard_rewrite` comes first.

use std::collections::BTreeMap;
use std::io;
use std::sync::PoisonError;
use std::time::Duration;

use primer_domain::book::Chapter;
use primer_domain::ids::{ChapterId, TextDigest, UserId};
use primer_domain::personalise::personalise;
use primer_domain::replica::keep_again;
use primer_domain::rewrite::{
    self, Answer, KeptSection, Outcome, PROMPT_VERSION, Refusal, Rewriting, Section, Titles, budget_chars,
    is_rewritten,
};
use primer_domain::storage_path::StoragePath;
use thiserror::Error;
use tokio::time::sleep;

use crate::model::{
    Completion, ModelError, ModelFault, ModelServer, ModelSetting, Patience, Question, Tokens,
};
use crate::reading::{CurrentProfile, ReadError, Visit};
use crate::secrets::SecretError;
use crate::store::rewrites::{self, Rewrite};
use crate::store::{StoreError, backgrounds, texts};
use crate::sync::name_best;
use crate::{Cancel, Engine, replica};

/// How many characters of a text a token stands for, on the average of the languages of books.
const CHARS_PER_TOKEN: usize = 4;

/// The longest answer that the guard lets through has so many hundredths of what was sent.
const LONGEST_PERCENT: usize = 160;

/// For what a model may think aloud before it answers, and for short sections.
const SPARE_TOKENS: usize = 512;
const TOKENS_MIN: usize = 64;

/// How often in a row a busy server is asked again.
const BUSY_TRIES: u32 = 3;

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

/// How a rewriting is gone about.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    pub patience: Patience,
    pub cancel: Cancel,
}

/// How far a rewriting is, told as it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
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
    /// None where it was rewritten before, or nothing of it was rewritten now.
    pub stored: Option<StoragePath>,
    /// Of the text that opens now.
    pub rewritten_sections: usize,
    pub kept: Vec<KeptSection>,
    /// Of what was asked just now; none if the server does not tell.
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
        let chapter = self.chapter(id)?;
        let profile = self.current_profile(user)?;
        let setting = self.model_setting(user)?.ok_or(RewriteError::Off)?;
        let key = (user, id, profile.hash, chapter.version);
        let flight = self.rewritings.of(key);
        let report = {
            let _alone = flight.lock().unwrap_or_else(PoisonError::into_inner);
            self.rewrite_alone(chapter, profile, &setting, manner, shows)
        };
        self.rewritings.land(&key);
        report
    }

    fn rewrite_alone(
        &self,
        chapter: &Chapter,
        profile: CurrentProfile,
        setting: &ModelSetting,
        manner: &Manner,
        shows: &mut dyn FnMut(Step<'_>),
    ) -> Result<Report, RewriteError> {
        let (user, background) = (profile.user, profile.background.clone());
        let floor = self.visit_with(chapter, profile)?;
        if let Some(report) = self.rewritten_before(&floor)? {
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
        let source = personalise(&chapter.source, &background);
        let titles = Titles { book: self.shelf.book.title.clone(), chapter: chapter.title.clone() };
        let tokens = setting.context_tokens;
        let budget = budget_chars(tokens as usize * CHARS_PER_TOKEN, &background, &titles);
        let budget = budget.ok_or(RewriteError::ContextTooSmall { tokens })?;
        let rewriting = Rewriting::of(&source, &background, &titles, budget);
        let server = ModelServer::connect(setting.address()?, self.model_key(user)?, manner.patience)?;
        let asked = ask_all(&server, setting, &rewriting, manner, shows)?;
        let rewritten = rewriting.assemble(&asked.outcomes, &setting.model)?;
        let mut report = Report {
            stored: None,
            rewritten_sections: rewritten.rewritten_sections,
            kept: rewritten.kept.clone(),
            tokens: asked.tokens,
        };
        if rewritten.rewritten_sections > 0 {
            // As every other computer will judge it.
            rewrite::verify(&source, &rewritten.text)?;
            let path =
                StoragePath { digest: TextDigest::of(rewritten.text.as_bytes()).prefix(), ..floor.path };
            let record = Rewrite {
                model: setting.model.clone(),
                prompt_version: PROMPT_VERSION,
                tokens: asked.tokens,
                rewritten_sections: rewritten.rewritten_sections,
                kept: rewritten.kept,
            };
            self.keep_rewritten(&floor.profile, path, &rewritten.text, &record)?;
            report.stored = Some(path);
        }
        Ok(report)
    }

    /// What is known of the text that a visit opened, if a model rewrote it.
    fn rewritten_before(&self, visit: &Visit) -> Result<Option<Report>, StoreError> {
        let (text, record) = self.store.read(|connection| {
            Ok((texts::find(connection, &visit.path)?, rewrites::find(connection, &visit.path)?))
        })?;
        if !text.is_some_and(|text| is_rewritten(&text.generator)) {
            return Ok(None);
        }
        // Of another computer's text only what it tells itself is known.
        let (rewritten_sections, kept) = record.map_or_else(
            || rewrite::told(&visit.markdown),
            |record| (record.rewritten_sections, record.kept),
        );
        Ok(Some(Report { stored: None, rewritten_sections, kept, tokens: None }))
    }

    fn keep_rewritten(
        &self,
        profile: &CurrentProfile,
        path: StoragePath,
        text: &str,
        record: &Rewrite,
    ) -> Result<(), ReadError> {
        let alone = self.blobs.write_alone()?;
        self.blobs.write(&alone, &path, text.as_bytes())?;
        let at = self.env.now();
        self.store.write(|transaction| {
            let generator = rewrite::generator(&record.model);
            self.record_text(transaction, path, text.as_bytes(), generator, at)?;
            rewrites::insert(transaction, &path, record, at)?;
            // One that came from another computer meanwhile may be preferred; all are to choose the same.
            name_best(transaction, &path, &self.shelf.book.id)?;
            backgrounds::save(transaction, profile.user, &profile.background)?;
            replica::edit(transaction, profile.user, at, |registers, stamp| {
                keep_again(registers, &path, stamp)
            })?;
            crate::store::devices::count_change(transaction, profile.user)
        })?;
        self.note_kept(&alone);
        Ok(())
    }
}

struct Asked {
    outcomes: BTreeMap<usize, Outcome>,
    tokens: Option<Tokens>,
}

/// Asks for every section, one after the other. Enters the network on this thread.
fn ask_all(
    server: &ModelServer,
    setting: &ModelSetting,
    rewriting: &Rewriting,
    manner: &Manner,
    shows: &mut dyn FnMut(Step<'_>),
) -> Result<Asked, RewriteError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(RewriteError::Network)?.block_on(async {
        let asking = async {
            let total = rewriting.sections().count();
            let mut asker = Asker { server, setting, patience: &manner.patience, tokens: None, shows };
            let mut outcomes = BTreeMap::new();
            for (done, section) in rewriting.sections().enumerate() {
                (asker.shows)(Step::Section { done, total, heading: section.heading() });
                outcomes.insert(section.number(), asker.section(section).await?);
            }
            (asker.shows)(Step::Done);
            Ok(Asked { outcomes, tokens: asker.tokens })
        };
        tokio::select! {
            biased;
            () = manner.cancel.cancelled() => Err(RewriteError::Cancelled),
            asked = asking => asked,
        }
    })
}

struct Asker<'a> {
    server: &'a ModelServer,
    setting: &'a ModelSetting,
    patience: &'a Patience,
    /// Of all answers together.
    tokens: Option<Tokens>,
    shows: &'a mut dyn FnMut(Step<'_>),
}

impl Asker<'_> {
    /// Twice at most, the second time with what was wrong with the first answer.
    async fn section(&mut self, section: Section<'_>) -> Result<Outcome, ModelError> {
        let first = match self.answer(section, None).await? {
            Ok(text) => return Ok(Outcome::Rewritten(text)),
            Err(refusal) => refusal,
        };
        (self.shows)(Step::Again);
        Ok(match self.answer(section, Some(&first)).await? {
            Ok(text) => Outcome::Rewritten(text),
            Err(refusal) => Outcome::Kept(refusal.to_string()),
        })
    }

    async fn answer(
        &mut self,
        section: Section<'_>,
        retry_reason: Option<&Refusal>,
    ) -> Result<Result<String, Refusal>, ModelError> {
        let messages = section.messages(retry_reason);
        let longest_chars = section.sent().chars().count() * LONGEST_PERCENT / 100;
        let sent_chars: usize = messages.iter().map(|message| message.content.chars().count()).sum();
        let context = self.setting.context_tokens as usize;
        // Some servers refuse what would not fit their context together with the longest answer.
        let left = context.saturating_sub(sent_chars.div_ceil(CHARS_PER_TOKEN));
        // Tokens of other scripts than the Latin one stand for fewer characters.
        let wanted = longest_chars / (CHARS_PER_TOKEN / 2) + SPARE_TOKENS;
        let max_tokens = wanted.min(left).max(TOKENS_MIN);
        let question = Question {
            model: &self.setting.model,
            messages: &messages,
            max_tokens: u32::try_from(max_tokens).unwrap_or(u32::MAX),
            // A character has four bytes at most, a token rarely as many characters as this leaves room for.
            text_max_bytes: max_tokens * CHARS_PER_TOKEN * 4,
        };
        let completion = match self.complete(&question).await {
            // It babbles; another section may do better.
            Err(error) if error.fault == ModelFault::AnswerTooLong => return Ok(Err(Refusal::CutOff)),
            completed => completed?,
        };
        if let Some(tokens) = completion.tokens {
            let sum = self.tokens.get_or_insert_default();
            sum.prompt = sum.prompt.saturating_add(tokens.prompt);
            sum.completion = sum.completion.saturating_add(tokens.completion);
        }
        let finish_reason = completion.finish_reason.as_deref();
        Ok(section.judge(&Answer { text: &completion.text, finish_reason }))
    }

    /// Waits for a server that is busy, within reason.
    async fn complete(&mut self, question: &Question<'_>) -> Result<Completion, ModelError> {
        let mut tries = 0;
        loop {
            let shows = &mut *self.shows;
            let error = match self.server.complete(question, |text| shows(Step::Text(text))).await {
                Ok(completion) => return Ok(completion),
                Err(error) => error,
            };
            let is_busy = error.fault == ModelFault::RateLimited
                || error.fault == ModelFault::ServerFailed && error.retry_after.is_some();
            let wait = error.retry_after.unwrap_or(self.patience.busy);
            tries += 1;
            if !is_busy || tries > BUSY_TRIES || wait > self.patience.busy_max {
                return Err(error);
            }
            (self.shows)(Step::Waiting(wait));
            sleep(wait).await;
        }
    }
}
