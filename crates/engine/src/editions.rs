//! `<data>/books/`: the editions of published books, installed or on their way here.
//!
//! Each is a folder `{book_id}/{number}-{16 hex of the index}` with its files under their digests, so that no name from
//! elsewhere names a file here. It is gathered beside its place and gets there by one rename; from then on nothing in it
//! changes. What is read from it is believed only with its digest. A folder that a running program reads from is left
//! alone, whatever is installed since.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use primer_domain::book::manifest::is_slug;
use primer_domain::ids::{DigestPrefix, TextDigest};
use primer_domain::publish::{Edition, FileEntry, FileName};

use crate::blobs::BlobError;
use crate::env::{Mishaps, Step};
use crate::whole_files::{WholeFiles, is_absence};

/// What the name of a folder ends with whose files are not all there yet.
const PART: &str = ".part";

/// What the name of a file ends with by which programs tell that they read from a folder.
const LOCK: &str = ".lock";

pub struct Editions {
    root: PathBuf,
    files: WholeFiles,
}

/// Which edition: two places may publish two under one number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EditionId {
    book_id: String,
    number: u32,
    digest: DigestPrefix,
}

impl EditionId {
    pub fn of(edition: &Edition) -> EditionId {
        let digest = TextDigest::of(&edition.to_json()).prefix();
        EditionId { book_id: edition.book_id.clone(), number: edition.number, digest }
    }

    fn parse(book_id: &str, name: &str) -> Option<EditionId> {
        let (number, digest) = name.split_once('-')?;
        let id = EditionId {
            book_id: book_id.to_owned(),
            number: number.parse().ok()?,
            digest: DigestPrefix::parse(digest)?,
        };
        // "01" and "+1" parse as numbers.
        (id.to_string() == name).then_some(id)
    }
}

impl fmt::Display for EditionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.number, self.digest)
    }
}

/// The files of one edition, for as long as somebody reads from them.
#[derive(Debug)]
pub struct EditionFiles {
    pub edition: Edition,
    folder: PathBuf,
    _held: Option<File>,
}

impl EditionFiles {
    /// None if the edition has no such file. One that is not what was published is an error.
    pub fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let Some(name) = FileName::parse(name) else { return Ok(None) };
        let Some(entry) = self.edition.files.get(&name) else { return Ok(None) };
        match read_whole(&self.folder, &entry.digest, entry.len_bytes)? {
            Some(bytes) => Ok(Some(bytes)),
            None => Err(io::Error::new(io::ErrorKind::InvalidData, "it is not what was published")),
        }
    }
}

impl Editions {
    pub fn in_folder(data: &Path, mishaps: Mishaps) -> Editions {
        Editions { root: data.join("books"), files: WholeFiles::with_mishaps(mishaps) }
    }

    fn folder(&self, id: &EditionId) -> PathBuf {
        self.root.join(&id.book_id).join(id.to_string())
    }

    /// Where its files are gathered.
    fn part(&self, id: &EditionId) -> PathBuf {
        self.root.join(&id.book_id).join(format!("{id}{PART}"))
    }

    fn lock_file(&self, id: &EditionId) -> PathBuf {
        self.root.join(&id.book_id).join(format!("{id}{LOCK}"))
    }

    /// Whether all of it is in its place: a program may have been stopped before that was recorded.
    pub fn is_in_place(&self, id: &EditionId, edition: &Edition) -> bool {
        edition.files.values().all(|entry| matches!(self.read_in_place(id, entry), Ok(Some(_))))
    }

    /// A file of one that is in its place, if it is what was published.
    pub fn read_in_place(&self, id: &EditionId, entry: &FileEntry) -> io::Result<Option<Vec<u8>>> {
        read_whole(&self.folder(id), &entry.digest, entry.len_bytes)
    }

    /// Where a file of one that is in its place is, or should be.
    pub fn place_of(&self, id: &EditionId, entry: &FileEntry) -> PathBuf {
        self.folder(id).join(entry.digest.to_string())
    }

    /// The objects that are still to be gathered, with their lengths in bytes.
    pub fn lacking(&self, id: &EditionId, edition: &Edition) -> BTreeMap<TextDigest, u64> {
        let part = self.part(id);
        let mut objects = edition.objects();
        objects.retain(|digest, len_bytes| !matches!(read_whole(&part, digest, *len_bytes), Ok(Some(_))));
        objects
    }

    /// Refuses before anything is fetched what would leave too little room.
    pub fn require_room(&self, id: &EditionId, needed_bytes: u64) -> Result<(), BlobError> {
        let part = self.part(id);
        self.files.make_folder(&part)?;
        self.files.require_room(&part, needed_bytes)
    }

    /// Gathers one object, whose digest is known to be right.
    pub fn gather(&self, id: &EditionId, digest: &TextDigest, bytes: &[u8]) -> Result<(), BlobError> {
        let part = self.part(id);
        self.files.make_folder(&part)?;
        let file = part.join(digest.to_string());
        let written = self.files.write_durably(&file, bytes);
        if written.is_err() {
            // On a full disk what is of no use must not take what room there is.
            self.files.remove_if_there(&file)?;
        }
        written.map_err(BlobError::io("written", &file))
    }

    /// To be looked through before it is put in its place.
    pub fn gathered(&self, id: &EditionId, edition: Edition) -> EditionFiles {
        EditionFiles { edition, folder: self.part(id), _held: None }
    }

    /// Puts what was gathered whole in its place, where it is found once that is recorded.
    pub fn put_in_place(&self, id: &EditionId) -> Result<(), BlobError> {
        let (part, folder) = (self.part(id), self.folder(id));
        self.files.sync_folder(&part).map_err(BlobError::io("written", &part))?;
        // Damaged, or it would not have been gathered again.
        self.remove_folder(&folder)?;
        self.files.rename(&part, &folder).map_err(BlobError::io("put in place", &folder))?;
        let above = folder.parent().unwrap_or(&self.root);
        self.files.sync_folder(above).map_err(BlobError::io("written", above))
    }

    /// For as long as what this returns lives, nobody tidies the edition away.
    pub fn open(&self, id: &EditionId, edition: Edition) -> EditionFiles {
        let file = File::options().create(true).truncate(false).write(true).open(self.lock_file(id)).ok();
        // Where locks can't be had, the worst is that a picture is missing until the next start.
        let held = file.filter(|file| file.try_lock_shared().is_ok());
        EditionFiles { edition, folder: self.folder(id), _held: held }
    }

    /// Removes what nobody reads from and nothing leads to any more. Returns how much that was.
    pub fn tidy(&self, keep: &BTreeSet<EditionId>) -> Result<u32, BlobError> {
        let mut removed = 0;
        for book in names_in(&self.root)?.into_iter().filter(|name| is_slug(name)) {
            let names = names_in(&self.root.join(&book))?;
            let found: BTreeSet<EditionId> = names
                .iter()
                .filter_map(|name| {
                    let name = name.strip_suffix(PART).or(name.strip_suffix(LOCK)).unwrap_or(name);
                    EditionId::parse(&book, name)
                })
                .collect();
            for id in found.difference(keep) {
                removed += u32::from(self.remove_unread(id)?);
            }
        }
        Ok(removed)
    }

    fn remove_unread(&self, id: &EditionId) -> Result<bool, BlobError> {
        let lock_file = self.lock_file(id);
        let opened = File::options().create(true).truncate(false).write(true).open(&lock_file);
        let file = opened.map_err(BlobError::io("opened", &lock_file))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Ok(false),
            Err(fs::TryLockError::Error(source)) => return Err(BlobError::io("locked", &lock_file)(source)),
        }
        self.remove_folder(&self.folder(id))?;
        self.remove_folder(&self.part(id))?;
        self.files.remove_if_there(&lock_file)?;
        Ok(true)
    }

    fn remove_folder(&self, folder: &Path) -> Result<(), BlobError> {
        let removed = self.files.mishaps_at(Step::BeforeRemoval).and_then(|()| fs::remove_dir_all(folder));
        match removed {
            Err(error) if !is_absence(&error) => Err(BlobError::io("removed", folder)(error)),
            _ => Ok(()),
        }
    }
}

/// None if it is not there, or not what its name says.
fn read_whole(folder: &Path, digest: &TextDigest, len_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let file = folder.join(digest.to_string());
    match fs::symlink_metadata(&file) {
        Ok(metadata) if metadata.is_file() && metadata.len() == len_bytes => {}
        Ok(_) => return Ok(None),
        Err(error) if is_absence(&error) => return Ok(None),
        Err(error) => return Err(error),
    }
    Ok(Some(fs::read(file)?).filter(|bytes| TextDigest::of(bytes) == *digest))
}

/// A folder that is not there has none. What is no text is none of ours.
fn names_in(folder: &Path) -> Result<Vec<String>, BlobError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if is_absence(&error) => return Ok(Vec::new()),
        Err(error) => return Err(BlobError::io("listed", folder)(error)),
    };
    let names: io::Result<Vec<_>> = entries.map(|entry| Ok(entry?.file_name())).collect();
    let names = names.map_err(BlobError::io("listed", folder))?;
    Ok(names.into_iter().filter_map(|name| name.into_string().ok()).collect())
}
