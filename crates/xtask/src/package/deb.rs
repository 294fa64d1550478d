//! The package of Debian, Ubuntu and their relatives.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{minutes, output, run};
use crate::failure::Failure;

use super::release::Release;
use super::tree::{Tree, read};

/// Above it, a download is no small thing any more.
const LEN_BYTES_MAX: u64 = 15_000_000;

/// Builds it from what every system gets, in `folder`, and gives where it is.
pub fn build(root: &Path, release: &Release, common: &Tree, folder: &Path) -> Result<PathBuf, Failure> {
    let work = root.join("target/package/deb");
    let tree = common.copy_to(work.join("tree"))?;
    let debian = root.join("packaging/debian");
    // Debian keeps licences in one file, and those that many programs have in a place of their own.
    for file in ["LICENSE-MIT", "LICENSE-APACHE", "LICENSE-BOOK.md"] {
        let file = tree.folder.join("usr/share/licenses/primer").join(file);
        fs::remove_file(&file).map_err(Failure::file("removed", &file))?;
    }
    tree.move_to("usr/share/licenses/primer/THIRD-PARTY.gz", "usr/share/doc/primer/THIRD-PARTY.gz")?;
    let copyright =
        read(&debian.join("copyright"))?.replace("@MIT@", &indented(&read(&root.join("LICENSE-MIT"))?));
    tree.put("usr/share/doc/primer/copyright", copyright.as_bytes())?;
    tree.put("usr/share/doc/primer/changelog", changelog(release)?.as_bytes())?;
    tree.gzip("usr/share/doc/primer/changelog")?;
    tree.copy(&debian.join("lintian-overrides"), "usr/share/lintian/overrides/primer")?;

    tree.mark("deb")?;

    let files = tree.files()?;
    let sums = output(Command::new("md5sum").args(&files).current_dir(&tree.folder), minutes(1))?;
    tree.put("DEBIAN/md5sums", sums.as_bytes())?;
    let architecture = output(Command::new("dpkg").arg("--print-architecture"), minutes(1))?;
    let control = release
        .fill(&read(&debian.join("control"))?)
        .replace("@ARCHITECTURE@", architecture.trim())
        .replace("@SIZE_KIB@", &size_kib(&tree, &files)?.to_string())
        .replace("@DEPENDS@", &depends(&work, &tree)?);
    tree.put("DEBIAN/control", control.as_bytes())?;

    let package = folder.join(format!("primer_{}_{}.deb", release.version, architecture.trim()));
    let mut build = Command::new("dpkg-deb");
    build.env("SOURCE_DATE_EPOCH", &release.epoch).args(["--root-owner-group", "-Zxz", "--build"]);
    run(build.arg(&tree.folder).arg(&package), minutes(5))?;
    let len = fs::metadata(&package).map_err(Failure::file("read", &package))?.len();
    if len > LEN_BYTES_MAX {
        return Err(Failure::Refused(format!(
            "{} has {len} bytes, more than {LEN_BYTES_MAX}. Look what has grown with: dpkg-deb --contents",
            package.display()
        )));
    }
    Ok(package)
}

/// The packages that hold the libraries that the programs are linked to, as Debian's own tool finds them.
fn depends(work: &Path, tree: &Tree) -> Result<String, Failure> {
    // It reads the control file of a source package.
    let control = work.join("debian/control");
    fs::create_dir_all(work.join("debian")).map_err(Failure::file("made", &control))?;
    fs::write(&control, "Source: primer\n\nPackage: primer\nArchitecture: any\n")
        .map_err(Failure::file("written", &control))?;
    let mut ask = Command::new("dpkg-shlibdeps");
    ask.current_dir(work).arg("-O");
    for program in ["primer-desktop", "primer"] {
        ask.arg(format!("-e{}", tree.folder.join("usr/bin").join(program).display()));
    }
    let told = output(&mut ask, minutes(1))?;
    let depends = told.lines().find_map(|line| line.strip_prefix("shlibs:Depends="));
    depends.map(str::to_owned).ok_or_else(|| {
        Failure::Refused(
            "dpkg-shlibdeps found nothing that the programs need. Are the libraries installed by dpkg?"
                .to_owned(),
        )
    })
}

/// As dpkg counts: whole KiB for each file.
fn size_kib(tree: &Tree, files: &[PathBuf]) -> Result<u64, Failure> {
    let len = |file: &PathBuf| {
        let file = tree.folder.join(file);
        fs::metadata(&file)
            .map(|metadata| metadata.len().div_ceil(1024))
            .map_err(Failure::file("read", &file))
    };
    files.iter().map(len).sum()
}

fn changelog(release: &Release) -> Result<String, Failure> {
    let mut date = Command::new("date");
    let day =
        output(date.env("LC_ALL", "C").args(["-u", "-R", "-d", &format!("@{}", release.epoch)]), minutes(1))?;
    Ok(format!(
        "primer ({}) stable; urgency=medium\n\n  * Version {} of Primer.\n\n -- {}  {day}",
        release.version, release.version, release.maintainer
    ))
}

/// As a paragraph of a control file: each line one in, an empty one as a dot.
fn indented(text: &str) -> String {
    let line = |line: &str| if line.trim().is_empty() { " .".to_owned() } else { format!(" {line}") };
    text.trim().lines().map(line).collect::<Vec<String>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::indented;

    #[test]
    fn a_text_with_empty_lines_stays_one_paragraph() {
        assert_eq!(indented("MIT\n\nDo.\n"), " MIT\n .\n Do.");
    }
}
