//! How much of a reader is on this computer only.

use primer_domain::replica::Replica;
use primer_domain::sync::RemoteView;

use super::gather::Gathered;
use crate::Engine;
use crate::store::remotes::RemoteRow;
use crate::store::{StoreError, remote_replicas};

impl Engine {
    /// Changes and texts that this remote does not have yet, as far as is known here.
    pub fn waiting(&self, remote: &RemoteRow, older_too: bool) -> Result<u64, StoreError> {
        if remote.settled.is_some() && remote.settled == self.settled_now(remote.user, older_too)? {
            return Ok(0);
        }
        let gathered = self.store.read(|connection| Gathered::read(connection, remote.id, remote.user))?;
        let known = self.store.read(|connection| remote_replicas::all(connection, remote.id))?;
        let replicas: Vec<Replica> = known
            .into_iter()
            .filter_map(|(device, known)| Replica::parse(&known.body.ok()?, remote.user, device).ok())
            .collect();
        let view = RemoteView::of(&replicas, gathered.device, &gathered.reliance());
        let changes = gathered.registers.missing_from(&view.registers).len();
        let texts = gathered.held.keys().filter(|path| !view.mentioned.contains(path)).count();
        Ok((changes + texts) as u64)
    }
}
