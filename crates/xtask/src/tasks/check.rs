//! `cargo xtask check`: the gate on style and licences. All that is wrong is told, not only the first.

use std::path::Path;

use crate::failure::Failure;
use crate::step::step;
use crate::{advisories, cargo, documents, licences, packages, rules, types, ui};

type Check = fn(&Path) -> Result<(), Failure>;

const CHECKS: [(&str, Check); 8] = [
    ("cargo fmt", cargo::format),
    ("repository rules", rules::check),
    ("documents", documents::check),
    ("licences", licences::check),
    ("advisories", advisories::check),
    ("svelte-check", ui::check),
    ("cargo clippy", cargo::clippy),
    ("generated types", types::check),
];

pub fn check(root: &Path) -> Result<(), Failure> {
    step("system packages", packages::install)?;
    // Clippy reads the app's sources, and those hold the built page.
    ui::build(root)?;
    let failed: Vec<&str> = CHECKS
        .iter()
        .filter(|(what, check)| step(what, || check(root)).inspect_err(|why| println!("{why}")).is_err())
        .map(|(what, _)| *what)
        .collect();
    if failed.is_empty() {
        println!("All checks passed.");
        return Ok(());
    }
    Err(Failure::Refused(format!("Not in order: {}. What to do stands above.", failed.join(", "))))
}
