//! The database, looked at from outside through a connection of the test's own.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

pub fn open(data: &Path) -> Connection {
    let connection = Connection::open(data.join("primer.sqlite3")).unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    connection
}

pub fn open_to_read(data: &Path) -> Connection {
    Connection::open_with_flags(data.join("primer.sqlite3"), OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap()
}

/// One row of `personalized_chapters`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub user_id: String,
    pub chapter_id: u32,
    pub profile_hash: String,
    pub storage_path: String,
    pub chapter_version: u32,
    pub created_at: String,
}

pub fn rows(data: &Path) -> Vec<Row> {
    let connection = open_to_read(data);
    let mut statement = connection
        .prepare(
            "SELECT user_id, chapter_id, profile_hash, storage_path, chapter_version, created_at
             FROM personalized_chapters ORDER BY id",
        )
        .unwrap();
    let rows = statement.query_map([], |row| {
        Ok(Row {
            user_id: row.get("user_id")?,
            chapter_id: row.get("chapter_id")?,
            profile_hash: row.get("profile_hash")?,
            storage_path: row.get("storage_path")?,
            chapter_version: row.get("chapter_version")?,
            created_at: row.get("created_at")?,
        })
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// Every value of a table as text, to see that nothing of it changed.
pub fn dump(data: &Path, table: &str) -> Vec<Vec<String>> {
    let connection = open_to_read(data);
    let mut statement = connection.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
    let columns = statement.column_count();
    let rows = statement
        .query_map([], |row| (0..columns).map(|index| Ok(format!("{:?}", row.get_ref(index)?))).collect());
    let mut rows: Vec<Vec<String>> = rows.unwrap().map(Result::unwrap).collect();
    rows.sort();
    rows
}

pub fn integrity(data: &Path) -> String {
    let connection = open_to_read(data);
    connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
}
