//! A reader's computers, simulated: the real engine, its database, its files and its syncs, over a remote, a clock and a
//! disk on which everything goes wrong that can.
//!
//! One seed is one run. Everything that happens in it, down to the last random number and the time, is drawn from the
//! seed on one thread, so that a run that fails can be had again, and its log is the same byte for byte. What must hold
//! has a name (`Violation::invariant`) and is checked after each step where it makes sense, the rest at the end, when
//! nothing goes wrong any more and everybody has synced.
//!
//! - `beginning`, `acts`, `syncing`, `faults`, `ending`: what happens. `events`: which of it, and when.
//! - `publisher`: a teacher who publishes editions of the book meanwhile.
//! - `bucket`, `network`: the remote, and what the network makes of requests. `mishap`: power cuts and full disks.
//! - `ledger`: which edits may be absent at the end, and why. `look`: a data folder looked at from outside.
//!
//! What is not simulated: bytes that a disk said it had kept and loses all the same, an old answer to a GET, two
//! computers that draw the same random number. A listing never lags behind the moment at which its computer's disk was
//! put back: that takes longer than any server's listing.

#![allow(clippy::unwrap_used, reason = "a test that finds nothing where something must be has failed")]

mod acts;
mod beginning;
mod books;
mod bucket;
mod computer;
mod ending;
mod events;
mod faults;
mod folders;
mod known;
mod ledger;
mod look;
mod mishap;
mod network;
mod publisher;
mod run;
pub mod seeds;
mod syncing;
mod weather;
#[path = "../../world/mod.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod world;

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use primer_engine::Engine;
use primer_engine::bookshelf::BookSource;
use primer_engine::env::Env;
use tempfile::TempDir;

use books::Books;
use run::Run;
use world::seeded;

/// What did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub invariant: &'static str,
    pub what: String,
}

impl Violation {
    fn of(invariant: &'static str, what: impl Into<String>) -> Violation {
        Violation { invariant, what: what.into() }
    }
}

/// What became of a seed.
pub struct Outcome {
    pub log: Vec<String>,
    /// How often each thing happened.
    pub counts: BTreeMap<&'static str, u64>,
    pub violation: Option<Violation>,
}

/// What all runs share: the book, and a data folder in which nobody has read yet. One for each thread.
pub struct Stage {
    folder: TempDir,
    books: Books,
    template: PathBuf,
}

impl Stage {
    pub fn set() -> io::Result<Stage> {
        let folder = folders::scratch()?;
        let books = Books::write(&folder.path().join("books"));
        let template = folder.path().join("template");
        let env = Env::new(|| primer_domain::timestamp::Timestamp::from_unix_ms(0), || [0; 16]);
        let book = BookSource::Folder(books.edition(0).to_owned());
        drop(Engine::open(&template, book, env).map_err(io::Error::other)?);
        // What an engine keeps free on a disk would only have to be copied each time.
        std::fs::write(template.join("reserve"), [])?;
        Ok(Stage { folder, books, template })
    }

    pub fn run(&self, seed: u64) -> Outcome {
        let folder = self.folder.path().join("run");
        let mut run = Run::new(seed, &self.books, &folder);
        let ended = catch_unwind(AssertUnwindSafe(|| {
            run.begins(&self.template)?;
            let steps = 30 + run.random.below(270);
            (0..steps).try_for_each(|_| run.something_happens())?;
            run.ends()
        }));
        let violation = match ended {
            Ok(ended) => ended.err(),
            Err(panic) => Some(Violation::of("nothing_panics", words_of(panic.as_ref()))),
        };
        if let Some(violation) = &violation {
            run.note(format!("VIOLATED {}: {}", violation.invariant, violation.what));
        }
        let (log, counts) = (std::mem::take(&mut run.log), std::mem::take(&mut run.counts));
        drop(run);
        std::fs::remove_dir_all(&folder).expect("the folder of a run can be removed");
        Outcome { log, counts, violation }
    }
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}
