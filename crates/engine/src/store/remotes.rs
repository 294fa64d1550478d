//! `remotes`: where a reader's things are kept beside this computer.

use primer_domain::ids::UserId;
use primer_domain::timestamp::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use uuid::Uuid;

use super::StoreError;
use crate::remote::Location;

/// A remote as this computer knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RemoteId(pub Uuid);

impl RemoteId {
    pub fn parse(text: &str) -> Option<RemoteId> {
        Uuid::try_parse(text).ok().map(RemoteId)
    }
}

impl std::fmt::Display for RemoteId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

#[derive(Debug, Clone)]
pub struct RemoteRow {
    pub id: RemoteId,
    pub user: UserId,
    pub location: Location,
    /// The id in its `primer.json`, once it was read.
    pub identity: Option<Uuid>,
    pub paused: bool,
    /// What was true when the last sync found nothing left to do.
    pub settled: Option<String>,
    /// When it was last looked through for texts that nobody mentions.
    pub swept_at: Option<Timestamp>,
}

pub fn insert(
    connection: &Connection,
    id: RemoteId,
    user: UserId,
    location: &Location,
    at: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO remotes (remote_id, user_id, location, added_at) VALUES (:id, :user_id, :location, :at)",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":id": id.to_string(), ":user_id": user.to_string(), ":location": location_text(location)?,
                ":at": at.to_string(),
            })
        })
        .map_err(StoreError::sql("adding a remote"))?;
    Ok(())
}

/// In the order they were added.
pub fn list(connection: &Connection, user: UserId) -> Result<Vec<RemoteRow>, StoreError> {
    connection
        .prepare_cached(
            "SELECT remote_id, user_id, location, identity, paused, settled, swept_at FROM remotes
             WHERE user_id = :user_id ORDER BY added_at, remote_id",
        )
        .and_then(|mut statement| {
            let rows = statement.query_map(named_params! {":user_id": user.to_string()}, raw)?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(StoreError::sql("listing the remotes"))?
        .into_iter()
        .map(remote_row)
        .collect()
}

pub fn find(connection: &Connection, id: RemoteId) -> Result<Option<RemoteRow>, StoreError> {
    connection
        .prepare_cached(
            "SELECT remote_id, user_id, location, identity, paused, settled, swept_at FROM remotes
             WHERE remote_id = :id",
        )
        .and_then(|mut statement| statement.query_row(named_params! {":id": id.to_string()}, raw).optional())
        .map_err(StoreError::sql("looking up a remote"))?
        .map(remote_row)
        .transpose()
}

/// Forgets the remote, not what is in it.
pub fn remove(connection: &Connection, id: RemoteId) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM remotes WHERE remote_id = :id")
        .and_then(|mut statement| statement.execute(named_params! {":id": id.to_string()}))
        .map_err(StoreError::sql("forgetting a remote"))?;
    Ok(())
}

pub fn set_location(connection: &Connection, id: RemoteId, location: &Location) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE remotes SET location = :location, settled = NULL WHERE remote_id = :id")
        .and_then(|mut statement| {
            statement.execute(named_params! {":id": id.to_string(), ":location": location_text(location)?})
        })
        .map_err(StoreError::sql("changing a remote"))?;
    Ok(())
}

pub fn set_paused(connection: &Connection, id: RemoteId, paused: bool) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE remotes SET paused = :paused WHERE remote_id = :id")
        .and_then(|mut statement| statement.execute(named_params! {":id": id.to_string(), ":paused": paused}))
        .map_err(StoreError::sql("pausing a remote"))?;
    Ok(())
}

pub fn set_settled(connection: &Connection, id: RemoteId, settled: Option<&str>) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE remotes SET settled = :settled WHERE remote_id = :id")
        .and_then(|mut statement| {
            statement.execute(named_params! {":id": id.to_string(), ":settled": settled})
        })
        .map_err(StoreError::sql("noting that a sync is done"))?;
    Ok(())
}

pub fn set_swept(connection: &Connection, id: RemoteId, at: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE remotes SET swept_at = :at WHERE remote_id = :id")
        .and_then(|mut statement| {
            statement.execute(named_params! {":id": id.to_string(), ":at": at.to_string()})
        })
        .map_err(StoreError::sql("noting that a remote was looked through"))?;
    Ok(())
}

/// Takes the remote for what its `primer.json` says it is. All that was known of another one is forgotten, so that
/// everything is offered again.
pub fn set_identity(connection: &Connection, id: RemoteId, identity: Uuid) -> Result<(), StoreError> {
    let statements = [
        "DELETE FROM remote_replicas WHERE remote_id = :id",
        "DELETE FROM uploads WHERE remote_id = :id",
        "DELETE FROM missing_texts WHERE remote_id = :id",
        "DELETE FROM unmentioned_texts WHERE remote_id = :id",
        "DELETE FROM published_books WHERE remote_id = :id",
    ];
    let id = id.to_string();
    for sql in statements {
        connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(named_params! {":id": id}))
            .map_err(StoreError::sql("forgetting what was in a remote"))?;
    }
    connection
        .prepare_cached(
            "UPDATE remotes SET identity = :identity, settled = NULL, swept_at = NULL WHERE remote_id = :id",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {":id": id, ":identity": identity.to_string()})
        })
        .map_err(StoreError::sql("noting which remote this is"))?;
    Ok(())
}

type Raw = (String, String, String, Option<String>, bool, Option<String>, Option<String>);

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok((
        row.get("remote_id")?,
        row.get("user_id")?,
        row.get("location")?,
        row.get("identity")?,
        row.get("paused")?,
        row.get("settled")?,
        row.get("swept_at")?,
    ))
}

fn remote_row(
    (id, user, location, identity, paused, settled, swept_at): Raw,
) -> Result<RemoteRow, StoreError> {
    let bad = |column, value: &str| StoreError::bad_value("remotes", column, value);
    Ok(RemoteRow {
        id: RemoteId::parse(&id).ok_or_else(|| bad("remote_id", &id))?,
        user: UserId::parse(&user).ok_or_else(|| bad("user_id", &user))?,
        location: serde_json::from_str(&location).map_err(|_| bad("location", &location))?,
        identity: identity
            .map(|text| Uuid::try_parse(&text).map_err(|_| bad("identity", &text)))
            .transpose()?,
        paused,
        settled,
        swept_at: swept_at
            .map(|text| Timestamp::parse(&text).ok_or_else(|| bad("swept_at", &text)))
            .transpose()?,
    })
}

fn location_text(location: &Location) -> rusqlite::Result<String> {
    serde_json::to_string(location).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}
