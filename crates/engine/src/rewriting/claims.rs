//! Who rewrites a chapter for a reader: one at a time, whichever program on this data folder does it.
//!
//! A claim is a lock of the operating system on an empty file of its own, so it ends with the program that holds it,
//! however that ends. The files stay until their reader leaves.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use primer_domain::ids::{ChapterId, UserId};
use tokio::sync::oneshot;

use super::{Queue, RewriteError};
use crate::blobs::BlobError;
use crate::network::runtime;
use crate::reading::ReadError;
use crate::store::wishes::Wish;
use crate::{Cancel, log};

#[derive(Debug, Clone)]
pub struct Claims {
    folder: PathBuf,
}

/// While it lives, nobody else has this chapter rewritten for this reader.
#[derive(Debug)]
pub struct Claim {
    _file: File,
}

impl Claims {
    pub fn in_folder(data: &Path) -> Claims {
        Claims { folder: data.join("rewriting") }
    }

    /// None if somebody else has it.
    pub fn try_take(&self, user: UserId, chapter: ChapterId) -> Result<Option<Claim>, BlobError> {
        let (file, path) = self.open(user, chapter)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Claim { _file: file })),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(source)) => Err(BlobError::io("locked", &path)(source)),
        }
    }

    /// Whether somebody has it. Only looks.
    pub fn is_taken(&self, user: UserId, chapter: ChapterId) -> Result<bool, BlobError> {
        let path = self.file(user, chapter);
        match File::open(&path).map(|file| file.try_lock_shared()) {
            Ok(Ok(())) => Ok(false),
            Ok(Err(fs::TryLockError::WouldBlock)) => Ok(true),
            Ok(Err(fs::TryLockError::Error(source))) => Err(BlobError::io("locked", &path)(source)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(BlobError::io("opened", &path)(source)),
        }
    }

    /// Waits for as long as somebody else has it, or until `cancel`. Enters the network on this thread.
    pub fn take(&self, user: UserId, chapter: ChapterId, cancel: &Cancel) -> Result<Claim, RewriteError> {
        let (sender, receiver) = oneshot::channel();
        self.when_free(user, chapter, move |claim| {
            // Where nobody waits any more, the file is closed with the message and the lock is free again.
            drop(sender.send(claim));
        })
        .map_err(ReadError::from)?;
        let gone = || BlobError::io("locked", &self.folder)(io::ErrorKind::Interrupted.into());
        runtime().map_err(RewriteError::Network)?.block_on(async {
            tokio::select! {
                biased;
                () = cancel.cancelled() => Err(RewriteError::Cancelled),
                claim = receiver => Ok(claim.unwrap_or_else(|_| Err(gone())).map_err(ReadError::from)?),
            }
        })
    }

    /// Calls on a thread of its own, for nobody knows how long it takes.
    fn when_free(
        &self,
        user: UserId,
        chapter: ChapterId,
        call: impl FnOnce(Result<Claim, BlobError>) + Send + 'static,
    ) -> Result<(), BlobError> {
        let (file, path) = self.open(user, chapter)?;
        let locked_at = path.clone();
        let wait = move || match file.lock() {
            Ok(()) => call(Ok(Claim { _file: file })),
            Err(source) => call(Err(BlobError::io("locked", &locked_at)(source))),
        };
        let started = thread::Builder::new().name("claim".to_owned()).spawn(wait);
        started.map(drop).map_err(BlobError::io("waited for", &path))
    }

    /// Of a reader who leaves.
    pub fn forget(&self, user: UserId) -> Result<(), BlobError> {
        let io = |source| BlobError::io("removed", &self.folder)(source);
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(io)?,
        };
        for entry in entries {
            let entry = entry.map_err(io)?;
            if entry.file_name().to_string_lossy().starts_with(&user.to_string()) {
                fs::remove_file(entry.path()).map_err(io)?;
            }
        }
        Ok(())
    }

    fn open(&self, user: UserId, chapter: ChapterId) -> Result<(File, PathBuf), BlobError> {
        fs::create_dir_all(&self.folder).map_err(BlobError::io("made", &self.folder))?;
        let path = self.file(user, chapter);
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        Ok((file.map_err(BlobError::io("opened", &path))?, path))
    }

    fn file(&self, user: UserId, chapter: ChapterId) -> PathBuf {
        self.folder.join(format!("{user}-{chapter}.lock"))
    }
}

impl Queue {
    /// What another program rewrites is looked at again as soon as that has ended, well or badly.
    pub(super) fn come_back_to(&self, wish: &Wish) -> Result<(), BlobError> {
        let (user, chapter) = (wish.user, wish.chapter);
        if !self.engine.rewriting_desk.begin_to_wait(user, chapter) {
            return Ok(());
        }
        // The thread must not keep open what everybody else has closed.
        let engine = Arc::downgrade(&self.engine);
        let waits = self.engine.claims.when_free(user, chapter, move |claim| {
            if let Err(error) = &claim {
                log::warn("claim_not_waited_for").cause(error).write();
            }
            drop(claim);
            if let Some(engine) = engine.upgrade() {
                engine.rewriting_desk.end_waiting(user, chapter);
            }
        });
        if waits.is_err() {
            self.engine.rewriting_desk.end_waiting(user, chapter);
        }
        waits
    }
}

#[cfg(test)]
mod tests {
    use primer_domain::ids::{ChapterId, UserId};

    use super::Claims;
    use crate::Cancel;
    use crate::rewriting::RewriteError;

    fn user() -> UserId {
        UserId::parse("0192f0c1-2345-7abc-8def-000000000001").unwrap()
    }

    #[test]
    fn a_chapter_of_a_reader_is_claimed_by_one_at_a_time() {
        let data = tempfile::tempdir().unwrap();
        let (one, other) = (Claims::in_folder(data.path()), Claims::in_folder(data.path()));
        assert!(!other.is_taken(user(), ChapterId(1)).unwrap());
        let claim = one.try_take(user(), ChapterId(1)).unwrap().unwrap();
        assert!(other.is_taken(user(), ChapterId(1)).unwrap());
        assert!(other.try_take(user(), ChapterId(1)).unwrap().is_none());
        assert!(other.try_take(user(), ChapterId(2)).unwrap().is_some());
        drop(claim);
        assert!(!other.is_taken(user(), ChapterId(1)).unwrap());
        assert!(other.take(user(), ChapterId(1), &Cancel::default()).is_ok());
    }

    #[test]
    fn whoever_waits_for_a_claim_can_be_stopped_and_keeps_nobody_else_from_it() {
        let data = tempfile::tempdir().unwrap();
        let claims = Claims::in_folder(data.path());
        let claim = claims.try_take(user(), ChapterId(1)).unwrap().unwrap();
        let cancel = Cancel::default();
        cancel.cancel();
        let stopped = claims.take(user(), ChapterId(1), &cancel);
        assert!(matches!(stopped, Err(RewriteError::Cancelled)), "{stopped:?}");
        drop(claim);
        assert!(claims.take(user(), ChapterId(1), &Cancel::default()).is_ok());
    }

    #[test]
    fn the_files_leave_with_their_reader() {
        let data = tempfile::tempdir().unwrap();
        let claims = Claims::in_folder(data.path());
        claims.forget(user()).unwrap();
        let other = UserId::parse("0192f0c1-2345-7abc-8def-000000000002").unwrap();
        for user in [user(), other] {
            drop(claims.try_take(user, ChapterId(1)).unwrap());
        }
        claims.forget(user()).unwrap();
        let left: Vec<_> = std::fs::read_dir(&claims.folder).unwrap().map(|entry| entry.unwrap()).collect();
        assert_eq!(left.len(), 1);
        assert!(left[0].file_name().to_string_lossy().starts_with(&other.to_string()));
    }
}
