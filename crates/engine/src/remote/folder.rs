//! A folder in place of a bucket: `<path>/<prefix>/<key>`, each object a file.
//!
//! A file appears whole or not at all: it is written aside, made durable and renamed. No link is followed
//! below the folder itself, so what others put there can't lead Primer to files elsewhere. The folder itself
//! is never made: where it is missing, the stick is not plugged in.
//!
//! The ETag is the beginning of the SHA-256 of the content, for every file and at every listing. Length and
//! time tell too little: FAT counts in two seconds, file managers keep the time when they copy, and a share's
//! clock is another's. What is listed at every sync, a replica per computer, is small; a blob costs its
//! reading only in the rare sweep.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use sha2::{Digest, Sha256};
use tokio::task;
use tokio::time::timeout;

use super::error::RemoteError;
use super::faults::{self, RemoteFault, Verb};
use super::key::{clean_prefix, is_part, split};
use super::location::{Patience, Place};
use super::traffic::Counters;
use super::{Clock, Listed, Object};

const ETAG_BYTES: usize = 16;

/// Temporary files begin with a dot and end so; no key does.
const TEMPORARY: &str = ".primer-tmp";

/// Nobody writes one file for so long; what is older was left by a computer that was switched off or a stick
/// that was pulled out.
const LEFT_BEHIND: Duration = Duration::from_secs(24 * 60 * 60);

/// A disk shows no progress, and an old stick takes its time for a long listing.
const PATIENCE_FACTOR: u32 = 4;

/// Temporary names that are taken are skipped, but not for ever.
const NAMES_MAX: u32 = 1_000;

#[derive(Clone)]
pub struct Folder {
    inner: Arc<Inner>,
    /// What is known to be in it.
    sign: Option<&'static str>,
    /// For one whole operation.
    patience: Duration,
}

struct Inner {
    root: PathBuf,
    /// Empty or ending in a slash.
    prefix: String,
    clock: Clock,
    traffic: Counters,
    place: Place,
    temporary_count: AtomicU64,
}

impl Folder {
    pub fn connect(
        path: &Path,
        prefix: &str,
        clock: Clock,
        patience: Patience,
        place: Place,
    ) -> Result<Folder, RemoteError> {
        let bad = |what: &str| RemoteError::new(RemoteFault::BadAddress, &place, what);
        if !path.is_absolute() {
            return Err(bad("its path does not begin at the root"));
        }
        let prefix = clean_prefix(prefix)
            .ok_or_else(|| bad("the prefix must be of letters, digits, and -_.!'() between slashes"))?;
        let (root, traffic, temporary_count) = (path.to_owned(), Counters::default(), AtomicU64::new(0));
        let inner = Inner { root, prefix, clock, traffic, place, temporary_count };
        Ok(Folder { inner: Arc::new(inner), sign: None, patience: patience.progress * PATIENCE_FACTOR })
    }

    /// Where a stick is not plugged in, the folder in which it would appear may be there, and empty.
    pub fn known_by(&self, key: &'static str) -> Folder {
        Folder { sign: Some(key), ..self.clone() }
    }

    pub fn traffic(&self) -> &Counters {
        &self.inner.traffic
    }

    pub fn place(&self) -> &Place {
        &self.inner.place
    }

    pub async fn list(&self, prefix: &str, at_most: usize) -> Result<Vec<Listed>, RemoteError> {
        let asked = prefix.to_owned();
        self.work(Verb::List, prefix, move |inner| inner.list(&asked, at_most)).await
    }

    pub async fn get(&self, key: &str, limit_bytes: u64) -> Result<Option<Object>, RemoteError> {
        let asked = key.to_owned();
        self.work(Verb::Read, key, move |inner| inner.get(&asked, limit_bytes)).await
    }

    pub async fn put(&self, key: &str, bytes: &[u8]) -> Result<String, RemoteError> {
        let (asked, bytes) = (key.to_owned(), bytes.to_vec());
        self.work(Verb::Write, key, move |inner| inner.put(&asked, &bytes)).await
    }

    pub async fn delete(&self, key: &str) -> Result<(), RemoteError> {
        let asked = key.to_owned();
        self.work(Verb::Delete, key, move |inner| inner.delete(&asked)).await
    }

    /// On a thread that may wait for the disk. A share that hangs holds that thread for good, but not the
    /// caller.
    async fn work<T: Send + 'static>(
        &self,
        to: Verb,
        about: &str,
        work: impl FnOnce(&Inner) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, RemoteError> {
        let inner = Arc::clone(&self.inner);
        let error = |fault, detail: String| RemoteError::new(fault, &self.inner.place, detail).about(about);
        let sign = self.sign;
        let done = task::spawn_blocking(move || {
            inner.traffic.request();
            // Asked afterwards too: a stick may be pulled out in the middle, and then every file is missing.
            inner.must_be_there(sign)?;
            let done = work(&inner);
            inner.must_be_there(sign)?;
            done
        });
        let done = match timeout(self.patience, done).await {
            Ok(done) => done,
            Err(elapsed) => return Err(error(RemoteFault::TimedOut, String::new()).because(elapsed)),
        };
        match done {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(Trouble::Missing)) => Err(error(RemoteFault::FolderMissing, String::new())),
            Ok(Err(Trouble::Strange)) => Err(error(RemoteFault::FolderStrange, String::new())),
            Ok(Err(Trouble::TooLong { limit_bytes })) => {
                Err(error(RemoteFault::TooLong, format!("longer than {limit_bytes} bytes")))
            }
            Ok(Err(Trouble::Link { path })) => {
                Err(error(RemoteFault::FolderFailed, format!("{} is a link", path.display())))
            }
            Ok(Err(Trouble::Io { path, source })) => {
                let detail = format!("{}: {source}", path.display());
                Err(error(faults::of_file(source.kind(), to), detail).because(source))
            }
            Err(stopped) => Err(error(RemoteFault::Unexpected, String::new()).because(stopped)),
        }
    }
}

enum Trouble {
    /// The folder itself.
    Missing,
    /// What it is known by.
    Strange,
    TooLong {
        limit_bytes: u64,
    },
    Link {
        path: PathBuf,
    },
    Io {
        path: PathBuf,
        source: io::Error,
    },
}

fn io(path: &Path) -> impl FnOnce(io::Error) -> Trouble {
    let path = path.to_owned();
    move |source| Trouble::Io { path, source }
}

impl Inner {
    fn must_be_there(&self, sign: Option<&str>) -> Result<(), Trouble> {
        match fs::metadata(&self.root) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return Err(Trouble::Missing),
            Err(error) if is_absence(&error) => return Err(Trouble::Missing),
            Err(error) => return Err(io(&self.root)(error)),
        }
        match sign {
            Some(sign) if self.find(sign)?.is_none() => Err(Trouble::Strange),
            _ => Ok(()),
        }
    }

    fn list(&self, prefix: &str, at_most: usize) -> Result<Vec<Listed>, Trouble> {
        let (folders, _) = split(prefix);
        let start = folders.map(|folders| format!("{folders}/")).unwrap_or_default();
        let mut found = BTreeMap::new();
        if !self.is_folder(&start)? {
            return Ok(Vec::new());
        }
        let mut open = vec![start];
        while let Some(folder) = open.pop() {
            let path = self.path(&folder);
            let entries = match fs::read_dir(&path) {
                Ok(entries) => entries,
                // Taken away while we walked.
                Err(error) if is_absence(&error) => continue,
                Err(error) => return Err(io(&path)(error)),
            };
            for entry in entries {
                let entry = entry.map_err(io(&path))?;
                let (name, file) = (entry.file_name(), entry.path());
                let Some(name) = name.to_str() else { continue };
                let kind = entry.file_type().map_err(io(&file))?;
                if is_temporary(name) && kind.is_file() {
                    self.tidy(&file);
                }
                let key = format!("{folder}{name}");
                if !is_part(name) || kind.is_symlink() {
                    continue;
                }
                if kind.is_dir() && (key.starts_with(prefix) || prefix.starts_with(&key)) {
                    open.push(format!("{key}/"));
                } else if kind.is_file()
                    && key.starts_with(prefix)
                    && found.len() < at_most
                    && let Some((etag, len_bytes)) = self.look_at(&file)?
                {
                    found.insert(key.clone(), Listed { key, etag, len_bytes });
                }
            }
            if found.len() >= at_most {
                break;
            }
        }
        Ok(found.into_values().collect())
    }

    /// None if it is gone meanwhile.
    fn look_at(&self, file: &Path) -> Result<Option<(String, u64)>, Trouble> {
        let mut handle = match File::open(file) {
            Ok(handle) => handle,
            Err(error) if is_absence(&error) => return Ok(None),
            Err(error) => return Err(io(file)(error)),
        };
        let (mut digest, mut len_bytes) = (Sha256::new(), 0);
        let mut buffer = vec![0; 64 << 10];
        loop {
            match handle.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => {
                    digest.update(&buffer[..count]);
                    self.traffic.received(count);
                    len_bytes += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(io(file)(error)),
            }
        }
        Ok(Some((etag(digest), len_bytes)))
    }

    fn get(&self, key: &str, limit_bytes: u64) -> Result<Option<Object>, Trouble> {
        let Some((path, metadata)) = self.find(key)? else { return Ok(None) };
        if metadata.is_dir() {
            return Ok(None);
        }
        if metadata.len() > limit_bytes {
            return Err(Trouble::TooLong { limit_bytes });
        }
        let handle = match File::open(&path) {
            Ok(handle) => handle,
            Err(error) if is_absence(&error) => return Ok(None),
            Err(error) => return Err(io(&path)(error)),
        };
        let mut bytes = Vec::new();
        handle.take(limit_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(io(&path))?;
        self.traffic.received(bytes.len());
        if bytes.len() as u64 > limit_bytes {
            return Err(Trouble::TooLong { limit_bytes });
        }
        let etag = etag(Sha256::new().chain_update(&bytes));
        Ok(Some(Object { bytes, etag }))
    }

    fn put(&self, key: &str, bytes: &[u8]) -> Result<String, Trouble> {
        let path = self.path(key);
        let folder = self.make_folders(key)?;
        let (temporary, mut handle) = self.temporary(&folder, &path)?;
        let written = handle.write_all(bytes).and_then(|()| handle.sync_all());
        drop(handle);
        if let Err(source) = written.and_then(|()| fs::rename(&temporary, &path)) {
            // What is half-written must not stay; where even that fails, a later listing tidies it away.
            drop(fs::remove_file(&temporary));
            return Err(io(&path)(source));
        }
        sync_folder(&folder).map_err(io(&folder))?;
        self.traffic.sent(bytes.len());
        Ok(etag(Sha256::new().chain_update(bytes)))
    }

    fn delete(&self, key: &str) -> Result<(), Trouble> {
        let Some((path, metadata)) = self.find(key)? else { return Ok(()) };
        if metadata.is_dir() {
            return Ok(());
        }
        match fs::remove_file(&path) {
            Err(error) if !is_absence(&error) => Err(io(&path)(error)),
            _ => sync_folder(path.parent().unwrap_or(&self.root)).map_err(io(&path)),
        }
    }

    fn path(&self, key: &str) -> PathBuf {
        let whole = format!("{}{key}", self.prefix);
        whole.split('/').filter(|part| !part.is_empty()).fold(self.root.clone(), |path, part| path.join(part))
    }

    /// The file or folder of that name, if every step down to it is a folder and none is a link.
    fn find(&self, key: &str) -> Result<Option<(PathBuf, Metadata)>, Trouble> {
        let mut found = None;
        let mut path = self.root.clone();
        let whole = format!("{}{key}", self.prefix);
        for part in whole.split('/').filter(|part| !part.is_empty()) {
            path.push(part);
            match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_symlink() => return Err(Trouble::Link { path }),
                Ok(metadata) => found = Some((path.clone(), metadata)),
                Err(error) if is_absence(&error) => return Ok(None),
                Err(error) => return Err(io(&path)(error)),
            }
        }
        Ok(found)
    }

    /// An empty name below an empty prefix is the folder itself.
    fn is_folder(&self, key: &str) -> Result<bool, Trouble> {
        let is_root = self.prefix.is_empty() && key.is_empty();
        Ok(is_root || self.find(key)?.is_some_and(|(_, metadata)| metadata.is_dir()))
    }

    /// Makes the folders down to the file, each recorded in the one above before it is used. Returns the
    /// last.
    fn make_folders(&self, key: &str) -> Result<PathBuf, Trouble> {
        let whole = format!("{}{key}", self.prefix);
        let parts: Vec<&str> = whole.split('/').collect();
        let mut path = self.root.clone();
        for part in parts.iter().take(parts.len() - 1) {
            let above = path.clone();
            path.push(part);
            match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_dir() => {}
                Ok(metadata) if metadata.is_symlink() => return Err(Trouble::Link { path }),
                Ok(_) => return Err(io(&path)(io::ErrorKind::NotADirectory.into())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    match fs::create_dir(&path) {
                        // Another computer was first.
                        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                            return Err(io(&path)(error));
                        }
                        _ => sync_folder(&above).map_err(io(&above))?,
                    }
                }
                Err(error) => return Err(io(&path)(error)),
            }
        }
        Ok(path)
    }

    /// A new file beside `path`, of a name that no other writer has, on this computer or another.
    fn temporary(&self, folder: &Path, path: &Path) -> Result<(PathBuf, File), Trouble> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        for _ in 0..NAMES_MAX {
            let count = self.temporary_count.fetch_add(1, Ordering::Relaxed);
            let temporary = folder.join(format!(".{name}.{}-{count}{TEMPORARY}", std::process::id()));
            match File::options().write(true).create_new(true).open(&temporary) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                opened => return opened.map(|file| (temporary.clone(), file)).map_err(io(&temporary)),
            }
        }
        Err(io(path)(io::ErrorKind::AlreadyExists.into()))
    }

    /// Removes a temporary file that was left behind. It harms nobody, so failing to is none of a listing's
    /// concern.
    fn tidy(&self, file: &Path) {
        let modified = fs::symlink_metadata(file).and_then(|metadata| metadata.modified());
        let since_1970 = modified.ok().and_then(|modified| modified.duration_since(UNIX_EPOCH).ok());
        let now = Duration::from_millis(u64::try_from((self.clock)().unix_ms()).unwrap_or(0));
        if since_1970.is_some_and(|modified| now.saturating_sub(modified) > LEFT_BEHIND) {
            drop(fs::remove_file(file));
        }
    }
}

fn etag(digest: Sha256) -> String {
    digest.finalize().iter().take(ETAG_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

fn is_temporary(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(TEMPORARY)
}

/// Also where a file stands in the place of a folder above.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// A rename is durable once its folder is. Windows has no such call, and some shares refuse it: they keep
/// their folders in their own way.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(folder)?.sync_all() {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Ok(())
        }
        synced => synced,
    }
}
