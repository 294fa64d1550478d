//! A reader's computers: listing, adding, forgetting.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use primer_engine::Engine;
use primer_engine::api::{
    ApiError, ErrorCode, ExportComputer, ForgetComputer, JoinReader, OfReader, SyncWish, direct,
};
use serde_json::{Value, json};

use crate::arguments::{ComputerCommand, Global};
use crate::output::Output;
use crate::reading::reader;
use crate::remotes::absolute;
use crate::syncing;

pub fn run(
    engine: &Arc<Engine>,
    global: &Global,
    command: &ComputerCommand,
    output: &Output,
) -> Result<(), ApiError> {
    match command {
        ComputerCommand::List => {
            let user_id = reader(engine, global)?.to_string();
            let computers = direct::computers(engine, OfReader { user_id })?;
            output.print(&computers, |computers| {
                let line = |computer: &primer_engine::api::ComputerView| {
                    let last = match (&computer.trouble, &computer.last_here) {
                        (Some(trouble), _) => trouble.clone(),
                        (None, Some(ago)) => format!("was here {ago}"),
                        (None, None) => "not synced yet".to_owned(),
                    };
                    let this = if computer.this_one { " (this one)" } else { "" };
                    format!("{}  {}{this}  {last}\n", computer.device_id, computer.name)
                };
                computers.iter().map(line).collect()
            })
        }
        ComputerCommand::Export { file, remote } => {
            let user_id = reader(engine, global)?.to_string();
            let joining =
                direct::export_computer(engine, ExportComputer { user_id, remote_id: remote.clone() })?;
            let Some(file) = file else {
                return output.print(&joining, |_| direct::joining_text(&joining));
            };
            direct::write_joining(file, &joining)?;
            output.print(&json!({"file": file}), |_| {
                format!(
                    "{} is written. It holds the key to your things: bring it to the other computer, open it there \
                     with “primer computer join”, and delete it.",
                    file.display()
                )
            })
        }
        ComputerCommand::Join { file, separate, folder } => {
            let file = read(file)?;
            let file = match folder {
                Some(folder) => with_folder(&file, &absolute(folder))?,
                None => file,
            };
            let merge_user_id = match (&global.user, separate) {
                (_, true) => None,
                (Some(id), false) => Some(id.clone()),
                (None, false) => match direct::all(engine)?.as_slice() {
                    [only] => Some(only.id.clone()),
                    _ => None,
                },
            };
            let joined = direct::join_reader(engine, JoinReader { file, merge_user_id })?;
            output.print(&joined, |joined| {
                let merged = match &joined.merged_name {
                    Some(name) => format!(" What {name} answered here is kept with it."),
                    None => String::new(),
                };
                let left = |place: &String| {
                    format!("\n{place} is not synced with any more; what is there stays there.")
                };
                let left: String = joined.unsynced_places.iter().map(left).collect();
                format!("{} reads here now.{merged} “primer sync” brings the rest.{left}", joined.name)
            })
        }
        ComputerCommand::Forget { id } => {
            let user_id = reader(engine, global)?.to_string();
            direct::forget_computer(engine, ForgetComputer { user_id, device_id: id.clone() })?;
            syncing::run(engine, global, SyncWish::default(), output)
        }
    }
}

/// The joining file, with the place where its folder is on this computer.
fn with_folder(file: &str, folder: &Path) -> Result<String, ApiError> {
    // Whoever takes it says what is wrong with it.
    let Ok(mut joining) = serde_json::from_str::<Value>(file) else { return Ok(file.to_owned()) };
    if !joining["location"].is_object() {
        return Ok(file.to_owned());
    }
    if joining["location"]["kind"] != "folder" {
        return Err(ApiError::new(
            ErrorCode::InvalidRequest,
            "This reader does not sync through a folder.",
            "Join without --folder.",
        ));
    }
    joining["location"]["path"] = json!(folder);
    Ok(joining.to_string())
}

/// Without the mark that some editors put before a text. What is no text is none of ours, and is told so by whoever takes it.
fn read(file: &Path) -> Result<String, ApiError> {
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        io::stdin().read_to_end(&mut bytes).map(|_| ())
    } else {
        fs::read(file).map(|content| bytes = content)
    };
    read.map_err(|error| {
        ApiError::new(
            ErrorCode::InvalidRequest,
            format!("{} can't be read: {error}.", file.display()),
            "Name the file that “primer computer export” wrote on the other computer.",
        )
    })?;
    Ok(String::from_utf8_lossy(&bytes).trim_start_matches('\u{feff}').to_owned())
}
