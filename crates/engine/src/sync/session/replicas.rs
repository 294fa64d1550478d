//! What the computers of a reader say in a remote: reading it, and joining it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use primer_domain::ids::{DeviceId, TextDigest};
use primer_domain::replica::{Replica, ReplicaFault};
use primer_domain::sync::Whose;

use super::{Session, Stage, Task, Try};
use crate::remote::{Object, RemoteError};
use crate::store::remote_replicas::{self, KnownReplica};
use crate::store::remotes;
use crate::sync::SyncError;

impl Session {
    pub(super) fn ask_replicas(&mut self) -> Result<(), SyncError> {
        self.stage = Stage::Replicas;
        if !self.manner.dry && !self.after_listing.vanished.is_empty() {
            // It is the same remote, so their computers were forgotten by another one of this reader's.
            let (remote, vanished) = (self.remote.id, &self.after_listing.vanished);
            self.engine.store.write(|tx| {
                // What only they mentioned is to be mentioned by others, in this sync or in the next.
                remotes::set_settled(tx, remote, None)?;
                vanished.iter().try_for_each(|device| remote_replicas::remove(tx, remote, *device))
            })?;
        }
        let own = self.device()?;
        let etags = self.etags()?;
        self.own_is_lost = etags.contains_key(&own) && !self.listed.contains_key(&own);
        let look = self.after_listing.look_at_own.then_some(own);
        let mut devices: BTreeSet<DeviceId> =
            look.into_iter().chain(self.after_listing.fetch.iter().copied()).collect();
        if !self.manner.forget.is_empty() {
            // What could not be read is to be forgotten only if there is nothing in it.
            let unread = self.engine.store.read(|c| remote_replicas::unread(c, self.remote.id))?;
            let is_there = |device: &DeviceId| self.listed.contains_key(device) && *device != own;
            let to_forget = self.manner.forget.intersection(&unread).copied();
            devices.extend(to_forget.filter(is_there));
        }
        self.waiting.extend(devices.into_iter().map(|device| Task::GetReplica(device, Try::First)));
        Ok(())
    }

    pub(super) fn read_replica(
        &mut self,
        device: DeviceId,
        tried: Try,
        object: Object,
    ) -> Result<(), SyncError> {
        let here = self.registers()?;
        let parsed = Replica::parse(&object.bytes, self.user, device)
            .and_then(|replica| replica.fits_with(&here).map(|()| replica));
        let may_pass = parsed.as_ref().is_err_and(ReplicaFault::may_pass);
        let digest = TextDigest::of(&object.bytes);
        if may_pass && tried == Try::First {
            self.damaged.insert(device, digest);
            self.waiting.push_back(Task::GetReplica(device, Try::Second));
            return Ok(());
        }
        // The same twice is what stands there. Otherwise it may be whole there, and is to be read again the next time
        // though nothing changes: its computer may never write again.
        let is_lost_on_the_way = may_pass && self.damaged.get(&device) != Some(&digest);
        self.read.insert(device);
        if !is_lost_on_the_way && parsed.as_ref().is_err_and(ReplicaFault::is_damage) {
            self.rubbish.insert(device);
        }
        let listed = self.listed.get(&device).cloned().unwrap_or_else(|| object.etag.clone());
        if parsed.is_ok() && device != self.device()? && self.is_too_much(device, &object)? {
            let why = format!("all replicas together are longer than the {} that Primer reads", self.room());
            let known = KnownReplica { etag: listed, body: Err(why) };
            self.take_in(device, &known, None, Whose::Ours)?;
            return Ok(());
        }
        let known = KnownReplica {
            etag: if is_lost_on_the_way { String::new() } else { listed },
            body: parsed.as_ref().map(|_| object.bytes.clone()).map_err(ToString::to_string),
        };
        let whose = match &parsed {
            Ok(replica) if device == self.device()? => {
                let (user, write) = (self.user, replica.write_id);
                let is_own = self.engine.store.read(|c| remote_replicas::is_own_write(c, user, write))?;
                if is_own { Whose::Ours } else { Whose::SomebodyElses }
            }
            Ok(_) => Whose::Ours,
            // Nobody can tell whose it was. Written anew, it is of use again.
            Err(fault) if is_lost_on_the_way || fault.is_damage() => Whose::Ours,
            // Under our name and not to be read: whoever wrote it, we are somebody else.
            Err(_) if device == self.device()? => Whose::SomebodyElses,
            Err(_) => Whose::Ours,
        };
        self.tally.merged += self.take_in(device, &known, parsed.as_ref().ok(), whose)?;
        if let Ok(replica) = parsed {
            self.replicas.insert(device, replica);
        }
        Ok(())
    }

    /// With what is known of the other computers.
    fn is_too_much(&self, device: DeviceId, object: &Object) -> Result<bool, SyncError> {
        let remote = self.remote.id;
        let known = self.engine.store.read(|c| remote_replicas::len_bytes_but(c, remote, device))?;
        Ok(known + object.bytes.len() as u64 > self.manner.bounds.replicas_bytes)
    }

    fn room(&self) -> String {
        crate::api::direct::bytes(self.manner.bounds.replicas_bytes)
    }

    fn take_in(
        &mut self,
        device: DeviceId,
        known: &KnownReplica,
        replica: Option<&Replica>,
        whose: Whose,
    ) -> Result<u64, SyncError> {
        if self.manner.dry {
            return self.suppose_taken_in(replica, whose);
        }
        self.engine.take_in_replica(&self.remote, device, known, replica, whose)
    }

    /// One that is longer than any that Primer writes. It is asked for again when it has changed.
    pub(super) fn refuse_replica(&mut self, device: DeviceId, why: &RemoteError) -> Result<(), SyncError> {
        self.read.insert(device);
        let etag = self.listed.get(&device).cloned().unwrap_or_default();
        let known = KnownReplica { etag, body: Err(format!("the replica can't be read: {}", why.detail)) };
        // Under our name: whoever wrote it, we are somebody else.
        let whose = if device == self.device()? { Whose::SomebodyElses } else { Whose::Ours };
        self.take_in(device, &known, None, whose)?;
        Ok(())
    }

    /// Reads all known replicas of the remote into memory, for what is to be planned from them.
    pub(super) fn load_replicas(&mut self) -> Result<(), SyncError> {
        let mut known = BTreeMap::new();
        if !self.is_supposed_another() {
            known = self.engine.store.read(|connection| remote_replicas::all(connection, self.remote.id))?;
        }
        // Where it may be noted, they are not known any more.
        self.after_listing.vanished.iter().for_each(|vanished| drop(known.remove(vanished)));
        for (device, known) in known {
            // Those that were read in this sync are there already.
            if let Entry::Vacant(place) = self.replicas.entry(device)
                && let Ok(body) = known.body
                && let Ok(replica) = Replica::parse(&body, self.user, device)
            {
                place.insert(replica);
            }
        }
        Ok(())
    }

    pub(super) fn is_known(&self, device: &DeviceId) -> bool {
        self.replicas.contains_key(device) || self.manner.forget.contains(device)
    }
}
