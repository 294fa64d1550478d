//! The system packages that building, the window tests, a run without a display, and packaging need.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{minutes, output, run};
use crate::failure::Failure;

const TO_BUILD: [&str; 17] = [
    // To build: cc and the headers of the webview.
    "build-essential",
    "ca-certificates",
    "file",
    "libwebkit2gtk-4.1-dev",
    "pkg-config",
    // A display, a bus, a driver and a network of one's own for the window tests.
    "dbus",
    "dbus-x11",
    "iproute2",
    "util-linux",
    "webkit2gtk-driver",
    "xauth",
    "xvfb",
    // A keychain for the tests of secrets.
    "gnome-keyring",
    // Letters for the words in figures; the programs in the book; pip for the S3 server of the tests.
    "fonts-dejavu-core",
    "procps",
    "python3",
    "python3-pip",
];

const TO_PACKAGE: [&str; 8] = [
    // What makes the archives.
    "dpkg-dev",
    "gzip",
    "rpm",
    // What finds faults in them.
    "appstream",
    "desktop-file-utils",
    "lintian",
    "man-db",
    // A Debian of its own to install them in.
    "debootstrap",
];

/// Says which packages are missing for building and testing, and installs them; not before there is what it can't install.
pub fn install() -> Result<(), Failure> {
    require_node()?;
    install_all(&TO_BUILD)
}

/// The same for making packages.
pub fn install_for_packages() -> Result<(), Failure> {
    install_all(&TO_PACKAGE)
}

fn install_all(packages: &[&str]) -> Result<(), Failure> {
    if !is_debian_like(&fs::read_to_string("/etc/os-release").unwrap_or_default()) {
        println!(
            "This is neither Debian nor Ubuntu, so nothing is installed. Primer needs what these packages hold there: {}.",
            packages.join(" ")
        );
        return Ok(());
    }
    let missing = missing(packages)?;
    if missing.is_empty() {
        return Ok(());
    }
    println!("Installing the system packages that are missing: {}", missing.join(" "));
    let sudo = match (is_root()?, on_path("sudo")) {
        (true, _) => None,
        (false, Some(sudo)) => Some(sudo),
        (false, None) => {
            return Err(Failure::Refused(format!(
                "You are not root, and there is no sudo. As root, run: apt-get update && apt-get install --no-install-recommends {}",
                missing.join(" ")
            )));
        }
    };
    apt_get(sudo.as_deref(), &["update".to_owned()])?;
    let mut words = vec!["install".to_owned(), "--yes".to_owned(), "--no-install-recommends".to_owned()];
    words.extend(missing);
    apt_get(sudo.as_deref(), &words)
}

fn apt_get(sudo: Option<&Path>, words: &[String]) -> Result<(), Failure> {
    let mut command = Command::new(sudo.unwrap_or(Path::new("env")));
    // Through env, because sudo drops variables.
    if sudo.is_some() {
        command.arg("env");
    }
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet"]).args(words);
    run(&mut command, minutes(15))
}

fn missing(packages: &[&str]) -> Result<Vec<String>, Failure> {
    // It fails as soon as one package is unknown, and still tells about the others.
    let mut ask = Command::new("sh");
    ask.args(["-c", "dpkg-query -W -f='${Package} ${Status}\\n' \"$@\" 2>/dev/null || true", "sh"]);
    let answer = output(ask.args(packages), minutes(1))?;
    let states = states(&answer);
    let is_there = |package: &&str| states.get(package).is_some_and(|state| state.ends_with(" installed"));
    Ok(packages.iter().filter(|package| !is_there(package)).map(|&package| package.to_owned()).collect())
}

fn states(answer: &str) -> BTreeMap<&str, &str> {
    answer.lines().filter_map(|line| line.split_once(' ')).collect()
}

fn is_debian_like(os_release: &str) -> bool {
    let families = os_release.lines().filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        matches!(key, "ID" | "ID_LIKE").then(|| value.trim_matches('"'))
    });
    families.flat_map(str::split_whitespace).any(|family| matches!(family, "debian" | "ubuntu"))
}

pub fn is_root() -> Result<bool, Failure> {
    Ok(output(Command::new("id").arg("-u"), minutes(1))?.trim() == "0")
}

/// Where a program is, if it can be started by its name.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// What no package of Debian 12 brings, with a sentence for whoever lacks it. Vite runs on nothing older.
fn require_node() -> Result<(), Failure> {
    let advice = "Install Node.js 20.19, 22.12 or newer, with npm, from https://nodejs.org and try again.";
    if on_path("node").is_none() || on_path("npm").is_none() {
        return Err(Failure::Refused(format!(
            "Node.js with npm is needed to build the window's page, and was not found. {advice}"
        )));
    }
    let version = output(Command::new("node").arg("--version"), minutes(1))?;
    if is_new_enough(&version) {
        return Ok(());
    }
    Err(Failure::Refused(format!(
        "The Node.js that is installed here, {}, can't build the window's page. {advice}",
        version.trim()
    )))
}

/// Vite's `^20.19.0 || >=22.12.0`, of what `node --version` prints.
fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.trim().trim_start_matches('v').split('.').map(|number| number.parse().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(20u32), Some(minor)) => minor >= 19u32,
        (Some(major), Some(minor)) => (major, minor) >= (22, 12),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_debian_like, is_new_enough, states};

    #[test]
    fn relatives_of_debian_are_recognised_by_their_family() {
        assert!(is_debian_like("PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\n"));
        assert!(is_debian_like("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"));
        assert!(!is_debian_like("ID=fedora\nNAME=\"Not debian\"\n"));
    }

    #[test]
    fn a_package_that_was_removed_does_not_count_as_installed() {
        let answer = states("xvfb install ok installed\nxauth deinstall ok config-files\n");
        assert!(answer["xvfb"].ends_with(" installed"));
        assert!(!answer["xauth"].ends_with(" installed"));
    }

    #[test]
    fn a_node_that_can_not_run_vite_is_not_new_enough() {
        for new_enough in ["v20.19.0\n", "v20.20.2", "v22.12.0", "v24.0.1"] {
            assert!(is_new_enough(new_enough), "{new_enough}");
        }
        // 18.20 is Debian 12's own.
        for too_old in ["v18.20.4\n", "v20.18.3", "v21.7.3", "v22.11.0", "", "node"] {
            assert!(!is_new_enough(too_old), "{too_old}");
        }
    }
}
