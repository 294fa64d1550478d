//! Which computers a reader has.

use std::collections::BTreeMap;

use primer_domain::ids::UserId;
use primer_domain::replica::Replica;

use super::ago::ago;
use super::error::ApiError;
use super::readers::existing;
use super::sync_types::*;
use super::types::*;
use crate::Engine;
use crate::store::{StoreError, devices, remote_replicas};

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
