//! Bringing an older database up to this program's tables, with a copy of it set aside first.

use std::path::{Path, PathBuf};

use refinery::{Migration, Runner};
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::{BUSY_TIMEOUT, StoreError};

mod embedded {
    refinery::embed_migrations!("../../migrations");
}

/// The migrations that a database is brought up with.
pub struct Upgrade {
    runner: Runner,
}

impl Upgrade {
    pub fn of_this_program() -> Upgrade {
        Upgrade { runner: embedded::migrations::runner() }
    }

    /// This program's migrations and more, as a later program would have.
    pub fn with_later(later: &[Migration]) -> Upgrade {
        let mut migrations = embedded::migrations::runner().get_migrations().clone();
        migrations.extend_from_slice(later);
        Upgrade { runner: Runner::new(&migrations) }
    }

    /// Of the newest migration.
    pub(crate) fn known_version(&self) -> u32 {
        self.runner
            .get_migrations()
            .iter()
            .map(|migration| version_of(migration.version()))
            .max()
            .unwrap_or(0)
    }

    /// Looks at the version through a connection that can't write, so that a newer database is left byte for byte.
    pub(crate) fn refuse_newer(&self, path: &Path) -> Result<(), StoreError> {
        if !path.exists() {
            return Ok(());
        }
        match version_of_file(path).map_err(StoreError::open(path))? {
            found if found > self.known_version() => {
                Err(StoreError::NewerDatabase { path: path.to_owned(), found, known: self.known_version() })
            }
            _ => Ok(()),
        }
    }

    /// All pending migrations in one transaction: all of them or none.
    pub(super) fn run(&self, connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
        let found = version(connection).map_err(StoreError::open(path))?;
        if found == self.known_version() {
            return Ok(());
        }
        if found > 0 {
            copy_aside(connection, path, found)?;
        }
        let runner = Runner::new(self.runner.get_migrations()).set_grouped(true);
        match runner.run(connection) {
            Ok(_) => Ok(()),
            Err(source) => {
                let path = path.to_owned();
                Err(StoreError::Upgrade { path, found, source: Box::new(source) })
            }
        }
    }
}

/// `primer.sqlite3` → `primer.before-v2.sqlite3`, made whole by SQLite itself.
fn copy_aside(connection: &Connection, path: &Path, found: u32) -> Result<(), StoreError> {
    let copy: PathBuf = path.with_file_name(format!("primer.before-v{}.sqlite3", found + 1));
    // A copy from an earlier try is of the same database: the upgrade has not happened since.
    let temporary = copy.with_extension("tmp");
    let backup = |source| StoreError::Backup { path: copy.clone(), source };
    connection.backup("main", &temporary, None::<fn(rusqlite::backup::Progress)>).map_err(backup)?;
    std::fs::rename(&temporary, &copy)
        .map_err(|error| backup(rusqlite::Error::ToSqlConversionFailure(Box::new(error))))
}

fn version_of_file(path: &Path) -> rusqlite::Result<u32> {
    let open = |flags| {
        let connection = Connection::open_with_flags(path, flags)?;
        // Another program may be making the tables just now.
        connection.busy_timeout(BUSY_TIMEOUT)?;
        version(&connection)
    };
    match open(OpenFlags::SQLITE_OPEN_READ_ONLY) {
        // A program that was stopped while it made the database left a journal. What was there before must be put back
        // before anything can be read, and only a connection that can write does so.
        Err(error)
            if error.sqlite_error().is_some_and(|inner| inner.extended_code == SQLITE_READONLY_ROLLBACK) =>
        {
            open(OpenFlags::SQLITE_OPEN_READ_WRITE)
        }
        found => found,
    }
}

/// <https://www.sqlite.org/rescode.html#readonly_rollback>
const SQLITE_READONLY_ROLLBACK: i32 = 776;

/// 0 for an empty database.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    let has_history = connection
        .query_row("SELECT 1 FROM sqlite_schema WHERE name = 'refinery_schema_history'", [], |_| Ok(()))
        .optional()?;
    if has_history.is_none() {
        return Ok(0);
    }
    let sql = "SELECT COALESCE(MAX(version), 0) AS version FROM refinery_schema_history";
    connection.query_row(sql, [], |row| row.get("version"))
}

fn version_of(version: impl TryInto<u32>) -> u32 {
    version.try_into().unwrap_or(0)
}
