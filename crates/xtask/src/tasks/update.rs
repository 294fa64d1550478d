//! `cargo xtask update FOLDER`: the manifest of the packages there, signed, for readers whose Primer updates itself.
//!
//! A deb, an rpm and a Flatpak are none of them: their systems update those.

use std::path::Path;
use std::process::Command;

use crate::cargo;
use crate::command::{minutes, run};
use crate::failure::Failure;
use crate::step::step;

pub fn update(root: &Path, folder: &Path) -> Result<(), Failure> {
    let made = step("build what signs", || cargo::build(root, &["--example", "update_manifest"]))?;
    run(Command::new(made.get("update_manifest")?).arg(folder), minutes(10))
}
