//! Removing what no reader fetches any more: the objects that neither the edition that is published names nor the one before,
//! by whose index somebody may be fetching at this moment.

use std::collections::BTreeMap;

use primer_domain::ids::TextDigest;

use super::in_turn::InTurn;
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
    let mut removals = InTurn::new();
    for (digest, len_bytes) in objects {
        let (remote, key, len_bytes) = (remote.clone(), keys::book_object(book_id, digest), *len_bytes);
        removals.begin(async move { remote.delete(&key).await.map(|()| len_bytes) });
    }
    let mut swept = Swept::default();
    while let Some(removed) = removals.next().await {
        match removed {
            Ok(len_bytes) => {
                swept.removed += 1;
                swept.removed_bytes += len_bytes;
            }
            Err(error) => {
                swept.failure.get_or_insert(error);
                // Those that follow would fail in the same way.
                removals.stop();
            }
        }
    }
    swept
}
