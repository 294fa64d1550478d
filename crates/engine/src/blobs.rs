//! The stored texts as files: `<data>/blobs/<storage_path>`.
//!
//! A file appears whole or not at all, is never changed once it is there, and is never believed without its digest.
//! What can't be believed is moved to `<data>/quarantine/`, not deleted.

mod many;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use primer_domain::ids::TextDigest;
use primer_domain::storage_path::StoragePath;
use thiserror::Error;

pub use many::{Beside, NewText};

use crate::env::Mishaps;
use crate::whole_files::{WholeFiles, is_absence};

/// How long to wait for another program that writes to the same data folder. A reader has the text long before.
const WAIT_FOR_OTHERS: Duration = Duration::from_secs(3);

/// What a temporary file's name ends with.
const TEMPORARY: &str = ".tmp";

#[derive(Debug, Error)]
pub enum BlobError {
    #[error("the disk is full: {needed_bytes} bytes are needed at {}", path.display())]
    DiskFull { path: PathBuf, needed_bytes: u64 },
    #[error("another Primer is writing to {}", path.display())]
    Busy { path: PathBuf },
    #[error("the file {} could not be {what}", path.display())]
    Io { what: &'static str, path: PathBuf, source: io::Error },
}

impl BlobError {
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BlobError {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                BlobError::DiskFull { path, needed_bytes: 0 }
            }
            _ => BlobError::Io { what, path, source },
        }
    }
}

/// What a look at a file found.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    Intact(Vec<u8>),
    Missing,
    Damaged,
}

/// One file under `blobs/`, as a walk finds it.
#[derive(Debug, PartialEq, Eq)]
pub enum Entry {
    Text {
        path: StoragePath,
        len_bytes: u64,
    },
    /// Left by a program that was stopped while it wrote.
    Temporary(PathBuf),
    /// Not a name that Primer gives.
    Foreign(PathBuf),
}

pub struct Blobs {
    root: PathBuf,
    quarantine: PathBuf,
    lock_file: PathBuf,
    files: WholeFiles,
}

/// While it lives, no other program writes to or tidies this data folder's files.
pub struct WritingAlone {
    _file: File,
}

impl Blobs {
    pub fn open(data: &Path) -> Result<Blobs, BlobError> {
        let blobs = Blobs {
            root: data.join("blobs"),
            quarantine: data.join("quarantine"),
            lock_file: data.join("blobs.lock"),
            files: WholeFiles::default(),
        };
        fs::create_dir_all(&blobs.root).map_err(BlobError::io("made", &blobs.root))?;
        Ok(blobs)
    }

    pub(crate) fn with_mishaps(mut self, mishaps: Mishaps) -> Blobs {
        self.files = WholeFiles::with_mishaps(mishaps);
        self
    }

    pub(crate) fn mishaps_are_possible(&self) -> bool {
        self.files.mishaps_are_possible()
    }

    pub fn folder(&self) -> &Path {
        &self.root
    }

    /// Waits until no other program on this data folder writes files, but not for ever: a program that was stopped in
    /// the middle holds the lock until it is ended.
    pub fn write_alone(&self) -> Result<WritingAlone, BlobError> {
        if let Some(alone) = self.try_write_alone()? {
            return Ok(alone);
        }
        let file = self.lock_handle()?;
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let locked = file.lock().map(|()| file);
            // Where nobody waits any more, the file is closed with the message and the lock is free again.
            if let Err(unwanted) = sender.send(locked) {
                drop(unwanted);
            }
        });
        match receiver.recv_timeout(WAIT_FOR_OTHERS) {
            Ok(Ok(file)) => Ok(WritingAlone { _file: file }),
            Ok(Err(source)) => Err(BlobError::io("locked", &self.lock_file)(source)),
            Err(_) => Err(BlobError::Busy { path: self.root.clone() }),
        }
    }

    /// None if another program is writing just now.
    pub fn try_write_alone(&self) -> Result<Option<WritingAlone>, BlobError> {
        let file = self.lock_handle()?;
        match file.try_lock() {
            Ok(()) => Ok(Some(WritingAlone { _file: file })),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(source)) => Err(BlobError::io("locked", &self.lock_file)(source)),
        }
    }

    fn lock_handle(&self) -> Result<File, BlobError> {
        File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&self.lock_file)
            .map_err(BlobError::io("opened", &self.lock_file))
    }

    /// Stores `bytes` durably under a path that ends in their digest. The lock is asked for so that no one tidies the
    /// temporary file away.
    pub fn write(&self, _alone: &WritingAlone, path: &StoragePath, bytes: &[u8]) -> Result<(), BlobError> {
        let file = self.file(path);
        // An object is immutable: the same name holds the same bytes, unless it was damaged.
        match self.read(path, &TextDigest::of(bytes), bytes.len() as u64) {
            Found::Intact(_) => return Ok(()),
            Found::Damaged => self.set_aside(path)?,
            Found::Missing => {}
        }
        let folder = file.parent().unwrap_or(&self.root);
        self.files.make_folder(folder)?;
        self.files.require_room(folder, bytes.len() as u64)?;
        let temporary = file.with_extension("md.tmp");
        let written =
            self.files.write_durably(&temporary, bytes).and_then(|()| self.files.rename(&temporary, &file));
        if let Err(source) = written {
            // What is half-written must not stay; if even that fails, the next tidying takes it.
            if let Err(left) = self.files.remove_file(&temporary)
                && left.kind() != io::ErrorKind::NotFound
            {
                return Err(BlobError::io("removed", &temporary)(left));
            }
            return Err(BlobError::io("written", &file)(source));
        }
        self.files.sync_folder(folder).map_err(BlobError::io("written", folder))
    }

    /// Reads a text and believes it only if its length and its digest are the expected ones. Whatever else is in its
    /// place, a folder, a pipe, a sector that can't be read, is damage: it must not keep the chapter from being healed.
    pub fn read(&self, path: &StoragePath, expected: &TextDigest, len_bytes: u64) -> Found {
        let file = self.file(path);
        match fs::symlink_metadata(&file) {
            Ok(metadata) if metadata.is_file() && metadata.len() == len_bytes => {}
            Ok(_) => return Found::Damaged,
            Err(error) if is_absence(&error) => return Found::Missing,
            Err(_) => return Found::Damaged,
        }
        match fs::read(&file) {
            Ok(bytes) if TextDigest::of(&bytes) == *expected => Found::Intact(bytes),
            Err(error) if is_absence(&error) => Found::Missing,
            Ok(_) | Err(_) => Found::Damaged,
        }
    }

    /// What is in a file that no digest is known of. None if it can't be read as a file.
    pub fn read_unverified(&self, path: &StoragePath) -> Result<Option<Vec<u8>>, BlobError> {
        let file = self.file(path);
        match fs::read(&file) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if is_absence(&error) => Ok(None),
            Err(error) => Err(BlobError::io("read", &file)(error)),
        }
    }

    /// Without reading it. None where there is no such file, or none that can be looked at.
    pub fn len_bytes(&self, path: &StoragePath) -> Option<u64> {
        fs::symlink_metadata(self.file(path))
            .ok()
            .filter(fs::Metadata::is_file)
            .map(|metadata| metadata.len())
    }

    /// Moves a file that can't be believed out of the way, under a name that tells where it was.
    pub fn set_aside(&self, path: &StoragePath) -> Result<(), BlobError> {
        self.set_aside_file(&self.file(path))
    }

    pub fn set_aside_file(&self, file: &Path) -> Result<(), BlobError> {
        fs::create_dir_all(&self.quarantine).map_err(BlobError::io("made", &self.quarantine))?;
        let place = file.strip_prefix(&self.root).unwrap_or(file).to_string_lossy();
        let last: String = place.rsplit(['/', '\\']).next().unwrap_or("").chars().take(40).collect();
        // The digest of its whole place keeps two files of one name apart, and any name short enough.
        let name = format!("{}-{last}", TextDigest::of(place.as_bytes()).prefix());
        // A file of the same place that was set aside before stays too.
        let target = (0..)
            .map(|number| {
                self.quarantine.join(if number == 0 { name.clone() } else { format!("{name}.{number}") })
            })
            .find(|target| target.symlink_metadata().is_err())
            .unwrap_or_else(|| self.quarantine.join(&name));
        match self.files.rename(file, &target) {
            Err(error) if is_absence(&error) => Ok(()),
            moved => moved.map_err(BlobError::io("set aside", file)),
        }
    }

    /// A file that is not there is removed already.
    pub fn remove(&self, path: &StoragePath) -> Result<(), BlobError> {
        self.files.remove_if_there(&self.file(path))
    }

    /// Removes a temporary file that a walk found.
    pub fn remove_temporary(&self, _alone: &WritingAlone, file: &Path) -> Result<(), BlobError> {
        self.files.remove_if_there(file)
    }

    /// Every file under `blobs/`, without reading any.
    pub fn walk(&self) -> Result<Vec<Entry>, BlobError> {
        let mut entries = Vec::new();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).map_err(BlobError::io("listed", &folder))? {
                let entry = entry.map_err(BlobError::io("listed", &folder))?;
                let file = entry.path();
                let metadata = entry.metadata().map_err(BlobError::io("looked at", &file))?;
                if metadata.is_dir() {
                    folders.push(file);
                    continue;
                }
                let name = file
                    .strip_prefix(&self.root)
                    .ok()
                    .and_then(Path::to_str)
                    .map(|name| name.replace('\\', "/"));
                entries.push(match name.as_deref().and_then(StoragePath::parse) {
                    Some(path) if metadata.is_file() => Entry::Text { path, len_bytes: metadata.len() },
                    _ if name.is_some_and(|name| name.ends_with(TEMPORARY)) => Entry::Temporary(file),
                    _ => Entry::Foreign(file),
                });
            }
        }
        Ok(entries)
    }

    fn file(&self, path: &StoragePath) -> PathBuf {
        self.root.join(path.to_string())
    }
}
