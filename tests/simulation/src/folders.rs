//! Folders of the runs: in memory where the system has such a place, and gone when they are not needed any more.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder of its own, in memory if there is `/dev/shm`.
pub fn scratch() -> io::Result<TempDir> {
    let memory = Path::new("/dev/shm");
    let within = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    tempfile::Builder::new().prefix("primer-simulation-").tempdir_in(within)
}

/// Everything in `from`, as it stands at this moment.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Gives each data folder and backup a name of its own: SQLite must never meet a new file under an old name.
pub struct Names {
    folder: PathBuf,
    given: u32,
}

impl Names {
    pub fn within(folder: &Path) -> Names {
        Names { folder: folder.to_owned(), given: 0 }
    }

    pub fn next(&mut self) -> PathBuf {
        self.given += 1;
        self.folder.join(self.given.to_string())
    }
}
