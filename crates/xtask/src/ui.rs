//! The window's page: its npm packages, its build, its tests and its check.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::command::{each_line, minutes, run};
use crate::count::Count;
use crate::failure::Failure;
use crate::step::step;

/// Not sources of the page.
const MADE: [&str; 2] = ["node_modules", "dist"];

/// The built page is there and newer than its sources afterwards.
pub fn build(root: &Path) -> Result<(), Failure> {
    let ui = root.join("ui");
    install(&ui)?;
    let built = modified(&ui.join("dist/index.html"));
    if built.is_some_and(|built| newest(&ui).is_ok_and(|source| source.is_some_and(|source| source < built)))
    {
        return Ok(());
    }
    step("ui: npm run build", || run(npm(&ui).args(["run", "build"]), minutes(5)))
}

/// npm notes in node_modules what it installed; that note is older than a list that changed since.
pub fn install(ui: &Path) -> Result<(), Failure> {
    let installed = modified(&ui.join("node_modules/.package-lock.json"));
    let listed = modified(&ui.join("package-lock.json"));
    if installed.is_some() && installed >= listed {
        return Ok(());
    }
    step("ui: npm ci", || run(npm(ui).arg("ci"), minutes(10)))
}

pub fn check(root: &Path) -> Result<(), Failure> {
    run(npm(&root.join("ui")).args(["run", "check"]), minutes(5))
}

/// A filter leaves out what does not match; vitest calls that skipped, and nobody skipped it.
pub fn test(root: &Path, filter: Option<&str>) -> Result<Count, Failure> {
    let mut command = npm(&root.join("ui"));
    command.args(["test", "--", "--run"]);
    if let Some(filter) = filter {
        command.args(["--testNamePattern", filter]);
    }
    let mut count = None;
    let status = each_line(&mut command, minutes(5), |line| {
        println!("{line}");
        count = Count::of_vitest_line(line).or(count);
    })?;
    let mut count = count.unwrap_or_default();
    if filter.is_some() {
        count.skipped = 0;
    }
    if !status.success() && count.failed == 0 {
        println!("npm test failed outside any single test ({status}).");
        count += Count::ONE_FAILURE;
    }
    Ok(count)
}

fn npm(ui: &Path) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(ui).env("NO_COLOR", "1");
    command
}

fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|metadata| metadata.modified()).ok()
}

/// When the page's sources last changed. A folder's time counts too: it tells of a file that was removed.
fn newest(ui: &Path) -> Result<Option<SystemTime>, Failure> {
    let mut newest = None;
    let mut folders: Vec<PathBuf> = vec![ui.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(Failure::file("listed", &folder))? {
            let entry = entry.map_err(Failure::file("listed", &folder))?;
            let path = entry.path();
            if folder == ui && MADE.iter().any(|made| entry.file_name() == *made) {
                continue;
            }
            newest = newest.max(modified(&path));
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    Ok(newest)
}
