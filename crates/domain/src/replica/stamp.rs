//! When something was changed, as a reader's computers count it: a hybrid logical clock, then the computer.
//!
//! A change that was made knowing another has the greater stamp, however the clocks stood. Wall time only
//! decides between changes that knew nothing of each other. There is always room for a next stamp: no text
//! beyond the year 8999 is a stamp.

use std::fmt;

use crate::ids::{DeviceId, serde_as_text};
use crate::timestamp::Timestamp;

/// Ordered by wall time, then counter, then device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// The computer's clock, or the greatest that it had heard of.
    pub wall: Timestamp,
    /// Counts the changes at one wall time.
    pub counter: u32,
    pub device: DeviceId,
}

/// 8999-12-31T23:59:59.999Z.
const LAST_WALL_MS: i64 = 221_845_391_999_999;

impl Stamp {
    /// A stamp after everything seen, in wall time and counter, whatever `now` is. Only where somebody forged the
    /// very last stamp that there is can nothing come after it, and it is given again.
    pub fn next(greatest_seen: Option<Stamp>, now: Timestamp, device: DeviceId) -> Stamp {
        let last = Timestamp::from_unix_ms(LAST_WALL_MS);
        let now = now.min(last);
        let (wall, counter) = match greatest_seen {
            Some(seen) if seen.wall >= now => match seen.counter.checked_add(1) {
                Some(counter) => (seen.wall, counter),
                None => (Timestamp::from_unix_ms(seen.wall.unix_ms() + 1), 0),
            },
            _ => (now, 0),
        };
        if wall > last {
            return Stamp { wall: last, counter: u32::MAX, device };
        }
        Stamp { wall, counter, device }
    }

    /// Reads `2026-01-01T00:00:00.042Z+3@{device}` as it is written, and no other spelling.
    pub fn parse(text: &str) -> Option<Stamp> {
        let (time, device) = text.split_once('@')?;
        let (wall, counter) = time.split_once('+')?;
        let stamp = Stamp {
            wall: Timestamp::parse(wall)?,
            counter: counter.parse().ok()?,
            device: DeviceId::parse(device)?,
        };
        (stamp.wall.unix_ms() <= LAST_WALL_MS && stamp.to_string() == text).then_some(stamp)
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}@{}", self.wall, self.counter, self.device)
    }
}

serde_as_text!(Stamp, "a stamp such as 2026-01-01T00:00:00.042Z+3@{device}");

#[cfg(test)]
mod tests {
    use super::{LAST_WALL_MS, Stamp};
    use crate::replica::random::{Random, device};
    use crate::timestamp::Timestamp;

    const TEXT: &str = "2026-01-01T00:00:00.042Z+3@0192f0c1-2345-7abc-8def-0123456789ab";

    fn at(unix_ms: i64, counter: u32) -> Stamp {
        Stamp { wall: Timestamp::from_unix_ms(unix_ms), counter, device: device(1) }
    }

    #[test]
    fn a_stamp_reads_back_as_it_was_written() {
        let stamp = Stamp::parse(TEXT).unwrap();
        assert_eq!(stamp.to_string(), TEXT);
        assert_eq!(serde_json::from_str::<Stamp>(&format!("\"{TEXT}\"")).unwrap(), stamp);
        assert_eq!(serde_json::to_string(&stamp).unwrap(), format!("\"{TEXT}\""));
        let last = at(LAST_WALL_MS, u32::MAX);
        assert!(last.to_string().starts_with("8999-12-31T23:59:59.999Z+4294967295@"));
        assert_eq!(Stamp::parse(&last.to_string()), Some(last));
        let first = at(i64::MIN, 0);
        assert_eq!(Stamp::parse(&first.to_string()), Some(first));
    }

    #[test]
    fn any_other_spelling_and_any_year_from_9000_on_is_refused() {
        for bad in [
            TEXT.replace(".042", ".0420"),
            TEXT.replace(".042", ""),
            TEXT.replace("T00", "t00"),
            TEXT.replace('Z', "+00:00"),
            TEXT.replace("+3", "+03"),
            TEXT.replace("+3", "++3"),
            TEXT.replace("+3", "+-3"),
            TEXT.replace("+3", ""),
            TEXT.replace("+3", "+4294967296"),
            TEXT.replace("abc", "ABC"),
            TEXT.replace("2026-01-01T00:00:00.042", "9000-01-01T00:00:00.000"),
            TEXT.replace("2026", "9999"),
            format!("{TEXT} "),
            format!("{TEXT}@"),
            String::new(),
        ] {
            assert_eq!(Stamp::parse(&bad), None, "{bad}");
            assert!(serde_json::from_value::<Stamp>(serde_json::Value::String(bad)).is_err());
        }
    }

    #[test]
    fn wall_time_decides_before_the_counter_and_the_counter_before_the_computer() {
        assert!(at(1, 0) > at(0, 9));
        assert!(at(1, 1) > at(1, 0));
        assert!(Stamp { device: device(2), ..at(1, 1) } > at(1, 1));
    }

    #[test]
    fn a_clock_that_is_ahead_is_taken_and_one_that_is_behind_only_counts() {
        let now = Timestamp::from_unix_ms(100);
        assert_eq!(Stamp::next(None, now, device(1)), at(100, 0));
        assert_eq!(Stamp::next(Some(at(99, 7)), now, device(1)), at(100, 0));
        assert_eq!(Stamp::next(Some(at(100, 7)), now, device(1)), at(100, 8));
        assert_eq!(Stamp::next(Some(at(500, 7)), now, device(1)), at(500, 8));
        assert_eq!(Stamp::next(Some(at(500, u32::MAX)), now, device(1)), at(501, 0));
    }

    #[test]
    fn a_stamp_always_moves_forward_and_can_be_read_whatever_the_clocks_show() {
        let mut random = Random::seeded(1);
        let mut seen: Option<Stamp> = None;
        for _ in 0..5_000 {
            let now = match random.below(5) {
                0 => i64::MIN,
                1 => i64::MAX,
                2 => 0,
                _ => random.next() as i64 % 2_000_000_000_000,
            };
            let next = Stamp::next(seen, Timestamp::from_unix_ms(now), device(random.below(4)));
            assert!(
                seen.is_none_or(|seen| (next.wall, next.counter) > (seen.wall, seen.counter)),
                "{next} is not after {seen:?}"
            );
            assert_eq!(Stamp::parse(&next.to_string()), Some(next));
            // Now and then everything is forgotten, as on a new computer, or the counter has run full.
            seen = match random.below(10) {
                0 => None,
                1 if next.wall.unix_ms() < LAST_WALL_MS => Some(Stamp { counter: u32::MAX, ..next }),
                _ => Some(next),
            };
        }
    }

    #[test]
    fn after_the_very_last_stamp_a_computer_can_still_write() {
        let next = Stamp::next(Some(at(LAST_WALL_MS, u32::MAX)), Timestamp::from_unix_ms(0), device(2));
        assert_eq!(Stamp::parse(&next.to_string()), Some(next));
    }
}
