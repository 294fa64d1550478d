//! `backgrounds`: which answers a profile hash stands for.

use std::collections::BTreeMap;

use primer_domain::ids::{ProfileHash, UserId};
use primer_domain::profile::{Background, Draft, Origin};
use rusqlite::{Connection, named_params};

use super::StoreError;

pub fn save(connection: &Connection, user: UserId, background: &Background) -> Result<(), StoreError> {
    let text = serde_json::to_string(background)
        .map_err(|source| StoreError::bad_value("backgrounds", "background", source.to_string()))?;
    connection
        .prepare_cached(
            "INSERT INTO backgrounds (user_id, profile_hash, background) VALUES (:user_id, :hash, :background)
             ON CONFLICT (user_id, profile_hash) DO NOTHING",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":user_id": user.to_string(), ":hash": background.hash().to_string(), ":background": text,
            })
        })
        .map_err(StoreError::sql("noting a background"))?;
    Ok(())
}

/// What can't be understood is left out: it only spares a transfer.
pub fn all(connection: &Connection, user: UserId) -> Result<BTreeMap<ProfileHash, Background>, StoreError> {
    let texts: Vec<String> = connection
        .prepare_cached("SELECT background FROM backgrounds WHERE user_id = :user_id")
        .and_then(|mut statement| {
            let rows = statement
                .query_map(named_params! {":user_id": user.to_string()}, |row| row.get("background"))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(StoreError::sql("reading the backgrounds"))?;
    let known = texts.iter().filter_map(|text| {
        let draft: Draft = serde_json::from_str(text).ok()?;
        let background = draft.validate(Origin::AsItStands).ok()?;
        Some((background.hash(), background))
    });
    Ok(known.collect())
}
