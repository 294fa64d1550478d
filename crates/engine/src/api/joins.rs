//! A reader comes to this computer with their joining file.
//!
//! What can fail is tried first, and leaves this computer as it was. Then all that makes the reader this computer's is
//! recorded at once. A reader who is merged leaves after that: whatever interrupts it, opening the file again goes on.

use primer_domain::ids::{DeviceId, UserId};
use primer_domain::profile::reader_name;
use primer_domain::replica::{Registers, collection};
use primer_domain::timestamp::Timestamp;
use rusqlite::Transaction;

use super::error::ApiError;
use super::joining;
use super::new_place::NewPlace;
use super::readers::{APPEARANCE, existing};
use super::remotes;
use super::sync_types::*;
use super::syncing::SETTINGS;
use crate::Engine;
use crate::cache::LAST_READER;
use crate::certificates::{self, Kept};
use crate::model::ModelSetting;
use crate::remote::Location;
use crate::replica;
use crate::secrets::Secret;
use crate::store::{StoreError, devices, positions, registers, settings, users};

/// The reader of this computer who is the same person.
struct Merged {
    user: UserId,
    name: String,
    /// Of their model server, where the joined reader has chosen none here.
    model_key: Option<Secret>,
}

/// Brings the reader of a joining file to this computer.
pub fn join(engine: &Engine, request: JoinReader) -> Result<Joined, ApiError> {
    let mut file = joining::read(&request.file)?;
    let user = UserId::parse(&file.user_id).ok_or_else(joining::changed)?;
    let name = reader_name(&file.name).map_err(ApiError::invalid_name)?;
    let merged = match request.merge_user_id.as_deref().map(|id| existing(engine, id)).transpose()? {
        Some(merged) if merged != user => Merged::find(engine, merged, user)?,
        _ => None,
    };
    let certificates = keep_certificates(engine, &mut file)?;
    let recorded = record(engine, user, &name, &file, merged.as_ref());
    if let (Err(_), Some(kept)) = (&recorded, &certificates) {
        kept.give_up();
    }
    let remote_id = recorded?;
    let unsynced_places = match &merged {
        Some(merged) => merged.leave(engine, user)?,
        None => Vec::new(),
    };
    engine.desk.bell.notify_one();
    Ok(Joined {
        user_id: user.to_string(),
        name,
        remote_id,
        merged_name: merged.map(|merged| merged.name),
        unsynced_places,
    })
}

/// Lets the place use the certificates that the file brings: the file that it names is on another computer.
fn keep_certificates(engine: &Engine, file: &mut Joining) -> Result<Option<Kept>, ApiError> {
    let (Location::S3(s3), Some(text)) = (&mut file.location, &file.certificates) else { return Ok(None) };
    let pem = certificates::of_pem(text);
    if pem.is_empty() || pem.len() > certificates::LEN_MAX_BYTES {
        return Err(joining::changed());
    }
    let kept = engine.keep_certificates(&pem)?;
    s3.ca_file = Some(kept.file.clone());
    Ok(Some(kept))
}

/// All or nothing. Returns the place's id.
fn record(
    engine: &Engine,
    user: UserId,
    name: &str,
    file: &Joining,
    merged: Option<&Merged>,
) -> Result<String, ApiError> {
    let (secret, token) = (file.secret_access_key.clone(), file.session_token.clone());
    let place = engine.new_place(user, &file.location, secret, token)?;
    let model_key = merged.and_then(|merged| merged.model_key.as_ref());
    let recorded = record_with(engine, user, name, &place, merged, model_key);
    if recorded.is_err() {
        place.give_up();
    }
    recorded.map(|()| place.id.to_string())
}

fn record_with(
    engine: &Engine,
    user: UserId,
    name: &str,
    place: &NewPlace<'_>,
    merged: Option<&Merged>,
    model_key: Option<&Secret>,
) -> Result<(), ApiError> {
    if let Some(key) = model_key {
        // Before the setting: until that is there, the key goes nowhere.
        engine.save_model_key(user, key.expose())?;
    }
    let device = DeviceId::new(engine.env.new_id());
    let at = engine.env.now();
    let recorded = engine.store.write(|transaction| {
        if users::find(transaction, user)?.is_none() {
            // No register for the name: what the other computers call this reader is right.
            users::insert(transaction, user, name, at)?;
            devices::insert(transaction, user, device)?;
        }
        place.record(transaction, at)?;
        if let Some(merged) = merged {
            take_over(transaction, merged.user, user, at)?;
        }
        settings::set(transaction, None, &LAST_READER, &user.to_string())
    });
    if recorded.is_err() && model_key.is_some() {
        engine.remove_model_key(user)?;
    }
    Ok(recorded?)
}

/// May be done again.
fn take_over(
    transaction: &Transaction<'_>,
    merged: UserId,
    user: UserId,
    at: Timestamp,
) -> Result<(), StoreError> {
    // The name stays what the other computers call this reader.
    let theirs: Registers = registers::all(transaction, merged)?
        .iter()
        .filter(|(key, _)| key.collection != collection::READER)
        .map(|(key, register)| (key.clone(), register.clone()))
        .collect();
    replica::join(transaction, user, &theirs, at)?;
    devices::count_change(transaction, user)?;
    positions::copy(transaction, merged, user)?;
    settings::carry_over(transaction, merged, user, &APPEARANCE)?;
    settings::carry_over(transaction, merged, user, &SETTINGS)?;
    ModelSetting::carry_over(transaction, merged, user)
}

impl Merged {
    /// Also asks for their secrets, so that a keychain that can't be opened is told before anything has changed.
    fn find(engine: &Engine, merged: UserId, user: UserId) -> Result<Option<Merged>, ApiError> {
        let Some(row) = engine.store.read(|connection| users::find(connection, merged))? else {
            return Ok(None);
        };
        for remote in engine.remotes(merged)? {
            engine.credentials(&remote)?;
        }
        let model_key = match engine.model_setting(merged)? {
            Some(_) => engine.model_key(merged)?,
            None => None,
        };
        let model_key = if engine.has_chosen_model(user)? { None } else { model_key };
        Ok(Some(Merged { user: merged, name: row.name, model_key }))
    }

    /// Returns the names of the places through which only they synced.
    fn leave(&self, engine: &Engine, user: UserId) -> Result<Vec<String>, ApiError> {
        let kept = engine.remotes(user)?;
        let theirs = engine.remotes(self.user)?.into_iter().map(|row| row.location);
        let only_theirs = theirs.filter(|place| !kept.iter().any(|row| row.location.is_same_place(place)));
        let unsynced: Vec<String> = only_theirs.map(|place| remotes::name(&place)).collect();
        engine.take_off(self.user).map_err(|error| ApiError {
            hint: format!("{} Then open the joining file again: what is done stays done.", error.hint),
            ..error
        })?;
        Ok(unsynced)
    }
}
