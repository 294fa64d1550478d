//! Another database in the place of the one that is there, which is moved aside and never deleted.
//!
//! `restoring/<when>/primer.sqlite3` is a whole database that waits to take its place. From the moment it is there the
//! next start carries it through, also after one that was stopped halfway: before, everything is as it was, and
//! afterwards everything is new.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::{DATABASE_FILE, StoreError};
use crate::whole_files::WholeFiles;

const WAITING: &str = "restoring";
const GATHERING: &str = "restoring.tmp";

/// Where what was damaged is kept.
pub const ASIDE: &str = "damaged";

/// What SQLite keeps beside a database, and the database itself last.
const PARTS: [&str; 3] = ["-shm", "-wal", ""];

/// Puts a copy of `database` where the next start finds it. `when` names the folder for the one that is replaced.
pub(crate) fn prepare(
    folder: &Path,
    database: &Path,
    when: &str,
    files: &WholeFiles,
) -> Result<(), StoreError> {
    let (gathering, waiting) = (folder.join(GATHERING), folder.join(WAITING));
    let failed = |path: &Path| failed_to("prepared", path);
    remove(&gathering).map_err(failed(&gathering))?;
    let place = gathering.join(when);
    fs::create_dir_all(&place).map_err(failed(&place))?;
    let copy = place.join(DATABASE_FILE);
    fs::copy(database, &copy).and_then(|_| File::open(&copy)?.sync_all()).map_err(failed(&copy))?;
    let flushed = files.sync_folder(&place).and_then(|()| files.sync_folder(&gathering));
    // One that waits already is exchanged: whoever asks last has the say.
    flushed
        .and_then(|()| remove(&waiting))
        .and_then(|()| files.rename(&gathering, &waiting))
        .and_then(|()| files.sync_folder(folder))
        .map_err(failed(&waiting))
}

pub(crate) fn is_waiting(folder: &Path) -> bool {
    folder.join(WAITING).is_dir()
}

/// Lets the waiting database take its place. Nobody else may have the old one open.
pub(super) fn finish(folder: &Path) -> Result<(), StoreError> {
    let waiting = folder.join(WAITING);
    carry_through(folder, &waiting, &WholeFiles::default()).map_err(failed_to("put in its place", &waiting))
}

fn carry_through(folder: &Path, waiting: &Path, files: &WholeFiles) -> io::Result<()> {
    for entry in fs::read_dir(waiting)? {
        let entry = entry?;
        let new = entry.path().join(DATABASE_FILE);
        // It has its place already if the program was stopped just after that.
        if new.is_file() {
            let aside = folder.join(ASIDE).join(entry.file_name());
            files.make_all_folders(&aside)?;
            for part in PARTS {
                let name = format!("{DATABASE_FILE}{part}");
                move_if_there(&folder.join(&name), &aside.join(&name), files)?;
            }
            // A log that came back after a power cut would be taken for the new database's.
            files.sync_folder(&aside)?;
            files.sync_folder(folder)?;
            files.rename(&new, &folder.join(DATABASE_FILE))?;
            files.sync_folder(folder)?;
        }
    }
    remove(waiting)
}

fn move_if_there(from: &Path, to: &Path, files: &WholeFiles) -> io::Result<()> {
    match files.rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn failed_to(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError + use<> {
    let path: PathBuf = path.to_owned();
    move |source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            StoreError::DiskFull { source: source.into() }
        }
        _ => StoreError::Restore { what, path, source },
    }
}
