//! Opening chapters while the disk gives no more than 10 MB and 100 reads a second, as an old laptop's does. Needs control
//! groups that this program may change; where there are none it says so and measures nothing.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{Advice, fadvise};

use super::opened::Opened;
use super::{CHAPTERS, SETTLED, primer_window, rest};
use crate::{Ratio, median};

const READ_BYTES_A_SECOND: u64 = 10_000_000;
const READS_A_SECOND: u64 = 100;
const ROUNDS: usize = 3;

pub fn ratio(data: &Path) -> Option<Ratio> {
    let slow = match Group::slowed("primer-bench-slow", data) {
        Ok(group) => group,
        Err(error) => {
            println!("skipped: reads can't be slowed down here, so nothing is said of a slow disk ({error})");
            return None;
        }
    };
    let (mut slow_ms, mut usual_ms) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for is_slow in [false, true] {
            let program = primer_window();
            let mut opened = match is_slow {
                true => Opened::start_in(&slow, &program, data, "1 Introduction"),
                false => Opened::start(&program, data, "1 Introduction"),
            };
            rest(SETTLED);
            // The first one read also brings what all of them need.
            for chapter in 2..=CHAPTERS {
                forget_what_was_read(data);
                let took_ms = opened.show_chapter_ms(&program, data, chapter);
                if chapter > 2 {
                    if is_slow { slow_ms.push(took_ms) } else { usual_ms.push(took_ms) }
                }
            }
            opened.close();
        }
    }
    let (slow_ms, usual_ms) = (median(slow_ms), median(usual_ms));
    Some(Ratio {
        name: "a fresh chapter from a slow disk / from this one",
        measured: slow_ms / usual_ms,
        limit: 1.5,
        detail: format!("{slow_ms:.0} ms / {usual_ms:.0} ms"),
    })
}

/// So that the files of this folder come from the disk.
fn forget_what_was_read(folder: &Path) {
    let synced = Command::new("sync").status();
    assert!(synced.is_ok_and(|status| status.success()), "the disk can be flushed");
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => {
                    if let Ok(file) = File::open(entry.path()) {
                        fadvise(&file, 0, None, Advice::DontNeed).expect("what was read can be forgotten");
                    }
                }
                _ => {}
            }
        }
    }
}

/// A control group. It goes when this does.
pub struct Group {
    folder: PathBuf,
}

impl Group {
    /// Whose processes read slowly from the disk that `data` is on.
    fn slowed(name: &str, data: &Path) -> io::Result<Group> {
        let disk = disk_of(data)?;
        let old = Path::new("/sys/fs/cgroup/blkio");
        if old.is_dir() {
            let group = Group::made(old.join(name))?;
            for (file, limit) in [("bps", READ_BYTES_A_SECOND), ("iops", READS_A_SECOND)] {
                let file = group.folder.join(format!("blkio.throttle.read_{file}_device"));
                fs::write(file, format!("{disk} {limit}"))?;
            }
            return Ok(group);
        }
        let group = Group::made(Path::new("/sys/fs/cgroup").join(name))?;
        let limits = format!("{disk} rbps={READ_BYTES_A_SECOND} riops={READS_A_SECOND}");
        fs::write(group.folder.join("io.max"), limits)?;
        Ok(group)
    }

    fn made(folder: PathBuf) -> io::Result<Group> {
        match fs::create_dir(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(Group { folder }),
        }
    }

    /// Starts within the group.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", "echo $$ > \"$0/cgroup.procs\" && exec \"$@\""]).arg(&self.folder).arg(program);
        command
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Only an empty one can be removed; it is of no account if one stays.
        let _ = fs::remove_dir(&self.folder);
    }
}

/// The numbers of the whole disk: a partition has no limits of its own.
fn disk_of(path: &Path) -> io::Result<String> {
    let device = fs::metadata(path)?.dev();
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let place = PathBuf::from(format!("/sys/dev/block/{major}:{minor}")).canonicalize()?;
    let disk = if place.join("partition").exists() { place.join("..") } else { place };
    Ok(fs::read_to_string(disk.join("dev"))?.trim().to_owned())
}
