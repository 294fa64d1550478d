//! The first step of a sync: which replicas a listing shows to be new.

use std::collections::BTreeMap;

use crate::ids::DeviceId;

/// What was true when this computer last looked into the remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub own: DeviceId,
    /// Whether its `primer.json` was read and was the one that is remembered.
    pub remote_confirmed: bool,
    /// Of this computer's replica, as it was last written.
    pub own_etag: Option<String>,
    /// Of the other computers' replicas, as they were last read.
    pub seen: BTreeMap<DeviceId, String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AfterListing {
    /// Read `primer.json` first: it was never read, or something that was there is gone, as in a wiped or
    /// exchanged remote.
    pub check_identity: bool,
    /// Read this computer's own replica: it is not as it was left. An answer was lost, or somebody else
    /// writes under its id.
    pub look_at_own: bool,
    /// The other computers whose replicas are to be read.
    pub fetch: Vec<DeviceId>,
    /// The other computers whose replicas are gone. What they said stays known here.
    pub vanished: Vec<DeviceId>,
}

impl AfterListing {
    /// Whether the remote is as it was left.
    pub fn is_quiet(&self) -> bool {
        *self == AfterListing::default()
    }
}

/// `listed` has the ETag of every replica in the remote.
pub fn after_listing(known: &Known, listed: &BTreeMap<DeviceId, String>) -> AfterListing {
    let is_other = |device: &&DeviceId| **device != known.own;
    let own_listed = listed.get(&known.own);
    let is_new = |device: &&DeviceId| listed.get(device) != known.seen.get(device);
    let vanished: Vec<DeviceId> =
        known.seen.keys().filter(is_other).filter(|device| !listed.contains_key(device)).copied().collect();
    let own_vanished = known.own_etag.is_some() && own_listed.is_none();
    AfterListing {
        check_identity: !known.remote_confirmed || own_vanished || !vanished.is_empty(),
        look_at_own: own_listed.is_some() && own_listed != known.own_etag.as_ref(),
        fetch: listed.keys().filter(is_other).filter(is_new).copied().collect(),
        vanished,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{AfterListing, Known, after_listing};
    use crate::ids::DeviceId;
    use crate::replica::random::device;

    fn etags(of: &[(u64, &str)]) -> BTreeMap<DeviceId, String> {
        of.iter().map(|(number, etag)| (device(*number), (*etag).to_owned())).collect()
    }

    #[test]
    fn the_whole_truth_table_holds_row_by_row() {
        // What is recorded of a replica and what is listed → own: (identity, look), other: (identity, fetch,
        // vanished).
        let table = [
            (None, None, (false, false), (false, false, false)),
            (None, Some("b"), (false, true), (false, true, false)),
            (Some("a"), None, (true, false), (true, false, true)),
            (Some("a"), Some("a"), (false, false), (false, false, false)),
            (Some("a"), Some("b"), (false, true), (false, true, false)),
        ];
        for remote_confirmed in [false, true] {
            for (own_etag, own_listed, (own_gone, look_at_own), _) in table {
                for (seen, other_listed, _, (other_gone, fetch, vanished)) in table {
                    let known = Known {
                        own: device(1),
                        remote_confirmed,
                        own_etag: own_etag.map(str::to_owned),
                        seen: etags(&seen.map(|etag| (2, etag)).into_iter().collect::<Vec<_>>()),
                    };
                    let listed = [own_listed.map(|etag| (1, etag)), other_listed.map(|etag| (2, etag))];
                    let listed = etags(&listed.into_iter().flatten().collect::<Vec<_>>());
                    let expected = AfterListing {
                        check_identity: !remote_confirmed || own_gone || other_gone,
                        look_at_own,
                        fetch: if fetch { vec![device(2)] } else { vec![] },
                        vanished: if vanished { vec![device(2)] } else { vec![] },
                    };
                    let after = after_listing(&known, &listed);
                    assert_eq!(after, expected, "{known:?} {listed:?}");
                    let unchanged = own_etag == own_listed && seen == other_listed;
                    assert_eq!(after.is_quiet(), remote_confirmed && unchanged, "{known:?} {listed:?}");
                }
            }
        }
    }

    #[test]
    fn the_own_replica_is_never_fetched_as_anothers_even_if_it_was_recorded_as_one() {
        let known = Known {
            own: device(1),
            remote_confirmed: true,
            own_etag: Some("b".to_owned()),
            seen: etags(&[(1, "a"), (2, "a")]),
        };
        assert!(after_listing(&known, &etags(&[(1, "b"), (2, "a")])).is_quiet());
        let never_written = Known { own_etag: None, ..known };
        assert!(after_listing(&never_written, &etags(&[(2, "a")])).is_quiet());
    }

    #[test]
    fn of_many_computers_only_those_that_changed_are_read_in_order() {
        let known = Known {
            own: device(1),
            remote_confirmed: true,
            own_etag: Some("a".to_owned()),
            seen: etags(&[(5, "a"), (3, "a"), (4, "a"), (9, "a"), (8, "a")]),
        };
        let after = after_listing(&known, &etags(&[(1, "a"), (7, "a"), (5, "b"), (3, "a"), (4, "c")]));
        assert_eq!(after.fetch, [device(4), device(5), device(7)]);
        assert_eq!(after.vanished, [device(8), device(9)]);
        assert!(after.check_identity && !after.look_at_own && !after.is_quiet());
    }
}
