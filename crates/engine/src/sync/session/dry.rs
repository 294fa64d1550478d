//! A sync that only tells what it would do.
//!
//! It goes through the same stages. It lists and reads what a sync would, and of every request that would change something, or
//! bring a text or a book, it supposes that it went well: nothing is written here or there, and what follows is planned from
//! what would then be so.

use std::collections::{BTreeMap, BTreeSet};

use primer_domain::ids::{DeviceId, ProfileHash};
use primer_domain::profile::Background;
use primer_domain::replica::{self, Registers, Replica};
use primer_domain::storage_path::StoragePath;
use primer_domain::sync::{Wanted, Whose};
use primer_domain::timestamp::Timestamp;

use super::{Session, Task};
use crate::store::books::Published;
use crate::store::texts::StoredText;
use crate::sync::gather::Gathered;
use crate::sync::take_in::wanted_again;
use crate::sync::{Identity, SyncError, Tally};

/// What a dry run found that a sync would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outlook {
    /// As a sync counts it.
    pub tally: Tally,
    /// Those that a sync would make beside the ones that the dry run made itself.
    pub requests: u64,
    pub fetch_bytes: u64,
    pub send_bytes: u64,
    pub send_replica: bool,
    pub replica_bytes: u64,
    /// The place has no `primer.json` yet.
    pub sets_up: bool,
    /// Texts that their reader removed everywhere, and that are here or there.
    pub remove_here: u64,
    pub remove_there: u64,
    /// Texts there that no computer has known of for long.
    pub sweep: u64,
    /// Computers whose replicas would be removed.
    pub forget: u64,
    /// Of a newer edition of the book, those that are not here.
    pub book_files: u64,
    pub book_bytes: u64,
}

impl Outlook {
    /// With one remote, and after it with another.
    pub fn and(self, other: Outlook) -> Outlook {
        Outlook {
            tally: self.tally.and(other.tally),
            requests: self.requests + other.requests,
            fetch_bytes: self.fetch_bytes + other.fetch_bytes,
            send_bytes: self.send_bytes + other.send_bytes,
            send_replica: self.send_replica || other.send_replica,
            replica_bytes: self.replica_bytes + other.replica_bytes,
            sets_up: self.sets_up || other.sets_up,
            remove_here: self.remove_here + other.remove_here,
            remove_there: self.remove_there + other.remove_there,
            sweep: self.sweep + other.sweep,
            forget: self.forget + other.forget,
            book_files: self.book_files + other.book_files,
            book_bytes: self.book_bytes + other.book_bytes,
        }
    }
}

/// What would be otherwise on this computer, were all that was planned so far done. A dry run with another remote goes on
/// from it, as a sync with it would.
#[derive(Debug, Clone, Default)]
pub struct Supposed {
    /// As they would be joined; None: as they are.
    registers: Option<Registers>,
    backgrounds: BTreeMap<ProfileHash, Background>,
    /// Under which this computer would go on.
    renamed: Option<DeviceId>,
    /// Texts that would have been written or fetched.
    held: BTreeMap<StoragePath, StoredText>,
    removed: BTreeSet<StoragePath>,
    /// Whether anything of that would count as a change made here.
    is_changed: bool,
    /// Taken back by another computer and wanted again: whether they are in any remote would not be known any more.
    doubted: BTreeSet<StoragePath>,
    /// A newer edition of the book would be here.
    has_edition: bool,
}

impl Supposed {
    /// Whether it would count as a change made here.
    pub(super) fn is_changed(&self) -> bool {
        self.is_changed
    }

    pub(super) fn has_edition(&self) -> bool {
        self.has_edition
    }

    fn hold(&mut self, wanted: &Wanted, at: Timestamp) {
        self.is_changed = true;
        self.held.insert(wanted.path, StoredText::announced(&wanted.path, &wanted.entry, at));
    }
}

/// What would be otherwise in the remote, and in what is known of it.
#[derive(Default)]
pub(super) struct SupposedThere {
    /// It is another one than before: nothing of it is known.
    is_another: bool,
    sent: BTreeSet<StoragePath>,
    deleted: BTreeSet<StoragePath>,
    /// Not looked for any more.
    found: BTreeSet<StoragePath>,
    published: Option<Published>,
}

impl Task {
    /// Whether it changes nothing there, and nothing here but what it tells.
    fn is_a_look(&self) -> bool {
        match self {
            Task::List
            | Task::GetIdentity
            | Task::GetReplica(..)
            | Task::ListTexts
            | Task::GetBookIndex(..) => true,
            Task::PutIdentity
            | Task::GetText(..)
            | Task::PutText(..)
            | Task::PutReplica(_)
            | Task::DeleteReplica(_)
            | Task::DeleteText(_)
            | Task::SweepText(_)
            | Task::GetBookFile(..) => false,
        }
    }
}

impl Session {
    /// Whether this is only supposed to be done.
    pub(super) fn is_supposed(&self, task: &Task) -> bool {
        self.manner.dry && !task.is_a_look()
    }

    /// Goes on as if it had been asked and had gone well.
    pub(super) fn suppose(&mut self, task: Task) -> Result<(), SyncError> {
        self.outlook.requests += 1;
        match task {
            Task::PutIdentity => {
                self.outlook.sets_up = true;
                // What stands there is read again.
                self.outlook.requests += 1;
                let identity = Identity::new(self.engine.env.new_id());
                self.is_remote(&identity)?;
            }
            Task::GetText(wanted, _) => {
                self.tally.received += 1;
                self.outlook.fetch_bytes += wanted.entry.len_bytes;
                self.there.found.insert(wanted.path);
                self.manner.supposed.hold(&wanted, self.engine.env.now());
            }
            Task::PutText(path, len_bytes) => {
                let is_whole = self.manner.supposed.held.contains_key(&path)
                    || self.engine.intact_text(&path)?.is_some();
                if is_whole {
                    self.tally.sent += 1;
                    self.outlook.send_bytes += len_bytes;
                    self.there.sent.insert(path);
                } else {
                    self.outlook.requests -= 1;
                    self.manner.supposed.removed.insert(path);
                }
            }
            Task::PutReplica(replica) => {
                self.outlook.replica_bytes += replica.to_json().len() as u64;
                self.told_by(*replica);
            }
            Task::DeleteReplica(device) => {
                self.outlook.forget += 1;
                self.replicas.remove(&device);
            }
            Task::DeleteText(path) => {
                self.outlook.remove_there += 1;
                self.there.sent.remove(&path);
                self.there.deleted.insert(path);
            }
            Task::SweepText(_) => self.outlook.sweep += 1,
            Task::GetBookFile(file, _) => {
                self.outlook.book_files += 1;
                self.outlook.book_bytes += file.len_bytes();
            }
            task => unreachable!("{task:?} is asked"),
        }
        Ok(())
    }

    /// Nothing that was known of another one counts.
    pub(super) fn suppose_another_remote(&mut self) {
        self.there.is_another = true;
    }

    pub(super) fn is_supposed_another(&self) -> bool {
        self.there.is_another
    }

    /// As [`crate::Engine::take_in_replica`] would. Returns how many changes would be new here.
    pub(super) fn suppose_taken_in(
        &mut self,
        replica: Option<&Replica>,
        whose: Whose,
    ) -> Result<u64, SyncError> {
        if whose == Whose::SomebodyElses {
            self.manner.supposed.renamed = Some(DeviceId::new(self.engine.env.new_id()));
            self.manner.supposed.is_changed = true;
        }
        let Some(replica) = replica else { return Ok(0) };
        let mut registers = self.registers()?;
        let keys = registers.join(&replica.registers);
        let supposed = &mut self.manner.supposed;
        supposed.backgrounds.extend(replica.backgrounds.clone());
        supposed.doubted.extend(wanted_again(&keys, &replica.registers, self.user));
        if !keys.is_empty() {
            supposed.registers = Some(registers);
            supposed.is_changed = true;
        }
        Ok(keys.len() as u64)
    }

    pub(super) fn supposed_registers(&self) -> Option<&Registers> {
        self.manner.supposed.registers.as_ref()
    }

    pub(super) fn supposed_device(&self) -> Option<DeviceId> {
        self.manner.supposed.renamed
    }

    pub(super) fn suppose_written(&mut self, wanted: &[Wanted]) {
        let at = self.engine.env.now();
        wanted.iter().for_each(|wanted| self.manner.supposed.hold(wanted, at));
    }

    pub(super) fn suppose_removed(&mut self, here: &[StoragePath]) {
        self.outlook.remove_here += here.len() as u64;
        let supposed = &mut self.manner.supposed;
        supposed.held.retain(|path, _| !here.contains(path));
        supposed.removed.extend(here);
    }

    pub(super) fn suppose_found<'a>(&mut self, paths: impl Iterator<Item = &'a StoragePath>) {
        self.there.found.extend(paths);
    }

    pub(super) fn suppose_published(&mut self, published: Published) {
        self.there.published = Some(published);
    }

    pub(super) fn supposed_published(&self) -> Option<&Published> {
        self.there.published.as_ref()
    }

    pub(super) fn suppose_installed(&mut self) {
        self.tally.editions += 1;
        self.manner.supposed.has_edition = true;
    }

    /// What is here, as it would be by now.
    pub(super) fn as_supposed(&self, mut gathered: Gathered) -> Gathered {
        let (here, there) = (&self.manner.supposed, &self.there);
        gathered.device = here.renamed.unwrap_or(gathered.device);
        gathered.backgrounds.extend(here.backgrounds.clone());
        if let Some(registers) = &here.registers {
            gathered.registers = registers.clone();
            if let Some(background) = replica::background(registers) {
                gathered.looked_for.current_hash = background.hash();
                gathered.backgrounds.insert(background.hash(), background);
            }
        }
        gathered.held.retain(|path, _| !here.removed.contains(path));
        gathered.held.extend(here.held.clone());
        if there.is_another {
            (gathered.uploads, gathered.missing) = Default::default();
        }
        gathered.uploads.retain(|path| !here.doubted.contains(path) && !there.deleted.contains(path));
        gathered.uploads.extend(&there.sent);
        gathered.missing.retain(|path| !there.found.contains(path));
        gathered
    }
}
