//! Known faults of dependencies, where a tool for that and its database can be had.

use std::path::Path;
use std::process::Command;

use crate::cargo::cargo;
use crate::command::{minutes, run, says_yes};
use crate::failure::Failure;

/// Fetching the database may fail, and that is no fault of this code; what is found in it is.
pub fn check(root: &Path) -> Result<(), Failure> {
    if says_yes(Command::new("cargo-deny").arg("--version"))
        && says_yes(&mut cargo(root, &["deny", "fetch", "db"]))
    {
        return run(&mut cargo(root, &["deny", "--offline", "check", "advisories"]), minutes(5));
    }
    if says_yes(Command::new("cargo-audit").arg("--version")) && has_audit_database() {
        return run(&mut cargo(root, &["audit", "--no-fetch"]), minutes(5));
    }
    println!("advisories: not checked here (no database)");
    Ok(())
}

/// Where cargo-audit keeps it.
fn has_audit_database() -> bool {
    let home = std::env::var_os("CARGO_HOME").map(std::path::PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    home.is_some_and(|home| home.join("advisory-db").is_dir())
}
