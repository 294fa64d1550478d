//! Backups of the database: making, listing, going back to one.

use primer_engine::api::{ApiError, ErrorCode, Nothing, RestoreBackup, direct};
use primer_engine::backups::Made;
use primer_engine::data_folder::DataFolder;
use primer_engine::env::Env;
use serde_json::json;

use crate::arguments::{BackupCommand, Global};
use crate::output::Output;
use crate::{data_of, open};

/// Opens the database only where that is needed: it may be damaged.
pub fn run(global: &Global, command: &BackupCommand, output: &Output) -> Result<(), ApiError> {
    let (path, env) = (data_of(global)?, Env::of_this_computer());
    // What kept it from being opened is of no matter to these commands.
    let closed = ApiError::new(
        ErrorCode::DatabaseUnusable,
        "The database is not open.",
        "Open it for anything but this.",
    );
    let folder = DataFolder {
        path: &path,
        env: &env,
        program: "the command line",
        web_engine: None,
        opened: Err(&closed),
    };
    match command {
        BackupCommand::Make => {
            let made = open(global)?.back_up()?;
            if made == Made::NobodyReads {
                return Err(ApiError::new(
                    ErrorCode::UserNotFound,
                    "Nobody reads here yet, so there is nothing to keep.",
                    "Add a reader with “primer user add NAME”.",
                ));
            }
            list(&folder, output)
        }
        BackupCommand::List => list(&folder, output),
        BackupCommand::Restore { day } => {
            let offer = direct::backup_offer(&folder, Nothing {})?;
            let newest = offer.as_ref().map(|offer| offer.day.clone());
            let Some(day) = day.clone().or(newest) else {
                return Err(ApiError::new(
                    ErrorCode::BackupNotFound,
                    "There is no backup here that is whole.",
                    "The window makes one a day; “primer backup make” makes one now.",
                ));
            };
            let lost = direct::backup_cost(&folder, &day)?;
            direct::restore_backup(&folder, RestoreBackup { day: day.clone() })?;
            // It takes its place when the data folder is opened, unless somebody else has it open.
            open(global).map_err(|error| match error.code {
                ErrorCode::Busy => ApiError::new(
                    ErrorCode::Busy,
                    "Another Primer has the database open.",
                    format!("Close it: the next start goes back to the backup of {day}."),
                ),
                _ => error,
            })?;
            let restored =
                json!({"day": day, "made_at": lost.made_at, "lost": lost.lost, "stays": lost.stays});
            output.print(&restored, |_| {
                format!("Back at the backup of {}.\n{}\n{}\n", lost.made_at, lost.lost, lost.stays)
            })
        }
    }
}

fn list(folder: &DataFolder<'_>, output: &Output) -> Result<(), ApiError> {
    output.print(&direct::backups(folder)?, |backups| {
        if backups.is_empty() {
            return "There is no backup yet; the window makes one a day.\n".to_owned();
        }
        let line = |backup: &primer_engine::api::BackupView| {
            let made_at = backup.made_at.as_deref().unwrap_or("can't be read");
            format!("{}  {made_at}  {}\n", backup.day, direct::bytes(backup.len_bytes))
        };
        backups.iter().map(line).collect()
    })
}
