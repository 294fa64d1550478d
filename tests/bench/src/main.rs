//! What a visit costs, measured against the least it could cost, in one run.
//!
//! Prints a table of ratios with their limits; exit code 1 if one is exceeded. The figures in microseconds depend on the
//! machine; the ratios hardly do.

mod bare;
mod fill;
mod reader;
#[path = "../../remote/server.rs"]
#[allow(
    dead_code,
    clippy::unwrap_used,
    reason = "the tests of remotes, with whom it is shared, use the rest"
)]
mod server;
#[path = "../../remote/server_process.rs"]
#[allow(dead_code, clippy::unwrap_used, reason = "shared with the tests of remotes")]
mod server_process;
mod start;
mod sync;

use std::process::ExitCode;
use std::time::Instant;

use primer_engine::env::Env;
use primer_engine::remote::location::usual_region;
use primer_engine::remote::{Clock, Credentials, S3Location, Style};
use primer_engine::secrets::Secret;

/// A measured ratio and what it may be at most.
pub struct Ratio {
    pub name: &'static str,
    pub measured: f64,
    pub limit: f64,
    pub detail: String,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [word, data] = &words[..]
        && word == sync::MEMORY
    {
        sync::print_memory(data.as_ref());
        return ExitCode::SUCCESS;
    }
    // For a look at one part alone.
    let is_wanted = |part: &str| words.is_empty() || words.iter().any(|word| word == part);
    let mut ratios = Vec::new();
    if is_wanted("reading") {
        ratios.extend(reader::ratios());
    }
    if is_wanted("sync") {
        ratios.extend(sync::ratios());
    }
    if is_wanted("start") {
        ratios.extend(start::ratios());
    }
    println!("\n{:<58} {:>8} {:>8}", "", "ratio", "limit");
    for ratio in &ratios {
        let verdict = if ratio.measured <= ratio.limit { "" } else { "  TOO MUCH" };
        println!(
            "{:<58} {:>8.2} {:>8.2}{verdict}   {}",
            ratio.name, ratio.measured, ratio.limit, ratio.detail
        );
    }
    if ratios.iter().all(|ratio| ratio.measured <= ratio.limit) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The median time in microseconds of each of `works`, which are run in turn so that a busy moment hits all alike.
pub fn medians_us<const N: usize>(rounds: usize, works: [&mut dyn FnMut(); N]) -> [f64; N] {
    let mut works = works;
    let mut samples: [Vec<f64>; N] = std::array::from_fn(|_| Vec::with_capacity(rounds));
    for _ in 0..rounds {
        for (work, samples) in works.iter_mut().zip(&mut samples) {
            samples.push(time_us(work));
        }
    }
    samples.map(median)
}

pub fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

#[allow(clippy::disallowed_methods, reason = "a bench measures time")]
pub fn time_us(work: &mut dyn FnMut()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e6
}

/// What the server of the tests asks for.
fn clock() -> Clock {
    Env::of_this_computer().clock()
}

fn credentials(secret: &str) -> Option<Credentials> {
    Some(Credentials { secret_access_key: Secret::new(secret), session_token: None })
}

fn s3(endpoint: &str) -> S3Location {
    S3Location {
        endpoint: endpoint.to_owned(),
        bucket: server::BUCKET.to_owned(),
        prefix: String::new(),
        region: usual_region(),
        style: Style::Auto,
        access_key_id: server::KEY.to_owned(),
        ca_file: None,
        proxy: None,
    }
}
