//! Going back to a backup: what it would cost, and having it done. It needs no engine, for there may be none.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::ago::counted;
use super::error::ApiError;
use super::types::Nothing;
use crate::backups::{Backup, Backups, Cost, Day};
use crate::data_folder::DataFolder;
use crate::store::backup::Written;

/// The backup that a damaged database may be exchanged for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct BackupOffer {
    /// YYYY-MM-DD, in UTC.
    pub day: String,
    pub made_at: String,
    /// What would be lost, in a sentence.
    pub lost: String,
    /// What stays, and what comes back, in sentences.
    pub stays: String,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct RestoreBackup {
    pub day: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct Restoring {
    pub day: String,
    /// The database is open and can't be exchanged before Primer is closed. Otherwise the next command opens the backup.
    pub after_closing: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct BackupView {
    pub day: String,
    /// None for one that can't be read.
    pub made_at: Option<String>,
    pub len_bytes: u64,
}

/// None where there is no backup that could be gone back to.
pub fn offer(folder: &DataFolder<'_>, _: Nothing) -> Result<Option<BackupOffer>, ApiError> {
    let backups = Backups::of(folder.path);
    let Some(backup) = backups.newest_whole(&Day::of(folder.env.now()))? else { return Ok(None) };
    Ok(Some(of_backup(&backups, &backup)))
}

/// What going back to the backup of a day would cost.
pub fn cost(folder: &DataFolder<'_>, day: &str) -> Result<BackupOffer, ApiError> {
    let backups = Backups::of(folder.path);
    Ok(of_backup(&backups, &backups.of_day(day, &Day::of(folder.env.now()))?))
}

fn of_backup(backups: &Backups, backup: &Backup) -> BackupOffer {
    let cost = backups.cost(backup);
    BackupOffer {
        lost: lost(&cost),
        stays: stays(&cost),
        made_at: backup.made_at.map_or_else(|| backup.day.to_string(), |at| at.to_string()),
        day: backup.day.to_string(),
    }
}

pub fn restore(folder: &DataFolder<'_>, request: RestoreBackup) -> Result<Restoring, ApiError> {
    let backup = Backups::of(folder.path).prepare_restore(&request.day, folder.env.now())?;
    Ok(Restoring { day: backup.day.to_string(), after_closing: folder.opened.is_ok() })
}

/// The one made last comes first.
pub fn list(folder: &DataFolder<'_>) -> Result<Vec<BackupView>, ApiError> {
    let backups = Backups::of(folder.path).list(&Day::of(folder.env.now()))?;
    Ok(backups.into_iter().map(view).collect())
}

fn view(backup: Backup) -> BackupView {
    BackupView {
        day: backup.day.to_string(),
        made_at: backup.made_at.map(|at| at.to_string()),
        len_bytes: backup.len_bytes,
    }
}

fn lost(cost: &Cost) -> String {
    let Some(written) = cost.lost else {
        return "Everything that was written since then is lost: answers, places in chapters, and what was set. How much \
                that is can't be counted any more."
            .to_owned();
    };
    let Written { readers, answers, chapters, places_in_chapters, remotes } = written;
    let counts = [
        (readers, "reader", "readers"),
        (answers, "answer", "answers"),
        (chapters, "entry of a chapter", "entries of chapters"),
        (places_in_chapters, "place in a chapter", "places in chapters"),
        (remotes, "place to sync with", "places to sync with"),
    ];
    let counts: Vec<String> = counts
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, one, many)| counted(number, one, many))
        .collect();
    if counts.is_empty() {
        return "As far as it can be counted, nothing was written since then but what was set.".to_owned();
    }
    format!("Lost is what was written since then: {}, and what was set.", counts.join(", "))
}

fn stays(cost: &Cost) -> String {
    let synced =
        if cost.remotes == 0 { "" } else { " What was synced since then comes back with the next sync." };
    format!(
        "The chapters themselves are files and stay: each is there again when it is opened.{synced} The database of before is \
         kept in the folder “damaged” beside it."
    )
}
