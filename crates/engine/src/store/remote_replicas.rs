//! What is known of a remote's inside: `remote_replicas`, `own_writes`, `uploads`, `missing_texts`,
//! `unmentioned_texts`.

use std::collections::{BTreeMap, BTreeSet};

use primer_domain::ids::{DeviceId, UserId, WriteId};
use primer_domain::storage_path::StoragePath;
use primer_domain::timestamp::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::StoreError;
use super::remotes::RemoteId;

/// A computer's replica as it was last read from, or written to, a remote.
#[derive(Debug, Clone)]
pub struct KnownReplica {
    pub etag: String,
    /// Its bytes, or why they can't be used.
    pub body: Result<Vec<u8>, String>,
}

pub fn all(
    connection: &Connection,
    remote: RemoteId,
) -> Result<BTreeMap<DeviceId, KnownReplica>, StoreError> {
    let rows = connection
        .prepare_cached("SELECT device_id, etag, body, fault FROM remote_replicas WHERE remote_id = :remote")
        .and_then(|mut statement| {
            let rows = statement.query_map(named_params! {":remote": remote.to_string()}, |row| {
                let body: Option<Vec<u8>> = row.get("body")?;
                let fault: Option<String> = row.get("fault")?;
                let known = KnownReplica {
                    etag: row.get("etag")?,
                    body: body.ok_or_else(|| fault.unwrap_or_default()),
                };
                Ok((row.get::<_, String>("device_id")?, known))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(StoreError::sql("reading what is in a remote"))?;
    rows.into_iter().map(|(device, known)| Ok((device_id(device)?, known))).collect()
}

/// What a computer wrote last, if it is one of the reader's and what it wrote can be used. The outer is None where no remote
/// of theirs is known to have anything of it.
pub fn of_device(
    connection: &Connection,
    user: UserId,
    device: DeviceId,
) -> Result<Option<Option<Vec<u8>>>, StoreError> {
    connection
        .prepare_cached(
            "SELECT r.body FROM remote_replicas r JOIN remotes m ON m.remote_id = r.remote_id
             WHERE m.user_id = :user AND r.device_id = :device
             ORDER BY r.body IS NULL, r.remote_id LIMIT 1",
        )
        .and_then(|mut statement| {
            let parameters = named_params! {":user": user.to_string(), ":device": device.to_string()};
            statement.query_row(parameters, |row| row.get("body")).optional()
        })
        .map_err(StoreError::sql("looking up a computer"))
}

/// Of the replicas of all computers but one that can be used.
pub fn len_bytes_but(connection: &Connection, remote: RemoteId, device: DeviceId) -> Result<u64, StoreError> {
    connection
        .prepare_cached(
            "SELECT COALESCE(SUM(length(body)), 0) FROM remote_replicas
             WHERE remote_id = :remote AND device_id <> :device",
        )
        .and_then(|mut statement| {
            let parameters = named_params! {":remote": remote.to_string(), ":device": device.to_string()};
            statement.query_row(parameters, |row| row.get(0))
        })
        .map_err(StoreError::sql("adding up what is in a remote"))
}

/// Without the bodies.
pub fn etags(connection: &Connection, remote: RemoteId) -> Result<BTreeMap<DeviceId, String>, StoreError> {
    let rows: Vec<(String, String)> = connection
        .prepare_cached("SELECT device_id, etag FROM remote_replicas WHERE remote_id = :remote")
        .and_then(|mut statement| {
            let parameters = named_params! {":remote": remote.to_string()};
            let rows =
                statement.query_map(parameters, |row| Ok((row.get("device_id")?, row.get("etag")?)))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(StoreError::sql("reading what is in a remote"))?;
    rows.into_iter().map(|(device, etag)| Ok((device_id(device)?, etag))).collect()
}

/// Whose replicas could not be read.
pub fn unread(connection: &Connection, remote: RemoteId) -> Result<BTreeSet<DeviceId>, StoreError> {
    let sql = "SELECT device_id AS text FROM remote_replicas WHERE remote_id = :remote AND body IS NULL";
    texts_of(connection, remote, sql)?.into_iter().map(device_id).collect()
}

fn device_id(text: String) -> Result<DeviceId, StoreError> {
    DeviceId::parse(&text).ok_or_else(|| StoreError::bad_value("remote_replicas", "device_id", text))
}

pub fn save(
    connection: &Connection,
    remote: RemoteId,
    device: DeviceId,
    known: &KnownReplica,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO remote_replicas (remote_id, device_id, etag, body, fault)
             VALUES (:remote, :device, :etag, :body, :fault)
             ON CONFLICT (remote_id, device_id) DO UPDATE SET
                 etag = excluded.etag, body = excluded.body, fault = excluded.fault",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":remote": remote.to_string(), ":device": device.to_string(), ":etag": known.etag,
                ":body": known.body.as_ref().ok(), ":fault": known.body.as_ref().err(),
            })
        })
        .map_err(StoreError::sql("noting what is in a remote"))?;
    Ok(())
}

pub fn remove(connection: &Connection, remote: RemoteId, device: DeviceId) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM remote_replicas WHERE remote_id = :remote AND device_id = :device")
        .and_then(|mut statement| {
            statement.execute(named_params! {":remote": remote.to_string(), ":device": device.to_string()})
        })
        .map_err(StoreError::sql("forgetting a replica"))?;
    Ok(())
}

/// Before it is sent: should the answer be lost, it is known again.
pub fn note_own_write(connection: &Connection, user: UserId, write: WriteId) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO own_writes (user_id, write_id) VALUES (:user, :write)")
        .and_then(|mut statement| {
            statement.execute(named_params! {":user": user.to_string(), ":write": write.to_string()})
        })
        .map_err(StoreError::sql("noting a replica that is sent"))?;
    Ok(())
}

/// In whichever remote: one place may be known by two names, or forgotten and added again.
pub fn is_own_write(connection: &Connection, user: UserId, write: WriteId) -> Result<bool, StoreError> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM own_writes WHERE user_id = :user AND write_id = :write)",
        )
        .and_then(|mut statement| {
            let parameters = named_params! {":user": user.to_string(), ":write": write.to_string()};
            statement.query_row(parameters, |row| row.get(0))
        })
        .map_err(StoreError::sql("looking up a replica that was sent"))
}

/// Texts that were put there and that no replica mentions yet.
pub fn uploads(connection: &Connection, remote: RemoteId) -> Result<BTreeSet<StoragePath>, StoreError> {
    let sql = "SELECT storage_path AS text FROM uploads WHERE remote_id = :remote";
    texts_of(connection, remote, sql)?.into_iter().map(|text| path("uploads", text)).collect()
}

pub fn note_upload(connection: &Connection, remote: RemoteId, path: &StoragePath) -> Result<(), StoreError> {
    let sql = "INSERT INTO uploads (remote_id, storage_path) VALUES (:remote, :path) ON CONFLICT DO NOTHING";
    change(connection, remote, path, sql)
}

/// Now a replica mentions them.
pub fn forget_uploads(connection: &Connection, remote: RemoteId) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM uploads WHERE remote_id = :remote")
        .and_then(|mut statement| statement.execute(named_params! {":remote": remote.to_string()}))
        .map_err(StoreError::sql("noting what is in a remote"))?;
    Ok(())
}

/// It was taken back there.
pub fn forget_upload(
    connection: &Connection,
    remote: RemoteId,
    path: &StoragePath,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM uploads WHERE remote_id = :remote AND storage_path = :path";
    change(connection, remote, path, sql)
}

/// It was taken back by another computer and is wanted again: whether it is in any remote is not known any more.
pub fn doubt_uploads(connection: &Connection, path: &StoragePath) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM uploads WHERE storage_path = :path")
        .and_then(|mut statement| statement.execute(named_params! {":path": path.to_string()}))
        .map_err(StoreError::sql("noting what is in a remote"))?;
    Ok(())
}

pub fn missing(connection: &Connection, remote: RemoteId) -> Result<BTreeSet<StoragePath>, StoreError> {
    let sql = "SELECT storage_path AS text FROM missing_texts WHERE remote_id = :remote";
    texts_of(connection, remote, sql)?.into_iter().map(|text| path("missing_texts", text)).collect()
}

pub fn note_missing(connection: &Connection, remote: RemoteId, path: &StoragePath) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO missing_texts (remote_id, storage_path) VALUES (:remote, :path) ON CONFLICT DO NOTHING";
    change(connection, remote, path, sql)
}

pub fn note_found(connection: &Connection, remote: RemoteId, path: &StoragePath) -> Result<(), StoreError> {
    let sql = "DELETE FROM missing_texts WHERE remote_id = :remote AND storage_path = :path";
    change(connection, remote, path, sql)
}

/// Texts that no replica mentioned when the remote was last looked through, and since when.
pub fn unmentioned(
    connection: &Connection,
    remote: RemoteId,
) -> Result<BTreeMap<StoragePath, Timestamp>, StoreError> {
    let rows: Vec<(String, String)> = connection
        .prepare_cached("SELECT storage_path, since FROM unmentioned_texts WHERE remote_id = :remote")
        .and_then(|mut statement| {
            let parameters = named_params! {":remote": remote.to_string()};
            let rows =
                statement.query_map(parameters, |row| Ok((row.get("storage_path")?, row.get("since")?)))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(StoreError::sql("reading what is in a remote"))?;
    let since = |text: String| {
        Timestamp::parse(&text).ok_or_else(|| StoreError::bad_value("unmentioned_texts", "since", text))
    };
    rows.into_iter().map(|(text, at)| Ok((path("unmentioned_texts", text)?, since(at)?))).collect()
}

/// In place of what was remembered.
pub fn set_unmentioned(
    connection: &Connection,
    remote: RemoteId,
    texts: &BTreeMap<StoragePath, Timestamp>,
) -> Result<(), StoreError> {
    let remote = remote.to_string();
    connection
        .prepare_cached("DELETE FROM unmentioned_texts WHERE remote_id = :remote")
        .and_then(|mut statement| statement.execute(named_params! {":remote": remote}))
        .map_err(StoreError::sql("noting what is in a remote"))?;
    let sql =
        "INSERT INTO unmentioned_texts (remote_id, storage_path, since) VALUES (:remote, :path, :since)";
    for (path, since) in texts {
        connection
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement.execute(named_params! {
                    ":remote": remote, ":path": path.to_string(), ":since": since.to_string(),
                })
            })
            .map_err(StoreError::sql("noting what is in a remote"))?;
    }
    Ok(())
}

fn change(
    connection: &Connection,
    remote: RemoteId,
    path: &StoragePath,
    sql: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| {
            statement.execute(named_params! {":remote": remote.to_string(), ":path": path.to_string()})
        })
        .map_err(StoreError::sql("noting what is in a remote"))?;
    Ok(())
}

fn texts_of(connection: &Connection, remote: RemoteId, sql: &str) -> Result<Vec<String>, StoreError> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| {
            let parameters = named_params! {":remote": remote.to_string()};
            let text = |row: &Row<'_>| row.get("text");
            statement.query_map(parameters, text)?.collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(StoreError::sql("reading what is in a remote"))
}

fn path(table: &'static str, text: String) -> Result<StoragePath, StoreError> {
    StoragePath::parse(&text).ok_or_else(|| StoreError::bad_value(table, "storage_path", text))
}
