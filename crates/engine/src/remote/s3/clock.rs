//! This computer's clock against the server's.
//!
//! S3 refuses a request that is signed with a time too far from its own. Every answer tells the server's
//! time, so a wrong clock is measured, signed around, and told to the reader.

use std::sync::atomic::{AtomicI64, Ordering};

use primer_domain::timestamp::Timestamp;

use crate::http::unix_ms;
use crate::remote::Clock;
use crate::remote::faults::ClockOffset;

/// Below that a clock is not the reason for a refusal: servers allow five to fifteen minutes, and a Date is
/// only as exact as its second and the network.
const NOTICEABLE_MS: u64 = 60_000;

pub struct ServerClock {
    own: Clock,
    /// What the last answer measured.
    noted_ms: AtomicI64,
    /// What is added before signing. Zero until the server refuses for it: a Date may come from something in
    /// between whose clock is wrong, while the server that checks is content.
    signing_ms: AtomicI64,
}

impl ServerClock {
    pub fn new(own: Clock) -> ServerClock {
        ServerClock { own, noted_ms: AtomicI64::new(0), signing_ms: AtomicI64::new(0) }
    }

    pub fn signing_offset_ms(&self) -> i64 {
        self.signing_ms.load(Ordering::Relaxed)
    }

    /// None if the clock is good enough.
    pub fn offset(&self) -> Option<ClockOffset> {
        let ms = self.noted_ms.load(Ordering::Relaxed);
        (ms.unsigned_abs() > NOTICEABLE_MS).then_some(ClockOffset { ms })
    }

    /// What to sign with.
    pub fn now(&self, offset_ms: i64) -> jiff::Timestamp {
        let unix_ms = (self.own)().unix_ms().saturating_add(offset_ms);
        let within_years = Timestamp::from_unix_ms(unix_ms).unix_ms();
        jiff::Timestamp::from_millisecond(within_years).unwrap_or_default()
    }

    /// From the `Date` of an answer that has just come. None if there is none that can be read.
    pub fn measure(&self, date: &str) -> Option<i64> {
        Some(unix_ms(date)? - (self.own)().unix_ms())
    }

    pub fn note(&self, measured_ms: i64) {
        self.noted_ms.store(measured_ms, Ordering::Relaxed);
    }

    pub fn sign_with(&self, measured_ms: i64) {
        self.signing_ms.store(measured_ms, Ordering::Relaxed);
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
        clock.note(840_000);
        assert_eq!(clock.offset().unwrap().to_string(), "14 minutes slow");
        assert_eq!(clock.now(clock.signing_offset_ms()).to_string(), "1994-11-06T08:35:37Z");
        clock.sign_with(840_000);
        assert_eq!(clock.now(clock.signing_offset_ms()).to_string(), "1994-11-06T08:49:37Z");
        clock.note(59_000);
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
