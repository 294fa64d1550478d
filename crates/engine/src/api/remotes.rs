//! The commands about remotes: where a reader's things are kept beside this computer.

use primer_domain::ids::UserId;

use super::ago::ago;
use super::error::ApiError;
use super::mistyped;
use super::network::network_runtime;
use super::readers::existing;
use super::sync_types::*;
use super::types::*;
use crate::Engine;
use crate::remote::{Credentials, Location, Remote, RemoteError};
use crate::secrets::SecretPlace;
use crate::store::remotes::{self, RemoteId, RemoteRow};
use crate::store::sync_runs::{self, SyncRun};
use crate::sync::IDENTITY;
use crate::sync::doctor::{self, Finding, Patient};

/// As many of the last syncs are shown.
const LAST_SYNCS: u32 = 10;

pub fn list(engine: &Engine, request: OfReader) -> Result<Vec<RemoteView>, ApiError> {
    let user = existing(engine, &request.user_id)?;
    engine.remotes(user)?.into_iter().map(|row| view(engine, row)).collect()
}

fn view(engine: &Engine, row: RemoteRow) -> Result<RemoteView, ApiError> {
    let runs = engine.store.read(|connection| sync_runs::last(connection, row.id, LAST_SYNCS))?;
    let secret = matches!(row.location, Location::S3(_)).then(|| secret_place(engine));
    Ok(RemoteView {
        remote_id: row.id.to_string(),
        name: name(&row.location),
        location: row.location,
        paused: row.paused,
        secret,
        last_syncs: runs.iter().map(|run| run_view(engine, run)).collect(),
    })
}

/// Where this computer keeps what nobody else may read.
pub(super) fn secret_place(engine: &Engine) -> SecretPlaceView {
    match engine.secrets.place() {
        SecretPlace::Keychain => SecretPlaceView::Keychain,
        SecretPlace::File(path) => SecretPlaceView::File { path },
    }
}

pub(super) fn name(location: &Location) -> String {
    let place = location.place();
    match location {
        Location::S3(_) => format!("{} on {}", place.bucket(), place.name()),
        Location::Folder { .. } => place.name(),
    }
}

fn run_view(engine: &Engine, run: &SyncRun) -> SyncRunView {
    SyncRunView {
        began_at: run.began_at.to_string(),
        ago: ago(run.ended_at, engine.env.now()),
        requests: run.requests,
        sent_bytes: run.sent_bytes,
        received_bytes: run.received_bytes,
        sent: run.sent,
        received: run.received,
        told: run.told,
        merged: run.merged,
        trouble: run.fault.as_ref().map(|(_, message)| message.clone()),
    }
}

/// Of a place that is known already, the settings and the keys are those that are given now.
pub fn add(engine: &Engine, request: AddRemote) -> Result<RemoteView, ApiError> {
    let user = existing(engine, &request.user_id)?;
    mistyped::refuse(&request.location)?;
    let id = engine.add_remote(user, &request.location, request.secret_access_key, request.session_token)?;
    engine.desk.bell.notify_one();
    let row = engine.store.read(|connection| remotes::find(connection, id))?;
    view(engine, row.ok_or_else(|| ApiError::remote_not_found(&id.to_string()))?)
}

/// Forgets it on this computer. What is in it stays there.
pub fn remove(engine: &Engine, request: OfRemote) -> Result<Nothing, ApiError> {
    let row = existing_remote(engine, &request.remote_id)?;
    engine.desk.cancel(row.id);
    engine.store.write(|transaction| remotes::remove(transaction, row.id))?;
    if matches!(row.location, Location::S3(_)) {
        engine.secrets.remove(&secret_name(row.id))?;
        engine.secrets.remove(&token_name(row.id))?;
    }
    Ok(Nothing {})
}

pub fn pause(engine: &Engine, request: PauseRemote) -> Result<Nothing, ApiError> {
    let row = existing_remote(engine, &request.remote_id)?;
    engine.store.write(|transaction| remotes::set_paused(transaction, row.id, request.paused))?;
    if request.paused {
        engine.desk.cancel(row.id);
    } else {
        engine.desk.bell.notify_one();
    }
    Ok(Nothing {})
}

/// Does once what a sync does, and says what it found; sets the settings that work.
pub fn check(engine: &Engine, request: OfRemote) -> Result<Vec<Finding>, ApiError> {
    let row = existing_remote(engine, &request.remote_id)?;
    let patient = Patient {
        user: row.user,
        book_id: &engine.shelf.book.id,
        location: &row.location,
        credentials: engine.credentials(&row)?,
        clock: engine.env.clock(),
        known: row.identity.is_some(),
        ids: [engine.env.new_id(), engine.env.new_id(), engine.env.new_id()],
    };
    let diagnosis = network_runtime()?.block_on(doctor::examine(&patient));
    if let Some(better) = diagnosis.better {
        engine.store.write(|transaction| remotes::set_location(transaction, row.id, &better))?;
    }
    engine.desk.hurry();
    Ok(diagnosis.findings)
}

pub(super) fn existing_remote(engine: &Engine, id: &str) -> Result<RemoteRow, ApiError> {
    let found = match RemoteId::parse(id) {
        Some(id) => engine.store.read(|connection| remotes::find(connection, id))?,
        None => None,
    };
    found.ok_or_else(|| ApiError::remote_not_found(id))
}

pub(super) fn secret_name(remote: RemoteId) -> String {
    format!("remote/{remote}")
}

/// Of temporary keys.
pub(super) fn token_name(remote: RemoteId) -> String {
    format!("remote/{remote}/token")
}

impl Engine {
    pub fn remotes(&self, user: UserId) -> Result<Vec<RemoteRow>, ApiError> {
        Ok(self.store.read(|connection| remotes::list(connection, user))?)
    }

    /// One place is one remote: known already, it gets the settings and the keys that are given now.
    pub(super) fn add_remote(
        &self,
        user: UserId,
        location: &Location,
        secret_access_key: Option<String>,
        session_token: Option<String>,
    ) -> Result<RemoteId, ApiError> {
        let place = self.new_place(user, location, secret_access_key, session_token)?;
        let at = self.env.now();
        match self.store.write(|transaction| place.record(transaction, at)) {
            Ok(()) => Ok(place.id),
            Err(error) => {
                place.give_up();
                Err(error.into())
            }
        }
    }

    pub(super) fn credentials(&self, row: &RemoteRow) -> Result<Option<Credentials>, ApiError> {
        // A folder has none, and must not wait for a keychain.
        if matches!(row.location, Location::Folder { .. }) {
            return Ok(None);
        }
        let Some(secret_access_key) = self.secrets.get(&secret_name(row.id))? else { return Ok(None) };
        let session_token = self.secrets.get(&token_name(row.id))?;
        Ok(Some(Credentials { secret_access_key, session_token }))
    }

    /// Makes no request.
    pub(crate) fn connect(&self, row: &RemoteRow) -> Result<Result<Remote, RemoteError>, ApiError> {
        let credentials = self.credentials(row)?;
        let remote = Remote::connect(&row.location, credentials, self.env.clock());
        Ok(match row.identity {
            Some(_) => remote.map(|remote| remote.known_by(IDENTITY)),
            None => remote,
        })
    }
}
