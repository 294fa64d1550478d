//! Many seeds, several at a time.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::{Outcome, Stage};

const USAGE: &str = "primer-simulation [--seeds N] [--seed S] [--jobs J]";

/// After so many failures no further seed is begun: they mostly have one cause.
const FAILURES_MAX: usize = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub first: u64,
    pub count: u64,
    pub jobs: usize,
}

impl Asked {
    /// `--seed` alone is that one seed.
    pub fn of(mut words: impl Iterator<Item = String>) -> Result<Asked, String> {
        let (mut first, mut count, mut jobs) = (None, None, None);
        while let Some(word) = words.next() {
            let number = words.next().and_then(|number| number.parse::<u64>().ok());
            let number = number.ok_or_else(|| format!("{word} needs a number.\n{USAGE}"))?;
            match word.as_str() {
                "--seed" => first = Some(number),
                "--seeds" => count = Some(number),
                "--jobs" => jobs = Some(number),
                _ => return Err(format!("{word} is not known.\n{USAGE}")),
            }
        }
        let all = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Asked {
            first: first.unwrap_or(1),
            count: count.unwrap_or(if first.is_some() { 1 } else { 2_000 }),
            jobs: jobs.map_or(all, |jobs| usize::try_from(jobs).unwrap_or(1)).max(1),
        })
    }
}

pub struct Failure {
    pub seed: u64,
    pub outcome: Outcome,
}

pub struct Summary {
    pub runs: u64,
    pub took: Duration,
    pub counts: BTreeMap<&'static str, u64>,
    pub failures: Vec<Failure>,
    /// Of a run of one seed.
    log: Vec<String>,
}

#[allow(clippy::disallowed_methods, reason = "how fast the runs are is told, and nothing else depends on it")]
pub fn run(asked: &Asked) -> Summary {
    let began = Instant::now();
    let next = AtomicU64::new(asked.first);
    let end = asked.first.saturating_add(asked.count);
    let summary = Mutex::new(Summary {
        runs: 0,
        took: Duration::ZERO,
        counts: BTreeMap::new(),
        failures: Vec::new(),
        log: Vec::new(),
    });
    std::thread::scope(|threads| {
        for _ in 0..asked.jobs.min(usize::try_from(asked.count).unwrap_or(usize::MAX)) {
            threads.spawn(|| {
                let stage = Stage::set().expect("there is room for a data folder");
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let has_failed = summary.lock().unwrap().failures.len() >= FAILURES_MAX;
                    if seed >= end || has_failed {
                        break;
                    }
                    let outcome = stage.run(seed);
                    summary.lock().unwrap().add(seed, outcome, asked.count == 1);
                }
            });
        }
    });
    let mut summary = summary.into_inner().unwrap();
    summary.took = began.elapsed();
    summary.failures.sort_by_key(|failure| failure.seed);
    summary
}

impl Summary {
    fn add(&mut self, seed: u64, outcome: Outcome, keep_log: bool) {
        self.runs += 1;
        for (what, count) in &outcome.counts {
            *self.counts.entry(what).or_default() += count;
        }
        if outcome.violation.is_some() {
            self.failures.push(Failure { seed, outcome });
        } else if keep_log {
            self.log = outcome.log;
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.log {
            writeln!(f, "{line}")?;
        }
        if let Some(first) = self.failures.first() {
            for line in &first.outcome.log {
                writeln!(f, "{line}")?;
            }
        }
        for Failure { seed, outcome } in &self.failures {
            if let Some(violation) = &outcome.violation {
                writeln!(f, "seed {seed}: {}: {}", violation.invariant, violation.what)?;
                writeln!(f, "    again: cargo xtask sim --seed {seed}")?;
            }
        }
        for (what, count) in &self.counts {
            writeln!(f, "{count:>10} {what}")?;
        }
        let seconds = self.took.as_secs_f64();
        let rate = self.runs as f64 / seconds.max(0.001);
        let failed = self.failures.len();
        write!(f, "{} seeds in {seconds:.1} s, {rate:.1} a second, {failed} failed", self.runs)
    }
}
