//! What each stage of a sync asks and does with what it learnt.

use std::collections::{BTreeMap, BTreeSet};

use primer_domain::ids::DeviceId;
use primer_domain::replica::{self, Registers, Replica};
use primer_domain::storage_path::StoragePath;
use primer_domain::sync::{self, AfterListing, Known, Reliance, Wanted};

use super::{Session, Stage, Task, Try};
use crate::remote::{Listed, Object};
use crate::store::{StoreError, devices, registers, remote_replicas, remotes};
use crate::sync::gather::Gathered;
use crate::sync::take_in::is_as_announced;
use crate::sync::{Identity, Progress, SyncError};

/// Why such a text is not to be shown.
const UNLIKE: &str =
    "It says that Primer made it, and Primer makes another text of the same book and answers.";

impl Session {
    pub(super) fn compare_listing(&self) -> Result<AfterListing, SyncError> {
        let own = self.device()?;
        let mut seen = self.etags()?;
        let known = Known {
            own,
            remote_confirmed: self.remote.identity.is_some(),
            own_etag: seen.remove(&own),
            seen,
        };
        Ok(sync::after_listing(&known, &self.listed))
    }

    /// Nothing changed there, and nothing here since a sync found nothing left to do.
    pub(super) fn is_quiet(&self) -> Result<bool, SyncError> {
        if !self.after_listing.is_quiet() || !self.manner.forget.is_empty() {
            return Ok(false);
        }
        if self.manner.supposed.is_changed() {
            return Ok(false);
        }
        let settled = self.engine.settled_now(self.user, self.manner.older_too)?;
        Ok(settled.is_some() && self.remote.settled == settled)
    }

    pub(super) fn identified(&mut self, object: Option<Object>) -> Result<(), SyncError> {
        let Some(object) = object else {
            if self.has_marked {
                return Err(SyncError::NotMarked);
            }
            self.has_marked = true;
            self.waiting.push_back(Task::PutIdentity);
            return Ok(());
        };
        self.is_remote(&Identity::parse(&object.bytes)?)
    }

    pub(super) fn is_remote(&mut self, identity: &Identity) -> Result<(), SyncError> {
        if self.remote.identity != Some(identity.id) {
            if self.manner.dry {
                self.suppose_another_remote();
            } else {
                let remote = self.remote.id;
                self.engine.store.write(|tx| remotes::set_identity(tx, remote, identity.id))?;
            }
            // Nothing that was known of the other one counts here.
            (self.remote.settled, self.remote.swept_at) = (None, None);
        }
        self.remote.identity = Some(identity.id);
        Ok(())
    }

    pub(super) fn etags(&self) -> Result<BTreeMap<DeviceId, String>, StoreError> {
        if self.is_supposed_another() {
            return Ok(BTreeMap::new());
        }
        self.engine.store.read(|connection| remote_replicas::etags(connection, self.remote.id))
    }

    pub(super) fn registers(&self) -> Result<Registers, StoreError> {
        match self.supposed_registers() {
            Some(registers) => Ok(registers.clone()),
            None => self.engine.store.read(|connection| registers::all(connection, self.user)),
        }
    }

    pub(super) fn gather(&self) -> Result<Gathered, StoreError> {
        let gathered =
            self.engine.store.read(|connection| Gathered::read(connection, self.remote.id, self.user))?;
        Ok(if self.manner.dry { self.as_supposed(gathered) } else { gathered })
    }

    pub(super) fn plan_texts(&mut self) -> Result<(), SyncError> {
        self.stage = Stage::Texts;
        let mut gathered = self.gather()?;
        for replica in self.replicas.values() {
            gathered.backgrounds.extend(replica.backgrounds.clone());
        }
        (self.gathered_changes, self.looked_for) = (gathered.changes, Some(gathered.looked_for.clone()));
        let asked_for = self.asked_for(gathered.device);
        let lost = self.own_is_lost.then_some(gathered.device);
        let plan =
            self.engine.plan_texts(&self.remote, &gathered, &self.replicas, lost, asked_for, &self.manner)?;
        let bytes = |wanted: &[Wanted]| wanted.iter().map(|wanted| wanted.entry.len_bytes).sum::<u64>();
        let sent_bytes: u64 =
            plan.upload.iter().filter_map(|path| gathered.held.get(path)).map(|text| text.len_bytes).sum();
        if self.manner.dry {
            self.tally.written += plan.generate.len() as u64;
            self.suppose_written(&plan.generate);
        } else {
            // What this computer can write itself is not fetched. What comes out otherwise than announced is never shown:
            // the same book, answers and program make the same bytes everywhere.
            let here = self.engine.write_announced(&plan.generate, &gathered.backgrounds)?;
            self.tally.written += here.written;
            self.gathered_changes += here.changes;
            self.refuse(here.unlike.into_iter().map(|path| (path, UNLIKE.to_owned())).collect())?;
        }
        let to_fetch = plan.fetch;
        let wanted: BTreeSet<StoragePath> = to_fetch.iter().map(|wanted| wanted.path).collect();
        self.known_missing = gathered.missing.clone();
        self.ask_no_longer_for(gathered.missing.difference(&wanted))?;
        self.restored = plan.upload.iter().filter(|path| self.is_mentioned(path)).copied().collect();
        self.progress = Progress {
            done: 0,
            total: (to_fetch.len() + plan.upload.len()) as u64,
            done_bytes: 0,
            total_bytes: bytes(&to_fetch) + sent_bytes,
        };
        self.waiting.extend(to_fetch.into_iter().map(|wanted| Task::GetText(wanted, Try::First)));
        let len_bytes = |path: &StoragePath| gathered.held.get(path).map_or(0, |text| text.len_bytes);
        self.waiting.extend(plan.upload.into_iter().map(|path| Task::PutText(path, len_bytes(&path))));
        self.take_back(&gathered)
    }

    /// What other computers looked for in vain. They are told by a new replica of this computer's when it is there again,
    /// and may not hear of it for long; so each question is answered once, when it is read, or else whoever has the text
    /// would send it whenever another one has.
    fn asked_for(&self, own: DeviceId) -> BTreeSet<StoragePath> {
        let is_new = |device: &DeviceId| self.remote.settled.is_none() || self.read.contains(device);
        let asking =
            self.replicas.values().filter(|replica| replica.device != own && is_new(&replica.device));
        asking.flat_map(|replica| replica.missing.iter().copied()).collect()
    }

    /// These are here by now, or not wanted any more.
    fn ask_no_longer_for<'a>(
        &mut self,
        paths: impl Iterator<Item = &'a StoragePath>,
    ) -> Result<(), StoreError> {
        if self.manner.dry {
            self.suppose_found(paths);
            return Ok(());
        }
        let paths: Vec<&StoragePath> = paths.collect();
        if paths.is_empty() {
            return Ok(());
        }
        let remote = self.remote.id;
        self.engine
            .store
            .write(|tx| paths.iter().try_for_each(|path| remote_replicas::note_found(tx, remote, path)))
    }

    /// Removes here and there what its reader removed everywhere. Before the own replica stops mentioning it: a crash
    /// between the two leaves an object that is mentioned and gone, which is looked for in vain and then let go, never
    /// one that nobody knows of.
    pub(super) fn take_back(&mut self, gathered: &Gathered) -> Result<(), SyncError> {
        let taken_back = replica::taken_back(&gathered.registers, self.user);
        let here: Vec<StoragePath> =
            taken_back.iter().filter(|path| gathered.held.contains_key(path)).copied().collect();
        if self.manner.dry {
            self.suppose_removed(&here);
        } else {
            self.engine.remove_texts(&here)?;
        }
        let reliance = gathered.reliance();
        for path in taken_back {
            let may_be_there = gathered.uploads.contains(&path)
                || (self.is_mentioned(&path) && !self.was_taken_back_before(&path, &reliance));
            if may_be_there && self.removed.insert(path) {
                self.waiting.push_back(Task::DeleteText(path));
            }
        }
        Ok(())
    }

    /// Whether an earlier sync that came to its end knew that it was taken back, and all that mention it, as a computer does
    /// that is never switched on again.
    fn was_taken_back_before(&self, path: &StoragePath, reliance: &Reliance<'_>) -> bool {
        let is_read = |replica: &Replica| self.read.contains(&replica.device);
        self.remote.settled.is_some()
            && !self.replicas.values().any(|replica| replica.texts.contains_key(path) && is_read(replica))
            && self.replicas.values().any(|replica| !is_read(replica) && reliance.knows_enough(replica, path))
    }

    /// It is not there any more, as far as this computer sent it.
    pub(super) fn removed_text(&self, path: &StoragePath) -> Result<(), StoreError> {
        let remote = self.remote.id;
        let uploads = self.engine.store.read(|connection| remote_replicas::uploads(connection, remote))?;
        if uploads.contains(path) {
            self.engine.store.write(|tx| remote_replicas::forget_upload(tx, remote, path))?;
        }
        Ok(())
    }

    fn is_mentioned(&self, path: &StoragePath) -> bool {
        self.replicas.values().any(|replica| replica.texts.contains_key(path))
    }

    pub(super) fn take_in_texts(
        &mut self,
        arrived: Vec<(Wanted, Try, Option<Vec<u8>>)>,
    ) -> Result<(), SyncError> {
        if arrived.is_empty() {
            return Ok(());
        }
        let mut right = Vec::new();
        let mut missing = Vec::new();
        let mut refused = Vec::new();
        for (wanted, tried, bytes) in arrived {
            match bytes {
                Some(bytes) if is_as_announced(&wanted, &bytes) => {
                    self.progress.done += 1;
                    self.progress.done_bytes += wanted.entry.len_bytes;
                    match self.engine.refusal_of(&wanted, &bytes)? {
                        None => right.push((wanted, bytes)),
                        Some(reason) => refused.push((wanted.path, reason)),
                    }
                }
                Some(_) if tried == Try::First => {
                    self.waiting.push_back(Task::GetText(wanted, Try::Second));
                }
                _ => missing.push(wanted.path),
            }
        }
        self.tally.received += right.len() as u64;
        self.lacks_anew |= missing.iter().any(|path| !self.known_missing.contains(path));
        self.refuse(refused)?;
        self.gathered_changes += self.engine.take_in_texts(&self.remote, &right, &missing)?;
        Ok(())
    }

    fn refuse(&mut self, texts: Vec<(StoragePath, String)>) -> Result<(), SyncError> {
        self.refused |= !texts.is_empty();
        self.engine.refuse_texts(&self.remote, &texts)
    }

    pub(super) fn note_sent(&mut self) -> Result<(), SyncError> {
        let sent = std::mem::take(&mut self.sent);
        if sent.is_empty() {
            return Ok(());
        }
        let remote = self.remote.id;
        self.engine
            .store
            .write(|tx| sent.iter().try_for_each(|path| remote_replicas::note_upload(tx, remote, path)))?;
        Ok(())
    }

    /// Now and then, and only where every replica could be read: one that can't be may mention anything.
    pub(super) fn look_for_leftovers(&mut self) -> Result<(), SyncError> {
        self.stage = Stage::Sweep;
        let now = self.engine.env.now();
        match self.remote.swept_at {
            Some(at) if !sync::sweep_is_due(at, now) => {}
            Some(_) if self.listed.keys().all(|device| self.is_known(device)) => {
                self.waiting.push_back(Task::ListTexts);
            }
            Some(_) => {}
            None if self.manner.dry => {}
            // What could be left over is younger than this computer's first sync there.
            None => self.engine.store.write(|tx| remotes::set_swept(tx, self.remote.id, now))?,
        }
        Ok(())
    }

    pub(super) fn sweep(&mut self, listed: &[Listed]) -> Result<(), SyncError> {
        let texts = listed.iter().filter_map(|object| StoragePath::parse(&object.key)).collect();
        let remote = self.remote.id;
        let (uploads, since) = self.engine.store.read(|connection| {
            let uploads = remote_replicas::uploads(connection, remote)?;
            Ok((uploads, remote_replicas::unmentioned(connection, remote)?))
        })?;
        let of_replicas = self.replicas.values().flat_map(|replica| replica.texts.keys().copied());
        let mentioned = of_replicas.chain(uploads).collect();
        let now = self.engine.env.now();
        let swept = sync::sweep(&texts, &mentioned, &since, now);
        if !self.manner.dry {
            self.engine.store.write(|tx| {
                remote_replicas::set_unmentioned(tx, remote, &swept.unmentioned)?;
                remotes::set_swept(tx, remote, now)
            })?;
        }
        self.waiting.extend(swept.remove.into_iter().map(Task::SweepText));
        Ok(())
    }

    pub(super) fn note_settled(&mut self) -> Result<(), SyncError> {
        if self.manner.dry || self.refused || self.lacks_anew {
            // In place of what was refused or is not there another text may be wanted, which the next sync brings.
            return Ok(());
        }
        let Some(looked_for) = &self.looked_for else { return Ok(()) };
        let settled = self.engine.settled(self.gathered_changes, looked_for, self.manner.older_too);
        let remote = self.remote.id;
        self.engine.store.write(|tx| remotes::set_settled(tx, remote, Some(&settled)))?;
        Ok(())
    }

    pub(super) fn device(&self) -> Result<DeviceId, StoreError> {
        if let Some(device) = self.supposed_device() {
            return Ok(device);
        }
        let device = self.engine.store.read(|connection| devices::find(connection, self.user))?;
        device
            .map(|device| device.id)
            .ok_or_else(|| StoreError::bad_value("devices", "user_id", self.user.to_string()))
    }
}
