//! `stored_texts`: what is known of each file under `blobs/`.

use primer_domain::ids::{ChapterId, DeviceId, ProfileHash, TextDigest, UserId};
use primer_domain::replica::{Stamp, TextEntry};
use primer_domain::storage_path::StoragePath;
use primer_domain::timestamp::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::StoreError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredText {
    pub path: StoragePath,
    pub book_id: String,
    pub digest: TextDigest,
    pub len_bytes: u64,
    /// What wrote it, such as `primer/1`.
    pub generator: String,
    /// How many rewritten texts it took the place of, one after the other.
    pub improvements: u32,
    pub created_at: Timestamp,
    pub last_opened_at: Timestamp,
    /// When and by which computer it was made, where that is known.
    pub stamp: Option<Stamp>,
    /// The computer that sent it here, if it was not written here.
    pub came_from: Option<DeviceId>,
    /// By its reader, here, since it was written or came here.
    pub opened: bool,
}

impl StoredText {
    /// One as a computer announces it, opened by nobody yet.
    pub fn announced(path: &StoragePath, entry: &TextEntry, at: Timestamp) -> StoredText {
        StoredText {
            path: *path,
            book_id: entry.book_id.clone(),
            digest: entry.digest,
            len_bytes: entry.len_bytes,
            generator: entry.generator.clone(),
            improvements: entry.improvements,
            created_at: entry.stamp.wall,
            last_opened_at: at,
            stamp: Some(entry.stamp),
            came_from: None,
            opened: false,
        }
    }

    /// What its computer says of it to the others. `device`: who made it, where that was not written down.
    pub fn entry(&self, device: DeviceId) -> TextEntry {
        TextEntry {
            book_id: self.book_id.clone(),
            digest: self.digest,
            len_bytes: self.len_bytes,
            generator: self.generator.clone(),
            improvements: self.improvements,
            stamp: self.stamp.unwrap_or(Stamp::next(None, self.created_at, device)),
        }
    }
}

/// The generator of a text that was found without its row.
pub const ADOPTED: &str = "adopted";

/// A text that is already known keeps its facts, for a file is never changed; only what was not known of an adopted one
/// is filled in, and one that came out once more of an improvement counts as that.
pub fn insert(connection: &Connection, text: &StoredText) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO stored_texts
                 (storage_path, user_id, book_id, sha256, len_bytes, generator, improvements, created_at, last_opened_at,
                 stamp, came_from, opened)
             VALUES (:path, :user_id, :book_id, :sha256, :len_bytes, :generator, :improvements, :created_at, :last_opened_at,
                 :stamp, :came_from, :opened)
             ON CONFLICT (storage_path) DO UPDATE SET
                 last_opened_at = excluded.last_opened_at,
                 book_id = excluded.book_id,
                 generator = CASE generator WHEN 'adopted' THEN excluded.generator ELSE generator END,
                 improvements = MAX(improvements, excluded.improvements),
                 stamp = COALESCE(stamp, excluded.stamp),
                 opened = MAX(opened, excluded.opened)",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":path": text.path.to_string(),
                ":user_id": text.path.user_id.to_string(),
                ":book_id": text.book_id,
                ":sha256": text.digest.to_string(),
                ":len_bytes": text.len_bytes,
                ":generator": text.generator,
                ":improvements": text.improvements,
                ":created_at": text.created_at.to_string(),
                ":last_opened_at": text.last_opened_at.to_string(),
                ":stamp": text.stamp.map(|stamp| stamp.to_string()),
                ":came_from": text.came_from.map(|device| device.to_string()),
                ":opened": text.opened,
            })
        })
        .map_err(StoreError::sql("recording a file"))?;
    Ok(())
}

pub fn find(connection: &Connection, path: &StoragePath) -> Result<Option<StoredText>, StoreError> {
    connection
        .prepare_cached(
            "SELECT storage_path, book_id, sha256, len_bytes, generator, improvements, created_at, last_opened_at, stamp,
                 came_from, opened
             FROM stored_texts WHERE storage_path = :path",
        )
        .and_then(|mut statement| {
            statement.query_row(named_params! {":path": path.to_string()}, raw).optional()
        })
        .map_err(StoreError::sql("looking up a file"))?
        .map(stored_text)
        .transpose()
}

/// All of one reader, or of all readers, by path.
pub fn list(connection: &Connection, user: Option<UserId>) -> Result<Vec<StoredText>, StoreError> {
    connection
        .prepare_cached(
            "SELECT storage_path, book_id, sha256, len_bytes, generator, improvements, created_at, last_opened_at, stamp,
                 came_from, opened
             FROM stored_texts WHERE :user_id IS NULL OR user_id = :user_id ORDER BY storage_path",
        )
        .and_then(|mut statement| {
            let user = user.map(|user| user.to_string());
            statement.query_map(named_params! {":user_id": user}, raw)?.collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(StoreError::sql("listing the files"))?
        .into_iter()
        .map(stored_text)
        .collect()
}

/// All that are held of one chapter for one background.
pub fn of_chapter(
    connection: &Connection,
    user: UserId,
    chapter: ChapterId,
    hash: ProfileHash,
) -> Result<Vec<StoredText>, StoreError> {
    // The paths begin alike, so the primary key finds them.
    let begin = format!("users/{user}/chapters/{chapter}/{hash}/");
    connection
        .prepare_cached(
            "SELECT storage_path, book_id, sha256, len_bytes, generator, improvements, created_at, last_opened_at, stamp,
                 came_from, opened
             FROM stored_texts WHERE storage_path > :begin AND storage_path < :begin || '~' ORDER BY storage_path",
        )
        .and_then(|mut statement| {
            statement.query_map(named_params! {":begin": begin}, raw)?.collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(StoreError::sql("listing a chapter's files"))?
        .into_iter()
        .map(stored_text)
        .collect()
}

/// How many files there are, and their length together in bytes.
pub fn totals(connection: &Connection) -> Result<(u64, u64), StoreError> {
    connection
        .prepare_cached(
            "SELECT COUNT(*) AS files, COALESCE(SUM(len_bytes), 0) AS len_bytes FROM stored_texts",
        )
        .and_then(|mut statement| {
            statement.query_row([], |row| Ok((row.get("files")?, row.get("len_bytes")?)))
        })
        .map_err(StoreError::sql("adding up the files"))
}

pub fn touch(connection: &Connection, path: &StoragePath, at: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE stored_texts SET last_opened_at = :at, opened = 1 WHERE storage_path = :path")
        .and_then(|mut statement| {
            statement.execute(named_params! {":path": path.to_string(), ":at": at.to_string()})
        })
        .map_err(StoreError::sql("noting that a chapter was opened"))?;
    Ok(())
}

pub fn remove(connection: &Connection, path: &StoragePath) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM stored_texts WHERE storage_path = :path")
        .and_then(|mut statement| statement.execute(named_params! {":path": path.to_string()}))
        .map_err(StoreError::sql("forgetting a file"))?;
    Ok(())
}

type Raw = (String, String, String, u64, String, u32, String, String, Option<String>, Option<String>, bool);

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok((
        row.get("storage_path")?,
        row.get("book_id")?,
        row.get("sha256")?,
        row.get("len_bytes")?,
        row.get("generator")?,
        row.get("improvements")?,
        row.get("created_at")?,
        row.get("last_opened_at")?,
        row.get("stamp")?,
        row.get("came_from")?,
        row.get("opened")?,
    ))
}

fn stored_text(raw: Raw) -> Result<StoredText, StoreError> {
    let (
        path,
        book_id,
        sha256,
        len_bytes,
        generator,
        improvements,
        created_at,
        last_opened_at,
        stamp,
        came_from,
        opened,
    ) = raw;
    let bad = |column, value: &str| StoreError::bad_value("stored_texts", column, value);
    Ok(StoredText {
        path: StoragePath::parse(&path).ok_or_else(|| bad("storage_path", &path))?,
        book_id,
        digest: TextDigest::parse(&sha256).ok_or_else(|| bad("sha256", &sha256))?,
        len_bytes,
        generator,
        improvements,
        created_at: Timestamp::parse(&created_at).ok_or_else(|| bad("created_at", &created_at))?,
        last_opened_at: Timestamp::parse(&last_opened_at)
            .ok_or_else(|| bad("last_opened_at", &last_opened_at))?,
        stamp: stamp.map(|text| Stamp::parse(&text).ok_or_else(|| bad("stamp", &text))).transpose()?,
        came_from: came_from
            .map(|text| DeviceId::parse(&text).ok_or_else(|| bad("came_from", &text)))
            .transpose()?,
        opened,
    })
}
