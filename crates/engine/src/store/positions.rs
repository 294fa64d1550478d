//! `reading_positions`: where a reader stopped in a chapter, and how far they ever came.

use primer_domain::ids::{ChapterId, UserId};
use primer_domain::timestamp::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params};

use super::StoreError;

#[derive(Debug, Clone, PartialEq)]
pub struct Position {
    /// The id of an element in the chapter's HTML.
    pub element_id: String,
    /// 0 to 1.
    pub progress: f64,
    pub updated_at: String,
}

pub fn save(
    connection: &Connection,
    user: UserId,
    book: &str,
    chapter: ChapterId,
    element_id: &str,
    progress: f64,
    at: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO reading_positions (user_id, book_id, chapter_id, element_id, progress, updated_at)
             VALUES (:user_id, :book, :chapter_id, :element_id, :progress, :at)
             ON CONFLICT (user_id, book_id, chapter_id) DO UPDATE SET
                 element_id = excluded.element_id,
                 progress = MAX(progress, excluded.progress),
                 updated_at = excluded.updated_at",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":user_id": user.to_string(), ":book": book, ":chapter_id": chapter.0,
                ":element_id": element_id, ":progress": progress, ":at": at.to_string(),
            })
        })
        .map_err(StoreError::sql("saving the place"))?;
    Ok(())
}

/// What one reader has and the other lacks.
pub fn copy(connection: &Connection, from: UserId, to: UserId) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO reading_positions (user_id, book_id, chapter_id, element_id, progress, updated_at)
             SELECT :to, book_id, chapter_id, element_id, progress, updated_at
             FROM reading_positions WHERE user_id = :from
             ON CONFLICT DO NOTHING",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {":from": from.to_string(), ":to": to.to_string()})
        })
        .map_err(StoreError::sql("taking over where a reader was"))?;
    Ok(())
}

/// The chapter in which the reader was last.
pub fn latest(connection: &Connection, user: UserId, book: &str) -> Result<Option<ChapterId>, StoreError> {
    connection
        .prepare_cached(
            "SELECT chapter_id FROM reading_positions WHERE user_id = :user_id AND book_id = :book
             ORDER BY updated_at DESC, chapter_id LIMIT 1",
        )
        .and_then(|mut statement| {
            let parameters = named_params! {":user_id": user.to_string(), ":book": book};
            statement.query_row(parameters, |row| Ok(ChapterId(row.get("chapter_id")?))).optional()
        })
        .map_err(StoreError::sql("looking up where a reader was last"))
}

pub fn find(
    connection: &Connection,
    user: UserId,
    book: &str,
    chapter: ChapterId,
) -> Result<Option<Position>, StoreError> {
    connection
        .prepare_cached(
            "SELECT element_id, progress, updated_at FROM reading_positions
             WHERE user_id = :user_id AND book_id = :book AND chapter_id = :chapter_id",
        )
        .and_then(|mut statement| {
            let parameters =
                named_params! {":user_id": user.to_string(), ":book": book, ":chapter_id": chapter.0};
            statement
                .query_row(parameters, |row| {
                    Ok(Position {
                        element_id: row.get("element_id")?,
                        progress: row.get("progress")?,
                        updated_at: row.get("updated_at")?,
                    })
                })
                .optional()
        })
        .map_err(StoreError::sql("looking up the place"))
}
