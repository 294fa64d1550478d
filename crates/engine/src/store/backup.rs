//! Copies of the database that SQLite itself makes: of one moment, in small steps, while others read and write it.
//!
//! A copy is one file that needs no log beside it, and says itself when it was made.

use std::path::Path;
use std::time::Duration;

use primer_domain::timestamp::Timestamp;
use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags, named_params};

use super::settings::{self, Key};
use super::{Store, StoreError};

/// A quarter of a megabyte, after which whoever waits for the disk has their turn.
const STEP_PAGES: i32 = 64;
const BETWEEN_STEPS: Duration = Duration::from_millis(2);

/// Only ever set in a copy, and so in a database that was restored from one.
const MADE_AT: Key<String> = Key::new("backup_made_at");

/// What a copy turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    Whole,
    /// The database is damaged, and its copy with it.
    Damaged,
    /// Nobody reads here yet, so there is nothing that could be lost. Nothing was copied.
    NobodyReads,
}

/// What was written after a point in time, as far as it can be counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    pub readers: u64,
    pub answers: u64,
    pub chapters: u64,
    pub places_in_chapters: u64,
    pub remotes: u64,
}

impl Store {
    /// Copies the database as it is at this moment into a new `file`, which is not flushed yet.
    pub(crate) fn copy_into(&self, file: &Path, at: Timestamp) -> Result<Copied, StoreError> {
        let source = self.open_reader()?;
        let copy = || {
            // In this transaction the database stands still for the copy, and for nobody else.
            source.execute_batch("BEGIN")?;
            let readers: u64 =
                source.query_row("SELECT count(*) AS readers FROM \"user\"", [], |row| row.get("readers"))?;
            if readers == 0 {
                return Ok(None);
            }
            let mut target = Connection::open(file)?;
            // It is flushed once, when it is whole.
            target.pragma_update(None, "synchronous", "off")?;
            Backup::new(&source, &mut target)?.run_to_completion(STEP_PAGES, BETWEEN_STEPS, None)?;
            target.pragma_update(None, "journal_mode", "delete")?;
            Ok(Some(target))
        };
        let damaged = |error: &StoreError| matches!(error, StoreError::Damaged { .. });
        let target = match copy().map_err(StoreError::sql("copying the database")) {
            Ok(Some(target)) => target,
            Ok(None) => return Ok(Copied::NobodyReads),
            Err(error) if damaged(&error) => return Ok(Copied::Damaged),
            Err(error) => return Err(error),
        };
        match settings::set(&target, None, &MADE_AT, &at.to_string()).and_then(|()| check(&target)) {
            Ok(true) => Ok(Copied::Whole),
            Ok(false) => Ok(Copied::Damaged),
            Err(error) if damaged(&error) => Ok(Copied::Damaged),
            Err(error) => Err(error),
        }
    }
}

/// Whether every page of a copy is what it should be.
pub(crate) fn is_whole(file: &Path) -> bool {
    open_to_read(file).is_ok_and(|connection| matches!(check(&connection), Ok(true)))
}

/// When a copy was made. None if it can't tell.
pub(crate) fn made_at(file: &Path) -> Option<Timestamp> {
    let connection = open_to_read(file).ok()?;
    Timestamp::parse(&settings::get(&connection, None, &MADE_AT).ok()??)
}

/// How many remotes a copy knows.
pub(crate) fn remotes(file: &Path) -> Option<u64> {
    let sql = "SELECT count(*) AS number FROM remotes";
    open_to_read(file).ok()?.query_row(sql, [], |row| row.get("number")).ok()
}

/// None where the database does not let itself be counted any more.
pub(crate) fn written_since(database: &Path, then: Timestamp) -> Option<Written> {
    let connection = open_to_read(database).ok()?;
    let count = |sql: &str| {
        let then = named_params! {":then": then.to_string()};
        connection.query_row(sql, then, |row| row.get::<_, u64>("number")).ok()
    };
    Some(Written {
        readers: count("SELECT count(*) AS number FROM \"user\" WHERE createdAt > :then")?,
        // A stamp begins with its time.
        answers: count(
            "SELECT count(*) AS number FROM registers
             WHERE stamp > :then AND collection IN ('skill', 'robotics', 'hardware', 'goal')",
        )?,
        chapters: count("SELECT count(*) AS number FROM personalized_chapters WHERE created_at > :then")?,
        places_in_chapters: count(
            "SELECT count(*) AS number FROM reading_positions WHERE updated_at > :then",
        )?,
        remotes: count("SELECT count(*) AS number FROM remotes WHERE added_at > :then")?,
    })
}

fn check(connection: &Connection) -> Result<bool, StoreError> {
    let said: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get("quick_check"))
        .map_err(StoreError::sql("checking a copy of the database"))?;
    Ok(said == "ok")
}

fn open_to_read(file: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}
