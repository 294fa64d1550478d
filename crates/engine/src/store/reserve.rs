//! A little room on the disk that is ours: on a full disk SQLite can't even open a database without it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::log;

/// Enough for the write-ahead log's index and a few small transactions.
const RESERVE_BYTES: usize = 512 * 1024;

pub struct Reserve {
    file: PathBuf,
}

impl Reserve {
    pub fn in_folder(folder: &Path) -> Reserve {
        Reserve { file: folder.join("reserve") }
    }

    /// Whether there was room to give up.
    pub fn give_up(&self) -> bool {
        fs::remove_file(&self.file).is_ok()
    }

    /// Takes the room again. Where there is none, that is how things are.
    pub fn take(&self) {
        if self.file.exists() {
            return;
        }
        let taken = fs::write(&self.file, vec![0; RESERVE_BYTES]);
        if let Err(error) = taken
            && let Err(left) = fs::remove_file(&self.file)
            && left.kind() != io::ErrorKind::NotFound
        {
            log::warn("reserve_not_taken").cause(&error).cause(&left).write();
        }
    }
}
