//! Two thousand seeds, or as many as PRIMER_SIM_SEEDS says, and what makes a failing one worth having.

#![allow(clippy::unwrap_used, reason = "a test that finds nothing where something must be has failed")]

use primer_simulation::Stage;
use primer_simulation::seeds::{Asked, run};

/// Every fault that the simulation knows.
const FAULTS: [&str; 24] = [
    "bursts of refusals",
    "chapters removed everywhere",
    "clock jumps",
    "computer stolen",
    "computers forgotten",
    "cut short",
    "data folder copied",
    "disk full",
    "disk put back",
    "garbled",
    "lost after it took effect",
    "lost before it took effect",
    "object lost",
    "object rotten",
    "power cut",
    "power cut within",
    "refused",
    "remote exchanged",
    "remote put back",
    "remote wiped",
    "reordered",
    "second program",
    "stale listing",
    "took effect late",
];

#[test]
fn whatever_goes_wrong_all_computers_agree_in_the_end_and_nothing_is_lost() {
    let seeds = std::env::var("PRIMER_SIM_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let asked = Asked { first: 1, count: seeds.unwrap_or(2_000), jobs };
    let summary = run(&asked);
    println!("{summary}");
    assert!(summary.failures.is_empty(), "the log of the first seed that failed stands above");
    // A fault that never happens proves nothing.
    if asked.count >= 1_000 {
        for fault in FAULTS.iter().chain(&["timed out", "looks for leftovers"]) {
            assert!(summary.counts.get(fault).is_some_and(|count| *count > 0), "never: {fault}");
        }
    }
}

#[test]
fn a_seed_gives_the_same_log_byte_for_byte_wherever_it_runs() {
    let (one, other) = (Stage::set().unwrap(), Stage::set().unwrap());
    for seed in 1..=25 {
        let (first, second) = (one.run(seed).log, other.run(seed).log);
        assert!(first.len() > 50, "a log tells what happened");
        assert_eq!(first.join("\n"), second.join("\n"), "seed {seed}");
    }
}
