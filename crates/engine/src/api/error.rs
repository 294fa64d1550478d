//! Every error a person can meet: a code from a closed set, a sentence on what happened, a sentence on what to do.

use std::error::Error;
use std::fmt;

use primer_domain::profile::FieldError;
use serde::Serialize;
use ts_rs::TS;

use crate::OpenError;
use crate::backups::BackupError;
use crate::blobs::BlobError;
use crate::bookshelf::BookError;
use crate::log;
use crate::model::ModelError;
use crate::reading::ReadError;
use crate::remote::RemoteError;
use crate::rewriting::RewriteError;
use crate::secrets::SecretError;
use crate::store::StoreError;
use crate::sync::SyncError;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    InvalidName,
    InvalidProfile,
    UserNotFound,
    ChapterNotFound,
    BlockNotFound,
    BookInvalid,
    /// No newer edition than the open one is here.
    BookNotNewer,
    DatabaseNewer,
    DatabaseUnusable,
    /// What is in it is not what was written. A backup may take its place.
    DatabaseDamaged,
    BackupNotFound,
    DiskFull,
    DiskFailed,
    RemoteNotFound,
    ComputerNotFound,
    /// A remote, or the way to it; which of the many, its message says.
    RemoteFailed,
    SecretFailed,
    /// No model server is set.
    ModelOff,
    /// A model server, the way to it or its answers; which of the many, its message says.
    ModelFailed,
    /// This Primer takes no updates by itself.
    UpdatesOff,
    /// What is offered as an update must not be taken; why, its message says.
    UpdateRefused,
    /// An update could not be had.
    UpdateFailed,
    /// Somebody stopped it.
    Cancelled,
    /// Another program holds what is needed.
    Busy,
    InvalidRequest,
    Internal,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct ApiError {
    pub code: ErrorCode,
    /// One sentence: what happened.
    pub message: String,
    /// One sentence: what to do.
    pub hint: String,
    /// What is wrong with which field, where a form was sent.
    pub fields: Vec<FieldError>,
}

impl ApiError {
    pub fn new(code: ErrorCode, message: impl Into<String>, hint: impl Into<String>) -> ApiError {
        ApiError { code, message: message.into(), hint: hint.into(), fields: Vec::new() }
    }

    /// Notes in the log that this command ended in it, unless it only says what somebody typed or looked for.
    pub fn log(&self, command: &'static str) {
        use ErrorCode::*;
        if !matches!(
            self.code,
            InvalidName
                | InvalidProfile
                | UserNotFound
                | ChapterNotFound
                | BlockNotFound
                | RemoteNotFound
                | ComputerNotFound
                | BackupNotFound
                | BookNotNewer
                | ModelOff
                | Cancelled
        ) {
            log::warn("command_failed").with("command", command).with("code", self.code).write();
        }
    }

    pub fn invalid_profile(fields: Vec<FieldError>) -> ApiError {
        let named: Vec<String> =
            fields.iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
        ApiError {
            fields,
            ..ApiError::new(
                ErrorCode::InvalidProfile,
                format!("These answers can't be saved yet. {}", named.join(" ")),
                "Mend the fields that are named and save again; nothing you entered is lost.",
            )
        }
    }

    pub fn invalid_name(error: FieldError) -> ApiError {
        ApiError {
            fields: vec![error.clone()],
            ..ApiError::new(ErrorCode::InvalidName, error.message, "Give a name of 1 to 64 characters.")
        }
    }

    pub fn user_not_found(id: &str) -> ApiError {
        ApiError::new(
            ErrorCode::UserNotFound,
            format!("There is no reader {id} on this computer."),
            "List the readers with “primer user list”, or add one with “primer user add NAME”.",
        )
    }

    pub fn remote_not_found(id: &str) -> ApiError {
        ApiError::new(
            ErrorCode::RemoteNotFound,
            format!("This computer knows no remote {id}."),
            "List them with “primer remote list”, or add one with “primer remote add”.",
        )
    }

    pub fn computer_not_found(id: &str) -> ApiError {
        ApiError::new(
            ErrorCode::ComputerNotFound,
            format!("This reader has no computer {id}."),
            "List them with “primer computer list”.",
        )
    }

    /// What kept a sync from its end.
    pub fn sync(error: &SyncError) -> ApiError {
        let words = error.words();
        let code = match error {
            SyncError::UnderWay => ErrorCode::Busy,
            SyncError::NoSuchRemote => ErrorCode::RemoteNotFound,
            SyncError::Store(StoreError::DiskFull { .. }) | SyncError::Blobs(BlobError::DiskFull { .. }) => {
                return ApiError::disk_full();
            }
            _ => ErrorCode::RemoteFailed,
        };
        ApiError::new(code, words.sentence, words.next_step)
    }

    pub(super) fn request(command: &str, error: &serde_json::Error) -> ApiError {
        ApiError::new(
            ErrorCode::InvalidRequest,
            format!("The request to {command} was not understood: {error}."),
            "This is a fault of the program; please report it with this sentence.",
        )
    }

    pub(super) fn unknown_command(name: &str) -> ApiError {
        ApiError::new(
            ErrorCode::InvalidRequest,
            format!("There is no command {name}."),
            "This is a fault of the program; please report it with this sentence.",
        )
    }

    pub(super) fn model_off() -> ApiError {
        ApiError::new(
            ErrorCode::ModelOff,
            "No model server is set, and none is asked until you set one.",
            "Set one with “primer model set --url URL --model NAME”.",
        )
    }

    pub(super) fn no_network(error: &std::io::Error) -> ApiError {
        ApiError::new(
            ErrorCode::Internal,
            format!("The network can't be used: {error}."),
            "Close other programs and try again.",
        )
    }

    pub(super) fn busy() -> ApiError {
        ApiError::new(
            ErrorCode::Busy,
            "Another Primer is writing to this data folder and does not let go.",
            "Close the other one, or wait a moment, and try again.",
        )
    }

    pub(super) fn disk_full() -> ApiError {
        ApiError::new(
            ErrorCode::DiskFull,
            "The disk is full, so this could not be saved; what was there before is unharmed.",
            "Free some space (or lower Primer's storage under You) and try again.",
        )
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.message, self.hint)
    }
}

impl Error for ApiError {}

/// An error with its causes, “a: b: c”.
pub(super) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    text
}

/// A beginning in upper case and one mark at the end.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let end = if text.ends_with(['?', '!']) { "" } else { "." };
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => format!("{}{}{end}", first.to_uppercase(), characters.as_str()),
        None => String::new(),
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> ApiError {
        let text = with_causes(&error);
        match error {
            StoreError::DiskFull { .. } => ApiError::disk_full(),
            StoreError::NewerDatabase { .. } => ApiError::new(
                ErrorCode::DatabaseNewer,
                format!("Your data can't be opened by this version: {text}."),
                "Install the newest Primer; nothing was changed.",
            ),
            StoreError::Busy { .. } | StoreError::InUse => ApiError::busy(),
            StoreError::NotPrimer { .. } | StoreError::Emptied { .. } => ApiError::new(
                ErrorCode::DatabaseDamaged,
                format!("Your data can't be opened: {text}."),
                "Put a backup in its place (“primer backup list” shows them), or move the file away to begin anew, then try \
                 again; nothing was changed.",
            ),
            StoreError::Damaged { .. } => ApiError::new(
                ErrorCode::DatabaseDamaged,
                format!("Your data can't be read: {error}."),
                "Go back to a backup (in a terminal: “primer backup restore”); nothing was changed.",
            ),
            StoreError::Restore { .. } => ApiError::new(
                ErrorCode::DatabaseUnusable,
                format!("{}.", sentence(&text).trim_end_matches('.')),
                "Check that the data folder is yours to write to and that the disk has room, and try again.",
            ),
            StoreError::Open { .. } | StoreError::Lock { .. } => ApiError::new(
                ErrorCode::DatabaseUnusable,
                format!("Your data can't be opened: {text}."),
                "Check that the disk is there and yours to write to; nothing was changed.",
            ),
            StoreError::Upgrade { found: 0, .. } => ApiError::new(
                ErrorCode::DatabaseUnusable,
                format!("A place for your data could not be set up: {text}."),
                "Check that the disk has room and that the data folder is yours to write to, and start again.",
            ),
            StoreError::Backup { .. } | StoreError::Upgrade { .. } => ApiError::new(
                ErrorCode::DatabaseUnusable,
                format!("Your data could not be brought up to this version: {text}."),
                "It is as it was: the earlier Primer still opens it. Free some disk space and start again.",
            ),
            StoreError::Sql { .. } | StoreError::BadValue { .. } => ApiError::new(
                ErrorCode::DatabaseUnusable,
                format!("The database gave an error: {text}."),
                "Try again; if it stays, copy the data folder somewhere safe and report this sentence.",
            ),
        }
    }
}

impl From<BackupError> for ApiError {
    fn from(error: BackupError) -> ApiError {
        match error {
            BackupError::Store(error) => error.into(),
            BackupError::Room(error) => error.into(),
            BackupError::Busy => ApiError::busy(),
            BackupError::NotFound(_) | BackupError::NotWhole(_) => ApiError::new(
                ErrorCode::BackupNotFound,
                sentence(&error.to_string()),
                "Choose another one; “primer backup list” shows them.",
            ),
            BackupError::DatabaseDamaged => ApiError::new(
                ErrorCode::DatabaseDamaged,
                sentence(&error.to_string()),
                "Go back to one of them (in a terminal: “primer backup restore”).",
            ),
            BackupError::Io { .. } => ApiError::new(
                ErrorCode::DiskFailed,
                sentence(&with_causes(&error)),
                "Check that the disk is there and that the data folder is yours to write to, then try again.",
            ),
        }
    }
}

impl From<RemoteError> for ApiError {
    fn from(error: RemoteError) -> ApiError {
        ApiError::sync(&SyncError::Remote(error))
    }
}

impl From<SecretError> for ApiError {
    fn from(error: SecretError) -> ApiError {
        ApiError::new(
            ErrorCode::SecretFailed,
            format!("{}.", sentence(&with_causes(&error)).trim_end_matches('.')),
            "Unlock this computer's keychain, or check that the data folder is yours to write to, and try again.",
        )
    }
}

impl From<ModelError> for ApiError {
    fn from(error: ModelError) -> ApiError {
        let words = error.words();
        ApiError::new(ErrorCode::ModelFailed, words.sentence, words.next_step)
    }
}

impl From<RewriteError> for ApiError {
    fn from(error: RewriteError) -> ApiError {
        match error {
            RewriteError::Off => ApiError::model_off(),
            RewriteError::ContextTooSmall { tokens } => ApiError::new(
                ErrorCode::ModelFailed,
                format!(
                    "A model that takes {tokens} tokens at once is too small for a section and its instructions."
                ),
                "Set the model with a larger --context, and give it as much on its server.",
            ),
            RewriteError::NewerBook => ApiError::new(
                ErrorCode::ModelFailed,
                "This text was written from a newer book than the one installed here, so it can't be rewritten here.",
                "Update the book first, or rewrite it on the computer that has the newer one.",
            ),
            RewriteError::Refused(refusal) => ApiError::new(
                ErrorCode::ModelFailed,
                format!("The rewritten chapter as a whole was not right, so nothing was changed. {refusal}"),
                "Try again, or choose another model.",
            ),
            RewriteError::Cancelled => ApiError::new(
                ErrorCode::Cancelled,
                "The rewriting was stopped, and the chapter is as it was.",
                "Ask for it again whenever you like.",
            ),
            RewriteError::Network(error) => ApiError::no_network(&error),
            RewriteError::Model(error) => error.into(),
            RewriteError::Secret(error) => error.into(),
            RewriteError::Read(error) => error.into(),
            RewriteError::Store(error) => error.into(),
        }
    }
}

impl From<BlobError> for ApiError {
    fn from(error: BlobError) -> ApiError {
        match error {
            BlobError::DiskFull { .. } => ApiError::disk_full(),
            BlobError::Busy { .. } => ApiError::busy(),
            BlobError::Io { .. } => ApiError::new(
                ErrorCode::DiskFailed,
                format!("A file could not be used: {}.", with_causes(&error)),
                "Check that the disk is there and that the data folder is yours to write to, then try again.",
            ),
        }
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> ApiError {
        match error {
            ReadError::NoSuchReader(id) => ApiError::user_not_found(&id),
            ReadError::NoSuchChapter(number) => ApiError::new(
                ErrorCode::ChapterNotFound,
                format!("The installed book has no chapter {number}."),
                "Choose one of the chapters that its contents list.",
            ),
            ReadError::Store(error) => error.into(),
            ReadError::Blobs(error) => error.into(),
        }
    }
}

impl From<BookError> for ApiError {
    fn from(error: BookError) -> ApiError {
        ApiError::new(
            ErrorCode::BookInvalid,
            sentence(&error.to_string()),
            "Its author can see all faults at once with “primer book check”.",
        )
    }
}

impl From<OpenError> for ApiError {
    fn from(error: OpenError) -> ApiError {
        match error {
            OpenError::Store(error) => error.into(),
            OpenError::Blobs(error) => error.into(),
            OpenError::Book(error) => error.into(),
            OpenError::Folder { .. } => ApiError::new(
                ErrorCode::DiskFailed,
                format!("{}.", with_causes(&error)),
                "Name another folder with --data, or make this one yours to write to.",
            ),
        }
    }
}
