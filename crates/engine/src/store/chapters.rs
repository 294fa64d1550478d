//! `personalized_chapters`: which text a reader has for a chapter and a background.

use primer_domain::ids::{ChapterId, ChapterVersion, ProfileHash, TextDigest, UserId};
use primer_domain::replica::Stamp;
use primer_domain::storage_path::StoragePath;
use primer_domain::timestamp::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::StoreError;

/// A row, with what `stored_texts` knows of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChapterRow {
    pub chapter_version: ChapterVersion,
    /// None where the row names no file that it may name, or one that was never accounted for: neither can be trusted.
    pub file: Option<StoredFile>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredFile {
    pub path: StoragePath,
    pub digest: TextDigest,
    pub len_bytes: u64,
    /// When and by which computer it was made, where that is known.
    pub stamp: Option<Stamp>,
    /// By another computer, whole.
    pub was_sent: bool,
    /// By its reader, here, since it was written or came here.
    pub opened: bool,
}

/// The row for a background, of this book. Rows of another book with the same chapter numbers don't count.
pub fn current(
    connection: &Connection,
    user: UserId,
    book: &str,
    chapter: ChapterId,
    hash: ProfileHash,
) -> Result<Option<ChapterRow>, StoreError> {
    connection
        .prepare_cached(
            "SELECT c.chapter_version, c.storage_path, t.sha256, t.len_bytes, t.stamp,
                 t.came_from IS NOT NULL AS was_sent, t.opened
             FROM personalized_chapters c LEFT JOIN stored_texts t ON t.storage_path = c.storage_path
             WHERE c.user_id = :user_id AND c.chapter_id = :chapter_id AND c.profile_hash = :hash
               AND (t.book_id IS NULL OR t.book_id = :book)",
        )
        .and_then(|mut statement| {
            let parameters = named_params! {
                ":user_id": user.to_string(), ":chapter_id": chapter.0, ":hash": hash.to_string(), ":book": book,
            };
            statement.query_row(parameters, raw).optional()
        })
        .map_err(StoreError::sql("looking up a chapter"))
        .map(|found| found.map(|raw| chapter_row(raw, user, chapter, hash)))
}

/// Whether this reader has the chapter for another background.
pub fn has_other(
    connection: &Connection,
    user: UserId,
    book: &str,
    chapter: ChapterId,
    hash: ProfileHash,
) -> Result<bool, StoreError> {
    connection
        .prepare_cached(
            "SELECT EXISTS (
                 SELECT 1 FROM personalized_chapters c LEFT JOIN stored_texts t ON t.storage_path = c.storage_path
                 WHERE c.user_id = :user_id AND c.chapter_id = :chapter_id AND c.profile_hash <> :hash
                   AND (t.book_id IS NULL OR t.book_id = :book)) AS found",
        )
        .and_then(|mut statement| {
            let parameters = named_params! {
                ":user_id": user.to_string(), ":chapter_id": chapter.0, ":hash": hash.to_string(), ":book": book,
            };
            statement.query_row(parameters, |row| row.get("found"))
        })
        .map_err(StoreError::sql("looking up a chapter"))
}

/// Makes `path` the text for its reader, chapter and background.
pub fn save(connection: &Connection, path: &StoragePath, at: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO personalized_chapters (user_id, chapter_id, profile_hash, storage_path, chapter_version, created_at)
             VALUES (:user_id, :chapter_id, :hash, :path, :version, :at)
             ON CONFLICT (user_id, chapter_id, profile_hash) DO UPDATE SET
                 storage_path = excluded.storage_path,
                 chapter_version = excluded.chapter_version,
                 created_at = excluded.created_at",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":user_id": path.user_id.to_string(),
                ":chapter_id": path.chapter_id.0,
                ":hash": path.profile_hash.to_string(),
                ":path": path.to_string(),
                ":version": path.chapter_version.0,
                ":at": at.to_string(),
            })
        })
        .map_err(StoreError::sql("recording a chapter"))?;
    Ok(())
}

/// Forgets the row that points at a file, because the file leaves.
pub fn remove_by_path(connection: &Connection, path: &StoragePath) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "DELETE FROM personalized_chapters
             WHERE user_id = :user_id AND chapter_id = :chapter_id AND profile_hash = :hash AND storage_path = :path",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":user_id": path.user_id.to_string(),
                ":chapter_id": path.chapter_id.0,
                ":hash": path.profile_hash.to_string(),
                ":path": path.to_string(),
            })
        })
        .map_err(StoreError::sql("forgetting a chapter"))?;
    Ok(())
}

/// The paths of all rows, of all readers, as they stand: a row may hold what is no path.
pub fn all_paths(connection: &Connection) -> Result<Vec<String>, StoreError> {
    connection
        .prepare_cached("SELECT storage_path FROM personalized_chapters ORDER BY storage_path")
        .and_then(|mut statement| {
            statement.query_map([], |row| row.get("storage_path"))?.collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(StoreError::sql("listing the chapters"))
}

/// One text that a reader's rows name for a background.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedText {
    pub storage_path: String,
    pub chapter_id: ChapterId,
    pub chapter_version: ChapterVersion,
    pub book_id: String,
}

/// Everything a reader has for a background, of all books.
pub fn of_background(
    connection: &Connection,
    user: UserId,
    hash: ProfileHash,
) -> Result<Vec<NamedText>, StoreError> {
    connection
        .prepare_cached(
            "SELECT c.storage_path, c.chapter_id, c.chapter_version, t.book_id
             FROM personalized_chapters c JOIN stored_texts t ON t.storage_path = c.storage_path
             WHERE c.user_id = :user_id AND c.profile_hash = :hash",
        )
        .and_then(|mut statement| {
            let parameters = named_params! {":user_id": user.to_string(), ":hash": hash.to_string()};
            let named = |row: &Row<'_>| {
                Ok(NamedText {
                    storage_path: row.get("storage_path")?,
                    chapter_id: ChapterId(row.get("chapter_id")?),
                    chapter_version: ChapterVersion(row.get("chapter_version")?),
                    book_id: row.get("book_id")?,
                })
            };
            statement.query_map(parameters, named)?.collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(StoreError::sql("listing a reader's chapters"))
}

type Raw = (u32, String, Option<String>, Option<u64>, Option<String>, bool, Option<bool>);

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok((
        row.get("chapter_version")?,
        row.get("storage_path")?,
        row.get("sha256")?,
        row.get("len_bytes")?,
        row.get("stamp")?,
        row.get("was_sent")?,
        row.get("opened")?,
    ))
}

/// A row may name only its own reader's file of its own chapter, background and version; any other would show the
/// wrong text with a right digest.
fn chapter_row(
    (version, path, sha256, len_bytes, stamp, was_sent, opened): Raw,
    user: UserId,
    chapter: ChapterId,
    hash: ProfileHash,
) -> ChapterRow {
    let chapter_version = ChapterVersion(version);
    let own = |path: &StoragePath| {
        (path.user_id, path.chapter_id, path.profile_hash, path.chapter_version)
            == (user, chapter, hash, chapter_version)
    };
    let path = StoragePath::parse(&path).filter(own);
    let digest = sha256.as_deref().and_then(TextDigest::parse);
    let stamp = stamp.as_deref().and_then(Stamp::parse);
    let file = match (path, digest, len_bytes, opened) {
        (Some(path), Some(digest), Some(len_bytes), Some(opened)) => {
            Some(StoredFile { path, digest, len_bytes, stamp, was_sent, opened })
        }
        _ => None,
    };
    ChapterRow { chapter_version, file }
}
