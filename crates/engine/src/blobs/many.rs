//! Many texts at once: two flushes of the disk for all of them instead of two for each.
//!
//! They are written beside their places first, flushed, named, and flushed again, so that each appears whole or not at
//! all. What was written beside its place and is not wanted any more is removed.

use std::path::PathBuf;

use primer_domain::ids::TextDigest;
use primer_domain::storage_path::StoragePath;

use super::{BlobError, Blobs, Found, WritingAlone};
use crate::log;
use crate::parallel::in_parallel;
use crate::whole_files::disk::WholeDisk;

/// A text to be stored, whose digest is known to be right.
#[derive(Clone, Copy)]
pub struct NewText<'a> {
    pub path: &'a StoragePath,
    pub digest: &'a TextDigest,
    pub bytes: &'a [u8],
}

/// Texts that stand beside their places and are not durable yet.
pub struct Beside<'a> {
    blobs: &'a Blobs,
    /// None where only single files can be flushed: there they are in their places already.
    disk: Option<WholeDisk>,
    /// The temporary file and the place of each.
    named: Vec<(PathBuf, PathBuf)>,
}

impl Blobs {
    /// The first half of storing `texts`; [`Beside::put_in_place`] is the second. A text that is there already stays as it
    /// is.
    pub fn write_beside<'a>(
        &'a self,
        alone: &WritingAlone,
        texts: &[NewText<'_>],
    ) -> Result<Beside<'a>, BlobError> {
        let mut beside = Beside { blobs: self, disk: WholeDisk::of(&self.root), named: Vec::new() };
        if beside.disk.is_none() {
            texts.iter().try_for_each(|text| self.write(alone, text.path, text.bytes))?;
            return Ok(beside);
        }
        let needed_bytes: u64 = texts.iter().map(|text| text.bytes.len() as u64).sum();
        self.files.require_room(&self.root, needed_bytes)?;
        let mut all = Ok(());
        for (named, written) in self.write_each(texts) {
            beside.named.extend(named);
            all = all.and(written);
        }
        all.map(|()| beside)
    }

    /// In a simulation one after the other, for chance decides there at which step something goes wrong, and then those
    /// after it are not begun.
    fn write_each(&self, texts: &[NewText<'_>]) -> Vec<Written> {
        if !self.files.mishaps_are_possible() {
            return in_parallel(texts, |text| self.write_temporary(text));
        }
        let mut each = Vec::new();
        for text in texts {
            each.push(self.write_temporary(text));
            if each.last().is_some_and(|(_, written)| written.is_err()) {
                break;
            }
        }
        each
    }

    fn write_temporary(&self, text: &NewText<'_>) -> Written {
        let NewText { path, digest, bytes } = *text;
        let ready = match self.read(path, digest, bytes.len() as u64) {
            Found::Intact(_) => return (None, Ok(())),
            Found::Damaged => self.set_aside(path),
            Found::Missing => Ok(()),
        };
        let file = self.file(path);
        let folder = file.parent().unwrap_or(&self.root).to_owned();
        let temporary = file.with_extension("md.tmp");
        let make_folder = || self.files.make_all_folders(&folder);
        let written = ready
            .and_then(|()| make_folder().map_err(BlobError::io("made", &folder)))
            .and_then(|()| {
                self.files.write_file(&temporary, bytes).map_err(BlobError::io("written", &temporary))
            })
            .map(drop);
        (Some((temporary, file)), written)
    }
}

/// The temporary file and the place, and what came of writing it; neither if the text is there already.
type Written = (Option<(PathBuf, PathBuf)>, Result<(), BlobError>);

impl Beside<'_> {
    /// From here on they are durable under their names.
    pub fn put_in_place(mut self) -> Result<(), BlobError> {
        let Some(disk) = &self.disk else { return Ok(()) };
        let (blobs, files) = (self.blobs, &self.blobs.files);
        let flush = || files.flush(disk).map_err(BlobError::io("written", &blobs.root));
        flush()?;
        for (temporary, file) in &self.named {
            files.rename(temporary, file).map_err(BlobError::io("written", file))?;
        }
        flush()?;
        self.named.clear();
        Ok(())
    }
}

impl Drop for Beside<'_> {
    /// On a full disk what is of no use must not take what room there is. What can't be removed the next tidying takes.
    fn drop(&mut self) {
        for (temporary, _) in &self.named {
            if let Err(error) = self.blobs.files.remove_if_there(temporary) {
                log::warn("temporary_not_removed").cause(&error).write();
                return;
            }
        }
    }
}
