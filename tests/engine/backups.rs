//! The daily backup of the database, and going back to it.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use primer_domain::freshness::Freshness;
use primer_engine::Engine;
use primer_engine::api::{ApiError, ErrorCode, dispatch_closed};
use primer_engine::backups::{BackupError, KEPT, Made};
use primer_engine::bookshelf::BookSource;
use primer_engine::data_folder::DataFolder;
use primer_engine::env::{Env, Step};
use primer_engine::store::{Store, StoreError, Upgrade};
use refinery::Migration;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::desk::{World, skills};
use crate::world::{database, folders, is_sentence, python};
use crate::{BEGINNING_MS, Computer, answer, assert_visit, call, reader, visit};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn set_day(computer: &Computer, day: i64) {
    computer.clock.store(BEGINNING_MS + day * DAY_MS, Ordering::SeqCst);
}

/// The names in the folder of backups, but for its lock.
fn names(computer: &Computer) -> Vec<String> {
    folders::files(&computer.data().join("backups")).into_keys().filter(|name| name != "lock").collect()
}

fn damage(data: &Path) {
    let file = data.join("primer.sqlite3");
    let mut bytes = fs::read(&file).unwrap();
    // Every page but the first, which says what the file is.
    bytes[4096..].fill(0x5a);
    fs::write(file, bytes).unwrap();
}

fn open(computer: &Computer) -> Result<Engine, ApiError> {
    let source = BookSource::Folder(computer.book.folder.clone());
    Engine::open(&computer.data(), source, computer.env()).map_err(ApiError::from)
}

/// What the window asks for when the database does not open.
fn ask(computer: &Computer, command: &str, request: Value) -> Result<Value, ApiError> {
    let closed = ApiError::new(ErrorCode::DatabaseDamaged, "It is damaged.", "Go back.");
    let env = computer.env();
    let folder = DataFolder {
        path: &computer.data(),
        env: &env,
        program: "test",
        web_engine: None,
        opened: Err(&closed),
    };
    dispatch_closed(&folder, command, request)
}

#[test]
fn there_is_one_backup_a_day_and_the_last_seven_are_kept() {
    let computer = Computer::new();
    let engine = computer.start();
    assert_eq!(engine.back_up_daily().unwrap(), Made::NobodyReads);
    assert_eq!(names(&computer), [""; 0]);
    reader(&engine, "Ada", python("none"));
    for day in 0..10 {
        set_day(&computer, day);
        assert_eq!(engine.back_up_daily().unwrap(), Made::Now);
        assert_eq!(engine.back_up_daily().unwrap(), Made::Before);
    }
    let expected: Vec<String> = (4..=10).map(|day| format!("primer-2026-01-{day:02}.db")).collect();
    assert_eq!((names(&computer), expected.len()), (expected, KEPT));
}

#[test]
fn a_clock_that_was_wrong_for_a_while_costs_no_later_backup_its_place() {
    let computer = Computer::new();
    let engine = computer.start();
    reader(&engine, "Ada", python("none"));
    for day in (3650..3657).chain(0..3) {
        set_day(&computer, day);
        assert_eq!(engine.back_up_daily().unwrap(), Made::Now);
    }
    let of_now = names(&computer).into_iter().filter(|name| name.starts_with("primer-2026-01"));
    assert_eq!(of_now.count(), 3);
}

#[test]
fn a_backup_is_one_whole_file_and_has_what_was_there_at_its_time() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Ada", python("beginner"));
    assert_eq!(engine.back_up().unwrap(), Made::Now);
    answer(&engine, user, python("advanced"));
    let [name] = &names(&computer)[..] else { panic!("one file: {:?}", names(&computer)) };
    let copy = Connection::open(computer.data().join("backups").join(name)).unwrap();
    let (whole, skill): (String, String) = copy
        .query_row(
            "SELECT (SELECT integrity_check FROM pragma_integrity_check) AS whole, software_experience FROM user_profiles",
            [],
            |row| Ok((row.get("whole")?, row.get("software_experience")?)),
        )
        .unwrap();
    assert_eq!((whole.as_str(), skill.as_str()), ("ok", r#"{"python":"beginner"}"#));
    // Asked for by hand there is a newer one in its place.
    assert_eq!(engine.back_up().unwrap(), Made::Now);
    let copy = Connection::open(computer.data().join("backups").join(name)).unwrap();
    let skill: String =
        copy.query_row("SELECT software_experience FROM user_profiles", [], |row| row.get(0)).unwrap();
    assert_eq!(skill, r#"{"python":"advanced"}"#);
}

#[test]
fn a_damaged_database_pushes_out_no_backup() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Ada", python("none"));
    for chapter in 1..=3 {
        visit(&engine, user, chapter);
    }
    for day in 0..7 {
        set_day(&computer, day);
        engine.back_up_daily().unwrap();
    }
    let before = folders::digests(&computer.data().join("backups"));
    drop(engine);
    // A page that the start does not read.
    let connection = database::open(&computer.data());
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'reading_positions'";
    let page: usize = connection.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap().try_into().unwrap();
    drop(connection);
    let file = computer.data().join("primer.sqlite3");
    let mut bytes = fs::read(&file).unwrap();
    bytes[(page - 1) * 4096..page * 4096].fill(0x5a);
    fs::write(&file, bytes).unwrap();
    set_day(&computer, 8);
    let engine = computer.start();
    for again in [false, true] {
        let made = if again { engine.back_up() } else { engine.back_up_daily() };
        assert!(matches!(made, Err(BackupError::DatabaseDamaged)), "{made:?}");
    }
    assert_eq!(folders::digests(&computer.data().join("backups")), before);
}

#[test]
fn a_daily_backup_that_failed_is_not_tried_with_every_chapter_but_again_after_an_hour() {
    let computer = Computer::new();
    let full = Arc::new(AtomicBool::new(false));
    let watched = Arc::clone(&full);
    let env: Env = computer.env().with_mishaps(move |step| {
        let is_full = watched.load(Ordering::SeqCst) && step == Step::BeforeFolder;
        if is_full { Err(std::io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    });
    let source = BookSource::Folder(computer.book.folder.clone());
    let engine = Engine::open(&computer.data(), source, env).unwrap();
    reader(&engine, "Ada", python("none"));
    full.store(true, Ordering::SeqCst);
    engine.back_up_daily().unwrap_err();
    full.store(false, Ordering::SeqCst);
    let at = |minutes: i64| computer.clock.store(BEGINNING_MS + minutes * 60_000, Ordering::SeqCst);
    for minutes in [1, 59] {
        at(minutes);
        assert_eq!(engine.back_up_daily().unwrap(), Made::PutOff);
    }
    // Whoever asks for one is not put off, and neither is anybody after the clock was put back.
    assert_eq!(engine.back_up().unwrap(), Made::Now);
    at(-60);
    assert_eq!(engine.back_up_daily().unwrap(), Made::Now);
    at(60);
    assert_eq!(engine.back_up_daily().unwrap(), Made::Before);
}

#[test]
fn a_disk_that_is_full_at_any_step_leaves_the_earlier_backups_and_half_of_none() {
    for failing in [Step::BeforeFolder, Step::BeforeFlush, Step::BeforeRename, Step::BeforeRemoval] {
        let computer = Computer::new();
        let full = Arc::new(AtomicBool::new(false));
        let watched = Arc::clone(&full);
        let env: Env = computer.env().with_mishaps(move |step| {
            let is_full = watched.load(Ordering::SeqCst) && step == failing;
            if is_full { Err(std::io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        });
        let source = BookSource::Folder(computer.book.folder.clone());
        let engine = Engine::open(&computer.data(), source, env).unwrap();
        reader(&engine, "Ada", python("none"));
        for day in 0..7 {
            set_day(&computer, day);
            engine.back_up_daily().unwrap();
        }
        let before = names(&computer);
        set_day(&computer, 8);
        full.store(true, Ordering::SeqCst);
        let failed = engine.back_up_daily();
        full.store(false, Ordering::SeqCst);
        assert!(failed.is_err(), "{failing:?}");
        assert!(before.iter().all(|name| names(&computer).contains(name)), "{failing:?}");
        engine.back_up().unwrap();
        assert_eq!(names(&computer).len(), KEPT, "{failing:?}");
        assert!(names(&computer).iter().all(|name| name.ends_with(".db")), "{:?}", names(&computer));
    }
}

#[test]
fn a_damaged_database_offers_the_newest_whole_backup_and_says_what_is_lost() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Ada", python("beginner"));
    visit(&engine, user, 1);
    engine.back_up().unwrap();
    let text = folders::stored(&computer.data());
    set_day(&computer, 1);
    engine.back_up().unwrap();
    set_day(&computer, 2);
    answer(&engine, user, python("advanced"));
    visit(&engine, user, 2);
    drop(engine);
    // The newest backup was hit as well.
    fs::write(computer.data().join("backups/primer-2026-01-02.db"), "no database").unwrap();
    damage(&computer.data());
    let damaged = fs::read(computer.data().join("primer.sqlite3")).unwrap();
    let error = open(&computer).err().unwrap();
    assert_eq!(error.code, ErrorCode::DatabaseDamaged, "{error}");

    let offer = ask(&computer, "backup_offer", json!({})).unwrap();
    assert_eq!(offer["day"], "2026-01-01");
    assert!(offer["made_at"].as_str().unwrap().starts_with("2026-01-01T"), "{offer}");
    assert!(is_sentence(offer["lost"].as_str().unwrap()) && is_sentence(offer["stays"].as_str().unwrap()));
    assert!(offer["lost"].as_str().unwrap().contains("can't be counted"), "{offer}");
    assert_eq!(fs::read(computer.data().join("primer.sqlite3")).unwrap(), damaged, "only looked at");

    let restoring = ask(&computer, "restore_backup", json!({"day": "2026-01-01"})).unwrap();
    assert_eq!(restoring, json!({"day": "2026-01-01", "after_closing": false}));
    let engine = open(&computer).unwrap();
    let profile = call(&engine, "get_profile", json!({"user_id": user}));
    assert_eq!(profile["background"], python("beginner"));
    assert_visit(&engine, user, 1, Freshness::Fresh, false);
    assert!(text.iter().all(|(name, bytes)| folders::stored(&computer.data()).get(name) == Some(bytes)));
    // The chapter that was read after it is found by its file, and nothing that was damaged is deleted.
    engine.tidy().unwrap();
    assert_eq!(engine.stored_texts().unwrap().len(), 2);
    let aside = folders::files(&computer.data().join("damaged"));
    assert!(aside.values().any(|bytes| *bytes == damaged), "{:?}", aside.keys());
}

#[test]
fn a_database_that_was_emptied_is_not_begun_anew_where_there_is_a_backup() {
    let computer = Computer::new();
    fs::create_dir_all(computer.data()).unwrap();
    // Left by a program that was stopped at its first start.
    fs::write(computer.data().join("primer.sqlite3"), "").unwrap();
    let engine = open(&computer).unwrap();
    reader(&engine, "Ada", python("none"));
    engine.back_up().unwrap();
    drop(engine);
    fs::write(computer.data().join("primer.sqlite3"), "").unwrap();
    let error = open(&computer).err().unwrap();
    assert_eq!(error.code, ErrorCode::DatabaseDamaged, "{error}");
    assert_eq!(fs::read(computer.data().join("primer.sqlite3")).unwrap(), b"");
    ask(&computer, "restore_backup", json!({"day": "2026-01-01"})).unwrap();
    assert_eq!(call(&open(&computer).unwrap(), "startup", json!({}))["reader"]["name"], "Ada");
}

#[test]
fn what_can_be_counted_is_counted() {
    let computer = Computer::new();
    let engine = computer.start();
    let user = reader(&engine, "Ada", python("beginner"));
    engine.back_up().unwrap();
    set_day(&computer, 1);
    answer(&engine, user, python("advanced"));
    visit(&engine, user, 1);
    visit(&engine, user, 2);
    reader(&engine, "Bea", skills(&[("cpp", "none"), ("python", "none")]));
    drop(engine);
    let offer = ask(&computer, "backup_offer", json!({})).unwrap();
    let lost = offer["lost"].as_str().unwrap();
    for part in ["1 reader,", "4 answers", "2 entries of chapters"] {
        assert!(lost.contains(part), "{part}: {lost}");
    }
    assert!(!offer["stays"].as_str().unwrap().contains("sync"), "{offer}");
}

#[test]
fn a_database_that_is_only_newer_or_only_held_is_not_called_damaged() {
    let computer = Computer::new();
    let engine = computer.start();
    reader(&engine, "Ada", python("none"));
    engine.back_up().unwrap();
    // It is open: what waits takes its place only once it is closed.
    ask(&computer, "restore_backup", json!({"day": "2026-01-01"})).unwrap();
    assert_eq!(open(&computer).err().unwrap().code, ErrorCode::Busy);
    drop(engine);
    drop(open(&computer).unwrap());
    let sql = "CREATE TABLE later (x TEXT) STRICT";
    let later = Upgrade::with_later(&[Migration::unapplied("V900__later", sql).unwrap()]);
    drop(Store::open_with(&computer.data(), &later).unwrap());
    assert_eq!(open(&computer).err().unwrap().code, ErrorCode::DatabaseNewer);
}

#[test]
fn a_backup_that_is_not_there_or_damaged_or_newer_is_refused_and_nothing_changes() {
    let computer = Computer::new();
    let engine = computer.start();
    reader(&engine, "Ada", python("none"));
    engine.back_up().unwrap();
    let backups = computer.data().join("backups");
    let sql = "CREATE TABLE later (x TEXT) STRICT";
    let later = Upgrade::with_later(&[Migration::unapplied("V900__later", sql).unwrap()]);
    let newer = tempfile::tempdir().unwrap();
    fs::copy(backups.join("primer-2026-01-01.db"), newer.path().join("primer.sqlite3")).unwrap();
    drop(Store::open_with(newer.path(), &later).unwrap());
    database::open(newer.path()).pragma_update(None, "journal_mode", "delete").unwrap();
    fs::copy(newer.path().join("primer.sqlite3"), backups.join("primer-2025-12-31.db")).unwrap();
    fs::write(backups.join("primer-2025-12-30.db"), "no database").unwrap();
    drop(engine);
    let before = folders::digests(&computer.data());
    for (day, code) in [
        ("2025-12-31", ErrorCode::DatabaseNewer),
        ("2025-12-30", ErrorCode::BackupNotFound),
        ("2025-12-29", ErrorCode::BackupNotFound),
        ("../primer", ErrorCode::BackupNotFound),
    ] {
        let error = ask(&computer, "restore_backup", json!({"day": day})).err().unwrap();
        assert_eq!(error.code, code, "{day}: {error}");
        assert!(is_sentence(&error.message) && is_sentence(&error.hint), "{error}");
    }
    assert_eq!(folders::digests(&computer.data()), before);
}

#[test]
fn a_backup_of_an_older_version_is_brought_up_when_it_is_gone_back_to() {
    let computer = Computer::new();
    let engine = computer.start();
    reader(&engine, "Ada", python("none"));
    drop(engine);
    let first = fs::read_to_string(crate::world::fixture("database-v1.sql")).unwrap();
    let file = computer.data().join("backups/primer-2025-12-31.db");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    Connection::open(file).unwrap().execute_batch(&first).unwrap();
    ask(&computer, "restore_backup", json!({"day": "2025-12-31"})).unwrap();
    let engine = open(&computer).unwrap();
    let startup = call(&engine, "startup", json!({}));
    assert_eq!(startup["readers"][1]["name"], "Bruno");
}

#[test]
fn what_was_synced_after_the_backup_comes_back_and_this_computer_takes_another_name() {
    let (_stick, laptop) = World::new().begin(python("beginner"));
    laptop.sync();
    laptop.engine.back_up().unwrap();
    let before = call(&laptop.engine, "list_computers", json!({"user_id": laptop.user}))[0].clone();
    laptop.answer(skills(&[("python", "advanced"), ("ros2", "beginner")]));
    laptop.sync();
    let (computer, user) = (laptop.computer, laptop.user);
    drop(laptop.engine);
    damage(&computer.data());
    assert!(matches!(
        Store::open(&computer.data()).err(),
        Some(StoreError::Damaged { .. } | StoreError::NotPrimer { .. })
    ));
    ask(&computer, "restore_backup", json!({"day": "2026-01-01"})).unwrap();
    let engine = Arc::new(open(&computer).unwrap());
    let desk = crate::desk::Desk { computer, engine, user };
    assert_eq!(desk.background(), python("beginner"));
    desk.sync();
    assert_eq!(desk.background(), skills(&[("python", "advanced"), ("ros2", "beginner")]));
    let computers = call(&desk.engine, "list_computers", json!({"user_id": user}));
    let this_one =
        computers.as_array().unwrap().iter().find(|computer| computer["this_one"] == true).unwrap();
    assert_ne!(this_one["device_id"], before["device_id"], "{computers}");
    // An edit of now is not taken for one of before.
    desk.answer(skills(&[("python", "none")]));
    desk.sync();
    let other = desk.joined(7);
    other.sync();
    assert_eq!(other.background(), skills(&[("python", "none")]));
}
