//! `cargo xtask sim`: a reader's computers over a simulated remote, clock and disk, for as many seeds as are asked for.

use std::path::Path;
use std::process::Command;

use crate::cargo;
use crate::command::{minutes, run};
use crate::failure::Failure;
use crate::step::step;

/// 200,000 seeds take a night on a small computer.
const DEADLINE_MIN: u64 = 24 * 60;

/// `words`: those of the program, such as `--seeds 200000` or `--seed 7`.
pub fn sim(root: &Path, words: &[&str]) -> Result<(), Failure> {
    let built = step("build the simulation", || cargo::build_simulation(root))?;
    let mut command = Command::new(built.get("primer-simulation")?);
    step("simulation", || run(command.args(words).current_dir(root), minutes(DEADLINE_MIN)))
}
