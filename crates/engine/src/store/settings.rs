//! `settings`: what a reader, or the computer, has chosen.

use rusqlite::{Connection, OptionalExtension, named_params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use primer_domain::ids::UserId;

use super::StoreError;

/// A setting's name, and with it the type of its value.
pub struct Key<T> {
    name: &'static str,
    value: std::marker::PhantomData<T>,
}

impl<T> Key<T> {
    pub const fn new(name: &'static str) -> Key<T> {
        Key { name, value: std::marker::PhantomData }
    }
}

/// `owner`: a reader, or none for the computer.
pub fn get<T: DeserializeOwned>(
    connection: &Connection,
    owner: Option<UserId>,
    key: &Key<T>,
) -> Result<Option<T>, StoreError> {
    let text: Option<String> = connection
        .prepare_cached("SELECT value FROM settings WHERE owner = :owner AND key = :key")
        .and_then(|mut statement| {
            let parameters = named_params! {":owner": owner_text(owner), ":key": key.name};
            statement.query_row(parameters, |row| row.get("value")).optional()
        })
        .map_err(StoreError::sql("reading a setting"))?;
    text.map(|text| serde_json::from_str(&text).map_err(|_| StoreError::bad_value("settings", "value", text)))
        .transpose()
}

pub fn set<T: Serialize>(
    connection: &Connection,
    owner: Option<UserId>,
    key: &Key<T>,
    value: &T,
) -> Result<(), StoreError> {
    let text = serde_json::to_string(value)
        .map_err(|source| StoreError::bad_value("settings", "value", source.to_string()))?;
    connection
        .prepare_cached(
            "INSERT INTO settings (owner, key, value) VALUES (:owner, :key, :value)
             ON CONFLICT (owner, key) DO UPDATE SET value = excluded.value",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {":owner": owner_text(owner), ":key": key.name, ":value": text})
        })
        .map_err(StoreError::sql("saving a setting"))?;
    Ok(())
}

/// What `to` has chosen already stays.
pub fn carry_over<T>(
    connection: &Connection,
    from: UserId,
    to: UserId,
    key: &Key<T>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO settings (owner, key, value) SELECT :to, key, value FROM settings
             WHERE owner = :from AND key = :key
             ON CONFLICT (owner, key) DO NOTHING",
        )
        .and_then(|mut statement| {
            let (from, to) = (owner_text(Some(from)), owner_text(Some(to)));
            statement.execute(named_params! {":from": from, ":to": to, ":key": key.name})
        })
        .map_err(StoreError::sql("carrying a setting over"))?;
    Ok(())
}

/// All that this reader has chosen.
pub fn forget(connection: &Connection, owner: UserId) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM settings WHERE owner = :owner")
        .and_then(|mut statement| statement.execute(named_params! {":owner": owner_text(Some(owner))}))
        .map_err(StoreError::sql("forgetting a reader's settings"))?;
    Ok(())
}

fn owner_text(owner: Option<UserId>) -> String {
    owner.map_or_else(String::new, |user| user.to_string())
}
