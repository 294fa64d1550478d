//! What a sync needs to know of this computer, read in one go.

use std::collections::{BTreeMap, BTreeSet};

use primer_domain::ids::{ChapterId, DeviceId, ProfileHash, UserId, WriteId};
use primer_domain::profile::Background;
use primer_domain::replica::{self, Registers, Replica, Texts};
use primer_domain::storage_path::StoragePath;
use primer_domain::sync::Reliance;
use primer_domain::timestamp::Timestamp;
use rusqlite::Connection;

use super::program;
use crate::Engine;
use crate::reading::generator;
use crate::store::remotes::RemoteId;
use crate::store::texts::{self, ADOPTED, StoredText};
use crate::store::{
    StoreError, backgrounds, devices, earlier_rewrites, profiles, put_away, registers, remote_replicas,
};

pub(super) struct Gathered {
    pub user: UserId,
    pub device: DeviceId,
    /// How much had changed here when this was read.
    pub changes: u64,
    pub looked_for: LookedFor,
    pub registers: Registers,
    pub held: BTreeMap<StoragePath, StoredText>,
    pub backgrounds: BTreeMap<ProfileHash, Background>,
    /// In the remote, and mentioned by no replica yet.
    pub uploads: BTreeSet<StoragePath>,
    /// Asked for, and not there.
    pub missing: BTreeSet<StoragePath>,
}

impl Gathered {
    pub fn read(connection: &Connection, remote: RemoteId, user: UserId) -> Result<Gathered, StoreError> {
        let device = devices::find(connection, user)?
            .ok_or_else(|| StoreError::bad_value("devices", "user_id", user.to_string()))?;
        let mut backgrounds = backgrounds::all(connection, user)?;
        let earlier = earlier_rewrites::all(connection, user)?;
        let new = Background::of_somebody_new();
        backgrounds.insert(new.hash(), new);
        Ok(Gathered {
            user,
            looked_for: LookedFor::read(connection, user)?,
            device: device.id,
            changes: device.changes,
            registers: registers::all(connection, user)?,
            held: texts::list(connection, Some(user))?
                .into_iter()
                // Of an adopted text it is not known which book it is of, or whether its reader wants it.
                .filter(|text| text.generator != ADOPTED)
                // Taken back, and kept for this computer alone.
                .filter(|text| !earlier.contains(&text.path))
                .map(|text| (text.path, text))
                .collect(),
            backgrounds,
            uploads: remote_replicas::uploads(connection, remote)?,
            missing: remote_replicas::missing(connection, remote)?,
        })
    }

    pub fn held_texts(&self) -> Texts {
        self.held.iter().map(|(path, text)| (*path, text.entry(self.device))).collect()
    }

    pub fn reliance(&self) -> Reliance<'_> {
        Reliance::on(&self.registers, self.user)
    }

    /// The replica of this computer, as it should stand in the remote. `before`: as it stands there now.
    pub fn own_replica(&self, outline: Outline<'_>) -> Replica {
        let Outline { device_name, before, replicas, write_id, written_at, restored } = outline;
        let taken_back = replica::taken_back(&self.registers, self.user);
        let mut texts: Texts = before.map(|replica| replica.texts.clone()).unwrap_or_default();
        for path in self.uploads.iter().chain(restored) {
            let known = self.held.get(path).map(|text| text.entry(self.device));
            let known =
                known.or_else(|| replicas.values().find_map(|replica| replica.texts.get(path).cloned()));
            if let Some(entry) = known {
                texts.entry(*path).or_insert(entry);
            }
        }
        // What was once taken back may have been deleted since it was last mentioned.
        let reliance = self.reliance();
        let is_there = |path: &StoragePath| {
            self.uploads.contains(path)
                || replicas
                    .values()
                    .any(|replica| replica.texts.contains_key(path) && reliance.knows_enough(replica, path))
        };
        texts.retain(|path, _| !taken_back.contains(path) && is_there(path));
        let mut known = before.map(|replica| replica.backgrounds.clone()).unwrap_or_default();
        known.extend(self.backgrounds.clone());
        let hashes: BTreeSet<ProfileHash> = texts.keys().map(|path| path.profile_hash).collect();
        known.retain(|hash, _| hashes.contains(hash));
        Replica {
            user: self.user,
            device: self.device,
            device_name: device_name.to_owned(),
            write_id,
            written_at,
            program: program().to_owned(),
            registers: self.registers.clone(),
            texts,
            backgrounds: known,
            missing: self.missing.difference(&taken_back).copied().collect(),
        }
    }
}

/// Whose texts a sync looks for, as its reader has it when they are planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LookedFor {
    /// Of the answers that the reader has now.
    pub current_hash: ProfileHash,
    pub put_away: BTreeSet<ChapterId>,
}

impl LookedFor {
    fn read(connection: &Connection, user: UserId) -> Result<LookedFor, StoreError> {
        Ok(LookedFor {
            current_hash: profiles::current_hash(connection, user)?,
            put_away: put_away::all(connection, user)?,
        })
    }
}

/// What the own replica is made from beside what was gathered.
pub(super) struct Outline<'a> {
    pub device_name: &'a str,
    pub before: Option<&'a Replica>,
    /// All that are in the remote.
    pub replicas: &'a BTreeMap<DeviceId, Replica>,
    pub write_id: WriteId,
    pub written_at: Timestamp,
    /// Put there again because another computer missed them.
    pub restored: &'a BTreeSet<StoragePath>,
}

impl Engine {
    /// What must be as it was for nothing to be left to do. None: this computer has nothing of that reader.
    pub(super) fn settled_now(&self, user: UserId, older_too: bool) -> Result<Option<String>, StoreError> {
        self.store.read(|connection| {
            let Some(device) = devices::find(connection, user)? else { return Ok(None) };
            let now = LookedFor::read(connection, user)?;
            Ok(Some(self.settled(device.changes, &now, older_too)))
        })
    }

    /// `looked_for`: as it was planned. It may have changed while the texts came.
    pub(super) fn settled(&self, changes: u64, looked_for: &LookedFor, older_too: bool) -> String {
        let versions: Vec<String> =
            self.shelf.versions().iter().map(|(chapter, version)| format!("{chapter}v{version}")).collect();
        let older = if older_too { " with older" } else { "" };
        let LookedFor { current_hash, put_away } = looked_for;
        let without: String = put_away.iter().map(|chapter| format!(" without {chapter}")).collect();
        format!(
            "{changes} {current_hash} {} {} {}{older}{without}",
            self.shelf.book.id,
            versions.join(" "),
            generator()
        )
    }
}
