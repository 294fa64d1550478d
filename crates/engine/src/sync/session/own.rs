//! This computer's own replica, and those that it takes the place of.

use primer_domain::ids::{DeviceId, WriteId};
use primer_domain::replica::Replica;
use primer_domain::sync::{self, RemoteView};

use super::{Session, Stage, Task};
use crate::store::remote_replicas::{self, KnownReplica};
use crate::sync::SyncError;
use crate::sync::gather::Outline;

impl Session {
    pub(super) fn send_replica(&mut self) -> Result<(), SyncError> {
        let gathered = self.gather()?;
        // A replica says that a text was taken back only once it is gone, also where its reader did that a moment ago.
        self.take_back(&gathered)?;
        if !self.waiting.is_empty() {
            return Ok(());
        }
        self.stage = Stage::OwnReplica;
        let own = gathered.device;
        self.manner.forget.remove(&own);
        self.keep_what_cannot_be_joined();
        for replica in self.manner.forget.iter().filter_map(|forgotten| self.replicas.get(forgotten)) {
            // Its texts are mentioned by this computer from now on.
            self.restored.extend(replica.texts.keys().copied());
        }
        let before = self.replicas.get(&own);
        let replica = gathered.own_replica(Outline {
            device_name: self.engine.env.computer_name(),
            before,
            replicas: &self.replicas,
            write_id: WriteId::new(self.engine.env.new_id()),
            written_at: self.engine.env.now(),
            restored: &self.restored,
        });
        let view = RemoteView::of(self.replicas.values(), own, &gathered.reliance());
        let restored = self.tally.sent > 0 && !self.restored.is_empty();
        let folds = !self.manner.forget.is_empty();
        if restored || folds || self.own_is_lost || sync::replica_is_needed(&replica, &view) {
            self.outlook.send_replica = true;
            self.to_tell = replica.registers.missing_from(&view.registers).len() as u64;
            self.waiting.push_back(Task::PutReplica(Box::new(replica)));
        }
        Ok(())
    }

    pub(super) fn wrote_replica(&mut self, replica: Replica, etag: String) -> Result<(), SyncError> {
        let own = replica.device;
        let remote = self.remote.id;
        let known = KnownReplica { etag, body: Ok(replica.to_json()) };
        self.told_by(replica);
        self.engine.store.write(|tx| {
            remote_replicas::save(tx, remote, own, &known)?;
            remote_replicas::forget_uploads(tx, remote)
        })?;
        Ok(())
    }

    /// Nobody can join what can't be read, and with it edits and texts would be lost that only it tells of.
    fn keep_what_cannot_be_joined(&mut self) {
        let cannot = |device: &&DeviceId| {
            self.listed.contains_key(device)
                && !self.replicas.contains_key(device)
                && !self.rubbish.contains(device)
        };
        let kept: Vec<DeviceId> = self.manner.forget.iter().filter(cannot).copied().collect();
        self.manner.forget.retain(|device| !kept.contains(device));
        self.not_forgotten.extend(kept);
    }

    /// The own replica is in the remote.
    pub(super) fn told_by(&mut self, replica: Replica) {
        self.tally.told += std::mem::take(&mut self.to_tell);
        self.replicas.insert(replica.device, replica);
    }

    pub(super) fn remove_forgotten(&mut self) {
        self.stage = Stage::Removals;
        // What was not there when this sync looked may be back by now, and was not joined.
        let there = self.manner.forget.iter().filter(|device| self.listed.contains_key(device));
        let removals: Vec<Task> = there.copied().map(Task::DeleteReplica).collect();
        self.waiting.extend(removals);
    }
}
