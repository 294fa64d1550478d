//! The window against an empty window of the same versions: how soon it shows the first chapter, what memory it holds and
//! what it does while nobody does anything; and how it stands with a large cache and with a slow disk. Needs a display.

mod idle;
mod opened;
mod processes;
mod slow_disk;

use std::path::{Path, PathBuf};
use std::time::Duration;

use primer_domain::ids::UserId;
use primer_engine::Engine;
use primer_engine::api::dispatch;
use primer_engine::bookshelf::BookSource;
use primer_engine::env::Env;
use serde_json::json;

use crate::{Ratio, fill, median};
use opened::Opened;

const STARTS: usize = 9;
const CHAPTERS: u32 = 6;

/// As years of use on many computers would leave them.
const MANY_TEXTS: usize = 100_000;
const FEW_TEXTS: usize = 10;

/// After this the window has nothing left to do.
const SETTLED: Duration = Duration::from_secs(4);

pub fn ratios() -> Vec<Ratio> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let user = prepare(folder.path());
    let mut ratios = against_empty(folder.path());
    ratios.extend(idle::ratios(folder.path()));
    ratios.extend(slow_disk::ratio(folder.path()));
    ratios.push(with_a_large_cache(folder.path(), user));
    ratios
}

fn against_empty(data: &Path) -> Vec<Ratio> {
    let (mut primer, mut empty) = (Samples::default(), Samples::default());
    for _ in 0..STARTS {
        empty.take(&empty_window(), data, "ready");
        primer.take(&primer_window(), data, "1 Introduction");
    }
    let (primer_ms, empty_ms) = (median(primer.start_ms), median(empty.start_ms));
    let (primer_mb, empty_mb) = (median(primer.memory_mb), median(empty.memory_mb));
    vec![
        Ratio {
            name: "cold start to the first chapter / to an empty window",
            measured: primer_ms / empty_ms,
            limit: 1.3,
            detail: format!("{primer_ms:.0} ms / {empty_ms:.0} ms"),
        },
        Ratio {
            name: "idle memory (PSS, all processes) / an empty window's",
            measured: primer_mb / empty_mb,
            limit: 1.25,
            detail: format!("{primer_mb:.0} MB / {empty_mb:.0} MB"),
        },
    ]
}

#[derive(Default)]
struct Samples {
    start_ms: Vec<f64>,
    memory_mb: Vec<f64>,
}

impl Samples {
    fn take(&mut self, program: &Path, data: &Path, title: &str) {
        let opened = Opened::start(program, data, title);
        self.start_ms.push(opened.start_ms);
        rest(SETTLED);
        self.memory_mb.push(opened.memory_mb());
        opened.close();
    }
}

/// The same start with few texts and with many, each with its file, in turn in two data folders.
fn with_a_large_cache(small: &Path, user: UserId) -> Ratio {
    let folder = tempfile::tempdir().expect("a temporary folder");
    crate::reader::copy_folder(small, folder.path());
    fill::small_texts(small, user, FEW_TEXTS);
    fill::small_texts(folder.path(), user, MANY_TEXTS);
    let (mut few_ms, mut many_ms) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        for (data, samples) in [(small, &mut few_ms), (folder.path(), &mut many_ms)] {
            let opened = Opened::start(&primer_window(), data, "1 Introduction");
            samples.push(opened.start_ms);
            // What follows the start is of the next one's disk and processor.
            rest(SETTLED);
            opened.close();
        }
    }
    let (few_ms, many_ms) = (median(few_ms), median(many_ms));
    Ratio {
        name: "start with 100,000 texts / with 10",
        measured: many_ms / few_ms,
        limit: 1.2,
        detail: format!("{many_ms:.0} ms / {few_ms:.0} ms"),
    }
}

/// A reader who has opened every chapter: what is shown then is stored.
fn prepare(data: &Path) -> UserId {
    let engine =
        Engine::open(data, BookSource::Bundled, Env::of_this_computer()).expect("the data folder opens");
    let user = dispatch(&engine, "add_reader", json!({"name": "Bench"})).expect("a reader is added");
    for chapter in 1..=CHAPTERS {
        dispatch(&engine, "open_chapter", json!({"user_id": user["id"], "chapter_id": chapter}))
            .expect("the chapter opens");
    }
    user["id"].as_str().and_then(UserId::parse).expect("the reader has an id")
}

fn primer_window() -> PathBuf {
    beside_this_program("primer-desktop")
}

fn empty_window() -> PathBuf {
    beside_this_program("primer-empty-window")
}

fn beside_this_program(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("this program has a path");
    own.with_file_name(name)
}

#[allow(clippy::disallowed_methods, reason = "a bench must let the window settle")]
fn rest(time: Duration) {
    std::thread::sleep(time);
}
