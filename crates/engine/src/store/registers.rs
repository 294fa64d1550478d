//! `registers`: what a reader's computers agree on, one row for each thing that can be changed by itself.

use primer_domain::ids::UserId;
use primer_domain::replica::{Register, RegisterKey, Registers, Stamp};
use rusqlite::{Connection, named_params};

use super::StoreError;

pub fn all(connection: &Connection, user: UserId) -> Result<Registers, StoreError> {
    type Raw = (String, String, String, bool, String);
    let raw: Vec<Raw> = connection
        .prepare_cached(
            "SELECT collection, key, value, removed, stamp FROM registers WHERE user_id = :user_id
             ORDER BY collection, key",
        )
        .and_then(|mut statement| {
            let rows = statement.query_map(named_params! {":user_id": user.to_string()}, |row| {
                Ok((
                    row.get("collection")?,
                    row.get("key")?,
                    row.get("value")?,
                    row.get("removed")?,
                    row.get("stamp")?,
                ))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(StoreError::sql("reading what a reader's computers agree on"))?;
    let mut registers = Registers::default();
    for (collection, key, value, removed, stamp) in raw {
        let bad = |column, value: &str| StoreError::bad_value("registers", column, value);
        let register = Register {
            value: serde_json::from_str(&value).map_err(|_| bad("value", &value))?,
            removed,
            stamp: Stamp::parse(&stamp).ok_or_else(|| bad("stamp", &stamp))?,
        };
        registers.insert(RegisterKey { collection, key }, register);
    }
    Ok(registers)
}

/// Writes each of `changed` over what was there: which of two is right has been decided before.
pub fn save(connection: &Connection, user: UserId, changed: &Registers) -> Result<(), StoreError> {
    for (key, register) in changed.iter() {
        connection
            .prepare_cached(
                "INSERT INTO registers (user_id, collection, key, value, removed, stamp)
                 VALUES (:user_id, :collection, :key, :value, :removed, :stamp)
                 ON CONFLICT (user_id, collection, key) DO UPDATE SET
                     value = excluded.value, removed = excluded.removed, stamp = excluded.stamp",
            )
            .and_then(|mut statement| {
                statement.execute(named_params! {
                    ":user_id": user.to_string(),
                    ":collection": key.collection,
                    ":key": key.key,
                    ":value": register.value.to_string(),
                    ":removed": register.removed,
                    ":stamp": register.stamp.to_string(),
                })
            })
            .map_err(StoreError::sql("writing what a reader's computers agree on"))?;
    }
    Ok(())
}
