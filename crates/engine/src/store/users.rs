//! `user`: the readers of this computer.

use primer_domain::ids::UserId;
use primer_domain::timestamp::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::{StoreError, settings};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub name: String,
    pub created_at: String,
}

pub fn insert(connection: &Connection, id: UserId, name: &str, at: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO \"user\" (id, name, createdAt, updatedAt) VALUES (:id, :name, :at, :at)")
        .and_then(|mut statement| {
            statement.execute(named_params! {":id": id.to_string(), ":name": name, ":at": at.to_string()})
        })
        .map_err(StoreError::sql("adding a reader"))?;
    Ok(())
}

/// Whether there was such a reader.
pub fn rename(connection: &Connection, id: UserId, name: &str, at: Timestamp) -> Result<bool, StoreError> {
    let changed = connection
        .prepare_cached("UPDATE \"user\" SET name = :name, updatedAt = :at WHERE id = :id")
        .and_then(|mut statement| {
            statement.execute(named_params! {":id": id.to_string(), ":name": name, ":at": at.to_string()})
        })
        .map_err(StoreError::sql("renaming a reader"))?;
    Ok(changed > 0)
}

pub fn find(connection: &Connection, id: UserId) -> Result<Option<User>, StoreError> {
    connection
        .prepare_cached("SELECT id, name, createdAt FROM \"user\" WHERE id = :id")
        .and_then(|mut statement| statement.query_row(named_params! {":id": id.to_string()}, raw).optional())
        .map_err(StoreError::sql("looking up a reader"))?
        .map(user)
        .transpose()
}

/// With all that is of this reader in the database.
pub fn remove(connection: &Connection, id: UserId) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM \"user\" WHERE id = :id")
        .and_then(|mut statement| statement.execute(named_params! {":id": id.to_string()}))
        .map_err(StoreError::sql("removing a reader"))?;
    settings::forget(connection, id)
}

/// In the order they were added.
pub fn list(connection: &Connection) -> Result<Vec<User>, StoreError> {
    connection
        .prepare_cached("SELECT id, name, createdAt FROM \"user\" ORDER BY createdAt, id")
        .and_then(|mut statement| statement.query_map([], raw)?.collect::<rusqlite::Result<Vec<_>>>())
        .map_err(StoreError::sql("listing the readers"))?
        .into_iter()
        .map(user)
        .collect()
}

type Raw = (String, String, String);

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok((row.get("id")?, row.get("name")?, row.get("createdAt")?))
}

fn user((id, name, created_at): Raw) -> Result<User, StoreError> {
    let id = UserId::parse(&id).ok_or_else(|| StoreError::bad_value("user", "id", id))?;
    Ok(User { id, name, created_at })
}
