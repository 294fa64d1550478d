//! Whether a model server is asked again, after what came of it so far.
//!
//! After a failure it is left alone for seconds, longer each time; after three in a row for minutes, and then asked for
//! one chapter only, whose success ends it. What a server asks for itself is kept to whatever else happens.

use crate::sync::retry_after_ms;
use crate::timestamp::Timestamp;

/// So many failures in a row are no accident.
const OPENS_AFTER: u32 = 3;

const FIRST_PAUSE_MS: u64 = 60_000;
const LONGEST_PAUSE_MS: u64 = 30 * 60_000;

/// A server that asks for more must not silence a reader's wishes for ever.
const LONGEST_ASKED_MS: u64 = 24 * 60 * 60_000;

/// All that is to be known of it at another start of the program.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Breaker {
    /// In a row.
    pub failures: u32,
    /// For how long it is left alone for its failures.
    pub own_until: Option<Timestamp>,
    /// For how long it asked to be left alone.
    pub asked_until: Option<Timestamp>,
}

impl Breaker {
    /// `asked_ms`: for how long the server asks to be left alone. `jitter`: any random number, so that computers don't
    /// come back together.
    pub fn failed(&mut self, now: Timestamp, asked_ms: Option<u64>, jitter: u64) {
        self.failures = self.failures.saturating_add(1);
        self.own_until = Some(after(now, pause_ms(self.failures, jitter)));
        self.asked_until = asked_ms.map(|ms| after(now, ms.min(LONGEST_ASKED_MS)));
    }

    pub fn succeeded(&mut self) {
        *self = Breaker::default();
    }

    /// Somebody asks for it, or what failed may be mended: it is tried after `spread_ms` instead of its own time.
    pub fn try_soon(&mut self, now: Timestamp, spread_ms: u64) {
        let soon = after(now, spread_ms);
        self.own_until = self.own_until.map(|until| until.min(soon));
    }

    /// Too many failures in a row.
    pub fn is_open(&self) -> bool {
        self.failures >= OPENS_AFTER
    }

    /// When it is asked next; none if it may be now.
    pub fn closed_until(&self, now: Timestamp) -> Option<Timestamp> {
        let own = self.own_until.filter(|until| is_ahead(*until, now, LONGEST_PAUSE_MS));
        own.max(self.asked_until.filter(|until| is_ahead(*until, now, LONGEST_ASKED_MS)))
    }
}

/// False also for more than is ever waited for: the clock was put back, or had been wrong before.
fn is_ahead(until: Timestamp, now: Timestamp, longest_ms: u64) -> bool {
    let left_ms = until.unix_ms().saturating_sub(now.unix_ms());
    u64::try_from(left_ms).is_ok_and(|left_ms| (1..=longest_ms).contains(&left_ms))
}

/// Of which `jitter` leaves between half and all.
fn pause_ms(failures: u32, jitter: u64) -> u64 {
    let Some(doublings) = failures.checked_sub(OPENS_AFTER) else {
        return retry_after_ms(failures, jitter);
    };
    let whole = 1_u64.checked_shl(doublings).map_or(LONGEST_PAUSE_MS, |by| by.saturating_mul(FIRST_PAUSE_MS));
    let half = whole.min(LONGEST_PAUSE_MS) / 2;
    half + jitter % (half + 1)
}

fn after(now: Timestamp, ms: u64) -> Timestamp {
    Timestamp::from_unix_ms(now.unix_ms().saturating_add(i64::try_from(ms).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::Breaker;
    use crate::timestamp::Timestamp;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_unix_ms(1_767_225_600_000 + ms)
    }

    #[test]
    fn a_server_is_left_alone_for_longer_each_time_and_opens_after_three() {
        let mut breaker = Breaker::default();
        assert_eq!(breaker.closed_until(at(0)), None);
        let mut waits = Vec::new();
        for failures in 1..=12 {
            breaker.failed(at(0), None, 0);
            assert_eq!((breaker.is_open(), breaker.failures), (failures >= 3, failures));
            waits.push(breaker.closed_until(at(0)).unwrap().unix_ms() - at(0).unix_ms());
        }
        let minutes = |minutes: i64| minutes * 60_000 / 2;
        let pauses = [1, 2, 4, 8, 16, 30, 30, 30, 30, 30].map(minutes);
        assert_eq!(waits, [&[1_000, 2_000][..], &pauses].concat());
        assert_eq!(breaker.closed_until(at(900_000)), None, "one may try");
        breaker.succeeded();
        assert_eq!((breaker.closed_until(at(0)), breaker.is_open()), (None, false));
    }

    #[test]
    fn what_the_server_asks_for_is_kept_to_whoever_asks_for_it_to_be_tried() {
        let mut breaker = Breaker::default();
        breaker.failed(at(0), Some(90_000), 0);
        assert_eq!(breaker.closed_until(at(0)), Some(at(90_000)));
        breaker.try_soon(at(1), 0);
        assert_eq!(breaker.closed_until(at(2)), Some(at(90_000)));
        breaker.failed(at(90_000), None, 0);
        breaker.try_soon(at(90_100), 0);
        assert_eq!(breaker.closed_until(at(90_200)), None);
        breaker.failed(at(0), Some(u64::MAX), 0);
        assert_eq!(breaker.closed_until(at(0)), Some(at(24 * 60 * 60_000)));
        assert_eq!(breaker.closed_until(at(-5)), Some(at(30_000)), "the clock was put back, by little");
    }

    #[test]
    fn a_clock_that_was_wrong_puts_nothing_off_for_longer_than_is_ever_waited_for() {
        const HOUR: i64 = 60 * 60_000;
        let mut breaker = Breaker::default();
        breaker.failed(at(2 * HOUR), None, 0);
        assert_eq!(breaker.closed_until(at(0)), None, "put back by two hours");
        breaker.failed(at(10 * 365 * 24 * HOUR), Some(60_000), 0);
        assert_eq!(breaker.closed_until(at(0)), None, "years ahead before");
        breaker.failed(at(0), Some(2 * 60_000), 0);
        assert_eq!(breaker.closed_until(at(0)), Some(at(2 * 60_000)));
        assert_eq!(breaker.closed_until(at(-24 * HOUR)), None, "no server asks for more than a day");
        breaker.failed(Timestamp::from_unix_ms(i64::MAX), None, 0);
        assert_eq!(breaker.closed_until(Timestamp::from_unix_ms(i64::MIN)), None);
    }

    #[test]
    fn trying_soon_never_puts_off_what_was_due_before() {
        let mut breaker = Breaker::default();
        breaker.try_soon(at(0), 3_000);
        assert_eq!(breaker.closed_until(at(0)), None);
        breaker.failed(at(0), None, 0);
        breaker.try_soon(at(0), 3_000);
        assert_eq!(breaker.closed_until(at(0)), Some(at(1_000)));
    }
}
