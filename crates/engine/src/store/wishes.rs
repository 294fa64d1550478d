//! `rewrite_wishes`: which chapters readers want rewritten, until they are.

use primer_domain::ids::{ChapterId, ProfileHash, UserId};
use primer_domain::timestamp::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::StoreError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub user: UserId,
    pub chapter: ChapterId,
    /// Of the background it was wished for.
    pub hash: ProfileHash,
    /// Although it is rewritten already.
    pub again: bool,
    pub wished_at: Timestamp,
    /// In vain so far.
    pub tries: u32,
    /// Those of them at which the server did answer.
    pub answered_tries: u32,
    /// A sentence on why the last one was in vain.
    pub last_reason: Option<String>,
}

/// One wish for each chapter; one that is there already begins anew. To be rewritten again is more than to be rewritten,
/// as long as it is for the same background.
pub fn save(connection: &Connection, book: &str, wish: &Wish) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO rewrite_wishes (user_id, book_id, chapter_id, profile_hash, again, wished_at)
             VALUES (:user_id, :book, :chapter_id, :hash, :again, :at)
             ON CONFLICT (user_id, book_id, chapter_id) DO UPDATE SET
                 again = CASE profile_hash WHEN excluded.profile_hash THEN MAX(again, excluded.again) ELSE excluded.again END,
                 -- What is under way for an earlier wish is no answer to a greater one.
                 wished_at = CASE WHEN excluded.again > again THEN excluded.wished_at ELSE wished_at END,
                 profile_hash = excluded.profile_hash,
                 tries = 0, answered_tries = 0, last_reason = NULL",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":user_id": wish.user.to_string(), ":book": book, ":chapter_id": wish.chapter.0,
                ":hash": wish.hash.to_string(), ":again": wish.again, ":at": wish.wished_at.to_string(),
            })
        })
        .map_err(StoreError::sql("keeping a wish"))?;
    Ok(())
}

pub fn find(
    connection: &Connection,
    user: UserId,
    book: &str,
    chapter: ChapterId,
) -> Result<Option<Wish>, StoreError> {
    connection
        .prepare_cached(
            "SELECT user_id, chapter_id, profile_hash, again, wished_at, tries, answered_tries, last_reason
             FROM rewrite_wishes WHERE user_id = :user_id AND book_id = :book AND chapter_id = :chapter_id",
        )
        .and_then(|mut statement| {
            let parameters =
                named_params! {":user_id": user.to_string(), ":book": book, ":chapter_id": chapter.0};
            statement.query_row(parameters, raw).optional()
        })
        .map_err(StoreError::sql("looking up a wish"))?
        .map(wish)
        .transpose()
}

/// Of one reader, or of all readers, in the order they were wished.
pub fn list(connection: &Connection, user: Option<UserId>, book: &str) -> Result<Vec<Wish>, StoreError> {
    connection
        .prepare_cached(
            "SELECT user_id, chapter_id, profile_hash, again, wished_at, tries, answered_tries, last_reason
             FROM rewrite_wishes WHERE book_id = :book AND (:user_id IS NULL OR user_id = :user_id)
             ORDER BY wished_at, user_id, chapter_id",
        )
        .and_then(|mut statement| {
            let user = user.map(|user| user.to_string());
            let parameters = named_params! {":user_id": user, ":book": book};
            statement.query_map(parameters, raw)?.collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(StoreError::sql("listing the wishes"))?
        .into_iter()
        .map(wish)
        .collect()
}

/// Whether there was one.
pub fn remove(
    connection: &Connection,
    user: UserId,
    book: &str,
    chapter: ChapterId,
) -> Result<bool, StoreError> {
    let removed = connection
        .prepare_cached(
            "DELETE FROM rewrite_wishes WHERE user_id = :user_id AND book_id = :book AND chapter_id = :chapter_id",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":user_id": user.to_string(), ":book": book, ":chapter_id": chapter.0,
            })
        })
        .map_err(StoreError::sql("withdrawing a wish"))?;
    Ok(removed > 0)
}

/// All of one reader. Whether there was one.
pub fn remove_all(connection: &Connection, user: UserId) -> Result<bool, StoreError> {
    let removed = connection
        .prepare_cached("DELETE FROM rewrite_wishes WHERE user_id = :user_id")
        .and_then(|mut statement| statement.execute(named_params! {":user_id": user.to_string()}))
        .map_err(StoreError::sql("withdrawing the wishes"))?;
    Ok(removed > 0)
}

/// What came of a chapter for this background answers the wish for it, if that is of before it was begun. `again`: although
/// it was rewritten already.
pub fn fulfil(
    connection: &Connection,
    user: UserId,
    book: &str,
    chapter: ChapterId,
    hash: ProfileHash,
    begun_at: Timestamp,
    again: bool,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "DELETE FROM rewrite_wishes
             WHERE user_id = :user_id AND book_id = :book AND chapter_id = :chapter_id AND wished_at <= :begun_at
               AND (again = 0 OR :again OR profile_hash <> :hash)",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":user_id": user.to_string(), ":book": book, ":chapter_id": chapter.0,
                ":hash": hash.to_string(), ":begun_at": begun_at.to_string(), ":again": again,
            })
        })
        .map_err(StoreError::sql("fulfilling a wish"))?;
    Ok(())
}

pub fn note_try(
    connection: &Connection,
    book: &str,
    wish: &Wish,
    reason: &str,
    answered: bool,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE rewrite_wishes
             SET tries = tries + 1, answered_tries = answered_tries + :answered, last_reason = :reason
             WHERE user_id = :user_id AND book_id = :book AND chapter_id = :chapter_id",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":user_id": wish.user.to_string(), ":book": book, ":chapter_id": wish.chapter.0,
                ":answered": answered, ":reason": reason,
            })
        })
        .map_err(StoreError::sql("noting a try"))?;
    Ok(())
}

type Raw = (String, u32, String, bool, String, u32, u32, Option<String>);

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok((
        row.get("user_id")?,
        row.get("chapter_id")?,
        row.get("profile_hash")?,
        row.get("again")?,
        row.get("wished_at")?,
        row.get("tries")?,
        row.get("answered_tries")?,
        row.get("last_reason")?,
    ))
}

fn wish(raw: Raw) -> Result<Wish, StoreError> {
    let (user, chapter, hash, again, wished_at, tries, answered_tries, last_reason) = raw;
    let bad = |column, value: &str| StoreError::bad_value("rewrite_wishes", column, value);
    Ok(Wish {
        user: UserId::parse(&user).ok_or_else(|| bad("user_id", &user))?,
        chapter: ChapterId(chapter),
        hash: ProfileHash::parse(&hash).ok_or_else(|| bad("profile_hash", &hash))?,
        again,
        wished_at: Timestamp::parse(&wished_at).ok_or_else(|| bad("wished_at", &wished_at))?,
        tries,
        answered_tries,
        last_reason,
    })
}
