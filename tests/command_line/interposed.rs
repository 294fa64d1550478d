//! A program that is killed, or whose disk fills up, at exactly one operation: every point is reached, none by luck.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use crate::world::fixture;

/// The library that counts operations, compiled once for all tests of this run.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let (library, building) = (
            folder.join("at_the_kth_operation.so"),
            folder.join(format!("building-{}.so", std::process::id())),
        );
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
            .arg(&building)
            .arg(fixture("at_the_kth_operation.c"))
            .arg("-ldl")
            .output()
            .expect("cc is missing: run cargo xtask test, which installs it");
        assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
        fs::rename(building, &library).unwrap();
        library
    })
}

fn interposed(command: &mut Command) -> &mut Command {
    command.env("LD_PRELOAD", library())
}

/// How many operations that change files the program does.
pub fn count(command: &mut Command, note: &Path) -> u32 {
    let output = interposed(command).env("PRIMER_TEST_COUNT", note).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read_to_string(note).unwrap().trim().parse().unwrap()
}

/// How much of the operation is still done, in per cent.
pub const TEARS: [u32; 3] = [0, 50, 100];

/// Kills the program at its k-th operation. False if it ended before.
pub fn kill(command: &mut Command, k: u32, tear: u32) -> bool {
    let command = interposed(command);
    command.env("PRIMER_TEST_KILL_AT", k.to_string()).env("PRIMER_TEST_TEAR", tear.to_string());
    let status = command.output().unwrap().status;
    assert!(status.success() || status.signal() == Some(9), "{status}");
    status.signal() == Some(9)
}

/// Runs the program with a disk that is full from its k-th operation on.
pub fn fill(command: &mut Command, k: u32, tear: u32) -> Output {
    let command = interposed(command);
    command.env("PRIMER_TEST_FULL_AT", k.to_string()).env("PRIMER_TEST_TEAR", tear.to_string());
    command.output().unwrap()
}

/// A copy of a data folder that a test may spoil.
pub fn copy_of(folder: &Path) -> tempfile::TempDir {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let target = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                copy(&entry.path(), &target);
            } else {
                fs::copy(entry.path(), target).unwrap();
            }
        }
    }
    let target = tempfile::tempdir().unwrap();
    if folder.exists() {
        copy(folder, target.path());
    }
    target
}
