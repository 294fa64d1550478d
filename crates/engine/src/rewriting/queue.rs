//! The wishes that wait, one chapter at a time, in the background.
//!
//! A wish is a row: it outlives the program, a crash and a server that is not there, and ends when its chapter is
//! rewritten, by whichever computer, or when its reader withdraws it. Nothing here stands in the way of reading, and
//! nothing happens while nothing waits.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use primer_domain::ids::{ChapterId, UserId};
use primer_domain::timestamp::Timestamp;
use tokio::time::sleep;

use super::{Claim, Manner, Remedy, Report, RewriteError};
use crate::Engine;
use crate::api::ApiError;
use crate::log;
use crate::model::{ModelSetting, Patience};
use crate::network::runtime;
use crate::reading::CurrentProfile;
use crate::store::wishes::{self, Wish};
use crate::store::{StoreError, positions};

/// So that a class that starts at eight, or whose network comes back, does not ask its server all at once.
pub const START_SPREAD_MS: u64 = 3_000;

/// A chapter at which its server failed so often lets others go before it.
const TRIES_IN_TURN: u32 = 3;

/// After what should not happen, such as a database that another program does not let go of.
const AFTER_A_FAULT: Duration = Duration::from_secs(60);

/// Starts on a thread of its own, for as long as the program runs.
pub fn start(engine: Arc<Engine>) -> io::Result<()> {
    thread::Builder::new().name("rewriting".to_owned()).spawn(move || match runtime() {
        Ok(runtime) => {
            let spread = Duration::from_millis(engine.env.new_id().as_u64_pair().0 % START_SPREAD_MS);
            runtime.block_on(async { sleep(spread).await });
            let queue = Queue::new(engine, Patience::default());
            loop {
                let turn =
                    queue.turn().map_err(|error| log::error("rewrite_not_begun").cause(&error).write());
                runtime.block_on(queue.wait(turn.ok()));
            }
        }
        Err(error) => log::error("rewriting_not_started").cause(&error).write(),
    })?;
    Ok(())
}

pub struct Queue {
    pub(super) engine: Arc<Engine>,
    patience: Patience,
}

/// What came of a look at the wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// One was gone about, well or badly; there may be more.
    Took(ChapterId),
    /// The next one's time has not come.
    Until(Timestamp),
    /// None that could be gone about before something changes.
    Idle,
}

impl Queue {
    pub fn new(engine: Arc<Engine>, patience: Patience) -> Queue {
        Queue { engine, patience }
    }

    /// Goes about the first wish whose time has come, and waits for what comes of it. Enters the network on this thread.
    pub fn turn(&self) -> Result<Turn, ApiError> {
        let engine = &*self.engine;
        let now = engine.env.now();
        let wishes = engine.wishes_in_order(None)?;
        for wish in &wishes {
            if let Some(setting) = engine.model_setting(wish.user)? {
                engine.recall_line(wish.user, &setting)?;
            }
        }
        engine.rewriting_desk.take_hurry(now, self.jitter() % START_SPREAD_MS);
        let mut next: Option<Timestamp> = None;
        for wish in wishes {
            let profile = engine.current_profile(wish.user)?;
            if self.is_void(&wish, &profile)? {
                self.end(&wish)?;
                continue;
            }
            let Some(setting) = engine.model_setting(wish.user)? else { continue };
            let (needs_person, free_at) = engine
                .rewriting_desk
                .with_line(wish.user, &setting, |line| (line.needs_person(), line.free_at(now)));
            match free_at {
                _ if needs_person => {}
                None => match engine.claims.try_take(wish.user, wish.chapter)? {
                    Some(claim) => {
                        self.go_about(claim, &wish, &profile, &setting)?;
                        // After what came of it was noted.
                        engine.news.tell();
                        return Ok(Turn::Took(wish.chapter));
                    }
                    None => self.come_back_to(&wish)?,
                },
                Some(at) => next = Some(next.map_or(at, |next| next.min(at))),
            }
        }
        Ok(next.map_or(Turn::Idle, Turn::Until))
    }

    /// Whether it is fulfilled already, or never can be.
    fn is_void(&self, wish: &Wish, profile: &CurrentProfile) -> Result<bool, StoreError> {
        match self.engine.shelf.book.chapter(wish.chapter) {
            Some(chapter) => Ok(!is_again(wish, profile) && self.engine.is_rewritten(profile, chapter)?),
            None => Ok(true),
        }
    }

    fn end(&self, wish: &Wish) -> Result<(), StoreError> {
        let engine = &*self.engine;
        let book = &engine.shelf.book.id;
        engine.store.write(|transaction| wishes::remove(transaction, wish.user, book, wish.chapter))?;
        engine.rewriting_desk.note_change();
        Ok(())
    }

    fn go_about(
        &self,
        claim: Claim,
        wish: &Wish,
        profile: &CurrentProfile,
        setting: &ModelSetting,
    ) -> Result<(), ApiError> {
        let engine = &*self.engine;
        let (user, chapter, book) = (wish.user, wish.chapter, &engine.shelf.book.id);
        let desk = &engine.rewriting_desk;
        let seat = desk.take_seat(user, chapter, profile.hash);
        // Whoever withdraws it from now on finds it under way. Another program may just have fulfilled it.
        let kept = engine.store.read(|connection| wishes::find(connection, user, book, chapter))?;
        if kept.is_none_or(|kept| kept.wished_at != wish.wished_at) {
            return Ok(());
        }
        let again = is_again(wish, profile);
        let (patience, cancel, live) = (self.patience, seat.cancel.clone(), seat.live.clone());
        let begun_at = engine.env.now();
        desk.with_line(user, setting, |line| line.pace.take(begun_at));
        let manner = Manner { patience, cancel, again, live };
        let done = engine.rewrite_claimed(&claim, user, chapter, &manner, &mut |_| {});
        // Before anybody is told what came of it.
        drop(claim);
        match done {
            Ok(report) => {
                seat.leave(user, chapter, false);
                self.fulfilled(wish, profile, setting, begun_at, &report)
            }
            Err(RewriteError::Cancelled | RewriteError::Off) => {
                seat.leave(user, chapter, false);
                Ok(())
            }
            Err(error) => {
                let remedy = error.remedy();
                seat.leave(user, chapter, remedy != Remedy::Nothing);
                self.in_vain(wish, setting, error)
            }
        }
    }

    fn fulfilled(
        &self,
        wish: &Wish,
        profile: &CurrentProfile,
        setting: &ModelSetting,
        begun_at: Timestamp,
        report: &Report,
    ) -> Result<(), ApiError> {
        let engine = &*self.engine;
        let (user, chapter, book) = (wish.user, wish.chapter, &engine.shelf.book.id);
        let had_failed = engine.rewriting_desk.with_line(user, setting, |line| {
            let had_failed = line.breaker.failures > 0;
            if !report.asked && !line.breaker.is_open() {
                // Nothing was asked after all.
                line.pace.give_back();
            }
            line.succeeded(chapter, report);
            had_failed
        });
        if had_failed {
            engine.store.write(|transaction| engine.keep_line(transaction, user))?;
        }
        // For a background that was changed meanwhile it is still to be done.
        let hash = engine.current_profile(user)?.hash;
        if hash == profile.hash {
            let again = is_again(wish, profile);
            engine.store.write(|transaction| {
                wishes::fulfil(transaction, user, book, chapter, hash, begun_at, again)
            })?;
        }
        engine.rewriting_desk.note_change();
        Ok(())
    }

    fn in_vain(&self, wish: &Wish, setting: &ModelSetting, error: RewriteError) -> Result<(), ApiError> {
        let engine = &*self.engine;
        let remedy = error.remedy();
        let asked_ms = match &error {
            RewriteError::Model(error) => error.retry_after.map(millis),
            _ => None,
        };
        let told = ApiError::from(error);
        let (now, jitter) = (engine.env.now(), self.jitter());
        engine.rewriting_desk.with_line(wish.user, setting, |line| {
            line.pace.give_back();
            if let Remedy::Wait { .. } = remedy {
                line.breaker.failed(now, asked_ms, jitter);
            }
            line.failed(wish.chapter, told.clone(), remedy);
        });
        if remedy == Remedy::Nothing {
            return Ok(self.end(wish)?);
        }
        let answered = remedy == Remedy::Wait { answered: true };
        let book = &engine.shelf.book.id;
        engine.store.write(|transaction| {
            engine.keep_line(transaction, wish.user)?;
            wishes::note_try(transaction, book, wish, &told.message, answered)
        })?;
        Ok(())
    }

    /// Until the next wish's time has come, or the bell rings. `turn`: none after a fault.
    async fn wait(&self, turn: Option<Turn>) {
        let bell = &self.engine.rewriting_desk.bell;
        let wait = match turn {
            Some(Turn::Took(_)) => return,
            Some(Turn::Idle) => return bell.notified().await,
            Some(Turn::Until(at)) => {
                let left_ms = at.unix_ms() - self.engine.env.now().unix_ms();
                Duration::from_millis(u64::try_from(left_ms).unwrap_or(0))
            }
            None => AFTER_A_FAULT,
        };
        tokio::select! {
            () = sleep(wait) => {}
            () = bell.notified() => {}
        }
    }

    fn jitter(&self) -> u64 {
        self.engine.env.new_id().as_u64_pair().0
    }
}

impl Engine {
    /// What each reader opened last comes first, then what was wished first; what its server failed at lets the rest go
    /// before it.
    pub(crate) fn wishes_in_order(&self, user: Option<UserId>) -> Result<Vec<Wish>, StoreError> {
        let book = &self.shelf.book.id;
        let mut wishes = self.store.read(|connection| wishes::list(connection, user, book))?;
        let readers: BTreeSet<UserId> = wishes.iter().map(|wish| wish.user).collect();
        let mut open = BTreeSet::new();
        for user in readers {
            let read = || self.store.read(|connection| positions::latest(connection, user, book));
            let chapter = self.rewriting_desk.reading(user).map_or_else(read, |chapter| Ok(Some(chapter)))?;
            open.extend(chapter.map(|chapter| (user, chapter)));
        }
        wishes.sort_by_key(|wish| {
            (wish.answered_tries / TRIES_IN_TURN, !open.contains(&(wish.user, wish.chapter)), wish.wished_at)
        });
        Ok(wishes)
    }
}

/// To be rewritten although it is, which was wished of the text for one background.
fn is_again(wish: &Wish, profile: &CurrentProfile) -> bool {
    wish.again && wish.hash == profile.hash
}

fn millis(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
}
