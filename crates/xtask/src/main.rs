//! `cargo xtask run | test | check | types | pictures | bench | sim | package | update`: Primer's own build steps.
//!
//! Each does its own set-up and says beforehand what it changes outside this folder. Nothing waits for ever.

mod advisories;
mod cargo;
mod clock;
mod command;
mod count;
mod display;
mod documents;
mod failure;
mod family;
mod licences;
mod model_server;
mod network;
mod package;
mod packages;
mod rules;
mod shipped;
mod step;
mod tasks;
mod third_party;
mod tools;
mod types;
mod ui;
mod window;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::failure::Failure;

const USAGE: &str = "\
cargo xtask run [--release]   build and open the app; without a display, walk through it and take pictures
cargo xtask test [FILTER]     every test, or those whose name contains FILTER
cargo xtask check             format, clippy, generated types, svelte-check, licences, documents, the repository's own rules
cargo xtask types             write ui/generated/commands.ts
cargo xtask pictures          take the pictures that the documents show, into docs/pictures
cargo xtask bench [PART]      speed as ratios, release build: of reading, sync or start, or of all
cargo xtask sim [--seeds N] [--seed S] [--jobs J]   computers that sync while everything goes wrong, from seeds
cargo xtask package [--check] deb and rpm in artifacts/packages; --check tries the deb in a Debian of its own
cargo xtask update FOLDER     sign the packages there that update themselves (docs/updates.md)";

fn main() -> ExitCode {
    let root = root();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["run"] => tasks::run::run(&root, false),
        ["run", "--release"] => tasks::run::run(&root, true),
        ["test"] => return tasks::test::test(&root, None),
        ["test", filter] if !filter.starts_with('-') => return tasks::test::test(&root, Some(filter)),
        ["check"] => tasks::check::check(&root),
        ["types"] => types::write(&root),
        ["pictures"] => tasks::pictures::pictures(&root),
        ["bench", parts @ ..] if parts.iter().all(|part| tasks::bench::PARTS.contains(part)) => {
            tasks::bench::bench(&root, parts)
        }
        ["package"] => tasks::package::package(&root, false),
        ["package", "--check"] => tasks::package::package(&root, true),
        ["update", folder] => tasks::update::update(&root, Path::new(folder)),
        ["sim", words @ ..] => tasks::sim::sim(&root, words),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(Failure::Refused(format!("This is how it is used:\n{USAGE}"))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

/// The repository, wherever this was started from.
fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_owned()
}
