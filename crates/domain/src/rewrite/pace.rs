//! How many chapters may be begun: so many in any minute, whatever the minute.

use crate::timestamp::Timestamp;

const MINUTE_MS: i64 = 60_000;

/// A bucket of tokens, each of which comes back a minute after it was taken.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    taken: Vec<Timestamp>,
}

impl Pace {
    /// When the next may begin; none if it may now. `per_minute` is at least one.
    pub fn free_at(&self, per_minute: u32, now: Timestamp) -> Option<Timestamp> {
        let per_minute = usize::try_from(per_minute.max(1)).unwrap_or(usize::MAX);
        let mut lately: Vec<Timestamp> = self.taken.iter().copied().filter(|at| counts(*at, now)).collect();
        lately.sort();
        let oldest = lately.len().checked_sub(per_minute).and_then(|index| lately.get(index))?;
        Some(Timestamp::from_unix_ms(oldest.unix_ms() + MINUTE_MS))
    }

    pub fn take(&mut self, now: Timestamp) {
        self.taken.retain(|at| counts(*at, now));
        self.taken.push(now);
    }

    /// What was taken last was not needed.
    pub fn give_back(&mut self) {
        self.taken.pop();
    }
}

/// A clock that was put back must not lock anybody out.
fn counts(taken: Timestamp, now: Timestamp) -> bool {
    (0..MINUTE_MS).contains(&(now.unix_ms() - taken.unix_ms()))
}

#[cfg(test)]
mod tests {
    use super::Pace;
    use crate::timestamp::Timestamp;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_unix_ms(1_767_225_600_000 + ms)
    }

    #[test]
    fn no_minute_has_more_than_it_may_have() {
        let mut pace = Pace::default();
        for ms in [0, 10_000, 20_000] {
            assert_eq!(pace.free_at(3, at(ms)), None);
            pace.take(at(ms));
        }
        assert_eq!(pace.free_at(3, at(30_000)), Some(at(60_000)));
        assert_eq!(pace.free_at(4, at(30_000)), None);
        assert_eq!(pace.free_at(2, at(30_000)), Some(at(70_000)));
        assert_eq!(pace.free_at(3, at(60_000)), None);
        pace.take(at(60_000));
        assert_eq!(pace.free_at(3, at(61_000)), Some(at(70_000)));
    }

    #[test]
    fn what_was_not_needed_comes_back_and_a_clock_put_back_locks_nobody_out() {
        let mut pace = Pace::default();
        pace.take(at(0));
        assert_eq!(pace.free_at(1, at(1)), Some(at(60_000)));
        pace.give_back();
        assert_eq!(pace.free_at(1, at(1)), None);
        pace.take(at(10_000_000));
        assert_eq!(pace.free_at(1, at(0)), None);
    }
}
