//! `cargo xtask test`: everything, and one line at the end that says how it went.

use std::path::Path;
use std::process::ExitCode;

use crate::count::Count;
use crate::failure::Failure;
use crate::step::step;
use crate::window::Built;
use crate::{cargo, model_server, packages, tools, ui, window};

/// The last line is `N passed, N failed`, whatever happened.
pub fn test(root: &Path, filter: Option<&str>) -> ExitCode {
    let count = all(root, filter).unwrap_or_else(|failure| {
        println!("{failure}");
        Count::ONE_FAILURE
    });
    println!("{count}");
    if count.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn all(root: &Path, filter: Option<&str>) -> Result<Count, Failure> {
    step("system packages", packages::install)?;
    let servers = step("the S3 servers of the tests", || tools::install_all(root, &tools::SERVERS))?;
    let no_model = step("the model server of the tests", || model_server::install(root))?;
    ui::build(root)?;
    let built = step("build the app and the tests", || cargo::build_all(root))?;
    let app = Built { app: built.get("primer-desktop")?, command_line: built.get("primer")? };
    let window_tests = built.get("window")?;
    let mut count = Count::default();
    count += counted("cargo test", || cargo::test(root, filter, &servers, no_model.as_deref()));
    count += counted("npm test", || ui::test(root, filter));
    count += counted("window tests", || window::test(root, window_tests, &app, filter));
    Ok(count)
}

/// A part that could not even be run is one failure; the others are still run.
fn counted(what: &str, work: impl FnOnce() -> Result<Count, Failure>) -> Count {
    step(what, work).inspect_err(|why| println!("{why}")).unwrap_or(Count::ONE_FAILURE)
}
