//! Which of a reader's computers something came from. This computer itself is never one of them.

use std::collections::BTreeMap;

use primer_domain::freshness::Freshness;
use primer_domain::ids::{DeviceId, UserId};
use primer_domain::replica::{Replica, Stamp, answered};

use super::ago::ago;
use super::types::OtherComputer;
use crate::Engine;
use crate::reading::{Standing, Visit};
use crate::store::{StoreError, devices, registers, remote_replicas};

/// A reader's other computers, each looked up once however often it is asked for, and not before.
pub(super) struct OtherComputers<'a> {
    engine: &'a Engine,
    user: UserId,
    looked_up: BTreeMap<DeviceId, Found>,
    answered: Option<Option<Stamp>>,
}

#[derive(Clone)]
enum Found {
    ThisOne,
    /// In none of the reader's remotes.
    Unknown,
    Another {
        name: Option<String>,
    },
}

impl<'a> OtherComputers<'a> {
    pub fn of(engine: &'a Engine, user: UserId) -> OtherComputers<'a> {
        OtherComputers { engine, user, looked_up: BTreeMap::new(), answered: None }
    }

    /// What the contents tell of a chapter until it is opened: whose text it is, or whose answers made it stale.
    pub fn news(&mut self, standing: &Standing) -> Result<Option<OtherComputer>, StoreError> {
        match standing.state {
            Freshness::Fresh | Freshness::NewerSource => {
                let file = standing.row.as_ref().and_then(|row| row.file);
                let stamp = file.filter(|file| !self.engine.is_opened(file)).and_then(|file| file.stamp);
                stamp.map_or(Ok(None), |stamp| self.known(stamp))
            }
            Freshness::StaleProfile => self.answers_changed(),
            // What is there of it is written again.
            Freshness::StaleSource | Freshness::Damaged | Freshness::Missing => Ok(None),
        }
    }

    /// Where the reader's answers were changed last.
    pub fn answers_changed(&mut self) -> Result<Option<OtherComputer>, StoreError> {
        let stamp = match self.answered {
            Some(stamp) => stamp,
            None => {
                let all = self.engine.store.read(|connection| registers::all(connection, self.user))?;
                *self.answered.insert(answered(&all))
            }
        };
        stamp.map_or(Ok(None), |stamp| self.known(stamp))
    }

    /// Who wrote the text that a visit shows, if it was sent here.
    pub fn sender(&mut self, visit: &Visit) -> Result<Option<OtherComputer>, StoreError> {
        let Some(stamp) = visit.sent_by else { return Ok(None) };
        let name = match self.look_up(stamp.device)? {
            Found::Another { name } => name,
            Found::ThisOne => return Ok(None),
            Found::Unknown => None,
        };
        Ok(Some(self.at(stamp, name)))
    }

    /// This computer may have had another name once, so one of which nothing is known counts as nobody.
    fn known(&mut self, stamp: Stamp) -> Result<Option<OtherComputer>, StoreError> {
        Ok(match self.look_up(stamp.device)? {
            Found::Another { name } => Some(self.at(stamp, name)),
            Found::ThisOne | Found::Unknown => None,
        })
    }

    fn at(&self, stamp: Stamp, name: Option<String>) -> OtherComputer {
        OtherComputer { name, when: ago(stamp.wall, self.engine.env.now()) }
    }

    fn look_up(&mut self, device: DeviceId) -> Result<Found, StoreError> {
        if let Some(found) = self.looked_up.get(&device) {
            return Ok(found.clone());
        }
        let found = self.engine.store.read(|connection| {
            if devices::find(connection, self.user)?.is_some_and(|own| own.id == device) {
                return Ok(Found::ThisOne);
            }
            Ok(match remote_replicas::of_device(connection, self.user, device)? {
                Some(body) => Found::Another { name: body.as_deref().and_then(Replica::device_name) },
                None => Found::Unknown,
            })
        })?;
        self.looked_up.insert(device, found.clone());
        Ok(found)
    }
}
