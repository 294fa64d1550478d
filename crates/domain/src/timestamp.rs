//! A point in time as the database keeps it: RFC 3339, UTC, milliseconds.

use std::fmt;

/// Milliseconds since 1970-01-01T00:00:00Z, within the years 0 to 9999 so that its text sorts as it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    unix_ms: i64,
}

/// 0000-01-01T00:00:00.000Z and 9999-12-30T22:00:00.000Z, the last whole second that jiff can hold.
const RANGE_MS: (i64, i64) = (-62_167_219_200_000, 253_402_207_200_000);

impl Timestamp {
    /// A time outside the years 0 to 9999 becomes the nearest inside: a mad clock must not stop a reader.
    pub fn from_unix_ms(unix_ms: i64) -> Timestamp {
        Timestamp { unix_ms: unix_ms.clamp(RANGE_MS.0, RANGE_MS.1) }
    }

    pub fn unix_ms(self) -> i64 {
        self.unix_ms
    }

    /// Reads any RFC 3339 time; what is finer than a millisecond is cut off.
    pub fn parse(text: &str) -> Option<Timestamp> {
        let parsed: jiff::Timestamp = text.parse().ok()?;
        Some(Timestamp::from_unix_ms(parsed.as_millisecond()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.unix_ms) {
            Ok(time) => write!(f, "{time:.3}"),
            Err(_) => f.write_str("1970-01-01T00:00:00.000Z"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn a_time_is_written_with_milliseconds_and_read_back() {
        let time = Timestamp::from_unix_ms(1_767_225_600_042);
        assert_eq!(time.to_string(), "2026-01-01T00:00:00.042Z");
        assert_eq!(Timestamp::parse("2026-01-01T00:00:00.042Z"), Some(time));
        assert_eq!(Timestamp::parse("2026-01-01T01:00:00.042+01:00"), Some(time));
        assert_eq!(Timestamp::from_unix_ms(0).to_string(), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn a_clock_beyond_all_years_is_clamped_and_still_sorts() {
        let (first, last) = (Timestamp::from_unix_ms(i64::MIN), Timestamp::from_unix_ms(i64::MAX));
        assert!(first.to_string() < last.to_string());
        assert_eq!(Timestamp::parse(&last.to_string()), Some(last));
    }
}
