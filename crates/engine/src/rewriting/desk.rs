//! What is being rewritten just now, how each reader's server has behaved, and the bell that wakes the queue.
//!
//! Only how a server has failed outlives the program (`rest.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use primer_domain::ids::{ChapterId, ProfileHash, UserId};
use primer_domain::rewrite::{Breaker, Estimate, KeptSection, Pace};
use primer_domain::timestamp::Timestamp;
use tokio::sync::Notify;

use super::rest::Rest;
use super::{Live, Remedy, Report};
use crate::Cancel;
use crate::api::ApiError;
use crate::model::{ModelSetting, Tokens};
use crate::news::News;

#[derive(Default)]
pub struct Desk {
    under_way: Mutex<Option<UnderWay>>,
    lines: Mutex<BTreeMap<UserId, Line>>,
    /// What tries brought that did not come to their end.
    unfinished: Mutex<BTreeMap<(UserId, ChapterId), Live>>,
    /// What other programs rewrite, and this one waits for.
    elsewhere: Mutex<BTreeSet<(UserId, ChapterId)>>,
    /// Which chapter each reader opened last, since the start.
    reading: Mutex<BTreeMap<UserId, ChapterId>>,
    /// The network may be back.
    hurry: AtomicBool,
    /// What chapters would take. Of one program's book, so a chapter has one version.
    estimates: Mutex<BTreeMap<EstimateKey, Estimate>>,
    /// Counts rewritten texts that were stored, and wishes that ended.
    changes: AtomicU64,
    /// Rung when there may be something to do.
    pub bell: Notify,
    news: News,
}

/// By chapter, background and what the model takes at once.
type EstimateKey = (ChapterId, ProfileHash, u32);

/// More are not worth remembering.
const ESTIMATES_MAX: usize = 200;

#[derive(Clone)]
struct UnderWay {
    user: UserId,
    chapter: ChapterId,
    /// For which background.
    hash: ProfileHash,
    cancel: Cancel,
    live: Live,
}

/// The way to one reader's model server.
pub(super) struct Line {
    /// Of which all this is true.
    setting: ModelSetting,
    pub pace: Pace,
    pub breaker: Breaker,
    trouble: Option<Trouble>,
    last: Option<Last>,
}

/// Why nothing is rewritten just now, whichever chapter is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub error: ApiError,
    pub remedy: Remedy,
}

/// What came of the last chapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Last {
    pub chapter: ChapterId,
    pub rewritten_sections: usize,
    pub kept: Vec<KeptSection>,
    pub tokens: Option<Tokens>,
    /// Why it was not gone about, and never will be as it is.
    pub given_up: Option<ApiError>,
}

/// A rewriting that is under way as long as this lives.
pub(super) struct Seat<'a> {
    desk: &'a Desk,
    pub cancel: Cancel,
    pub live: Live,
}

impl Desk {
    pub(crate) fn telling(news: News) -> Desk {
        Desk { news, ..Desk::default() }
    }

    /// There is one for each program: its queue does one thing at a time.
    pub(super) fn take_seat(&self, user: UserId, chapter: ChapterId, hash: ProfileHash) -> Seat<'_> {
        let live = lock(&self.unfinished).get(&(user, chapter)).cloned().unwrap_or_default();
        let under_way = UnderWay { user, chapter, hash, cancel: Cancel::default(), live };
        *lock(&self.under_way) = Some(under_way.clone());
        self.news.tell();
        Seat { desk: self, cancel: under_way.cancel, live: under_way.live }
    }

    /// What is under way for a reader, unless it is being stopped.
    pub(crate) fn under_way(&self, user: UserId) -> Option<(ChapterId, Live)> {
        let under_way = lock(&self.under_way).clone()?;
        (under_way.user == user && !under_way.cancel.is_cancelled())
            .then_some((under_way.chapter, under_way.live))
    }

    /// Stops what is under way for this chapter, if anything is, and forgets what it brought.
    pub(crate) fn cancel(&self, user: UserId, chapter: ChapterId) {
        self.cancel_if(|under_way| (under_way.user, under_way.chapter) == (user, chapter));
        lock(&self.unfinished).remove(&(user, chapter));
    }

    /// Whatever is under way for this reader.
    pub(crate) fn cancel_all(&self, user: UserId) {
        self.cancel_if(|under_way| under_way.user == user);
        lock(&self.unfinished).retain(|(of, _), _| *of != user);
    }

    /// Whatever is under way for another background of this reader: it is wished for this one now.
    pub(crate) fn background_is(&self, user: UserId, hash: ProfileHash) {
        self.cancel_if(|under_way| under_way.user == user && under_way.hash != hash);
    }

    fn cancel_if(&self, is_meant: impl Fn(&UnderWay) -> bool) {
        if let Some(under_way) = lock(&self.under_way).as_ref().filter(|under_way| is_meant(under_way)) {
            under_way.cancel.cancel();
        }
    }

    /// The line of a reader; a new one where the setting is another than before, except for how much was asked lately.
    pub(super) fn with_line<T>(
        &self,
        user: UserId,
        setting: &ModelSetting,
        work: impl FnOnce(&mut Line) -> T,
    ) -> T {
        let mut lines = lock(&self.lines);
        let line = lines.entry(user).or_insert_with(|| Line::of(setting));
        if line.setting != *setting {
            let (pace, last) = (std::mem::take(&mut line.pace), line.last.take());
            *line = Line { pace, last, ..Line::of(setting) };
        }
        work(line)
    }

    /// When the next chapter of this reader may begin; none if it may now, or if nobody can say.
    pub(crate) fn free_at(&self, user: UserId, setting: &ModelSetting, now: Timestamp) -> Option<Timestamp> {
        self.with_line(user, setting, |line| line.free_at(now))
    }

    pub(crate) fn trouble(&self, user: UserId, setting: &ModelSetting) -> Option<Trouble> {
        self.with_line(user, setting, |line| line.trouble.clone())
    }

    /// How often in a row the server failed, where that is too often to go on as if nothing had been.
    pub(crate) fn failures_in_a_row(&self, user: UserId, setting: &ModelSetting) -> Option<u32> {
        self.with_line(user, setting, |line| line.breaker.is_open().then_some(line.breaker.failures))
    }

    pub(crate) fn last(&self, user: UserId) -> Option<Last> {
        lock(&self.lines).get(&user)?.last.clone()
    }

    /// Somebody asks for it, or has changed what may have been wrong. False if nothing was.
    pub(super) fn try_now(&self, user: UserId, now: Timestamp) -> bool {
        let mut lines = lock(&self.lines);
        let Some(line) = lines.get_mut(&user) else { return false };
        line.trouble = None;
        line.breaker.try_soon(now, 0);
        line.breaker.failures > 0
    }

    pub(super) fn has_line(&self, user: UserId) -> bool {
        lock(&self.lines).contains_key(&user)
    }

    /// As it was before the program was started.
    pub(super) fn open_line(&self, user: UserId, setting: &ModelSetting, rest: Rest) {
        let Rest { breaker, trouble } = rest;
        let line = || Line { breaker, trouble, ..Line::of(setting) };
        lock(&self.lines).entry(user).or_insert_with(line);
    }

    /// What is to be known of the line at another start.
    pub(super) fn rest(&self, user: UserId) -> Option<(ModelSetting, Rest)> {
        let lines = lock(&self.lines);
        let line = lines.get(&user)?;
        Some((line.setting.clone(), Rest { breaker: line.breaker, trouble: line.trouble.clone() }))
    }

    /// The network may be back: what failed for want of it is worth trying soon.
    pub(crate) fn hurry(&self) {
        self.hurry.store(true, Ordering::Relaxed);
        self.bell.notify_one();
    }

    pub(super) fn take_hurry(&self, now: Timestamp, spread_ms: u64) {
        if self.hurry.swap(false, Ordering::Relaxed) {
            lock(&self.lines).values_mut().for_each(|line| line.breaker.try_soon(now, spread_ms));
        }
    }

    /// Made once for each key: whoever watches asks every second.
    pub(crate) fn estimate_of<E>(
        &self,
        key: EstimateKey,
        make: impl FnOnce() -> Result<Estimate, E>,
    ) -> Result<Estimate, E> {
        if let Some(known) = lock(&self.estimates).get(&key) {
            return Ok(*known);
        }
        let estimate = make()?;
        let mut estimates = lock(&self.estimates);
        if estimates.len() >= ESTIMATES_MAX {
            estimates.clear();
        }
        estimates.insert(key, estimate);
        Ok(estimate)
    }

    /// False if it is waited for already.
    pub(super) fn begin_to_wait(&self, user: UserId, chapter: ChapterId) -> bool {
        lock(&self.elsewhere).insert((user, chapter))
    }

    /// The other program has made a text of it, or has not.
    pub(super) fn end_waiting(&self, user: UserId, chapter: ChapterId) {
        lock(&self.elsewhere).remove(&(user, chapter));
        self.note_change();
        self.bell.notify_one();
    }

    pub(crate) fn note_reading(&self, user: UserId, chapter: ChapterId) {
        lock(&self.reading).insert(user, chapter);
    }

    pub(super) fn reading(&self, user: UserId) -> Option<ChapterId> {
        lock(&self.reading).get(&user).copied()
    }

    pub(crate) fn note_change(&self) {
        self.changes.fetch_add(1, Ordering::Relaxed);
        self.news.tell();
    }

    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }
}

impl Line {
    fn of(setting: &ModelSetting) -> Line {
        Line {
            setting: setting.clone(),
            pace: Pace::default(),
            breaker: Breaker::default(),
            trouble: None,
            last: None,
        }
    }

    pub fn needs_person(&self) -> bool {
        self.trouble.as_ref().is_some_and(|trouble| trouble.remedy == Remedy::Person)
    }

    pub fn free_at(&self, now: Timestamp) -> Option<Timestamp> {
        let pace = self.pace.free_at(self.setting.chapters_per_minute, now);
        self.breaker.closed_until(now).max(pace)
    }

    pub fn succeeded(&mut self, chapter: ChapterId, report: &Report) {
        self.breaker.succeeded();
        self.trouble = None;
        self.last = Some(Last {
            chapter,
            rewritten_sections: report.rewritten_sections,
            kept: report.kept.clone(),
            tokens: report.tokens,
            given_up: None,
        });
    }

    pub fn failed(&mut self, chapter: ChapterId, error: ApiError, remedy: Remedy) {
        if remedy == Remedy::Nothing {
            // It says nothing about the server, nor about any other chapter.
            let given_up = Some(error);
            self.last =
                Some(Last { chapter, rewritten_sections: 0, kept: Vec::new(), tokens: None, given_up });
        } else {
            self.trouble = Some(Trouble { error, remedy });
        }
    }
}

impl Seat<'_> {
    /// What this try brought is kept for the next one, or is of no use any more.
    pub fn leave(self, user: UserId, chapter: ChapterId, is_unfinished: bool) {
        let mut unfinished = lock(&self.desk.unfinished);
        // Whoever stopped it has no use for it.
        if is_unfinished && !self.cancel.is_cancelled() {
            unfinished.insert((user, chapter), self.live.clone());
        } else {
            unfinished.remove(&(user, chapter));
        }
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        *lock(&self.desk.under_way) = None;
        self.desk.news.tell();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
