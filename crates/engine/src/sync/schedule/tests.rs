use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{AFTER_TROUBLE_MS, EVERY_MS, EVERY_SPREAD_MS, SOON_MS, Schedule, Turn};
use crate::Engine;
use crate::api::dispatch;
use crate::bookshelf::BookSource;
use crate::env::Env;
use crate::store::remotes::RemoteId;
use crate::store::sync_runs::{self, SyncRun};

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

fn ask(schedule: &Schedule, name: &str, request: Value) -> Value {
    dispatch(&schedule.engine, name, request).unwrap()
}

fn answer(schedule: &Schedule, user: &str, level: &str) {
    let background = json!({
        "software_experience": {"python": level},
        "robotics_experience": "none",
        "hardware_access": [],
        "learning_goals": [],
    });
    ask(schedule, "save_profile", json!({"user_id": user, "background": background}));
}

fn runs(schedule: &Schedule, remote: RemoteId) -> Vec<SyncRun> {
    schedule.engine.store.read(|connection| sync_runs::last(connection, remote, 10)).unwrap()
}

/// Its time has come: its turn after the round that follows, and when that began and ended.
async fn round_when_due(schedule: &mut Schedule, remote: RemoteId) -> (Turn, Instant, Instant) {
    let before = Instant::now();
    let failures = schedule.turns.get(&remote).map_or(0, |turn| turn.failures);
    schedule.turns.insert(remote, Turn { due: before, failures });
    schedule.round().await.unwrap();
    (schedule.turns[&remote], before, Instant::now())
}

fn assert_waits((turn, before, after): (Turn, Instant, Instant), least_ms: u64, most_ms: u64) {
    let ms = std::time::Duration::from_millis;
    assert!(turn.due >= before + ms(least_ms) && turn.due <= after + ms(most_ms), "{least_ms} to {most_ms}");
}

#[tokio::test]
async fn what_had_something_to_say_is_looked_at_soon_what_is_quiet_every_few_minutes_and_a_change_at_once() {
    let (_folder, mut schedule, user, remote) = reader_with_a_folder();
    assert_waits(round_when_due(&mut schedule, remote).await, SOON_MS, 2 * SOON_MS);
    assert_waits(round_when_due(&mut schedule, remote).await, EVERY_MS, EVERY_MS + EVERY_SPREAD_MS);
    schedule.round().await.unwrap();
    assert_eq!(runs(&schedule, remote).len(), 2, "nothing was due, and nothing had changed");
    answer(&schedule, &user, "beginner");
    schedule.round().await.unwrap();
    assert_eq!(runs(&schedule, remote).len(), 3);
    assert_eq!(runs(&schedule, remote)[0].fault, None);
}

#[tokio::test]
async fn after_a_failure_it_waits_longer_each_time_and_a_change_does_not_hurry_it() {
    let (folder, mut schedule, user, remote) = reader_with_a_folder();
    round_when_due(&mut schedule, remote).await;
    let away = folder.path().join("unplugged");
    std::fs::rename(folder.path().join("stick"), &away).unwrap();
    for (failures, least_ms) in [(1, 1_000), (2, 2_000), (3, 4_000)] {
        let waits = round_when_due(&mut schedule, remote).await;
        assert_eq!(waits.0.failures, failures);
        assert_waits(waits, least_ms, 2 * least_ms);
    }
    let far = Instant::now() + std::time::Duration::from_secs(300);
    schedule.turns.insert(remote, Turn { due: far, failures: 3 });
    answer(&schedule, &user, "beginner");
    schedule.round().await.unwrap();
    assert_eq!(runs(&schedule, remote).len(), 4);
    std::fs::rename(away, folder.path().join("stick")).unwrap();
    assert_eq!(round_when_due(&mut schedule, remote).await.0.failures, 0);
}

#[tokio::test]
async fn a_place_whose_key_cannot_be_had_has_its_pause_and_keeps_no_other_from_being_synced() {
    let (folder, mut schedule, user, first) = reader_with_a_folder();
    ask(&schedule, "remove_remote", json!({"remote_id": first.to_string()}));
    let server = json!({
        "kind": "s3", "endpoint": "http://127.0.0.1:1", "bucket": "course", "access_key_id": "AKID",
    });
    let add = |location: Value| json!({"user_id": user, "location": location, "secret_access_key": "secret"});
    let added = ask(&schedule, "add_remote", add(server));
    let server = RemoteId::parse(added["remote_id"].as_str().unwrap()).unwrap();
    let stick = json!({"kind": "folder", "path": folder.path().join("stick")});
    let added = ask(&schedule, "add_remote", add(stick));
    let stick = RemoteId::parse(added["remote_id"].as_str().unwrap()).unwrap();
    std::fs::write(folder.path().join("data/secrets.json"), "not what was written").unwrap();

    schedule.turns.insert(stick, Turn { due: Instant::now(), failures: 0 });
    let waits = round_when_due(&mut schedule, server).await;
    assert_eq!(waits.0.failures, 1);
    assert_waits(waits, AFTER_TROUBLE_MS, AFTER_TROUBLE_MS + EVERY_SPREAD_MS);
    assert_eq!(runs(&schedule, stick)[0].fault, None);
    let status = ask(&schedule, "sync_status", json!({"user_id": user}));
    assert_eq!(status["state"], "needs_you");
    assert!(status["sentence"].as_str().unwrap().contains("secrets.json"), "{status}");
    schedule.round().await.unwrap();
    assert_eq!(runs(&schedule, server).len(), 1, "it is not tried again and again");
}

fn rename_table(schedule: &Schedule, from: &str, to: &str) {
    let sql = format!("ALTER TABLE {from} RENAME TO {to}");
    let renamed = schedule.engine.store.write(|transaction| Ok(transaction.execute_batch(&sql)));
    renamed.unwrap().unwrap();
}

#[tokio::test]
async fn whoever_asked_while_the_database_could_not_be_read_is_heard_afterwards() {
    let (_folder, mut schedule, user, remote) = reader_with_a_folder();
    ask(&schedule, "sync_now", json!({"user_id": user}));
    rename_table(&schedule, "settings", "settings_away");
    assert!(schedule.round().await.is_err());
    rename_table(&schedule, "settings_away", "settings");
    let far = Instant::now() + std::time::Duration::from_secs(300);
    schedule.turns.insert(remote, Turn { due: far, failures: 0 });
    schedule.round().await.unwrap();
    assert_eq!(runs(&schedule, remote).len(), 1);
}
