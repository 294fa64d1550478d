//! Requests and responses about remotes, computers and syncing.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::remote::Location;
use crate::sync::Progress;

#[derive(Debug, Clone, Deserialize, TS)]
pub struct AddRemote {
    pub user_id: String,
    pub location: Location,
    /// Of a server.
    pub secret_access_key: Option<String>,
    /// Of temporary keys.
    pub session_token: Option<String>,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct OfRemote {
    pub remote_id: String,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct PauseRemote {
    pub remote_id: String,
    pub paused: bool,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct RemoteView {
    pub remote_id: String,
    pub location: Location,
    /// “course on s3.example.org”.
    pub name: String,
    pub paused: bool,
    /// Where its secret is kept on this computer; none where it has none.
    pub secret: Option<SecretPlaceView>,
    /// The newest first.
    pub last_syncs: Vec<SyncRunView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SecretPlaceView {
    Keychain,
    File { path: PathBuf },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct SyncRunView {
    pub began_at: String,
    /// “2 minutes ago”.
    pub ago: String,
    pub requests: u64,
    pub sent_bytes: u64,
    pub received_bytes: u64,
    pub sent: u64,
    pub received: u64,
    pub told: u64,
    pub merged: u64,
    /// What went wrong, with what to do.
    pub trouble: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// There is no remote.
    Alone,
    Paused,
    Syncing,
    /// The remote can't be reached just now.
    Offline,
    /// All went well the last time, and something changed here since.
    Waiting,
    UpToDate,
    /// Something that only a person can mend.
    NeedsYou,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct SyncStatus {
    pub state: SyncState,
    /// All of it in a sentence.
    pub sentence: String,
    /// What there is to say about the book, where there is something.
    pub hint: Option<String>,
    /// A newer edition of the book is here. It opens when the program is started again, and not before.
    pub newer_book: bool,
    /// Changes of this computer that no remote has yet.
    pub waiting: u64,
    pub progress: Option<Progress>,
    /// Changes whenever something came from another computer, so that whoever shows it looks again.
    pub arrived: u64,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct ComputerView {
    pub device_id: String,
    pub name: String,
    pub this_one: bool,
    /// “yesterday”; none for a computer that has not been in the remote yet.
    pub last_here: Option<String>,
    pub chapters: u64,
    /// Why what it wrote can't be used.
    pub trouble: Option<String>,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct ForgetComputer {
    pub user_id: String,
    pub device_id: String,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct ExportComputer {
    pub user_id: String,
    /// The place through which the two computers meet; else the one that works best.
    #[ts(optional)]
    pub remote_id: Option<String>,
}

/// What another installation needs to join a reader.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Joining {
    pub format: u32,
    pub user_id: String,
    pub name: String,
    pub location: Location,
    pub secret_access_key: Option<String>,
    pub session_token: Option<String>,
    /// The certificates of the authority that the location's `ca_file` names: that file is on the computer that wrote this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub certificates: Option<String>,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct SavedJoining {
    /// Where it is, as a person reads it.
    pub file: String,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct JoinReader {
    /// The text of the joining file.
    pub file: String,
    /// A reader of this computer who is the same person: what they answered here is merged.
    pub merge_user_id: Option<String>,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct Joined {
    pub user_id: String,
    pub name: String,
    pub remote_id: String,
    /// The reader of this computer who was merged.
    pub merged_name: Option<String>,
    /// Names of places through which the merged reader synced and nothing here does any more. What is in them stays there.
    pub unsynced_places: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SyncSettings {
    /// Also fetch texts for earlier backgrounds and of earlier versions.
    pub older_too: bool,
    /// Every byte costs: sync only when asked to.
    pub metered: bool,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct SetSyncSettings {
    pub user_id: String,
    pub settings: SyncSettings,
}

/// What one sync, or one for each remote, did or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, TS)]
pub struct SyncReport {
    pub requests: u64,
    pub sent_bytes: u64,
    pub received_bytes: u64,
    /// Texts put into the remote.
    pub sent: u64,
    /// Texts fetched from it.
    pub received: u64,
    /// Texts another computer announced, and this one wrote itself.
    pub written: u64,
    /// Changes made here that were new there.
    pub told: u64,
    /// Changes of other computers that were new here.
    pub merged: u64,
    /// Newer editions of the book that were fetched.
    pub editions: u64,
    pub duration_ms: u64,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct RemoveChapter {
    pub user_id: String,
    pub chapter_id: u32,
    /// Also from the remotes and, with their next sync, from this reader's other computers.
    pub everywhere: bool,
}

/// The texts of one chapter that are stored here for a reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct StoredChapter {
    pub chapter_id: u32,
    pub title: String,
    /// One for each background and version.
    pub texts: u64,
    pub len_bytes: u64,
}
