//! What somebody who adds a place can only have mistyped. Asked where it is typed: of a place that comes with a joining file
//! the stick may be plugged in later, and what its settings say has worked elsewhere.

use std::fs;
use std::io;
use std::path::Path;

use super::error::{ApiError, ErrorCode};
use crate::remote::{Location, S3Location};

pub(super) fn refuse(location: &Location) -> Result<(), ApiError> {
    match location {
        // What is no whole path is refused as such.
        Location::Folder { path, .. } if path.is_absolute() => refuse_what_is_no_folder(path),
        Location::Folder { .. } => Ok(()),
        Location::S3(s3) => refuse_useless_authorities(s3),
    }
}

fn refuse_what_is_no_folder(path: &Path) -> Result<(), ApiError> {
    let shown = path.display();
    let refused = |message: String, hint: &str| Err(ApiError::new(ErrorCode::InvalidRequest, message, hint));
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => refused(
            format!("There is a file at {shown}, and no folder."),
            "Name the folder in which your computers shall meet.",
        ),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            refused(
                format!("There is no folder {shown}."),
                "Make it, or plug in the stick, then add it again.",
            )
        }
        Err(error) => refused(
            format!("The folder {shown} can't be looked at: {error}."),
            "Check that it is yours to read and to write, then add it again.",
        ),
    }
}

/// Whoever names some expects that the server has to show who it is, and over http it has not.
fn refuse_useless_authorities(s3: &S3Location) -> Result<(), ApiError> {
    if s3.ca_file.is_none() || !s3.is_plain_http() {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorCode::InvalidRequest,
        "A file of certificate authorities is of no use with http://.",
        "Write https:// if the server takes it; otherwise leave the file out.",
    ))
}
