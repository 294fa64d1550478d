//! `sync_runs`: what each sync did, for whoever wants to know whether it did.

use primer_domain::timestamp::Timestamp;
use rusqlite::{Connection, Row, named_params};

use super::StoreError;
use super::remotes::RemoteId;

/// As many are kept of each remote.
const KEPT: u32 = 100;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncRun {
    pub began_at: Timestamp,
    pub ended_at: Timestamp,
    pub requests: u64,
    pub sent_bytes: u64,
    pub received_bytes: u64,
    /// Texts.
    pub sent: u64,
    /// Texts.
    pub received: u64,
    /// Changes that had been made here.
    pub told: u64,
    /// Changes that other computers had made.
    pub merged: u64,
    /// The code and the sentence of what went wrong.
    pub fault: Option<(String, String)>,
}

/// Of a remote that was removed while it was synced nothing is noted.
pub fn insert(connection: &Connection, remote: RemoteId, run: &SyncRun) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO sync_runs (remote_id, began_at, ended_at, requests, sent_bytes, received_bytes, sent, received,
                 told, merged, fault, message)
             SELECT remote_id, :began_at, :ended_at, :requests, :sent_bytes, :received_bytes, :sent, :received,
                 :told, :merged, :fault, :message
             FROM remotes WHERE remote_id = :remote",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":remote": remote.to_string(),
                ":began_at": run.began_at.to_string(),
                ":ended_at": run.ended_at.to_string(),
                ":requests": run.requests,
                ":sent_bytes": run.sent_bytes,
                ":received_bytes": run.received_bytes,
                ":sent": run.sent,
                ":received": run.received,
                ":told": run.told,
                ":merged": run.merged,
                ":fault": run.fault.as_ref().map(|(code, _)| code),
                ":message": run.fault.as_ref().map(|(_, message)| message),
            })
        })
        .map_err(StoreError::sql("noting what a sync did"))?;
    connection
        .prepare_cached(
            "DELETE FROM sync_runs WHERE remote_id = :remote AND run_id <= (
                 SELECT run_id FROM sync_runs WHERE remote_id = :remote ORDER BY run_id DESC LIMIT 1 OFFSET :kept)",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {":remote": remote.to_string(), ":kept": KEPT})
        })
        .map_err(StoreError::sql("forgetting what older syncs did"))?;
    Ok(())
}

/// The last `limit`, the newest first.
pub fn last(connection: &Connection, remote: RemoteId, limit: u32) -> Result<Vec<SyncRun>, StoreError> {
    type Raw = (String, String, [u64; 7], Option<String>, Option<String>);
    let raw = |row: &Row<'_>| -> rusqlite::Result<Raw> {
        Ok((
            row.get("began_at")?,
            row.get("ended_at")?,
            [
                row.get("requests")?,
                row.get("sent_bytes")?,
                row.get("received_bytes")?,
                row.get("sent")?,
                row.get("received")?,
                row.get("told")?,
                row.get("merged")?,
            ],
            row.get("fault")?,
            row.get("message")?,
        ))
    };
    connection
        .prepare_cached(
            "SELECT began_at, ended_at, requests, sent_bytes, received_bytes, sent, received, told, merged, fault,
                 message
             FROM sync_runs WHERE remote_id = :remote ORDER BY run_id DESC LIMIT :limit",
        )
        .and_then(|mut statement| {
            let parameters = named_params! {":remote": remote.to_string(), ":limit": limit};
            statement.query_map(parameters, raw)?.collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(StoreError::sql("reading what the last syncs did"))?
        .into_iter()
        .map(|(began_at, ended_at, counts, fault, message)| {
            let [requests, sent_bytes, received_bytes, sent, received, told, merged] = counts;
            let time = |column, text: String| {
                Timestamp::parse(&text).ok_or_else(|| StoreError::bad_value("sync_runs", column, text))
            };
            Ok(SyncRun {
                began_at: time("began_at", began_at)?,
                ended_at: time("ended_at", ended_at)?,
                requests,
                sent_bytes,
                received_bytes,
                sent,
                received,
                told,
                merged,
                fault: fault.map(|code| (code, message.unwrap_or_default())),
            })
        })
        .collect()
}
