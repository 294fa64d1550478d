//! The window tests and the walk: a built app on a virtual display, with a session bus of its own.

use std::path::Path;
use std::process::Command;

use crate::command::{each_line, minutes, run};
use crate::count::Count;
use crate::display::VirtualDisplay;
use crate::failure::Failure;
use crate::network::without_a_way_out;

/// What the window tests are told by.
const APP: &str = "PRIMER_WINDOW_APP";
const COMMAND_LINE: &str = "PRIMER_WINDOW_CLI";
const ARTIFACTS: &str = "PRIMER_ARTIFACTS";

/// A session bus of one's own for the program that follows. What the bus daemon says of itself is left out.
const WITH_A_BUS: [&str; 4] = [
    "sh",
    "-c",
    "exec 3>&2 2>/dev/null; exec dbus-run-session -- sh -c 'exec \"$@\" 2>&3 3>&-' sh \"$@\"",
    "sh",
];

pub struct Built<'a> {
    pub app: &'a Path,
    pub command_line: &'a Path,
}

/// Runs the window tests where no network leads out.
pub fn test(root: &Path, tests: &Path, built: &Built<'_>, filter: Option<&str>) -> Result<Count, Failure> {
    let display = VirtualDisplay::start()?;
    let mut command = with_a_bus(without_a_way_out(), tests, root, built);
    command.args(filter);
    let mut count = None;
    let status = each_line(display.show(&mut command), minutes(12), |line| {
        println!("{line}");
        count = Count::of_rust_line(line).or(count);
    })?;
    let mut count = count.unwrap_or_default();
    if count.failed == 0 && (!status.success() || (filter.is_none() && count.passed == 0)) {
        println!("The window tests failed outside any single test ({status}).");
        count += Count::ONE_FAILURE;
    }
    Ok(count)
}

/// Walks the app through first start and first chapter, leaving pictures in `folder`.
pub fn walk(root: &Path, walk: &Path, built: &Built<'_>, folder: &Path) -> Result<(), Failure> {
    let display = VirtualDisplay::start()?;
    let mut command = with_a_bus(Vec::new(), walk, root, built);
    run(display.show(command.arg(folder)), minutes(5))
}

fn with_a_bus(mut words: Vec<&str>, program: &Path, root: &Path, built: &Built<'_>) -> Command {
    words.extend(WITH_A_BUS);
    let mut command = Command::new(words[0]);
    command
        .args(&words[1..])
        .arg(program)
        .current_dir(root)
        .env(APP, built.app)
        .env(COMMAND_LINE, built.command_line)
        .env(ARTIFACTS, root.join("artifacts"));
    command
}
