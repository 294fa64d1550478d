//! A Debian of its own, in a folder: what is installed there touches nothing of this computer.
//!
//! The bare system is fetched once and kept; each test gets a copy. Programs run in it with mounts and processes of their
//! own, which end with them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{minutes, run};
use crate::failure::Failure;
use crate::packages::{is_root, on_path};

/// Debian 12.
const SUITE: &str = "bookworm";
const MIRROR: &str = "http://deb.debian.org/debian";

/// $0 is the folder, $1 where fetched packages are kept, $2 the script. Nothing that is set here, such as another data
/// folder, is set there, but for the way to the mirror.
const ENTER: &str = "\
mount --rbind /dev \"$0/dev\"
mount -t proc proc \"$0/proc\"
mount --bind \"$1\" \"$0/var/cache/apt/archives\"
exec chroot \"$0\" env -i ${http_proxy:+\"http_proxy=$http_proxy\"} HOME=/root LANG=C.UTF-8 \\
    DEBIAN_FRONTEND=noninteractive PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin sh -exc \"$2\"";

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// This computer's.
    Usual,
    /// Loopback, and no way out.
    Cut,
}

pub struct Root {
    pub folder: PathBuf,
    archives: PathBuf,
}

/// A sentence if there can be none here.
pub fn why_not() -> Result<Option<&'static str>, Failure> {
    Ok(if !is_root()? {
        Some("only root may make a system in a folder. Run it again as root.")
    } else if on_path("debootstrap").is_none() && !Path::new("/usr/sbin/debootstrap").is_file() {
        Some("there is no debootstrap. Install it and run this again.")
    } else {
        None
    })
}

impl Root {
    /// Bare, in place of what an earlier test left.
    pub fn fresh(root: &Path) -> Result<Root, Failure> {
        let roots = root.join("target/roots");
        let (bare, archives, folder) = (roots.join(SUITE), roots.join("archives"), roots.join("tested"));
        fs::create_dir_all(archives.join("partial")).map_err(Failure::file("made", &archives))?;
        if !bare.exists() {
            let half = roots.join(format!("{SUITE}.part"));
            remove(&half)?;
            let mut fetch = Command::new("debootstrap");
            fetch.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").arg("--variant=minbase").arg(SUITE);
            run(fetch.arg(&half).arg(MIRROR), minutes(20))?;
            fs::rename(&half, &bare).map_err(Failure::file("moved", &half))?;
        }
        remove(&folder)?;
        run(Command::new("cp").args(["-a", "--reflink=auto"]).arg(&bare).arg(&folder), minutes(5))?;
        Ok(Root { folder, archives })
    }

    /// A command that runs this in it, saying each line beforehand and ending with the first that fails.
    pub fn shell(&self, script: &str, network: Network) -> Command {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--pid", "--fork", "--kill-child"]);
        let enter = match network {
            Network::Usual => ENTER.to_owned(),
            Network::Cut => {
                command.arg("--net");
                format!("ip link set lo up\n{ENTER}")
            }
        };
        command.args(["sh", "-ec", &enter]).arg(&self.folder).arg(&self.archives).arg(script);
        command
    }

    pub fn run(&self, script: &str) -> Result<(), Failure> {
        run(&mut self.shell(script, Network::Usual), minutes(15)).map_err(|failure| match failure {
            // The lines are above; all of them in one sentence would hide which.
            Failure::Ended { status, .. } => Failure::Refused(format!(
                "The last line above failed ({status}) in the Debian in {}.",
                self.folder.display()
            )),
            other => other,
        })
    }

    /// Brings a file or folder of this computer into it.
    pub fn bring(&self, from: &Path, place: &str) -> Result<(), Failure> {
        let to = self.folder.join(place);
        let folder = to.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder).map_err(Failure::file("made", folder))?;
        run(Command::new("cp").arg("-rT").arg(from).arg(&to), minutes(2))
    }
}

fn remove(folder: &Path) -> Result<(), Failure> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(Failure::file("removed", folder))
    } else {
        Ok(())
    }
}
