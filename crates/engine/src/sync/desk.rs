//! What is being synced just now, for whoever looks, and the bell that starts a sync.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use primer_domain::ids::UserId;
use tokio::sync::Notify;

use super::Progress;
use crate::Cancel;
use crate::news::News;
use crate::store::remotes::RemoteId;

#[derive(Default)]
pub struct Desk {
    under_way: Mutex<BTreeMap<RemoteId, UnderWay>>,
    /// Readers who asked for a sync now, whatever the settings say.
    asked_for: Mutex<BTreeSet<UserId>>,
    /// The network may be back.
    hurry: AtomicBool,
    /// Counts syncs that brought something.
    arrivals: AtomicU64,
    /// Rung when there is something to sync, or somebody wants it.
    pub bell: Notify,
    news: News,
}

#[derive(Debug, Clone, Default)]
struct UnderWay {
    progress: Progress,
    cancel: Cancel,
}

/// A sync that is under way as long as this lives.
pub struct Seat<'a> {
    desk: &'a Desk,
    remote: RemoteId,
}

impl Desk {
    pub(crate) fn telling(news: News) -> Desk {
        Desk { news, ..Desk::default() }
    }

    pub fn take_seat(&self, remote: RemoteId, cancel: Cancel) -> Seat<'_> {
        self.lock().insert(remote, UnderWay { progress: Progress::default(), cancel });
        self.news.tell();
        Seat { desk: self, remote }
    }

    /// None if it is not being synced.
    pub fn progress(&self, remote: RemoteId) -> Option<Progress> {
        self.lock().get(&remote).map(|under_way| under_way.progress)
    }

    /// Stops what is under way for this remote, if anything is.
    pub fn cancel(&self, remote: RemoteId) {
        if let Some(under_way) = self.lock().get(&remote) {
            under_way.cancel.cancel();
        }
    }

    pub fn ask_for(&self, user: UserId) {
        self.asked().insert(user);
        self.bell.notify_one();
    }

    /// Something changed here, and goes with the next sync.
    pub fn note_change(&self) {
        self.bell.notify_one();
        self.news.tell();
    }

    /// The network may be back: what failed for want of it is worth trying now.
    pub fn hurry(&self) {
        self.hurry.store(true, Ordering::Relaxed);
        self.bell.notify_one();
    }

    pub fn take_hurry(&self) -> bool {
        self.hurry.swap(false, Ordering::Relaxed)
    }

    /// Somebody waits for it.
    pub fn is_urgent(&self) -> bool {
        self.hurry.load(Ordering::Relaxed) || !self.asked().is_empty()
    }

    /// Who asked since this was last called.
    pub fn take_asked_for(&self) -> BTreeSet<UserId> {
        std::mem::take(&mut *self.asked())
    }

    pub fn note_arrival(&self) {
        self.arrivals.fetch_add(1, Ordering::Relaxed);
    }

    /// Differs whenever a sync has brought something since.
    pub fn arrived(&self) -> u64 {
        self.arrivals.load(Ordering::Relaxed)
    }

    fn asked(&self) -> MutexGuard<'_, BTreeSet<UserId>> {
        self.asked_for.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<RemoteId, UnderWay>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat<'_> {
    pub fn show(&self, progress: Progress) {
        if let Some(under_way) = self.desk.lock().get_mut(&self.remote) {
            under_way.progress = progress;
        }
        self.desk.news.tell();
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.desk.lock().remove(&self.remote);
        self.desk.news.tell();
    }
}
