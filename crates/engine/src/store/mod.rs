//! All SQL. One file per group of tables, statements inline beside their function, columns read by name.
//!
//! Every write goes through [`Store::write`], one immediate transaction at a time; reads use connections that cannot
//! write. A database from a newer program is refused and left untouched.

pub mod backgrounds;
pub(crate) mod backup;
pub mod books;
pub mod chapters;
pub mod devices;
pub mod earlier_rewrites;
mod migrate;
pub mod positions;
pub mod profiles;
pub mod put_away;
pub mod registers;
pub mod remote_replicas;
pub mod remotes;
mod reserve;
pub(crate) mod restore;
pub mod rewrites;
pub mod settings;
pub mod sync_runs;
pub mod texts;
pub mod users;
pub mod wishes;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};
use thiserror::Error;

pub use migrate::Upgrade;
use reserve::Reserve;

use crate::env::{Mishaps, Step};
use crate::log;

/// The database in the data folder.
pub const DATABASE_FILE: &str = "primer.sqlite3";

#[derive(Debug, Error)]
pub enum StoreError {
    #[error("the database {} was written by a newer Primer (its version {found}, this program's {known})", path.display())]
    NewerDatabase { path: PathBuf, found: u32, known: u32 },
    #[error("the file {} is not a Primer database", path.display())]
    NotPrimer { path: PathBuf },
    #[error("the file {} is empty, and was not always", path.display())]
    Emptied { path: PathBuf },
    #[error("the database is damaged: {what} failed")]
    Damaged { what: &'static str, source: rusqlite::Error },
    #[error("the database {} can't be opened", path.display())]
    Open { path: PathBuf, source: rusqlite::Error },
    #[error("the copy {} could not be made before the upgrade", path.display())]
    Backup { path: PathBuf, source: rusqlite::Error },
    #[error("the database {} could not be upgraded from version {found}; it is as it was before", path.display())]
    Upgrade { path: PathBuf, found: u32, source: Box<refinery::Error> },
    #[error("{what} failed")]
    Sql { what: &'static str, source: rusqlite::Error },
    #[error("the lock {} can't be had", path.display())]
    Lock { path: PathBuf, source: io::Error },
    #[error("another program has the database open that is to be replaced")]
    InUse,
    #[error("what is to take the place of the database could not be {what} at {}", path.display())]
    Restore { what: &'static str, path: PathBuf, source: io::Error },
    #[error("another program is writing to the database")]
    Busy { source: rusqlite::Error },
    #[error("the disk is full")]
    DiskFull { source: Box<dyn std::error::Error + Send + Sync> },
    #[error("the column {column} of {table} holds what can't be there: {value}")]
    BadValue { table: &'static str, column: &'static str, value: String },
}

impl StoreError {
    /// Tells a full disk, a busy database and a damaged one, about each of which a person can do something, from the rest.
    pub(crate) fn sql(what: &'static str) -> impl FnOnce(rusqlite::Error) -> StoreError {
        move |source| match source.sqlite_error_code() {
            _ if is_disk_full(&source) => StoreError::DiskFull { source: source.into() },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy { source },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                StoreError::Damaged { what, source }
            }
            _ => StoreError::Sql { what, source },
        }
    }

    fn open(path: &Path) -> impl FnOnce(rusqlite::Error) -> StoreError {
        let path = path.to_owned();
        move |source| match source.sqlite_error_code() {
            _ if is_disk_full(&source) => StoreError::DiskFull { source: source.into() },
            Some(ErrorCode::NotADatabase) => StoreError::NotPrimer { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy { source },
            Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged { what: "opening it", source },
            _ => StoreError::Open { path, source },
        }
    }

    pub(crate) fn bad_value(
        table: &'static str,
        column: &'static str,
        value: impl Into<String>,
    ) -> StoreError {
        StoreError::BadValue { table, column, value: value.into() }
    }
}

pub struct Store {
    path: PathBuf,
    writer: Mutex<Connection>,
    /// Idle connections that can't write.
    readers: Mutex<Vec<Connection>>,
    mishaps: Mishaps,
    /// Held as long as the database is open: it must not be replaced under whoever reads it.
    _in_use: File,
}

/// How long a statement waits for another program that writes to the same database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// More than there are in this folder: a statement is prepared once for each connection.
const STATEMENTS: usize = 128;

impl Store {
    /// Opens the database in `folder`, makes it if there is none, and upgrades an older one after copying it aside.
    pub fn open(folder: &Path) -> Result<Store, StoreError> {
        Store::open_with(folder, &Upgrade::of_this_program())
    }

    /// Like [`Store::open`], with other migrations than this program's own: for the tests of upgrades.
    pub fn open_with(folder: &Path, upgrade: &Upgrade) -> Result<Store, StoreError> {
        let reserve = Reserve::in_folder(folder);
        let store = match Store::open_once(folder, upgrade) {
            Err(StoreError::DiskFull { .. }) if reserve.give_up() => Store::open_once(folder, upgrade)?,
            opened => opened?,
        };
        reserve.take();
        Ok(store)
    }

    fn open_once(folder: &Path, upgrade: &Upgrade) -> Result<Store, StoreError> {
        let path = folder.join(DATABASE_FILE);
        let restoring = restore::is_waiting(folder);
        // What is to be replaced need not be anything that can be looked at.
        if !restoring {
            upgrade.refuse_newer(&path)?;
        }
        // Two programs that start at once must not both bring the tables up.
        let lock = lock_file(&folder.join("database.lock"), File::lock)?;
        let in_use_file = folder.join("database.in-use");
        if restoring {
            let _alone = lock_file(&in_use_file, |file| Ok(file.try_lock()?))?;
            restore::finish(folder)?;
            log::info("backup_restored").write();
            upgrade.refuse_newer(&path)?;
        }
        let in_use = lock_file(&in_use_file, File::lock_shared)?;
        let mut writer = Connection::open(&path).map_err(StoreError::open(&path))?;
        configure(&writer).map_err(StoreError::open(&path))?;
        upgrade.run(&mut writer, &path)?;
        drop(lock);
        let mishaps = Mishaps::default();
        Ok(Store {
            path,
            writer: Mutex::new(writer),
            readers: Mutex::new(Vec::new()),
            mishaps,
            _in_use: in_use,
        })
    }

    pub(crate) fn with_mishaps(mut self, mishaps: Mishaps) -> Store {
        self.mishaps = mishaps;
        self
    }

    /// Runs `work` in one transaction, which is undone if it fails. It must not wait for anything but the database.
    pub fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut writer = lock(&self.writer);
        self.step(Step::BeforeBegin)?;
        let transaction = writer
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::sql("beginning to write"))?;
        let result = work(&transaction)?;
        self.step(Step::BeforeCommit)?;
        transaction.commit().map_err(StoreError::sql("writing"))?;
        self.step(Step::AfterCommit)?;
        Ok(result)
    }

    fn step(&self, step: Step) -> Result<(), StoreError> {
        self.mishaps.at(step).map_err(|source| StoreError::DiskFull { source: source.into() })
    }

    /// Runs `work` on a connection that can't write.
    pub fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = lock(&self.readers).pop();
        let reader = match idle {
            Some(reader) => reader,
            None => self.open_reader()?,
        };
        let result = work(&reader);
        lock(&self.readers).push(reader);
        result
    }

    /// Of the newest migration that it was brought up with.
    pub(crate) fn version(&self) -> Result<u32, StoreError> {
        self.read(|connection| {
            migrate::version(connection).map_err(StoreError::sql("reading the version of the database"))
        })
    }

    fn open_reader(&self) -> Result<Connection, StoreError> {
        let open = || {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let reader = Connection::open_with_flags(&self.path, flags)?;
            reader.busy_timeout(BUSY_TIMEOUT)?;
            reader.set_prepared_statement_cache_capacity(STATEMENTS);
            reader.pragma_update(None, "query_only", true)?;
            Ok(reader)
        };
        open().map_err(StoreError::open(&self.path))
    }
}

/// The file, held by `how`.
fn lock_file(path: &Path, how: impl FnOnce(&File) -> io::Result<()>) -> Result<File, StoreError> {
    let file = File::options().create(true).truncate(false).write(true).open(path);
    file.and_then(|file| how(&file).map(|()| file)).map_err(|source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            StoreError::DiskFull { source: source.into() }
        }
        io::ErrorKind::WouldBlock => StoreError::InUse,
        _ => StoreError::Lock { path: path.to_owned(), source },
    })
}

/// Also when there is no room for the write-ahead log's index, which SQLite reports as a failed operation.
fn is_disk_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
        || error.sqlite_error().is_some_and(|inner| inner.extended_code == SQLITE_IOERR_SHMSIZE)
}

/// <https://www.sqlite.org/rescode.html#ioerr_shmsize>
const SQLITE_IOERR_SHMSIZE: i32 = 4874;

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "journal_mode", "wal")?;
    // What a reader typed must survive a power cut the moment the window says it is saved.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)
}

/// A panic in another thread left the connection between transactions, where it can be used again.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
