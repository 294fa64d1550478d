//! This computer's clock against the server's.
//!
//! S3 refuses a request that is signed with a time too far from its own. Every answer tells the server's time, so a
//! wrong clock is measured, signed around, and told to the reader.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::fmt::rfc2822::DateTimeParser;
use primer_domain::timestamp::Timestamp;

use crate::remote::Clock;
use crate::remote::faults::ClockOffset;

/// Below that a clock is not the reason for a refusal: servers allow five to fifteen minutes, and a Date is only as
/// exact as its second and the network.
const NOTICEABLE_MS: u64 = 60_000;

pub struct ServerClock {
    own: Clock,
    /// Zero as long as our own clock is good enough.
    offset_ms: AtomicI64,
}

impl ServerClock {
    pub fn new(own: Clock) -> ServerClock {
        ServerClock { own, offset_ms: AtomicI64::new(0) }
    }

    pub fn offset_ms(&self) -> i64 {
        self.offset_ms.load(Ordering::Relaxed)
    }

    pub fn offset(&self) -> Option<ClockOffset> {
        Some(ClockOffset { ms: self.offset_ms() }).filter(|offset| offset.ms != 0)
    }

    /// What to sign with.
    pub fn now(&self, offset_ms: i64) -> jiff::Timestamp {
        let unix_ms = (self.own)().unix_ms().saturating_add(offset_ms);
        let within_years = Timestamp::from_unix_ms(unix_ms).unix_ms();
        jiff::Timestamp::from_millisecond(within_years).unwrap_or_default()
    }

    /// From the `Date` of an answer that has just come. None if there is none that can be read.
    pub fn measure(&self, date: &str) -> Option<i64> {
        let theirs = DateTimeParser::new().parse_timestamp(date).ok()?.as_millisecond();
        Some(theirs - (self.own)().unix_ms())
    }

    pub fn remember(&self, measured_ms: i64) {
        let kept = if measured_ms.unsigned_abs() > NOTICEABLE_MS { measured_ms } else { 0 };
        self.offset_ms.store(kept, Ordering::Relaxed);
    }
}

/// Whether a time signed with `used_ms` may have been refused for what was measured.
pub fn explains_refusal(used_ms: i64, measured_ms: i64) -> bool {
    used_ms.abs_diff(measured_ms) > NOTICEABLE_MS
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use primer_domain::timestamp::Timestamp;

    use super::{ServerClock, explains_refusal};

    fn clock(unix_ms: i64) -> ServerClock {
        ServerClock::new(Arc::new(move || Timestamp::from_unix_ms(unix_ms)))
    }

    #[test]
    fn the_date_of_an_answer_tells_how_far_the_own_clock_is_off() {
        let clock = clock(784_111_777_000 - 840_000);
        assert_eq!(clock.measure("Sun, 06 Nov 1994 08:49:37 GMT"), Some(840_000));
        clock.remember(840_000);
        assert_eq!(clock.offset().unwrap().to_string(), "14 minutes slow");
        assert_eq!(clock.now(clock.offset_ms()).to_string(), "1994-11-06T08:49:37Z");
        clock.remember(59_000);
        assert_eq!(clock.offset(), None);
    }

    #[test]
    fn what_is_no_date_measures_nothing() {
        for date in ["", "yesterday", "2026-01-01T00:00:00Z", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            assert_eq!(clock(0).measure(date), None, "{date}");
        }
    }

    #[test]
    fn a_mad_clock_can_be_signed_with() {
        for (own, offset) in [(i64::MIN, i64::MIN), (i64::MAX, i64::MAX), (i64::MIN, i64::MAX), (0, 0)] {
            let _ = clock(own).now(offset);
        }
        assert!(explains_refusal(i64::MIN, i64::MAX) && !explains_refusal(5, 60_005));
    }
}
