//! Eight o'clock: every student opens Primer in the same second, and a bucket that answers so many requests a
//! second and refuses the rest. Who is refused comes again after the sync's own back-off.

use primer_domain::sync::retry_after_ms;

/// What is published for one partition of an S3 bucket: reads a second. A LIST is taken for a read.
pub const PARTITION_PER_SECOND: u64 = 5_500;

/// Longer than anybody waits; ends a simulation that would not end.
const SECONDS_MAX: usize = 24 * 60 * 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Morning {
    pub students: u64,
    /// Of the first sync after the start, as in the schedule.
    pub spread_ms: u64,
    /// Requests that the bucket answers in a second.
    pub per_second: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Requests in the worst second, refused ones included.
    pub peak_per_second: u64,
    pub refused: u64,
    /// Seconds after eight by which so many students have synced.
    pub half_s: u64,
    pub most_s: u64,
    pub all_s: u64,
}

/// One request waits at this millisecond of its second, after so many failures.
#[derive(Clone, Copy)]
struct Waiting {
    ms: u16,
    failures: u8,
}

impl Morning {
    /// One request each: the LIST that every sync begins with.
    pub fn simulate(self) -> Outcome {
        let mut random = Random(8);
        let mut seconds: Vec<Vec<Waiting>> = Vec::new();
        for _ in 0..self.students {
            let at_ms = random.below(1_000) + random.below(self.spread_ms.max(1));
            push(&mut seconds, at_ms, 0);
        }
        let mut outcome = Outcome { peak_per_second: 0, refused: 0, half_s: 0, most_s: 0, all_s: 0 };
        let mut synced = 0;
        let mut second = 0;
        while second < seconds.len() && second < SECONDS_MAX {
            let mut here = std::mem::take(&mut seconds[second]);
            here.sort_unstable_by_key(|waiting| waiting.ms);
            outcome.peak_per_second = outcome.peak_per_second.max(here.len() as u64);
            let served = (here.len() as u64).min(self.per_second);
            for waiting in &here[served as usize..] {
                outcome.refused += 1;
                let failures = waiting.failures.saturating_add(1);
                let wait_ms = retry_after_ms(u32::from(failures), random.next());
                let now_ms = second as u64 * 1_000 + u64::from(waiting.ms);
                push(&mut seconds, now_ms + wait_ms, failures);
            }
            synced += served;
            let after = second as u64 + 1;
            for (share, place) in [
                (self.students.div_ceil(2), &mut outcome.half_s),
                (self.students - self.students / 100, &mut outcome.most_s),
                (self.students, &mut outcome.all_s),
            ] {
                if synced >= share && *place == 0 {
                    *place = after;
                }
            }
            second += 1;
        }
        outcome
    }
}

/// The spread, in whole seconds, with which so many students make on average no more than so many requests a
/// second.
pub fn spread_needed_s(students: u64, per_second: u64) -> u64 {
    students.div_ceil(per_second)
}

fn push(seconds: &mut Vec<Vec<Waiting>>, at_ms: u64, failures: u8) {
    let second = (at_ms / 1_000) as usize;
    if seconds.len() <= second {
        seconds.resize_with(second + 1, Vec::new);
    }
    seconds[second].push(Waiting { ms: (at_ms % 1_000) as u16, failures });
}

/// SplitMix64: the same at every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

#[cfg(test)]
mod tests {
    use super::{Morning, PARTITION_PER_SECOND, spread_needed_s};

    #[test]
    fn whatever_is_refused_comes_again_until_everybody_has_synced() {
        let morning = Morning { students: 20_000, spread_ms: 3_000, per_second: 110 };
        let outcome = morning.simulate();
        assert!(outcome.refused > 0 && outcome.all_s > 0, "{outcome:?}");
        assert!(outcome.half_s <= outcome.most_s && outcome.most_s <= outcome.all_s, "{outcome:?}");
        // No bucket answers faster than it can.
        assert!(outcome.all_s >= 20_000 / 110, "{outcome:?}");
    }

    #[test]
    fn a_spread_that_the_bucket_can_bear_is_refused_nothing() {
        // A tenth more than needed on average: seconds differ by chance.
        let spread_ms = spread_needed_s(100_000, PARTITION_PER_SECOND) * 1_100;
        let outcome = Morning { students: 100_000, spread_ms, per_second: PARTITION_PER_SECOND }.simulate();
        assert_eq!(outcome.refused, 0, "{outcome:?}");
        assert!(outcome.all_s <= spread_ms / 1_000 + 2, "{outcome:?}");
    }

    #[test]
    fn a_million_students_need_three_minutes_on_one_partition() {
        assert_eq!(spread_needed_s(1_000_000, PARTITION_PER_SECOND), 182);
    }
}
