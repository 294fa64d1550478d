//! Syncing by itself while the program is open: at its start, a few seconds after a change, when the network comes back,
//! every few minutes, and at once when somebody asks. Never two at once, and nobody waits for it.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use primer_domain::ids::UserId;
use primer_domain::sync::retry_after_ms;
use tokio::time::{Instant, sleep_until, timeout};

use super::SyncError;
use crate::Engine;
use crate::api::{ApiError, SyncWish};
use crate::log;
use crate::network::runtime;
use crate::store::remotes::{RemoteId, RemoteRow};
use crate::store::users;

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

/// Nobody has added a remote yet.
const NOTHING_TO_DO: Duration = Duration::from_secs(24 * 60 * 60);

/// Starts syncing on a thread of its own, for as long as the program runs.
pub fn start(engine: Arc<Engine>) -> io::Result<()> {
    thread::Builder::new().name("sync".to_owned()).spawn(move || match runtime() {
        Ok(runtime) => runtime.block_on(Schedule::new(engine).run()),
        Err(error) => log::error("syncing_not_started").cause(&error).write(),
    })?;
    Ok(())
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
            if let Err(error) = self.round().await {
                log::error("sync_not_begun").with("code", error.code).write();
            }
            self.wait().await;
        }
    }

    /// Syncs what is due, or asked for.
    async fn round(&mut self) -> Result<(), ApiError> {
        let asked_for = self.engine.desk.take_asked_for();
        let hurry = self.engine.desk.take_hurry();
        let mut known = BTreeMap::new();
        for user in self.engine.store.read(users::list)? {
            let metered = self.engine.sync_settings(user.id)?.metered;
            for row in self.engine.remotes(user.id)?.into_iter().filter(|row| !row.paused) {
                let asked = asked_for.contains(&user.id);
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
                let due = turn.due <= Instant::now() || self.is_changed(&row, user.id)?;
                if asked || due {
                    turn = self.sync(&row, turn.failures, asked).await?;
                }
                known.insert(row.id, turn);
            }
        }
        self.turns = known;
        Ok(())
    }

    /// Something waits, and the last sync went well: after one that failed, its own time is kept.
    fn is_changed(&self, row: &RemoteRow, user: UserId) -> Result<bool, ApiError> {
        let Some(Turn { failures: 0, .. }) = self.turns.get(&row.id) else { return Ok(false) };
        let older_too = self.engine.sync_settings(user)?.older_too;
        Ok(row.settled.is_none() || row.settled != self.engine.settled_now(user, older_too)?)
    }

    async fn sync(&self, row: &RemoteRow, failures: u32, asked: bool) -> Result<Turn, ApiError> {
        let wish = SyncWish { dry: false, look_for_book: asked };
        let synced = self.engine.sync_once(row, wish, |_| {}).await?;
        Ok(match synced.failure {
            // More than a look: another computer may be at it just now, and have something to say to it.
            None if synced.had_something_to_do() => {
                Turn { due: self.after(SOON_MS + self.jitter() % SOON_MS), failures: 0 }
            }
            None => Turn { due: self.after(EVERY_MS + self.jitter() % EVERY_SPREAD_MS), failures: 0 },
            Some(error) if error.is_transient() => {
                let failures = failures.saturating_add(1);
                let own_ms = retry_after_ms(failures, self.jitter());
                Turn { due: self.after(own_ms.max(asked_to_wait_ms(&error))), failures }
            }
            Some(_) => Turn {
                due: self.after(AFTER_TROUBLE_MS + self.jitter() % EVERY_SPREAD_MS),
                failures: failures.saturating_add(1),
            },
        })
    }

    /// Until the next remote is due, or the bell rings. A change may be the first of several.
    async fn wait(&self) {
        let next = self.turns.values().map(|turn| turn.due).min();
        let next = next.unwrap_or_else(|| Instant::now() + NOTHING_TO_DO);
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use serde_json::{Value, json};
    use tokio::time::Instant;

    use super::{Schedule, Turn};
    use crate::Engine;
    use crate::api::dispatch;
    use crate::bookshelf::BookSource;
    use crate::env::Env;
    use crate::store::remotes::RemoteId;

    /// A reader with a folder to sync with, and the schedule of their computer.
    fn reader_with_a_folder() -> (tempfile::TempDir, Schedule, String, RemoteId) {
        let folder = tempfile::tempdir().unwrap();
        // Ids that differ, and a jitter of 1,384 ms wherever one is drawn.
        let drawn = AtomicU64::new(1);
        let random = move || u128::from(drawn.fetch_add(1, Ordering::Relaxed)).to_be_bytes();
        let clock = Env::of_this_computer().clock();
        let env = Env::new(move || clock(), random);
        let engine = Engine::open(&folder.path().join("data"), BookSource::Bundled, env).unwrap();
        let ask = |name: &str, request: Value| dispatch(&engine, name, request).unwrap();
        let user = ask("add_reader", json!({"name": "Amina"}))["id"].as_str().unwrap().to_owned();
        let stick = folder.path().join("stick");
        std::fs::create_dir(&stick).unwrap();
        let location = json!({"kind": "folder", "path": stick});
        let added = ask("add_remote", json!({"user_id": user, "location": location}));
        let remote = RemoteId::parse(added["remote_id"].as_str().unwrap()).unwrap();
        (folder, Schedule::new(Arc::new(engine)), user, remote)
    }

    fn set_metered(schedule: &Schedule, user: &str, metered: bool) {
        let request = json!({"user_id": user, "settings": {"older_too": false, "metered": metered}});
        dispatch(&schedule.engine, "set_sync_settings", request).unwrap();
    }

    #[tokio::test]
    async fn where_every_byte_costs_nothing_is_due_until_somebody_asks() {
        let (_folder, mut schedule, user, remote) = reader_with_a_folder();
        set_metered(&schedule, &user, true);
        schedule.turns.insert(remote, Turn { due: Instant::now(), failures: 0 });
        schedule.round().await.unwrap();
        assert!(schedule.turns.is_empty(), "a turn that is due and not taken would never let it sleep");
        dispatch(&schedule.engine, "sync_now", json!({"user_id": user})).unwrap();
        schedule.round().await.unwrap();
        assert!(schedule.turns[&remote].due > Instant::now(), "it has synced");
        set_metered(&schedule, &user, false);
        schedule.turns.clear();
        schedule.round().await.unwrap();
        assert!(schedule.turns.contains_key(&remote), "it has its turns again");
    }

    #[tokio::test]
    async fn a_network_that_is_back_is_used_soon_and_not_by_all_at_once() {
        let (_folder, mut schedule, _user, remote) = reader_with_a_folder();
        let far = Instant::now() + std::time::Duration::from_secs(300);
        schedule.turns.insert(remote, Turn { due: far, failures: 3 });
        schedule.engine.desk.hurry();
        schedule.round().await.unwrap();
        let Turn { due, failures } = schedule.turns[&remote];
        assert!(due < Instant::now() + std::time::Duration::from_millis(super::START_SPREAD_MS));
        assert_eq!(failures, 3, "it has only been given a turn");
    }
}
