//! Opening and personalising, through the engine's own api.

use std::hint::black_box;
use std::path::Path;

use primer_domain::personalise::personalise;
use primer_domain::profile::Background;
use primer_engine::Engine;
use primer_engine::api::dispatch;
use primer_engine::bookshelf::BookSource;
use primer_engine::env::Env;
use pulldown_cmark::Parser;
use rusqlite::Connection;
use serde_json::json;

use crate::bare::{Bare, options};
use crate::{Ratio, medians_us};

const ROUNDS: usize = 150;
const CHAPTER: u32 = 2;
const MANY_ROWS: u32 = 100_000;

pub fn ratios() -> Vec<Ratio> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let engine = engine(folder.path());
    let user = dispatch(&engine, "add_reader", json!({"name": "Bench"})).expect("a reader is added");
    let user = user["id"].as_str().expect("the reader has an id").to_owned();
    for chapter in 1..=6 {
        open(&engine, &user, chapter);
    }
    let bare = Bare::open(folder.path());
    let hash = Background::of_somebody_new().hash().to_string();
    let [visit_us, bare_us] = medians_us(
        ROUNDS,
        [
            &mut || {
                black_box(open(&engine, &user, CHAPTER));
            },
            &mut || {
                black_box(bare.visit(&user, CHAPTER, &hash));
            },
        ],
    );
    let mut ratios = vec![Ratio {
        name: "opening a fresh chapter / lookup + file + digest + HTML",
        measured: visit_us / bare_us,
        limit: 1.5,
        detail: format!("{visit_us:.0} µs / {bare_us:.0} µs"),
    }];
    ratios.push(flatness(folder.path(), &engine, &user));
    ratios.push(personalising(&engine));
    ratios
}

fn engine(data: &Path) -> Engine {
    Engine::open(data, BookSource::Bundled, Env::of_this_computer()).expect("the data folder opens")
}

fn open(engine: &Engine, user: &str, chapter: u32) -> serde_json::Value {
    dispatch(engine, "open_chapter", json!({"user_id": user, "chapter_id": chapter}))
        .expect("the chapter opens")
}

/// The same visit with 6 rows and with 100,000, measured in turn in two data folders.
fn flatness(small: &Path, few: &Engine, user: &str) -> Ratio {
    let folder = tempfile::tempdir().expect("a temporary folder");
    copy_folder(small, folder.path());
    fill(&folder.path().join("primer.sqlite3"), user);
    let many = engine(folder.path());
    open(&many, user, CHAPTER);
    let [few_us, many_us] = medians_us(
        ROUNDS,
        [
            &mut || {
                black_box(open(few, user, CHAPTER));
            },
            &mut || {
                black_box(open(&many, user, CHAPTER));
            },
        ],
    );
    Ratio {
        name: "opening with 100,000 rows / with 6 rows",
        measured: many_us / few_us,
        limit: 1.3,
        detail: format!("{many_us:.0} µs / {few_us:.0} µs"),
    }
}

pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the folder can be made");
    for entry in std::fs::read_dir(from).expect("the folder can be listed") {
        let entry = entry.expect("the folder can be listed");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("the file can be copied");
        }
    }
}

/// Rows of the same reader under other backgrounds, as years of use on many computers would leave them.
fn fill(database: &Path, user: &str) {
    let mut connection = Connection::open(database).expect("the database opens");
    let transaction = connection.transaction().expect("a transaction begins");
    for number in 0..MANY_ROWS {
        let (chapter, hash, at) = (number % 6 + 1, format!("{number:032x}"), "2026-01-01T00:00:00.000Z");
        let path = format!("users/{user}/chapters/{chapter}/{hash}/v1-{number:016x}.md");
        transaction
            .prepare_cached(
                "INSERT INTO personalized_chapters (user_id, chapter_id, profile_hash, storage_path, chapter_version, created_at)
                 VALUES (?1, ?2, ?3, ?4, 1, ?5)",
            )
            .and_then(|mut statement| statement.execute((user, chapter, &hash, &path, at)))
            .expect("a row is added");
        transaction
            .prepare_cached(
                "INSERT INTO stored_texts (storage_path, user_id, book_id, sha256, len_bytes, generator, created_at, last_opened_at)
                 VALUES (?1, ?2, 'physical-ai-humanoid-robotics', ?3, 1000, 'primer/1', ?4, ?4)",
            )
            .and_then(|mut statement| statement.execute((&path, user, format!("{number:064x}"), at)))
            .expect("a row is added");
    }
    transaction.commit().expect("the rows are written");
}

fn personalising(engine: &Engine) -> Ratio {
    let reader = Background::of_somebody_new();
    let chapters = &engine.shelf().book.chapters;
    let texts: Vec<String> = chapters.iter().map(|chapter| personalise(&chapter.source, &reader)).collect();
    let [personalise_us, parse_us] = medians_us(
        ROUNDS,
        [
            &mut || {
                for chapter in chapters {
                    black_box(personalise(&chapter.source, &reader));
                }
            },
            &mut || {
                for text in &texts {
                    black_box(Parser::new_ext(text, options()).count());
                }
            },
        ],
    );
    Ratio {
        name: "personalising all six chapters / one parse of their text",
        measured: personalise_us / parse_us,
        limit: 3.0,
        detail: format!("{personalise_us:.0} µs / {parse_us:.0} µs"),
    }
}
