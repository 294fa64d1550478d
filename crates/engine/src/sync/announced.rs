//! The texts that a reader's computers announce, as far as is known here.

use primer_domain::ids::UserId;
use primer_domain::replica::{Replica, TextEntry};
use primer_domain::storage_path::StoragePath;

use crate::Engine;
use crate::store::{StoreError, remote_replicas, remotes};

impl Engine {
    /// In no order, and one that several announce more than once.
    pub(crate) fn announced_texts(&self, user: UserId) -> Result<Vec<(StoragePath, TextEntry)>, StoreError> {
        let mut announced = Vec::new();
        for remote in self.store.read(|connection| remotes::list(connection, user))? {
            for (device, known) in self.store.read(|c| remote_replicas::all(c, remote.id))? {
                let replica = known.body.ok().and_then(|body| Replica::parse(&body, user, device).ok());
                announced.extend(replica.into_iter().flat_map(|replica| replica.texts));
            }
        }
        Ok(announced)
    }
}
