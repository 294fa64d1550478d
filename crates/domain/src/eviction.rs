//! Which stored texts leave when the quota is full: those opened longest ago, and never one that is fresh.

use crate::storage_path::StoragePath;
use crate::timestamp::Timestamp;

/// One stored text, as eviction sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub path: StoragePath,
    pub len_bytes: u64,
    pub last_opened: Timestamp,
    /// What its reader would be shown now: the current hash and the installed version.
    pub fresh: bool,
}

/// The texts to remove, in order, so that at most `keep_bytes` stay; more than that stays if all the rest is fresh.
pub fn plan(mut held: Vec<Held>, keep_bytes: u64) -> Vec<Held> {
    let mut used_bytes: u64 = held.iter().map(|text| text.len_bytes).sum();
    held.retain(|text| !text.fresh);
    // The path decides between equal times, so that the plan is the same on every run.
    held.sort_by_key(|text| (text.last_opened, text.path));
    let mut leaving = Vec::new();
    for text in held {
        if used_bytes <= keep_bytes {
            break;
        }
        used_bytes -= text.len_bytes;
        leaving.push(text);
    }
    leaving
}

#[cfg(test)]
mod tests {
    use super::{Held, plan};
    use crate::storage_path::StoragePath;
    use crate::timestamp::Timestamp;

    fn held(chapter: u32, opened_ms: i64, fresh: bool) -> Held {
        let path = format!(
            "users/0192f0c1-2345-7abc-8def-0123456789ab/chapters/{chapter}/be4f612a4655fd44650b722c7f246991/v1-00112233aabbccdd.md"
        );
        Held {
            path: StoragePath::parse(&path).unwrap(),
            len_bytes: 10,
            last_opened: Timestamp::from_unix_ms(opened_ms),
            fresh,
        }
    }

    fn chapters(plan: Vec<Held>) -> Vec<u32> {
        plan.into_iter().map(|text| text.path.chapter_id.0).collect()
    }

    #[test]
    fn the_text_opened_longest_ago_leaves_first_and_only_as_many_as_needed() {
        let texts = vec![held(1, 30, false), held(2, 10, false), held(3, 20, false)];
        assert_eq!(chapters(plan(texts.clone(), 30)), [0u32; 0]);
        assert_eq!(chapters(plan(texts.clone(), 29)), [2]);
        assert_eq!(chapters(plan(texts, 10)), [2, 3]);
    }

    #[test]
    fn a_fresh_text_stays_even_when_the_quota_is_nothing() {
        let texts = vec![held(1, 1, true), held(2, 2, false), held(3, 0, true)];
        assert_eq!(chapters(plan(texts, 0)), [2]);
    }
}
