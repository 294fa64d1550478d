//! `personalized_chapters`: which text a reader has for a chapter and a background.

use primer_domain::ids::{ChapterId, ChapterVersion, ProfileHash, TextDigest, UserId};
use primer_domain::storage_path::StoragePath;
use primer_domain::timestamp::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::StoreError;

/// A row, with what `stored_texts` knows of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChapterRow {
    pub chapter_version: ChapterVersion,
    pub storage_path: StoragePath,
    /// None where the file was never accounted for: then its bytes can't be trusted either.
    pub file: Option<FileFacts>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileFacts {
    pub digest: TextDigest,
    pub len_bytes: u64,
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
            "SELECT c.chapter_version, c.storage_path, t.sha256, t.len_bytes
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
        .map_err(StoreError::sql("looking up a chapter"))?
        .map(chapter_row)
        .transpose()
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

/// Like [`save`], unless the reader already has a text for this chapter and background.
pub fn save_if_absent(connection: &Connection, path: &StoragePath, at: Timestamp) -> Result<(), StoreError> {
    let hash = path.profile_hash.to_string();
    let present: bool = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM personalized_chapters
                 WHERE user_id = :user_id AND chapter_id = :chapter_id AND profile_hash = :hash) AS found",
        )
        .and_then(|mut statement| {
            let parameters = named_params! {
                ":user_id": path.user_id.to_string(), ":chapter_id": path.chapter_id.0, ":hash": hash,
            };
            statement.query_row(parameters, |row| row.get("found"))
        })
        .map_err(StoreError::sql("looking up a chapter"))?;
    if present { Ok(()) } else { save(connection, path, at) }
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

/// The paths of all rows, of all readers.
pub fn all_paths(connection: &Connection) -> Result<Vec<StoragePath>, StoreError> {
    connection
        .prepare_cached("SELECT storage_path FROM personalized_chapters ORDER BY storage_path")
        .and_then(|mut statement| {
            statement
                .query_map([], |row| row.get::<_, String>("storage_path"))?
                .collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(StoreError::sql("listing the chapters"))?
        .iter()
        .map(|text| storage_path(text))
        .collect()
}

type Raw = (u32, String, Option<String>, Option<u64>);

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok((row.get("chapter_version")?, row.get("storage_path")?, row.get("sha256")?, row.get("len_bytes")?))
}

fn chapter_row((version, path, sha256, len_bytes): Raw) -> Result<ChapterRow, StoreError> {
    let file = match (sha256, len_bytes) {
        (Some(sha256), Some(len_bytes)) => {
            let digest = TextDigest::parse(&sha256)
                .ok_or_else(|| StoreError::bad_value("stored_texts", "sha256", sha256))?;
            Some(FileFacts { digest, len_bytes })
        }
        _ => None,
    };
    Ok(ChapterRow { chapter_version: ChapterVersion(version), storage_path: storage_path(&path)?, file })
}

fn storage_path(text: &str) -> Result<StoragePath, StoreError> {
    StoragePath::parse(text)
        .ok_or_else(|| StoreError::bad_value("personalized_chapters", "storage_path", text))
}
