//! `cargo xtask run`: builds the app and opens it, or shows in pictures that it would open.

use std::path::Path;
use std::process::Command;

use crate::command::words;
use crate::failure::Failure;
use crate::step::step;
use crate::window::Built;
use crate::{cargo, display, packages, ui, window};

pub fn run(root: &Path, release: bool) -> Result<(), Failure> {
    step("system packages", packages::install)?;
    ui::build(root)?;
    let built = step("build the app", || {
        if release {
            cargo::build_release(root, &["primer-desktop", "primer-cli"])
        } else {
            cargo::build(root, &["--bin", "primer-desktop", "--bin", "primer"])
        }
    })?;
    let (app, command_line) = (built.get("primer-desktop")?, built.get("primer")?);
    println!("The app is {}; the command line is {}.", app.display(), command_line.display());
    if display::is_there() {
        return open(app);
    }
    println!(
        "There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so Primer is walked through first start and first chapter on a virtual one."
    );
    let walk = step("build the walk", || cargo::build(root, &["--bin", "walk"]))?;
    let folder = root.join("artifacts/walk");
    let built = Built { app, command_line };
    step("walk", || window::walk(root, walk.get("walk")?, &built, &folder))
}

/// For as long as its reader reads; no deadline.
fn open(app: &Path) -> Result<(), Failure> {
    let mut command = Command::new(app);
    let status =
        command.status().map_err(|source| Failure::Start { program: app.display().to_string(), source })?;
    if status.success() { Ok(()) } else { Err(Failure::Ended { command: words(&command), status }) }
}
