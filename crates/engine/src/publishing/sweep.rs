//! Removing what no reader fetches any more: the objects that neither the edition that is published names nor the one before,
//! by whose index somebody may be fetching at this moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use primer_domain::ids::TextDigest;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::AT_ONCE;
use crate::remote::{Remote, RemoteError};
use crate::sync::keys;

/// What came of it.
#[derive(Default)]
pub(super) struct Swept {
    pub removed: u64,
    pub removed_bytes: u64,
    /// What kept it from its end. The book is published all the same.
    pub failure: Option<RemoteError>,
}

pub(super) async fn sweep(remote: &Remote, book_id: &str, objects: &BTreeMap<TextDigest, u64>) -> Swept {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut under_way = JoinSet::new();
    for (digest, len_bytes) in objects {
        let (remote, turns) = (remote.clone(), Arc::clone(&turns));
        let (key, len_bytes) = (keys::book_object(book_id, digest), *len_bytes);
        under_way.spawn(async move {
            // Never closed, so there is always a turn.
            let _turn = turns.acquire().await;
            remote.delete(&key).await.map(|()| len_bytes)
        });
    }
    let mut swept = Swept::default();
    while let Some(joined) = under_way.join_next().await {
        match joined {
            Ok(Ok(len_bytes)) => {
                swept.removed += 1;
                swept.removed_bytes += len_bytes;
            }
            Ok(Err(error)) => {
                swept.failure.get_or_insert(error);
                // Those that follow would fail in the same way.
                under_way.abort_all();
            }
            Err(stopped) if stopped.is_cancelled() => {}
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
    }
    swept
}
