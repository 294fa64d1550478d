//! The joining file: the text that makes another installation this reader's too, written for its owner alone, for it
//! holds the key to the place.

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::computers::export;
use super::error::{ApiError, ErrorCode};
use super::sync_types::{Joining, SavedJoining};
use super::types::OfReader;
use crate::Engine;
use crate::folders::handed_on_folder;
use crate::secrets::for_the_user_alone;

/// What a file manager opens with Primer.
const EXTENSION: &str = "primer-join";

/// Characters of a reader's name that the file is called by.
const NAME_LEN_MAX: usize = 40;

/// So many files of one name are enough.
const NUMBER_MAX: u32 = 99;

/// Saves it where a person finds it, under a name of its own: nothing is overwritten.
pub fn save(engine: &Engine, request: OfReader) -> Result<SavedJoining, ApiError> {
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
