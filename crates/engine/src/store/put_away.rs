//! `chapters_put_away`: chapters whose texts a reader removed from this computer, and has not opened since.

use std::collections::BTreeSet;

use primer_domain::ids::{ChapterId, UserId};
use rusqlite::{Connection, named_params};

use super::StoreError;

pub fn insert(connection: &Connection, user: UserId, chapter: ChapterId) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO chapters_put_away (user_id, chapter_id) VALUES (:user_id, :chapter_id)
             ON CONFLICT (user_id, chapter_id) DO NOTHING",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {":user_id": user.to_string(), ":chapter_id": chapter.0})
        })
        .map_err(StoreError::sql("putting a chapter away"))?;
    Ok(())
}

pub fn remove(connection: &Connection, user: UserId, chapter: ChapterId) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM chapters_put_away WHERE user_id = :user_id AND chapter_id = :chapter_id")
        .and_then(|mut statement| {
            statement.execute(named_params! {":user_id": user.to_string(), ":chapter_id": chapter.0})
        })
        .map_err(StoreError::sql("taking a chapter up again"))?;
    Ok(())
}

/// All of one reader.
pub fn all(connection: &Connection, user: UserId) -> Result<BTreeSet<ChapterId>, StoreError> {
    connection
        .prepare_cached("SELECT chapter_id FROM chapters_put_away WHERE user_id = :user_id")
        .and_then(|mut statement| {
            let parameters = named_params! {":user_id": user.to_string()};
            statement.query_map(parameters, |row| Ok(ChapterId(row.get("chapter_id")?)))?.collect()
        })
        .map_err(StoreError::sql("listing the chapters that were put away"))
}
