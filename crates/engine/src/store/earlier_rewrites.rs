//! `earlier_rewrites`: rewritten texts that a later one took the place of, kept here to be compared and opened again.

use std::collections::BTreeSet;

use primer_domain::ids::UserId;
use primer_domain::storage_path::StoragePath;
use primer_domain::timestamp::Timestamp;
use rusqlite::{Connection, named_params};

use super::StoreError;

/// `path` is a text that is held.
pub fn insert(connection: &Connection, path: &StoragePath, at: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO earlier_rewrites (storage_path, user_id, replaced_at) VALUES (:path, :user_id, :at)
             ON CONFLICT (storage_path) DO UPDATE SET replaced_at = excluded.replaced_at",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":path": path.to_string(), ":user_id": path.user_id.to_string(), ":at": at.to_string(),
            })
        })
        .map_err(StoreError::sql("keeping an earlier text"))?;
    Ok(())
}

pub fn remove(connection: &Connection, path: &StoragePath) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM earlier_rewrites WHERE storage_path = :path")
        .and_then(|mut statement| statement.execute(named_params! {":path": path.to_string()}))
        .map_err(StoreError::sql("counting an earlier text among the others"))?;
    Ok(())
}

/// All of one reader.
pub fn all(connection: &Connection, user: UserId) -> Result<BTreeSet<StoragePath>, StoreError> {
    let paths: Vec<String> = connection
        .prepare_cached("SELECT storage_path FROM earlier_rewrites WHERE user_id = :user_id")
        .and_then(|mut statement| {
            let parameters = named_params! {":user_id": user.to_string()};
            statement.query_map(parameters, |row| row.get("storage_path"))?.collect()
        })
        .map_err(StoreError::sql("listing the earlier texts"))?;
    let bad = |path: &String| StoreError::bad_value("earlier_rewrites", "storage_path", path.clone());
    paths.iter().map(|path| StoragePath::parse(path).ok_or_else(|| bad(path))).collect()
}
