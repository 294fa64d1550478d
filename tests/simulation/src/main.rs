//! `primer-simulation --seeds N --seed S --jobs J`: runs the seeds from S on, several at a time, and says how it went.
//! A single seed prints its log.

use std::process::ExitCode;

use primer_simulation::seeds::{Asked, run};

fn main() -> ExitCode {
    let asked = match Asked::of(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(usage) => {
            eprintln!("{usage}");
            return ExitCode::FAILURE;
        }
    };
    let summary = run(&asked);
    println!("{summary}");
    if summary.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
