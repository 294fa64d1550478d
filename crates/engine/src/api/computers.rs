//! The commands about a reader's computers: which there are, adding one, forgetting one.

use std::collections::BTreeMap;

use primer_domain::ids::{DeviceId, UserId};
use primer_domain::profile::reader_name;
use primer_domain::replica::{Registers, Replica, collection};

use super::ago::ago;
use super::error::{ApiError, ErrorCode};
use super::readers::existing;
use super::sync_types::*;
use super::types::*;
use crate::Engine;
use crate::cache::LAST_READER;
use crate::replica;
use crate::store::{StoreError, devices, positions, registers, remote_replicas, settings, users};

const JOINING_FORMAT: u32 = 1;

pub fn list(engine: &Engine, request: OfReader) -> Result<Vec<ComputerView>, ApiError> {
    let user = existing(engine, &request.user_id)?;
    Ok(engine.computers(user)?)
}

impl Engine {
    /// This computer first, then the others as they were last heard of.
    pub(super) fn computers(&self, user: UserId) -> Result<Vec<ComputerView>, StoreError> {
        let now = self.env.now();
        let own = self.store.read(|connection| devices::find(connection, user))?.map(|device| device.id);
        let leaving = self.wished_forgotten(user)?;
        let mut computers = BTreeMap::new();
        for row in self.store.read(|connection| crate::store::remotes::list(connection, user))? {
            for (device, known) in self.store.read(|connection| remote_replicas::all(connection, row.id))? {
                let replica = known
                    .body
                    .and_then(|body| Replica::parse(&body, user, device).map_err(|e| e.to_string()));
                let view = match replica {
                    Ok(replica) => ComputerView {
                        device_id: device.to_string(),
                        name: replica.device_name,
                        this_one: Some(device) == own,
                        last_here: Some(ago(replica.written_at, now)),
                        chapters: replica.texts.len() as u64,
                        trouble: None,
                    },
                    Err(fault) => ComputerView {
                        device_id: device.to_string(),
                        name: "a computer".to_owned(),
                        this_one: Some(device) == own,
                        last_here: None,
                        chapters: 0,
                        trouble: Some(if leaving.contains(&device.to_string()) {
                            format!("{}. It is forgotten once that can be read.", fault.trim_end_matches('.'))
                        } else {
                            fault
                        }),
                    },
                };
                computers.insert(device, view);
            }
        }
        if let Some(own) = own {
            computers.entry(own).or_insert_with(|| ComputerView {
                device_id: own.to_string(),
                name: self.env.computer_name().to_owned(),
                this_one: true,
                last_here: None,
                chapters: 0,
                trouble: None,
            });
        }
        let mut computers: Vec<ComputerView> = computers.into_values().collect();
        computers.sort_by_key(|computer| !computer.this_one);
        Ok(computers)
    }
}

/// What another installation needs to join this reader: the text of a file.
pub fn export(engine: &Engine, request: OfReader) -> Result<Joining, ApiError> {
    let user = existing(engine, &request.user_id)?;
    let name = engine.store.read(|connection| users::find(connection, user))?.map(|user| user.name);
    let Some(remote) = engine.remotes(user)?.into_iter().next() else {
        return Err(ApiError::new(
            ErrorCode::RemoteNotFound,
            "There is nothing yet through which two computers could meet.",
            "Add a folder or a bucket first, then add a computer.",
        ));
    };
    let credentials = engine.credentials(&remote)?;
    Ok(Joining {
        format: JOINING_FORMAT,
        user_id: user.to_string(),
        name: name.unwrap_or_default(),
        location: remote.location,
        secret_access_key: credentials.as_ref().map(|c| c.secret_access_key.expose().to_owned()),
        session_token: credentials.and_then(|c| c.session_token.map(|token| token.expose().to_owned())),
    })
}

/// Brings the reader of a joining file to this computer.
pub fn join(engine: &Engine, request: JoinReader) -> Result<Joined, ApiError> {
    let joining = read_joining(&request.file)?;
    let user = UserId::parse(&joining.user_id).ok_or_else(|| not_a_joining_file("its user_id is none"))?;
    let name = reader_name(&joining.name).map_err(ApiError::invalid_name)?;
    let merged = request.merge_user_id.as_deref().map(|id| existing(engine, id)).transpose()?;
    let merged = merged.filter(|merged| *merged != user);
    let merged_name = merged
        .map(|merged| engine.store.read(|connection| users::find(connection, merged)))
        .transpose()?
        .flatten()
        .map(|user| user.name);
    let device = DeviceId::new(engine.env.new_id());
    let at = engine.env.now();
    engine.store.write(|transaction| {
        if users::find(transaction, user)?.is_none() {
            // No register for the name: what the other computers call this reader is right.
            users::insert(transaction, user, &name, at)?;
            devices::insert(transaction, user, device)?;
        }
        if let Some(merged) = merged {
            // The name stays what the other computers call this reader.
            let theirs: Registers = registers::all(transaction, merged)?
                .iter()
                .filter(|(key, _)| key.collection != collection::READER)
                .map(|(key, register)| (key.clone(), register.clone()))
                .collect();
            replica::join(transaction, user, &theirs, at)?;
            devices::count_change(transaction, user)?;
            positions::copy(transaction, merged, user)?;
            users::remove(transaction, merged)?;
        }
        settings::set(transaction, None, &LAST_READER, &user.to_string())
    })?;
    let known = engine.remotes(user)?.into_iter().find(|row| row.location == joining.location);
    let remote = match known {
        Some(row) => row.id,
        None => {
            engine.add_remote(user, &joining.location, joining.secret_access_key, joining.session_token)?
        }
    };
    engine.desk.bell.notify_one();
    Ok(Joined { user_id: user.to_string(), name, remote_id: remote.to_string(), merged_name })
}

fn read_joining(file: &str) -> Result<Joining, ApiError> {
    let joining: Joining =
        serde_json::from_str(file).map_err(|error| not_a_joining_file(&error.to_string()))?;
    match joining.format {
        JOINING_FORMAT => Ok(joining),
        newer => Err(ApiError::new(
            ErrorCode::InvalidRequest,
            format!("This file was made by a newer Primer (its format is {newer})."),
            "Update Primer on this computer, then open the file again.",
        )),
    }
}

fn not_a_joining_file(why: &str) -> ApiError {
    ApiError::new(
        ErrorCode::InvalidRequest,
        format!("This is not a file that Primer makes for adding a computer: {why}."),
        "On the computer where you read already, choose “Add a computer” and use the file that it saves.",
    )
}
