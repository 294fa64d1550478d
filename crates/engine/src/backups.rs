//! Backups of the database: `<data>/backups/primer-YYYY-MM-DD.db`, one for each day on which there was one to make.
//!
//! A backup has its name only once it is whole, flushed and checked, and only then may older ones leave, so that neither a
//! full disk nor a damaged database costs one. What is stored as files, the texts, is not in it; nor is any secret.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use primer_domain::timestamp::Timestamp;
use thiserror::Error;

use crate::Engine;
use crate::blobs::BlobError;
use crate::env::Mishaps;
use crate::log;
use crate::store::backup::{self, Copied, Written};
use crate::store::{DATABASE_FILE, Store, StoreError, Upgrade, restore};
use crate::whole_files::{WholeFiles, is_absence};

/// How many days can be gone back to.
pub const KEPT: usize = 7;

/// After a daily backup that failed. Each looks through the whole database, which a reader's disk would feel.
const REST_MS: i64 = 60 * 60 * 1000;

const FOLDER: &str = "backups";
const LOCK: &str = "lock";
const TEMPORARY: &str = "primer.tmp";

#[derive(Debug, Error)]
pub enum BackupError {
    #[error("there is no backup of {0}")]
    NotFound(String),
    #[error("the backup of {0} is damaged itself")]
    NotWhole(Day),
    #[error("the database is damaged, so it was not taken for a backup; the earlier ones stay")]
    DatabaseDamaged,
    #[error("another Primer is making a backup")]
    Busy,
    #[error("the backup {} could not be {what}", path.display())]
    Io { what: &'static str, path: PathBuf, source: io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Room(#[from] BlobError),
}

/// A day in UTC, as a backup is named after it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(String);

impl Day {
    pub fn of(at: Timestamp) -> Day {
        Day(at.to_string().chars().take(10).collect())
    }

    pub fn parse(text: &str) -> Option<Day> {
        Timestamp::parse(&format!("{text}T00:00:00Z")).map(Day::of).filter(|day| day.0 == text)
    }

    fn of_file(name: &str) -> Option<Day> {
        Day::parse(name.strip_prefix("primer-")?.strip_suffix(".db")?)
    }

    fn file_name(&self) -> String {
        format!("primer-{}.db", self.0)
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    pub day: Day,
    pub file: PathBuf,
    pub len_bytes: u64,
    /// None if it can't be read.
    pub made_at: Option<Timestamp>,
}

/// What a wish for a backup came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    Now,
    /// There is one of today.
    Before,
    /// There is nothing yet that could be lost.
    NobodyReads,
    /// It failed a while ago, and most of what makes it fail takes longer to mend.
    PutOff,
}

/// What going back to a backup would cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// None where the database does not let itself be counted.
    pub lost: Option<Written>,
    /// In the backup: from these, what was synced comes back.
    pub remotes: u64,
}

/// The backups of one data folder, whether or not its database opens.
pub struct Backups {
    data: PathBuf,
    folder: PathBuf,
    files: WholeFiles,
}

impl Backups {
    pub fn of(data: &Path) -> Backups {
        Backups { data: data.to_owned(), folder: data.join(FOLDER), files: WholeFiles::default() }
    }

    pub(crate) fn with_mishaps(self, mishaps: Mishaps) -> Backups {
        Backups { files: WholeFiles::with_mishaps(mishaps), ..self }
    }

    /// The one made last comes first. A day after `today` is from before the clock was put back.
    pub fn list(&self, today: &Day) -> Result<Vec<Backup>, BackupError> {
        let mut backups = Vec::new();
        let listing = match fs::read_dir(&self.folder) {
            Err(error) if is_absence(&error) => return Ok(backups),
            listing => listing.map_err(failed_to("listed", &self.folder))?,
        };
        for entry in listing {
            let entry = entry.map_err(failed_to("listed", &self.folder))?;
            let Some(day) = entry.file_name().to_str().and_then(Day::of_file) else { continue };
            let file = entry.path();
            let metadata = entry.metadata().map_err(failed_to("read", &file))?;
            if metadata.is_file() {
                backups.push(Backup {
                    day,
                    len_bytes: metadata.len(),
                    made_at: backup::made_at(&file),
                    file,
                });
            }
        }
        backups.sort_by(|a, b| (b.day <= *today, &b.day).cmp(&(a.day <= *today, &a.day)));
        Ok(backups)
    }

    /// SQLite takes a file of no length for a database that is to be begun. Where there is a backup it was begun long ago.
    pub(crate) fn refuse_emptied(&self) -> Result<(), StoreError> {
        let path = self.data.join(DATABASE_FILE);
        let is_empty = fs::metadata(&path).is_ok_and(|metadata| metadata.len() == 0);
        if !is_empty || restore::is_waiting(&self.data) {
            return Ok(());
        }
        let names = fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
        let has_backup = names.into_iter().any(|name| name.to_str().and_then(Day::of_file).is_some());
        if has_backup { Err(StoreError::Emptied { path }) } else { Ok(()) }
    }

    /// `again`: also if there is one of today, in its place.
    fn make(&self, store: &Store, at: Timestamp, again: bool) -> Result<Made, BackupError> {
        let today = Day::of(at);
        let file = self.folder.join(today.file_name());
        if file.exists() && !again {
            return Ok(Made::Before);
        }
        self.files.make_all_folders(&self.folder).map_err(failed_to("given a folder", &self.folder))?;
        let _alone = self.alone()?;
        let temporary = self.folder.join(TEMPORARY);
        let made = self.make_at(store, at, &temporary, &file);
        // What is not whole never stays: half of a backup, its log, or one of a damaged database.
        for name in [TEMPORARY.to_owned(), format!("{TEMPORARY}-journal"), format!("{TEMPORARY}-wal")] {
            self.files.remove_if_there(&self.folder.join(name))?;
        }
        if made? == Made::NobodyReads {
            return Ok(Made::NobodyReads);
        }
        for old in self.list(&today)?.into_iter().skip(KEPT) {
            self.files.remove_if_there(&old.file)?;
        }
        Ok(Made::Now)
    }

    fn make_at(
        &self,
        store: &Store,
        at: Timestamp,
        temporary: &Path,
        file: &Path,
    ) -> Result<Made, BackupError> {
        let database = self.data.join(DATABASE_FILE);
        let len_bytes = fs::metadata(&database).map_err(failed_to("measured", &database))?.len();
        self.files.require_room(&self.folder, len_bytes)?;
        // SQLite would take what a stopped program left for a database that is to be gone on with.
        self.files.remove_if_there(temporary)?;
        match store.copy_into(temporary, at)? {
            Copied::NobodyReads => return Ok(Made::NobodyReads),
            Copied::Damaged => return Err(BackupError::DatabaseDamaged),
            Copied::Whole => {}
        }
        File::open(temporary)
            .and_then(|copy| copy.sync_all())
            .and_then(|()| self.files.rename(temporary, file))
            .and_then(|()| self.files.sync_folder(&self.folder))
            .map_err(failed_to("written", file))?;
        Ok(Made::Now)
    }

    /// While it is held, no other program makes a backup here.
    fn alone(&self) -> Result<File, BackupError> {
        let path = self.folder.join(LOCK);
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(failed_to("locked", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(fs::TryLockError::WouldBlock) => Err(BackupError::Busy),
            Err(fs::TryLockError::Error(source)) => Err(failed_to("locked", &path)(source)),
        }
    }

    /// The newest that is whole.
    pub fn newest_whole(&self, today: &Day) -> Result<Option<Backup>, BackupError> {
        let backups = self.list(today)?;
        Ok(backups.into_iter().find(|backup| backup.made_at.is_some() && backup::is_whole(&backup.file)))
    }

    pub fn of_day(&self, day: &str, today: &Day) -> Result<Backup, BackupError> {
        let found = self.list(today)?.into_iter().find(|backup| backup.day.0 == day);
        found.ok_or_else(|| BackupError::NotFound(day.to_owned()))
    }

    /// Looks at the damaged database without changing it.
    pub fn cost(&self, backup: &Backup) -> Cost {
        let database = self.data.join(DATABASE_FILE);
        Cost {
            lost: backup.made_at.and_then(|made_at| backup::written_since(&database, made_at)),
            remotes: backup::remotes(&backup.file).unwrap_or(0),
        }
    }

    /// Has the next start open this backup. The database of now is then moved to the folder `damaged`.
    pub fn prepare_restore(&self, day: &str, at: Timestamp) -> Result<Backup, BackupError> {
        let found = self.of_day(day, &Day::of(at))?;
        if !backup::is_whole(&found.file) {
            return Err(BackupError::NotWhole(found.day));
        }
        Upgrade::of_this_program().refuse_newer(&found.file)?;
        // Colons are no part of a file's name everywhere.
        let when = at.to_string().replace(':', "-");
        restore::prepare(&self.data, &found.file, &when, &self.files)?;
        Ok(found)
    }
}

impl Engine {
    pub fn backups(&self) -> Backups {
        Backups::of(&self.data).with_mishaps(self.env.mishaps())
    }

    /// Makes today's backup unless there is one. Waits for the disk, and lets everybody else read and write meanwhile.
    /// One that failed is tried again after an hour, or at the next start.
    pub fn back_up_daily(&self) -> Result<Made, BackupError> {
        let now = self.env.now();
        let failed_at = || self.backup_failed_at.lock().unwrap_or_else(PoisonError::into_inner);
        let rests = |at: Timestamp| (0..REST_MS).contains(&(now.unix_ms() - at.unix_ms()));
        if failed_at().is_some_and(rests) {
            return Ok(Made::PutOff);
        }
        let made = logged(self.backups().make(&self.store, now, false));
        *failed_at() = made.is_err().then_some(now);
        made
    }

    /// Makes a backup now; one of today it takes the place of.
    pub fn back_up(&self) -> Result<Made, BackupError> {
        logged(self.backups().make(&self.store, self.env.now(), true))
    }
}

fn logged(made: Result<Made, BackupError>) -> Result<Made, BackupError> {
    match &made {
        Ok(Made::Now) => log::info("backup_made").write(),
        Ok(Made::Before | Made::NobodyReads | Made::PutOff) => {}
        Err(BackupError::DatabaseDamaged) => {
            log::error("backup_refused").with("why", "database_damaged").write()
        }
        // Another one makes it.
        Err(BackupError::Busy) => {}
        Err(error) => log::error("backup_failed").cause(error).write(),
    }
    made
}

fn failed_to(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            BackupError::Store(StoreError::DiskFull { source: source.into() })
        }
        _ => BackupError::Io { what, path, source },
    }
}

#[cfg(test)]
mod tests {
    use primer_domain::timestamp::Timestamp;

    use super::Day;

    #[test]
    fn a_day_is_a_date_and_never_a_way_to_another_file() {
        let day = Day::of(Timestamp::from_unix_ms(1_767_225_600_000));
        assert_eq!(day.file_name(), "primer-2026-01-01.db");
        assert_eq!(Day::of_file("primer-2026-01-01.db"), Some(day.clone()));
        assert_eq!(Day::parse("2026-01-01"), Some(day));
        for text in ["", "2026-1-1", "2026-02-30", "../../x", "2026-01-01/..", "2026-01-01 "] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }
}
