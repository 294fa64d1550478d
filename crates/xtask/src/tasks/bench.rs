//! `cargo xtask bench`: the release build measured against the least it could cost.

use std::path::Path;
use std::process::Command;

use crate::command::{minutes, run};
use crate::display::{self, VirtualDisplay};
use crate::failure::Failure;
use crate::step::step;
use crate::{cargo, packages, tools, ui};

const MEASURED: [&str; 4] = ["primer-desktop", "primer-cli", "primer-bench", "primer-empty-window"];

/// What can be asked for alone.
pub const PARTS: [&str; 3] = ["reading", "sync", "start"];

/// `parts`: of [`PARTS`]; all of them if none is named.
pub fn bench(root: &Path, parts: &[&str]) -> Result<(), Failure> {
    step("system packages", packages::install)?;
    let servers = step("the S3 servers", || tools::install_all(root, &tools::SERVERS))?;
    ui::build(root)?;
    let built = step("build for release", || cargo::build_release(root, &MEASURED))?;
    // A desktop has a session bus; without one each start would spend its time looking for it.
    let mut command = Command::new("dbus-run-session");
    command.arg("--").arg(built.get("primer-bench")?).args(parts).current_dir(root);
    command.envs(servers);
    step("bench", || {
        if display::is_there() {
            return run(&mut command, minutes(20));
        }
        let display = VirtualDisplay::start()?;
        run(display.show(&mut command), minutes(20))
    })
}
