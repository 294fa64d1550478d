//! The package of Fedora, openSUSE and their relatives. What the programs need stands in it as the libraries' names, which
//! are the same on all of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{minutes, output, run};
use crate::failure::Failure;

use super::release::Release;
use super::tree::Tree;

/// Without these, no system could tell that it lacks the webview.
const NEEDED: [&str; 2] = ["libwebkit2gtk-4.1.so.0()(64bit)", "libc.so.6"];

pub fn build(root: &Path, release: &Release, common: &Tree, folder: &Path) -> Result<PathBuf, Failure> {
    let work = root.join("target/package/rpm");
    let tree = common.copy_to(work.join("tree"))?;
    tree.move_to("usr/share/zsh/vendor-completions/_primer", "usr/share/zsh/site-functions/_primer")?;
    tree.mark("rpm")?;
    let out = work.join("out");
    if out.exists() {
        fs::remove_dir_all(&out).map_err(Failure::file("removed", &out))?;
    }
    let mut build = Command::new("rpmbuild");
    build.env("SOURCE_DATE_EPOCH", &release.epoch).args(["-bb", "--quiet"]);
    // The folders of Fedora, also where another system builds.
    let define = [
        ("_topdir", work.join("top").display().to_string()),
        ("_rpmdir", out.display().to_string()),
        ("_build_name_fmt", "%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm".to_owned()),
        ("_prefix", "/usr".to_owned()),
        ("_docdir", "/usr/share/doc".to_owned()),
        ("_mandir", "/usr/share/man".to_owned()),
        ("primer_version", release.version.clone()),
        ("primer_tree", tree.folder.display().to_string()),
    ];
    for (name, value) in define {
        build.args(["--define", &format!("{name} {value}")]);
    }
    run(build.arg(root.join("packaging/rpm/primer.spec")), minutes(5))?;
    let built = fs::read_dir(&out).map_err(Failure::file("listed", &out))?.flatten().next();
    let built = built.ok_or_else(|| Failure::Refused("rpmbuild built nothing.".to_owned()))?;
    let package = folder.join(built.file_name());
    fs::copy(built.path(), &package).map_err(Failure::file("copied", &built.path()))?;
    Ok(package)
}

/// Whether it is whole, holds the files of the tree, and says what it needs.
pub fn check(package: &Path, common: &Tree) -> Result<(), Failure> {
    run(Command::new("rpm").args(["--checksig", "--nosignature"]).arg(package), minutes(1))?;
    let listed = output(Command::new("rpm").args(["-qpl"]).arg(package), minutes(1))?;
    let needed = output(Command::new("rpm").args(["-qpR"]).arg(package), minutes(1))?;
    let elsewhere = |file: &PathBuf| file.to_string_lossy().contains("zsh/vendor-completions");
    let mut faults: Vec<String> = common
        .files()?
        .iter()
        .filter(|file| !elsewhere(file))
        .map(|file| format!("/{}", file.display()))
        .filter(|file| !listed.lines().any(|line| line == file))
        .map(|file| format!("It lacks {file}."))
        .collect();
    faults.extend(
        NEEDED
            .iter()
            .filter(|name| !needed.contains(**name))
            .map(|name| format!("It does not ask for {name}.")),
    );
    if faults.is_empty() {
        return Ok(());
    }
    Err(Failure::Refused(format!("{} is not in order. {}", package.display(), faults.join(" "))))
}
