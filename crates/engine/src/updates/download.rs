//! A package on its way here: a file beside its place, hashed while it is written, without a name until it is right.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use primer_domain::ids::TextDigest;
use primer_domain::update::Artefact;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::error::UpdateError;
use crate::blobs::BlobError;
use crate::env::{Mishaps, Step};
use crate::whole_files::WholeFiles;

/// Of files that are not whole yet. Hidden, for they may lie beside what a reader keeps.
const PREFIX: &str = ".primer-update-";
const SUFFIX: &str = ".part";

pub struct Download<'a> {
    artefact: &'a Artefact,
    from: String,
    files: WholeFiles,
    mishaps: Mishaps,
    part: PathBuf,
    file: File,
    digest: Sha256,
    done_bytes: u64,
    on_progress: &'a dyn Fn(u64),
    is_in_place: bool,
}

impl<'a> Download<'a> {
    /// Into `folder`, under a name that `id` makes its own. Refuses before anything is fetched what would leave too little
    /// room.
    pub fn begin(
        folder: &Path,
        id: Uuid,
        artefact: &'a Artefact,
        from: String,
        mishaps: Mishaps,
        on_progress: &'a dyn Fn(u64),
    ) -> Result<Download<'a>, UpdateError> {
        let files = WholeFiles::with_mishaps(mishaps.clone());
        files.make_folder(folder)?;
        tidy(folder);
        files.require_room(folder, artefact.len_bytes)?;
        let part = folder.join(format!("{PREFIX}{}{SUFFIX}", id.simple()));
        let opened = mishaps
            .at(Step::BeforeFile)
            .and_then(|()| File::options().write(true).create_new(true).open(&part));
        let file = opened.map_err(BlobError::io("made", &part))?;
        // Another Primer leaves alone what is held; where locks can't be had, it is new enough to be left as well.
        drop(file.try_lock());
        let (digest, done_bytes) = (Sha256::new(), 0);
        Ok(Download {
            artefact,
            from,
            files,
            mishaps,
            part,
            file,
            digest,
            done_bytes,
            on_progress,
            is_in_place: false,
        })
    }

    /// That it is to have.
    pub fn len_bytes(&self) -> u64 {
        self.artefact.len_bytes
    }

    /// The next bytes. More than were signed are refused before they are written.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), UpdateError> {
        if self.done_bytes + bytes.len() as u64 > self.artefact.len_bytes {
            return Err(self.other("it is longer"));
        }
        let written = self.mishaps.at(Step::MiddleOfFile).and_then(|()| self.file.write_all(bytes));
        written.map_err(BlobError::io("written", &self.part))?;
        self.digest.update(bytes);
        self.done_bytes += bytes.len() as u64;
        (self.on_progress)(self.done_bytes);
        Ok(())
    }

    /// Gives it its name, in place of what bears it, once it is what was signed. `like`: a file whose permissions it takes.
    pub fn put_in_place(mut self, place: &Path, like: Option<&Path>) -> Result<(), UpdateError> {
        if self.done_bytes < self.artefact.len_bytes {
            return Err(self.other("it is shorter"));
        }
        let digest: [u8; 32] = std::mem::take(&mut self.digest).finalize().into();
        if TextDigest::from_sha256(digest) != self.artefact.digest {
            return Err(self.other("its digest is another"));
        }
        let failed = |what| BlobError::io(what, &self.part);
        if let Some(like) = like {
            let permissions = fs::metadata(like).map_err(BlobError::io("read", like))?.permissions();
            self.file.set_permissions(permissions).map_err(failed("given its permissions"))?;
        }
        let flushed = self.mishaps.at(Step::BeforeFlush).and_then(|()| self.file.sync_all());
        flushed.map_err(failed("written"))?;
        self.files.rename(&self.part, place).map_err(BlobError::io("put in place", place))?;
        self.is_in_place = true;
        let folder = place.parent().unwrap_or(place);
        Ok(self.files.sync_folder(folder).map_err(BlobError::io("written", folder))?)
    }

    fn other(&self, what: &'static str) -> UpdateError {
        UpdateError::OtherPackage { from: self.from.clone(), what }
    }
}

impl Drop for Download<'_> {
    fn drop(&mut self) {
        // Where even that fails, the next one tidies it away.
        if !self.is_in_place {
            drop(fs::remove_file(&self.part));
        }
    }
}

/// Removes what a program that was killed has left, and no other one is writing.
fn tidy(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_part = name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_part
            && is_file
            && let Ok(file) = File::options().write(true).open(entry.path())
            && file.try_lock().is_ok()
        {
            drop(fs::remove_file(entry.path()));
        }
    }
}
