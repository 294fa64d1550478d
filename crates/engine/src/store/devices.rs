//! `devices`: which of a reader's computers this one is, and how much has changed here.

use primer_domain::ids::{DeviceId, UserId};
use rusqlite::{Connection, OptionalExtension, named_params};

use super::StoreError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Device {
    pub id: DeviceId,
    /// Counts what a sync may have to send.
    pub changes: u64,
}

/// `id` is what this computer is called from now on, if this reader was never here.
pub fn insert(connection: &Connection, user: UserId, id: DeviceId) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO devices (user_id, device_id) VALUES (:user_id, :device_id)")
        .and_then(|mut statement| {
            statement.execute(named_params! {":user_id": user.to_string(), ":device_id": id.to_string()})
        })
        .map_err(StoreError::sql("naming this computer"))?;
    Ok(())
}

pub fn find(connection: &Connection, user: UserId) -> Result<Option<Device>, StoreError> {
    let found: Option<(String, u64)> = connection
        .prepare_cached("SELECT device_id, changes FROM devices WHERE user_id = :user_id")
        .and_then(|mut statement| {
            let parameters = named_params! {":user_id": user.to_string()};
            statement.query_row(parameters, |row| Ok((row.get("device_id")?, row.get("changes")?))).optional()
        })
        .map_err(StoreError::sql("reading this computer's name"))?;
    let device = |(id, changes): (String, u64)| match DeviceId::parse(&id) {
        Some(id) => Ok(Device { id, changes }),
        None => Err(StoreError::bad_value("devices", "device_id", id)),
    };
    found.map(device).transpose()
}

/// Takes another name: somebody else writes under the old one.
pub fn rename(connection: &Connection, user: UserId, id: DeviceId) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE devices SET device_id = :device_id, changes = changes + 1 WHERE user_id = :user_id",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {":user_id": user.to_string(), ":device_id": id.to_string()})
        })
        .map_err(StoreError::sql("naming this computer anew"))?;
    Ok(())
}

pub fn count_change(connection: &Connection, user: UserId) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE devices SET changes = changes + 1 WHERE user_id = :user_id")
        .and_then(|mut statement| statement.execute(named_params! {":user_id": user.to_string()}))
        .map_err(StoreError::sql("counting a change"))?;
    Ok(())
}
