//! When a remote is asked for its book, and when what it offers is worth a try.

use super::order::{Order, Versions, order};
use crate::timestamp::Timestamp;

/// Where no book is published, nobody is asked for one more often. So a sync with nothing to do stays at one request.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// How a remote was found when it was last asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    pub at: Timestamp,
    /// Of the index that is there; none where none was.
    pub etag: Option<String>,
}

/// What to ask for the index with: an ETag that it may still have, or nothing. None: don't ask. `wanted`: there is a
/// reason to look now, as when somebody asked for a sync, or another computer has texts of a newer book.
pub fn question(last: Option<&Looked>, now: Timestamp, wanted: bool) -> Option<Option<String>> {
    match last {
        None => Some(None),
        Some(Looked { etag: Some(etag), .. }) => Some((!etag.is_empty()).then(|| etag.clone())),
        // A clock that stood wrong must not put off the next look for years.
        Some(Looked { at, etag: None }) => {
            (wanted || now.unix_ms().abs_diff(at.unix_ms()) >= DAY_MS).then_some(None)
        }
    }
}

/// Why an edition could not be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    pub verdict: Verdict,
    /// The program that found so; another may find otherwise.
    pub program: String,
    pub at: Timestamp,
    /// A sentence.
    pub why: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is whole, and is not what a book must be.
    Refused,
    /// Something of it could not be had, and may be there another day.
    Lacking,
}

/// Whether an edition is to be fetched. `here`: the newest book of this id that is at hand.
pub fn is_worth_a_try(
    offered: &Versions,
    here: &Versions,
    judged: Option<&Judgement>,
    program: &str,
    now: Timestamp,
) -> bool {
    let may_try = match judged {
        None => true,
        Some(judged) if judged.program != program => true,
        Some(Judgement { verdict: Verdict::Refused, .. }) => false,
        Some(Judgement { verdict: Verdict::Lacking, at, .. }) => {
            now.unix_ms().abs_diff(at.unix_ms()) >= DAY_MS
        }
    };
    may_try && order(offered, here) == Order::Newer
}

#[cfg(test)]
mod tests {
    use super::{DAY_MS, Judgement, Looked, Verdict, is_worth_a_try, question};
    use crate::ids::{ChapterId, ChapterVersion};
    use crate::publish::Versions;
    use crate::timestamp::Timestamp;

    fn day(number: u64) -> Timestamp {
        Timestamp::from_unix_ms((number * DAY_MS) as i64)
    }

    #[test]
    fn where_none_is_published_a_remote_is_asked_once_a_day_or_for_a_reason() {
        let none = Looked { at: day(100), etag: None };
        assert_eq!(question(None, day(100), false), Some(None));
        assert_eq!(question(Some(&none), day(100), false), None);
        assert_eq!(question(Some(&none), day(100), true), Some(None));
        assert_eq!(question(Some(&none), day(101), false), Some(None));
        // The clock was years ahead when it looked.
        assert_eq!(question(Some(&none), day(1), false), Some(None));
    }

    #[test]
    fn a_book_that_is_published_is_asked_for_at_every_sync_with_the_etag_it_had() {
        let there = |etag: &str| Looked { at: day(100), etag: Some(etag.to_owned()) };
        assert_eq!(question(Some(&there("a")), day(100), false), Some(Some("a".to_owned())));
        // A server that told none can't be asked whether it changed.
        assert_eq!(question(Some(&there("")), day(100), false), Some(None));
    }

    #[test]
    fn what_was_refused_is_tried_again_by_another_program_and_what_lacked_a_day_later() {
        let of = |version: u32| Versions::from([(ChapterId(1), ChapterVersion(version))]);
        let judged = |verdict| Judgement {
            verdict,
            program: "primer/1".to_owned(),
            at: day(100),
            why: "It is none.".to_owned(),
        };
        let tried = |judged: Option<&Judgement>, program: &str, now| {
            is_worth_a_try(&of(2), &of(1), judged, program, day(now))
        };
        assert!(tried(None, "primer/1", 100));
        let refused = judged(Verdict::Refused);
        assert!(!tried(Some(&refused), "primer/1", 900) && tried(Some(&refused), "primer/2", 100));
        let lacking = judged(Verdict::Lacking);
        assert!(!tried(Some(&lacking), "primer/1", 100) && tried(Some(&lacking), "primer/1", 101));
        assert!(!is_worth_a_try(&of(1), &of(1), None, "primer/1", day(100)));
        assert!(!is_worth_a_try(&of(1), &of(2), None, "primer/1", day(100)));
    }
}
