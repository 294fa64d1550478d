//! How long to wait after a sync that failed.

const FIRST_MS: u64 = 2_000;
const LONGEST_MS: u64 = 5 * 60 * 1_000;

/// Milliseconds to wait after so many failures one after the other: 2 seconds, then twice as long each time
/// up to 5 minutes, of which `jitter`, any random number, leaves between half and all, so that computers
/// don't come back together.
pub fn retry_after_ms(failures: u32, jitter: u64) -> u64 {
    let Some(doublings) = failures.checked_sub(1) else { return 0 };
    let whole = 1_u64.checked_shl(doublings).map_or(LONGEST_MS, |factor| factor.saturating_mul(FIRST_MS));
    let half = whole.min(LONGEST_MS) / 2;
    half + jitter % (half + 1)
}

#[cfg(test)]
mod tests {
    use super::retry_after_ms;
    use crate::replica::random::Random;

    #[test]
    fn the_wait_doubles_from_two_seconds_to_five_minutes_and_never_beyond() {
        let wholes = [2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000];
        let mut random = Random::seeded(9);
        for (failures, whole) in (1..).zip(wholes).chain([(64, 300_000), (65, 300_000), (u32::MAX, 300_000)])
        {
            assert_eq!(retry_after_ms(failures, 0), whole / 2);
            assert_eq!(retry_after_ms(failures, whole / 2), whole);
            for _ in 0..100 {
                assert!((whole / 2..=whole).contains(&retry_after_ms(failures, random.next())));
            }
            assert!(retry_after_ms(failures, u64::MAX) <= whole);
        }
    }

    #[test]
    fn without_a_failure_there_is_nothing_to_wait_for() {
        assert_eq!(retry_after_ms(0, 7), 0);
    }
}
