//! What is being installed just now, for whoever looks, and the way to stop it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use primer_domain::update::Version;

use crate::Cancel;
use crate::api::ApiError;
use crate::news::News;

pub struct Desk {
    state: Mutex<State>,
    news: News,
}

#[derive(Default)]
struct State {
    under_way: Option<(Progress, Cancel)>,
    installed: Option<Version>,
    trouble: Option<ApiError>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    pub done_bytes: u64,
    pub len_bytes: u64,
}

/// The one who installs, as long as this lives.
pub struct Seat<'a>(&'a Desk);

impl Desk {
    pub fn telling(news: News) -> Desk {
        Desk { state: Mutex::default(), news }
    }

    /// None while somebody installs already.
    pub fn take_seat(&self, len_bytes: u64, cancel: Cancel) -> Option<Seat<'_>> {
        let mut state = self.lock();
        if state.under_way.is_some() {
            return None;
        }
        state.under_way = Some((Progress { done_bytes: 0, len_bytes }, cancel));
        Some(Seat(self))
    }

    pub fn progress(&self) -> Option<Progress> {
        self.lock().under_way.as_ref().map(|(progress, _)| *progress)
    }

    pub fn cancel(&self) {
        if let Some((_, cancel)) = &self.lock().under_way {
            cancel.cancel();
        }
    }

    /// The version that waits for the next start.
    pub fn installed(&self) -> Option<Version> {
        self.lock().installed
    }

    pub fn note_installed(&self, version: Version) {
        self.lock().installed = Some(version);
    }

    /// What went wrong at the last look, of which nobody was told.
    pub fn trouble(&self) -> Option<ApiError> {
        self.lock().trouble.clone()
    }

    pub fn note_trouble(&self, trouble: Option<ApiError>) {
        self.lock().trouble = trouble;
        self.news.tell();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat<'_> {
    pub fn show(&self, done_bytes: u64) {
        if let Some((progress, _)) = &mut self.0.lock().under_way {
            progress.done_bytes = done_bytes;
        }
        self.0.news.tell();
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.0.lock().under_way = None;
        self.0.news.tell();
    }
}
