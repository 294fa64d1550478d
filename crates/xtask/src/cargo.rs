//! Building and testing with cargo.
//!
//! Everything of the debug profile is asked for with the whole workspace selected: another selection would be other
//! features of shared dependencies, and those would be built twice.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::command::{each_line, minutes, run};
use crate::count::{Count, tells_of_skipped};
use crate::failure::Failure;
use crate::model_server::WHY_NONE;

const BUILD_DEADLINE_MIN: u64 = 25;

/// The cargo that started this program.
pub fn cargo(root: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root).args(words);
    command
}

/// Built programs by their names.
pub struct Programs(Vec<(String, PathBuf)>);

impl Programs {
    pub fn get(&self, name: &str) -> Result<&Path, Failure> {
        let found = self.0.iter().find(|(own, _)| own == name);
        found
            .map(|(_, path)| path.as_path())
            .ok_or_else(|| Failure::Refused(format!("cargo built no program called {name}.")))
    }
}

const WORKSPACE: [&str; 3] = ["--workspace", "--features", "custom-protocol"];

/// Builds what `targets` selects, such as `--bin primer`, of the debug profile.
pub fn build(root: &Path, targets: &[&str]) -> Result<Programs, Failure> {
    programs(cargo(root, &["build"]).args(WORKSPACE).args(targets))
}

/// Builds what is shipped as it is shipped.
pub fn build_release(root: &Path, packages: &[&str]) -> Result<Programs, Failure> {
    let mut command = cargo(root, &["build", "--release", "--features", "custom-protocol"]);
    for package in packages {
        command.args(["--package", package]);
    }
    programs(&mut command)
}

/// Builds the simulation for many seeds: optimised, but without the link-time optimisation of what is shipped, which
/// takes longer than it gains. Its checks of overflow and its assertions stay.
pub fn build_simulation(root: &Path) -> Result<Programs, Failure> {
    let mut command = cargo(root, &["build", "--release", "--package", "primer-simulation"]);
    let settings = ["lto=\"off\"", "codegen-units=16", "opt-level=2", "debug-assertions=true", "strip=false"];
    for setting in settings {
        command.args(["--config", &format!("profile.release.{setting}")]);
    }
    // Apart from what is shipped: the two would be built anew in turn.
    command.args(["--target-dir", "target/simulation"]);
    programs(&mut command)
}

/// Builds the app, the command line and every test, so that the deadline of the tests is one of running. In one go:
/// what only tests depend on changes features of what the app depends on, and that would be built twice.
pub fn build_all(root: &Path) -> Result<Programs, Failure> {
    build(root, &["--all-targets"])
}

fn programs(command: &mut Command) -> Result<Programs, Failure> {
    command.arg("--message-format=json-render-diagnostics");
    let mut programs = Vec::new();
    let status = each_line(command, minutes(BUILD_DEADLINE_MIN), |line| programs.extend(program_in(line)))?;
    if status.success() {
        return Ok(Programs(programs));
    }
    Err(Failure::Ended { command: crate::command::words(command), status })
}

/// The program that a message of cargo's tells of. The unit tests of a program bear its name and are left out.
fn program_in(line: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(line).ok()?;
    let (target, path) = (message.get("target")?, message.get("executable")?.as_str()?);
    let holds_tests = message["profile"]["test"] == true;
    let is_test = target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "test"));
    (holds_tests == is_test).then(|| Some((target["name"].as_str()?.to_owned(), path.into())))?
}

/// Every test but those of the page and the window. `no_model`: why there is no model server.
pub fn test(
    root: &Path,
    filter: Option<&str>,
    servers: &[(&str, PathBuf)],
    no_model: Option<&str>,
) -> Result<Count, Failure> {
    let mut command = cargo(root, &["test", "--no-fail-fast"]);
    command.args(WORKSPACE).args(filter);
    command.envs(servers.iter().map(|(place, server)| (place, server)));
    if let Some(why) = no_model {
        command.env(WHY_NONE, why);
    }
    let mut count = Count::default();
    let mut told = 0;
    let status = each_line(&mut command, minutes(35), |line| {
        println!("{line}");
        count += Count::of_rust_line(line).unwrap_or_default();
        told += u64::from(tells_of_skipped(line));
    })?;
    count.skip(told);
    if !status.success() && count.failed == 0 {
        println!("cargo test failed outside any single test ({status}).");
        count += Count::ONE_FAILURE;
    }
    Ok(count)
}

pub fn format(root: &Path) -> Result<(), Failure> {
    run(&mut cargo(root, &["fmt", "--all", "--check"]), minutes(2))
}

pub fn clippy(root: &Path) -> Result<(), Failure> {
    let mut command = cargo(root, &["clippy", "--all-targets"]);
    run(command.args(WORKSPACE).args(["--", "-D", "warnings"]), minutes(BUILD_DEADLINE_MIN))
}

#[cfg(test)]
mod tests {
    use super::program_in;

    #[test]
    fn a_library_is_no_program_and_neither_are_unit_tests_or_a_line_that_is_no_message() {
        let line = r#"{"target":{"name":"primer","kind":["bin"]},"profile":{"test":false},"executable":"/t/primer"}"#;
        assert_eq!(program_in(line), Some(("primer".to_owned(), "/t/primer".into())));
        assert_eq!(program_in(&line.replace("\"/t/primer\"", "null")), None);
        assert_eq!(program_in(&line.replace("false", "true")), None);
        assert!(program_in(&line.replace("false", "true").replace("bin", "test")).is_some());
        assert_eq!(program_in("warning: hello"), None);
    }
}
