//! Syncing by itself while the program is open: at its start, a few seconds after a change, when the network comes back,
//! every few minutes, and at once when somebody asks. Never two at once, and nobody waits for it. Whatever keeps one place
//! from being synced, the others are, and it is tried again after a pause.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use primer_domain::sync::retry_after_ms;
use tokio::time::{Instant, sleep_until, timeout};

use super::SyncError;
use crate::Engine;
use crate::api::{ApiError, ErrorCode, SyncWish};
use crate::log;
use crate::network::runtime;
use crate::store::remotes::{RemoteId, RemoteRow};
use crate::store::users;

#[cfg(test)]
mod tests;

/// Between two looks at a remote where all went well. Spread over more, so that a class does not ask all at once.
const EVERY_MS: u64 = 4 * 60 * 1000;
const EVERY_SPREAD_MS: u64 = 2 * 60 * 1000;

/// So that a class that starts at eight, or whose network comes back, does not ask all at once.
pub const START_SPREAD_MS: u64 = 3_000;

/// After a sync that had something to do, before it is as quiet as the others.
const SOON_MS: u64 = 15_000;

/// Changes come in flocks; what follows one within this time goes with it.
const FLOCK: Duration = Duration::from_secs(3);

/// After what only a person can mend.
const AFTER_TROUBLE_MS: u64 = 30 * 60 * 1000;

/// Where nothing is synced by itself, until it is seen whether another program has added a place.
const NOTHING_TO_DO: Duration = Duration::from_secs(5 * 60);

/// After what should not happen, such as a database that another program does not let go of.
const AFTER_A_FAULT: Duration = Duration::from_secs(60);

/// Starts syncing on a thread of its own, for as long as the program runs.
pub fn start(engine: Arc<Engine>) -> io::Result<()> {
    thread::Builder::new().name("sync".to_owned()).spawn(move || match runtime() {
        Ok(runtime) => runtime.block_on(Schedule::new(engine).run()),
        Err(error) => log::error("syncing_not_started").cause(&error).write(),
    })?;
    Ok(())
}

/// What is synced by itself, or on demand.
struct Place {
    row: RemoteRow,
    metered: bool,
}

struct Schedule {
    engine: Arc<Engine>,
    turns: BTreeMap<RemoteId, Turn>,
}

/// When a remote is next looked at, and how often in a row that failed.
#[derive(Clone, Copy)]
struct Turn {
    due: Instant,
    failures: u32,
}

impl Schedule {
    fn new(engine: Arc<Engine>) -> Schedule {
        Schedule { engine, turns: BTreeMap::new() }
    }

    async fn run(mut self) {
        loop {
            let next = match self.round().await {
                Ok(()) => self.next_due(),
                Err(error) => {
                    log::error("sync_not_begun").with("code", error.code).write();
                    Instant::now() + AFTER_A_FAULT
                }
            };
            self.wait_until(next).await;
        }
    }

    /// Syncs what is due, or asked for.
    async fn round(&mut self) -> Result<(), ApiError> {
        // Before it is taken who asked: should this fail, they ask still.
        let places = self.places()?;
        let asked_for = self.engine.desk.take_asked_for();
        let hurry = self.engine.desk.take_hurry();
        let mut known = BTreeMap::new();
        for Place { row, metered } in places {
            let asked = asked_for.contains(&row.user);
            if metered && !asked {
                // It has no turn, so nothing wakes for it either.
                continue;
            }
            let start = Turn { due: self.after(self.jitter() % START_SPREAD_MS), failures: 0 };
            let mut turn = self.turns.get(&row.id).copied().unwrap_or(start);
            if hurry {
                // A class whose network is back does not ask all at once either.
                turn.due = turn.due.min(start.due);
            }
            if asked || turn.due <= Instant::now() || self.is_changed(&row) {
                turn = self.sync(&row, turn.failures, asked).await;
            }
            known.insert(row.id, turn);
        }
        self.turns = known;
        Ok(())
    }

    fn places(&self) -> Result<Vec<Place>, ApiError> {
        let mut places = Vec::new();
        for user in self.engine.store.read(users::list)? {
            let metered = self.engine.sync_settings(user.id)?.metered;
            let rows = self.engine.remotes(user.id)?.into_iter().filter(|row| !row.paused);
            places.extend(rows.map(|row| Place { row, metered }));
        }
        Ok(places)
    }

    /// Something waits, and the last sync went well: after one that failed, its own time is kept.
    fn is_changed(&self, row: &RemoteRow) -> bool {
        let Some(Turn { failures: 0, .. }) = self.turns.get(&row.id) else { return false };
        let settled = self
            .engine
            .sync_settings(row.user)
            .and_then(|settings| Ok(self.engine.settled_now(row.user, settings.older_too)?));
        // What keeps it from being seen will keep a sync from its end, and has its pause then.
        settled.map_or(true, |settled| row.settled.is_none() || row.settled != settled)
    }

    /// Returns when it is its turn again, however this went.
    async fn sync(&self, row: &RemoteRow, failures: u32, asked: bool) -> Turn {
        let wish = SyncWish { dry: false, look_for_book: asked };
        let synced = self.engine.sync_once(row, wish, |_| {}).await;
        let failed = |wait_ms: u64| Turn { due: self.after(wait_ms), failures: failures.saturating_add(1) };
        let own_ms = || retry_after_ms(failures.saturating_add(1), self.jitter());
        let trouble_ms = || AFTER_TROUBLE_MS + self.jitter() % EVERY_SPREAD_MS;
        match synced {
            Ok(synced) => match synced.failure {
                // More than a look: another computer may be at it just now, and have something to say to it.
                None if synced.had_something_to_do() => {
                    Turn { due: self.after(SOON_MS + self.jitter() % SOON_MS), failures: 0 }
                }
                None => Turn { due: self.after(EVERY_MS + self.jitter() % EVERY_SPREAD_MS), failures: 0 },
                Some(error) if error.is_transient() => failed(own_ms().max(asked_to_wait_ms(&error))),
                Some(_) => failed(trouble_ms()),
            },
            Err(error) => {
                log::error("sync_not_begun").with("code", error.code).write();
                // A locked keychain asks whoever sits there each time that it is tried.
                failed(if error.code == ErrorCode::SecretFailed { trouble_ms() } else { own_ms() })
            }
        }
    }

    fn next_due(&self) -> Instant {
        let next = self.turns.values().map(|turn| turn.due).min();
        next.unwrap_or_else(|| Instant::now() + NOTHING_TO_DO)
    }

    /// Or until the bell rings. A change may be the first of several.
    async fn wait_until(&self, next: Instant) {
        tokio::select! {
            () = sleep_until(next) => {}
            () = self.engine.desk.bell.notified() => {
                let end = Instant::now() + FLOCK;
                while !self.engine.desk.is_urgent() && Instant::now() < end {
                    // Rung again or not: what came until then goes together.
                    let _ = timeout(end - Instant::now(), self.engine.desk.bell.notified()).await;
                }
            }
        }
    }

    fn after(&self, wait_ms: u64) -> Instant {
        Instant::now() + Duration::from_millis(wait_ms)
    }

    fn jitter(&self) -> u64 {
        self.engine.env.new_id().as_u64_pair().0
    }
}

fn asked_to_wait_ms(error: &SyncError) -> u64 {
    match error {
        SyncError::Remote(error) => {
            error.retry_after.map_or(0, |wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX))
        }
        _ => 0,
    }
    // A server that asks for days must not silence a reader's sync for ever.
    .min(AFTER_TROUBLE_MS)
}
