//! Files that appear whole or not at all: the steps of writing one, each of which a simulation may let go wrong.

pub mod disk;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::blobs::BlobError;
use crate::env::{Mishaps, Step};

/// Left free on the disk whatever is written: room for the database to record it, and for everybody else.
const RESERVE_BYTES: u64 = 1 << 20;

#[derive(Default)]
pub struct WholeFiles {
    mishaps: Mishaps,
}

impl WholeFiles {
    pub fn with_mishaps(mishaps: Mishaps) -> WholeFiles {
        WholeFiles { mishaps }
    }

    pub fn mishaps_are_possible(&self) -> bool {
        self.mishaps.are_possible()
    }

    pub fn mishaps_at(&self, step: Step) -> io::Result<()> {
        self.mishaps.at(step)
    }

    /// Refuses before anything is written what would leave too little.
    pub fn require_room(&self, folder: &Path, needed_bytes: u64) -> Result<(), BlobError> {
        let free_bytes = fs4::available_space(folder).map_err(BlobError::io("measured", folder))?;
        if free_bytes < needed_bytes + RESERVE_BYTES {
            return Err(BlobError::DiskFull { path: folder.to_owned(), needed_bytes });
        }
        Ok(())
    }

    pub fn make_all_folders(&self, folder: &Path) -> io::Result<()> {
        self.mishaps.at(Step::BeforeFolder).and_then(|()| fs::create_dir_all(folder))
    }

    /// Makes the folders down to `folder`, each recorded in the one above it before it is used.
    pub fn make_folder(&self, folder: &Path) -> Result<(), BlobError> {
        if folder.is_dir() {
            return Ok(());
        }
        if let Some(above) = folder.parent() {
            self.make_folder(above)?;
            match self.mishaps.at(Step::BeforeFolder).and_then(|()| fs::create_dir(folder)) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(BlobError::io("made", folder)(error));
                }
                _ => self.sync_folder(above).map_err(BlobError::io("written", above))?,
            }
        }
        Ok(())
    }

    pub fn write_durably(&self, file: &Path, bytes: &[u8]) -> io::Result<()> {
        let handle = self.write_file(file, bytes)?;
        self.mishaps.at(Step::BeforeFlush)?;
        handle.sync_all()
    }

    pub fn write_file(&self, file: &Path, bytes: &[u8]) -> io::Result<File> {
        self.mishaps.at(Step::BeforeFile)?;
        let mut handle = File::create(file)?;
        let (first, rest) = bytes.split_at(if self.mishaps.are_possible() { bytes.len() / 2 } else { 0 });
        handle.write_all(first)?;
        self.mishaps.at(Step::MiddleOfFile)?;
        handle.write_all(rest)?;
        Ok(handle)
    }

    /// A rename is durable once its folder is. Windows has no such call and needs none.
    pub fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.mishaps.at(Step::BeforeFlush)?;
        if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
    }

    pub fn flush(&self, disk: &disk::WholeDisk) -> io::Result<()> {
        self.mishaps.at(Step::BeforeFlush)?;
        disk.flush()
    }

    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.mishaps.at(Step::BeforeRename)?;
        fs::rename(from, to)
    }

    pub fn remove_file(&self, file: &Path) -> io::Result<()> {
        self.mishaps.at(Step::BeforeRemoval)?;
        fs::remove_file(file)
    }

    pub fn remove_if_there(&self, file: &Path) -> Result<(), BlobError> {
        match self.remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(BlobError::io("removed", file)(error))
            }
            _ => Ok(()),
        }
    }
}

/// Also where a file stands in the place of a folder above.
pub fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
