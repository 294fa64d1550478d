//! The joining file: the text that makes another installation this reader's too, made, written and read. It is written
//! for its owner alone, for it holds the key to the place.

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use primer_domain::ids::UserId;
use serde_json::Value;

use super::error::{ApiError, ErrorCode};
use super::readers::existing;
use super::remotes::existing_remote;
use super::sync_types::{ExportComputer, Joining, SavedJoining};
use crate::Engine;
use crate::certificates;
use crate::folders::handed_on_folder;
use crate::remote::Location;
use crate::secrets::for_the_user_alone;
use crate::store::remotes::RemoteRow;
use crate::store::{sync_runs, users};

/// What a file may hold beside is left alone by a Primer that does not know it.
const FORMAT: u32 = 1;

/// What a file manager opens with Primer.
const EXTENSION: &str = "primer-join";

/// Characters of a reader's name that the file is called by.
const NAME_LEN_MAX: usize = 40;

/// So many files of one name are enough.
const NUMBER_MAX: u32 = 99;

/// What another installation needs to join this reader: the text of a file.
pub fn export(engine: &Engine, request: ExportComputer) -> Result<Joining, ApiError> {
    let user = existing(engine, &request.user_id)?;
    let name = engine.store.read(|connection| users::find(connection, user))?.map(|user| user.name);
    let remote = match &request.remote_id {
        Some(id) => Some(existing_remote(engine, id)?).filter(|row| row.user == user),
        None => best_remote(engine, user)?,
    };
    let Some(remote) = remote else {
        return Err(match request.remote_id {
            Some(id) => ApiError::remote_not_found(&id),
            None => ApiError::new(
                ErrorCode::RemoteNotFound,
                "There is nothing yet through which two computers could meet.",
                "Add a folder or a bucket first, then add a computer.",
            ),
        });
    };
    let credentials = engine.credentials(&remote)?;
    let certificates = match &remote.location {
        // Over http nobody shows any.
        Location::S3(s3) if s3.is_plain_http() => None,
        Location::S3(s3) => s3.ca_file.as_deref().map(certificates_in).transpose()?,
        Location::Folder { .. } => None,
    };
    Ok(Joining {
        format: FORMAT,
        user_id: user.to_string(),
        name: name.unwrap_or_default(),
        location: remote.location,
        secret_access_key: credentials.as_ref().map(|c| c.secret_access_key.expose().to_owned()),
        session_token: credentials.and_then(|c| c.session_token.map(|token| token.expose().to_owned())),
        certificates,
    })
}

/// One that is synced with and where that went well, if there is one; of two, the one that was added first.
fn best_remote(engine: &Engine, user: UserId) -> Result<Option<RemoteRow>, ApiError> {
    let mut ranked = Vec::new();
    for row in engine.remotes(user)? {
        let last = engine.store.read(|connection| sync_runs::last(connection, row.id, 1))?;
        let went_well = last.first().is_some_and(|run| run.fault.is_none());
        ranked.push(((row.paused, !went_well, row.identity.is_none()), row));
    }
    Ok(ranked.into_iter().min_by_key(|(rank, _)| *rank).map(|(_, row)| row))
}

fn certificates_in(file: &Path) -> Result<String, ApiError> {
    let unusable = |what: String| {
        ApiError::new(
            ErrorCode::DiskFailed,
            format!("The CA file {}, without which no other computer can join, {what}.", file.display()),
            "Put it back, or add the place again with the file that holds its authority's certificates, then add a computer.",
        )
    };
    let bytes = std::fs::read(file).map_err(|error| unusable(format!("can't be read: {error}")))?;
    let pem = certificates::of_pem(&String::from_utf8_lossy(&bytes));
    match pem.len() {
        0 => Err(unusable("holds no certificate".to_owned())),
        too_long if too_long > certificates::LEN_MAX_BYTES => {
            Err(unusable("holds more certificates than a joining file takes".to_owned()))
        }
        _ => Ok(pem),
    }
}

/// The text of such a file, also with the mark that some editors put before it.
pub(super) fn read(file: &str) -> Result<Joining, ApiError> {
    let file: Value =
        serde_json::from_str(file.trim_start_matches('\u{feff}')).map_err(|_| not_a_joining_file())?;
    match file["format"].as_u64() {
        None | Some(0) => Err(not_a_joining_file()),
        // Without the parser's own words: they help nobody, and may quote a key.
        Some(format) if format == u64::from(FORMAT) => serde_json::from_value(file).map_err(|_| changed()),
        Some(newer) => Err(ApiError::new(
            ErrorCode::InvalidRequest,
            format!("This file was made by a newer Primer (its format is {newer})."),
            "Update Primer on this computer, then open the file again.",
        )),
    }
}

const NEXT_STEP: &str =
    "On the computer where you read already, choose “Add a computer” and use the file that it saves.";

fn not_a_joining_file() -> ApiError {
    ApiError::new(
        ErrorCode::InvalidRequest,
        "This is not a file that Primer makes for adding a computer.",
        NEXT_STEP,
    )
}

pub(super) fn changed() -> ApiError {
    ApiError::new(
        ErrorCode::InvalidRequest,
        "This file for adding a computer is not whole, or was changed: something in it is missing or is not what it should be.",
        NEXT_STEP,
    )
}

/// Saves it where a person finds it, under a name of its own: nothing is overwritten.
pub fn save(engine: &Engine, request: ExportComputer) -> Result<SavedJoining, ApiError> {
    let joining = export(engine, request)?;
    let folder = handed_on_folder().ok_or_else(|| {
        ApiError::new(
            ErrorCode::DiskFailed,
            "This system names no folder for files of yours.",
            "Copy the text in place of saving it.",
        )
    })?;
    let file = save_in(&folder, &joining)?;
    Ok(SavedJoining { file: file.display().to_string() })
}

fn save_in(folder: &Path, joining: &Joining) -> Result<PathBuf, ApiError> {
    let name = file_name(&joining.name);
    let names = (1..=NUMBER_MAX).map(|number| match number {
        1 => format!("{name}.{EXTENSION}"),
        number => format!("{name} {number}.{EXTENSION}"),
    });
    let mut last = io::Error::from(ErrorKind::AlreadyExists);
    for file in names.map(|name| folder.join(name)) {
        match write_new(&file, joining) {
            Ok(()) => return Ok(file),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(not_written(&file, &error)),
        }
    }
    Err(not_written(&folder.join(name), &last))
}

/// Writes it to a file that somebody names, which is theirs alone afterwards, whatever it was.
pub fn write(file: &Path, joining: &Joining) -> Result<(), ApiError> {
    // A file that was there may be readable by others; a new one is not. What is no plain file is written to as it is.
    let replaced = match file.symlink_metadata() {
        Ok(metadata) if metadata.is_file() => std::fs::remove_file(file),
        _ => Ok(()),
    };
    replaced.and_then(|()| write_new(file, joining)).map_err(|error| not_written(file, &error))
}

/// As it is read and written by people.
pub fn text(joining: &Joining) -> String {
    serde_json::to_string_pretty(joining).unwrap_or_default() + "\n"
}

fn write_new(file: &Path, joining: &Joining) -> io::Result<()> {
    let mut handle = for_the_user_alone().open(file)?;
    let written = handle.write_all(text(joining).as_bytes()).and_then(|()| handle.sync_all());
    if written.is_err() {
        // Half a key is of no use to anybody; what is wrong is told either way.
        let _ = std::fs::remove_file(file);
    }
    written
}

fn not_written(file: &Path, error: &io::Error) -> ApiError {
    ApiError::new(
        ErrorCode::DiskFailed,
        format!("{} could not be written: {error}.", file.display()),
        "Choose another place, or copy the text.",
    )
}

/// A reader's name as any system takes it for a file's.
fn file_name(name: &str) -> String {
    let plain = |letter: char| if letter.is_alphanumeric() || " -_".contains(letter) { letter } else { '_' };
    let name: String = name.trim().chars().take(NAME_LEN_MAX).map(plain).collect();
    match name.trim() {
        "" => "reader".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{file_name, save_in, text, write};
    use crate::api::sync_types::Joining;
    use crate::remote::Location;

    fn joining(name: &str) -> Joining {
        Joining {
            format: 1,
            user_id: "7a722f68-c084-450e-a348-4cbf5150ba6f".to_owned(),
            name: name.to_owned(),
            location: Location::Folder { path: "/stick".into(), prefix: String::new() },
            secret_access_key: Some("secret".to_owned()),
            session_token: None,
            certificates: None,
        }
    }

    #[test]
    fn a_file_is_its_owners_alone_and_takes_no_others_place() {
        let folder = tempfile::tempdir().unwrap();
        let first = save_in(folder.path(), &joining("Amina B.")).unwrap();
        fs::write(&first, "of somebody").unwrap();
        let second = save_in(folder.path(), &joining("Amina B.")).unwrap();
        assert_eq!(first.file_name().unwrap(), "Amina B_.primer-join");
        assert_eq!(second.file_name().unwrap(), "Amina B_ 2.primer-join");
        assert_eq!(fs::read_to_string(&first).unwrap(), "of somebody");
        assert_eq!(fs::read_to_string(&second).unwrap(), text(&joining("Amina B.")));
        is_private(&second);
    }

    #[test]
    fn a_file_that_is_named_is_private_even_where_one_was_that_everybody_could_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine");
        fs::write(&file, "old").unwrap();
        write(&file, &joining("Bo")).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), text(&joining("Bo")));
        is_private(&file);
        let error = write(&folder.path().join("not/there"), &joining("Bo")).unwrap_err();
        assert!(error.message.contains("could not be written"), "{}", error.message);
    }

    #[test]
    fn any_name_of_a_reader_is_one_of_a_file() {
        for (name, expected) in [
            ("Amina", "Amina"),
            ("../../etc", "______etc"),
            ("名前 ü", "名前 ü"),
            (" /", "_"),
            ("", "reader"),
        ] {
            assert_eq!(file_name(name), expected);
        }
        assert_eq!(file_name(&"a".repeat(200)).len(), 40);
    }

    #[cfg(unix)]
    fn is_private(file: &std::path::Path) {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[cfg(not(unix))]
    fn is_private(_: &std::path::Path) {}
}
