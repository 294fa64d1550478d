//! `cargo xtask package`: deb and rpm, made of what was built here, and with `--check` tried where nothing of Primer's is.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::command::{minutes, output, run};
use crate::failure::Failure;
use crate::package::installed::{self, Tested};
use crate::package::release::Release;
use crate::package::tree::{ID, Tree, read};
use crate::package::{deb, root as debian, rpm};
use crate::step::step;
use crate::{cargo, packages, tools, ui};

/// Set where nothing that was not tried may go out.
const RELEASING: &str = "PRIMER_RELEASING";

/// Older than any; only the test of upgrading is given it.
const OLDER: &str = "0.0.1";

/// For the check of the metadata with pictures, where this release has no site of its own.
const SOME_SITE: &str = "https://example.org/primer";

pub fn package(root: &Path, check: bool) -> Result<(), Failure> {
    step("system packages", packages::install)?;
    step("system packages for packaging", packages::install_for_packages)?;
    ui::build(root)?;
    let built = step("build for release", || cargo::build_release(root, &["primer-desktop", "primer-cli"]))?;
    let made = step("build the manual", || cargo::build(root, &["--example", "manual"]))?;
    let release = Release::of(root)?;
    if !release.has_site() {
        println!(
            "PRIMER_SITE is not set, so the metadata names no pictures: there is no address to show them from."
        );
    }
    let tree = Tree::at(root.join("target/package/tree"))?;
    step("lay out the files", || tree.lay_out(root, &release, &built, made.get("manual")?))?;
    step("check the desktop's files", || check_desktop_files(root, &release, &tree))?;
    let folder = root.join("artifacts/packages");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(Failure::file("removed", &folder))?;
    }
    fs::create_dir_all(&folder).map_err(Failure::file("made", &folder))?;
    let deb = step("deb", || deb::build(root, &release, &tree, &folder))?;
    step("lintian", || lintian(&deb))?;
    step("rpm", || {
        let rpm = rpm::build(root, &release, &tree, &folder)?;
        rpm::check(&rpm, &tree)
    })?;
    if check {
        try_it(root, &release, &tree, &deb)?;
    }
    let sums = checksums(&folder)?;
    println!("In {}:\n{sums}", folder.display());
    Ok(())
}

/// The desktop entry, and the metadata both with and without pictures.
fn check_desktop_files(root: &Path, release: &Release, tree: &Tree) -> Result<(), Failure> {
    let share = tree.folder.join("usr/share");
    run(
        Command::new("desktop-file-validate").arg(share.join(format!("applications/{ID}.desktop"))),
        minutes(1),
    )?;
    let own = share.join(format!("metainfo/{ID}.metainfo.xml"));
    let with_pictures = root.join(format!("target/package/{ID}.metainfo.xml"));
    let text = read(&root.join(format!("packaging/{ID}.metainfo.xml")))?;
    fs::write(&with_pictures, release.clone().at_site(SOME_SITE).fill(&text))
        .map_err(Failure::file("written", &with_pictures))?;
    for file in [own, with_pictures] {
        run(Command::new("appstreamcli").args(["validate", "--no-net"]).arg(file), minutes(1))?;
    }
    Ok(())
}

fn lintian(deb: &Path) -> Result<(), Failure> {
    // Its warnings are told, its errors end this.
    let mut lintian = Command::new("lintian");
    lintian.args([
        "--allow-root",
        "--fail-on",
        "error",
        "--display-level",
        ">=warning",
        "--tag-display-limit",
        "0",
    ]);
    run(lintian.arg(deb), minutes(5))
}

fn try_it(root: &Path, release: &Release, tree: &Tree, deb: &Path) -> Result<(), Failure> {
    if let Some(why_not) = debian::why_not()? {
        if std::env::var_os(RELEASING).is_some() {
            return Err(Failure::Refused(format!("The installed package can't be tried: {why_not}")));
        }
        println!("The test of the installed package is skipped: {why_not}");
        return Ok(());
    }
    let server = step("the S3 server of the tests", || tools::install(root, &tools::SEAWEEDFS))?;
    let tests = step("build the window tests", || cargo::build(root, &["--test", "window"]))?;
    let folder = root.join("target/package/older");
    fs::create_dir_all(&folder).map_err(Failure::file("made", &folder))?;
    let older = release.clone().of_version(OLDER);
    let older = step("an older deb", || deb::build(root, &older, tree, &folder))?;
    let window_tests = tests.get("window")?;
    let tested = Tested { older: &older, newer: deb, window_tests, server: server.as_deref() };
    let count = installed::check(root, &tested)?;
    println!("The installed deb: window tests {count}.");
    println!("Only Debian 12 was tried; packages of other systems are not fetched here.");
    Ok(())
}

fn checksums(folder: &Path) -> Result<String, Failure> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .map_err(Failure::file("listed", folder))?
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    names.sort();
    let sums = output(Command::new("sha256sum").args(names).current_dir(folder), minutes(1))?;
    let file = folder.join("SHA256SUMS");
    fs::write(&file, &sums).map_err(Failure::file("written", &file))?;
    Ok(sums)
}
