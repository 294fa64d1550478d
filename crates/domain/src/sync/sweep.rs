//! Which texts may be removed from a remote because nobody knows of them any more: those that no replica has
//! mentioned for 30 days. A computer that was lost between sending a text and mentioning it leaves such ones.
//!
//! Should a computer come back after so long and mention such a text after all, the text is missed, and whoever
//! holds it sends it again.

use std::collections::{BTreeMap, BTreeSet};

use crate::storage_path::StoragePath;
use crate::timestamp::Timestamp;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Looking through a remote lists everything in it, so it is done seldom.
const EVERY_MS: u64 = 7 * DAY_MS;

const UNMENTIONED_MS: u64 = 30 * DAY_MS;

/// What to do with what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sweep {
    pub remove: BTreeSet<StoragePath>,
    /// All that is not mentioned, those to be removed too, and since when that is known: to be remembered.
    pub unmentioned: BTreeMap<StoragePath, Timestamp>,
}

/// A clock that stood wrong when the remote was last looked through must not put off the next time for years.
pub fn sweep_is_due(swept_at: Timestamp, now: Timestamp) -> bool {
    now.unix_ms().abs_diff(swept_at.unix_ms()) >= EVERY_MS
}

/// `listed`: all texts in the remote. `mentioned`: by any replica in it. `since`: what was remembered.
pub fn sweep(
    listed: &BTreeSet<StoragePath>,
    mentioned: &BTreeSet<StoragePath>,
    since: &BTreeMap<StoragePath, Timestamp>,
    now: Timestamp,
) -> Sweep {
    let mut sweep = Sweep::default();
    for path in listed.difference(mentioned) {
        // A time to come was told by a clock that was wrong.
        let since = since.get(path).copied().filter(|since| *since <= now).unwrap_or(now);
        if now.unix_ms().abs_diff(since.unix_ms()) >= UNMENTIONED_MS {
            sweep.remove.insert(*path);
        }
        sweep.unmentioned.insert(*path, since);
    }
    sweep
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::{DAY_MS, Sweep, sweep, sweep_is_due};
    use crate::replica::random::{stamp, text};
    use crate::storage_path::StoragePath;
    use crate::timestamp::Timestamp;

    fn path(words: &str) -> StoragePath {
        text(1, 1, words, stamp(1, 0, 1)).0
    }

    fn day(number: u64) -> Timestamp {
        Timestamp::from_unix_ms((number * DAY_MS) as i64)
    }

    #[test]
    fn a_text_is_removed_once_it_was_mentioned_nowhere_for_thirty_days() {
        let (known, lost) = (path("known"), path("lost"));
        let listed = BTreeSet::from([known, lost]);
        let first = sweep(&listed, &[known].into(), &BTreeMap::new(), day(100));
        assert_eq!(first, Sweep { remove: [].into(), unmentioned: [(lost, day(100))].into() });
        let earlier = sweep(&listed, &[known].into(), &first.unmentioned, day(129));
        assert_eq!(earlier, first);
        let last = sweep(&listed, &[known].into(), &first.unmentioned, day(130));
        assert_eq!(last, Sweep { remove: [lost].into(), unmentioned: [(lost, day(100))].into() });
    }

    #[test]
    fn a_text_that_is_mentioned_again_or_gone_is_forgotten() {
        let lost = path("lost");
        let since = BTreeMap::from([(lost, day(1))]);
        assert_eq!(sweep(&[lost].into(), &[lost].into(), &since, day(99)), Sweep::default());
        assert_eq!(sweep(&[].into(), &[].into(), &since, day(99)), Sweep::default());
    }

    #[test]
    fn a_clock_that_was_wrong_removes_nothing_early_and_puts_nothing_off() {
        let lost = path("lost");
        let since = BTreeMap::from([(lost, day(4_000))]);
        let swept = sweep(&[lost].into(), &[].into(), &since, day(100));
        assert_eq!(swept, Sweep { remove: [].into(), unmentioned: [(lost, day(100))].into() });
        assert!(sweep_is_due(day(4_000), day(100)));
        assert!(sweep_is_due(day(93), day(100)) && !sweep_is_due(day(94), day(100)));
    }
}
