//! `ui/generated/commands.ts`, which the engine's types make.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo;
use crate::command::{minutes, output};
use crate::failure::Failure;

pub fn write(root: &Path) -> Result<(), Failure> {
    let file = file(root);
    let wanted = wanted(root)?;
    if fs::read_to_string(&file).is_ok_and(|text| text == wanted) {
        println!("{} is up to date.", file.display());
        return Ok(());
    }
    fs::write(&file, wanted).map_err(Failure::file("written", &file))?;
    println!("Wrote {}.", file.display());
    Ok(())
}

pub fn check(root: &Path) -> Result<(), Failure> {
    let file = file(root);
    let text = fs::read_to_string(&file).map_err(Failure::file("read", &file))?;
    if text == wanted(root)? {
        return Ok(());
    }
    Err(Failure::Refused(
        "ui/generated/commands.ts is not what the engine's types make. Mend it with: cargo xtask types"
            .to_owned(),
    ))
}

fn file(root: &Path) -> PathBuf {
    root.join("ui/generated/commands.ts")
}

fn wanted(root: &Path) -> Result<String, Failure> {
    let programs = cargo::build(root, &["--example", "typescript"])?;
    output(&mut Command::new(programs.get("typescript")?), minutes(1))
}
