//! The engine against its promises: a real database, real files, a clock and randomness that the tests wind themselves.

#![allow(clippy::unwrap_used, reason = "a test that finds nothing where something must be has failed")]

mod backups;
mod book_code;
mod bundled_book;
mod by_hand;
mod commands;
mod commands_answered;
mod comparing;
mod crowded;
mod database;
mod desk;
mod dry_runs;
mod eviction;
mod forgetting;
mod freshness;
mod improving;
mod joining;
mod model;
mod one_flight;
mod other_books;
mod other_computer;
mod places;
mod preview;
mod profile;
mod published;
mod published_hostile;
mod published_swept;
mod published_verified;
mod publisher;
mod queue;
mod queue_limits;
mod readers;
#[cfg(unix)]
#[path = "../model-server/real_model.rs"]
mod real_model;
#[path = "../render/mod.rs"]
mod render;
mod rewriting;
mod rewriting_at_once;
#[cfg(unix)]
mod rewriting_by_a_real_model;
mod rewriting_faults;
mod rewriting_synced;
#[cfg(unix)]
#[path = "../remote/server_process.rs"]
#[allow(dead_code, reason = "the tests of the remote use the rest")]
mod server_process;
mod servers_odd;
mod start_up;
mod syncing;
mod syncing_stopped;
mod taken_back;
mod updates;
mod updates_installed;
mod updates_published;
mod upgrades;
mod web_server;
#[path = "../world/mod.rs"]
#[allow(dead_code, reason = "the tests of the command line use the rest")]
mod world;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use primer_domain::freshness::Freshness;
use primer_domain::ids::{ChapterId, UserId};
use primer_domain::timestamp::Timestamp;
use primer_engine::Engine;
use primer_engine::api::{ApiError, dispatch};
use primer_engine::bookshelf::BookSource;
use primer_engine::env::Env;
use primer_engine::reading::Visit;
use serde_json::{Value, json};
use tempfile::TempDir;
use world::BookOnDisk;

/// 2026-01-01T00:00:00Z, when every test begins.
const BEGINNING_MS: i64 = 1_767_225_600_000;

/// One computer: a data folder, an installed book, a clock that goes on by a second whenever it is asked.
struct Computer {
    folder: TempDir,
    book: BookOnDisk,
    clock: Arc<AtomicI64>,
    randomness: Arc<AtomicU64>,
}

impl Computer {
    fn new() -> Computer {
        let folder = tempfile::tempdir().unwrap();
        let book = BookOnDisk::write(&folder.path().join("book"));
        Computer {
            folder,
            book,
            clock: Arc::new(AtomicI64::new(BEGINNING_MS)),
            randomness: Arc::new(AtomicU64::new(1)),
        }
    }

    /// Another one, which makes other ids.
    fn numbered(number: u64) -> Computer {
        let computer = Computer::new();
        computer.randomness.store(number << 32, Ordering::SeqCst);
        computer
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn blobs(&self) -> PathBuf {
        self.data().join("blobs")
    }

    fn env(&self) -> Env {
        let (clock, randomness) = (Arc::clone(&self.clock), Arc::clone(&self.randomness));
        Env::new(
            move || Timestamp::from_unix_ms(clock.fetch_add(1000, Ordering::SeqCst)),
            move || u128::from(randomness.fetch_add(1, Ordering::SeqCst)).to_le_bytes(),
        )
    }

    /// The program is started.
    fn start(&self) -> Engine {
        self.start_with(&self.book.folder)
    }

    fn start_with(&self, book: &Path) -> Engine {
        Engine::open(&self.data(), BookSource::Folder(book.to_owned()), self.env()).unwrap()
    }
}

/// What the window asks for, which is expected to work.
fn call(engine: &Engine, command: &str, request: Value) -> Value {
    dispatch(engine, command, request).unwrap_or_else(|error| panic!("{command}: {error}"))
}

/// What the window asks for, which is expected to be refused.
fn refused(engine: &Engine, command: &str, request: Value) -> ApiError {
    match dispatch(engine, command, request.clone()) {
        Ok(answer) => panic!("{command} took {request} and answered {answer}"),
        Err(error) => error,
    }
}

/// A reader who answered the questions.
fn reader(engine: &Engine, name: &str, background: Value) -> UserId {
    let added = call(engine, "add_reader", json!({"name": name}));
    let user = UserId::parse(added["id"].as_str().unwrap()).unwrap();
    answer(engine, user, background);
    user
}

fn answer(engine: &Engine, user: UserId, background: Value) {
    call(engine, "save_profile", json!({"user_id": user.to_string(), "background": background}));
}

fn visit(engine: &Engine, user: UserId, chapter: u32) -> Visit {
    let visit = engine.visit(user, ChapterId(chapter)).unwrap();
    assert!(visit.not_kept.is_none(), "{:?}", visit.not_kept);
    visit
}

/// What a visit is expected to find and do.
#[track_caller]
fn assert_visit(engine: &Engine, user: UserId, chapter: u32, state: Freshness, generated: bool) -> Visit {
    let visit = visit(engine, user, chapter);
    assert_eq!((visit.state, visit.generated), (state, generated));
    visit
}

/// The state of a chapter as the contents say it.
fn listed(engine: &Engine, user: UserId, chapter: u32) -> String {
    let contents = call(engine, "list_chapters", json!({"user_id": user.to_string()}));
    let entry = contents["chapters"].as_array().unwrap().iter().find(|entry| entry["chapter_id"] == chapter);
    entry.unwrap()["state"].as_str().unwrap().to_owned()
}
