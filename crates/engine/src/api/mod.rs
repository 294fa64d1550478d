//! The commands that the window and the command line share: their names, requests, responses and errors.
//!
//! [`commands!`](macro@commands) below is the one list of them. It makes the dispatch and the TypeScript map of names
//! to types, so the two can't differ.

mod ago;
mod backups;
mod books;
mod breaking;
mod chapters;
mod compare;
mod compare_types;
mod computers;
mod error;
mod inspect;
mod joining;
mod joins;
mod mistyped;
mod model_types;
mod models;
mod network;
mod new_place;
mod other_computer;
mod readers;
mod remotes;
mod removal;
mod rewriting;
mod rewriting_types;
mod sync_types;
mod syncing;
mod types;
mod typescript;
mod update_types;
mod updates;

pub use backups::{BackupOffer, BackupView, RestoreBackup, Restoring};
pub use books::{Beginning, BooksView, Came, OpenNewerBook, Place, PublishedView, Standing};
pub use breaking::{CrashReport, Diagnostics, ScriptError};
pub use chapters::{ChapterText, TextForm};
pub use compare_types::*;
pub(crate) use error::sentence;
pub use error::{ApiError, ErrorCode};
pub use model_types::*;
pub use network::network_runtime;
pub use rewriting_types::*;
pub use sync_types::*;
pub use syncing::{SyncWish, Synced};
pub use types::*;
pub use typescript::typescript;
pub use update_types::*;

use serde_json::Value;

use crate::Engine;
use crate::data_folder::DataFolder;
use crate::sync::doctor::Finding;

macro_rules! commands {
    ($(#[$doc:meta])* $dispatch:ident($on:ident: $of:ty), $names:ident, $types:ident;
     $($name:ident: $request:ty => $response:ty = $run:path;)*) => {
        $(#[$doc])*
        pub fn $dispatch($on: $of, name: &str, request: Value) -> Result<Value, ApiError> {
            match name {
                $(stringify!($name) => {
                    let answer = || {
                        let request: $request = serde_json::from_value(request).map_err(|e| ApiError::request(name, &e))?;
                        let response: $response = $run($on, request)?;
                        serde_json::to_value(response).map_err(|e| ApiError::request(name, &e))
                    };
                    answer().inspect_err(|error| error.log(stringify!($name)))
                })*
                _ => Err(ApiError::unknown_command(name)),
            }
        }

        #[allow(dead_code, reason = "only of some commands it is asked whether they are among them")]
        const $names: &[&str] = &[$(stringify!($name),)*];

        /// For each command its name and the TypeScript names of its request and response.
        fn $types(config: &ts_rs::Config) -> Vec<(&'static str, String, String)> {
            use ts_rs::TS;
            vec![$((stringify!($name), <$request>::name(config), <$response>::name(config)),)*]
        }
    };
}

commands! {
    /// Runs a command that needs no engine, because it is asked for when there may be none.
    dispatch_closed(folder: &DataFolder<'_>), CLOSED_NAMES, closed_command_types;
    backup_offer: Nothing => Option<BackupOffer> = backups::offer;
    restore_backup: RestoreBackup => Restoring = backups::restore;
    diagnostics: Nothing => Diagnostics = breaking::diagnostics;
    crash_report: Nothing => Option<CrashReport> = breaking::crash_report;
    note_script_error: ScriptError => Nothing = breaking::note_script_error;
}

/// Whether it is [`dispatch_closed`] that runs this command.
pub fn needs_no_engine(name: &str) -> bool {
    CLOSED_NAMES.contains(&name)
}

commands! {
    /// Runs the command `name`. Waits for the disk; for a network only where it is asked to look at one.
    dispatch(engine: &Engine), NAMES, command_types;
    startup: Nothing => Startup = readers::startup;
    add_reader: AddReader => Reader = readers::add;
    choose_reader: OfReader => Startup = readers::choose;
    rename_reader: RenameReader => Reader = readers::rename;
    set_appearance: SetAppearance => Nothing = readers::set_appearance;
    profile_form: Nothing => ProfileForm = readers::profile_form;
    get_profile: OfReader => ProfileView = readers::profile;
    preview_profile: WithBackground => ProfilePreview = readers::preview_profile;
    save_profile: WithBackground => ProfileView = readers::save_profile;
    list_chapters: OfReader => Contents = chapters::list;
    open_chapter: OfChapter => ChapterPage = chapters::open;
    open_original: OpenOriginal => OriginalPage = chapters::original;
    chapter_variant: ChapterVariant => Variant = chapters::variant;
    save_position: SavePosition => Nothing = chapters::save_position;
    get_storage: Nothing => Storage = readers::storage;
    set_quota: SetQuota => Storage = readers::set_quota;
    stored_chapters: OfReader => Vec<StoredChapter> = removal::stored_chapters;
    remove_chapter: RemoveChapter => Nothing = removal::remove_chapter;
    remove_reader: OfReader => Startup = removal::remove_reader;
    list_remotes: OfReader => Vec<RemoteView> = remotes::list;
    add_remote: AddRemote => RemoteView = remotes::add;
    remove_remote: OfRemote => Nothing = remotes::remove;
    check_remote: OfRemote => Vec<Finding> = remotes::check;
    pause_remote: PauseRemote => Nothing = remotes::pause;
    list_computers: OfReader => Vec<ComputerView> = computers::list;
    export_computer: ExportComputer => Joining = joining::export;
    save_joining: ExportComputer => SavedJoining = joining::save;
    join_reader: JoinReader => Joined = joins::join;
    forget_computer: ForgetComputer => Nothing = syncing::forget_computer;
    sync_status: OfReader => SyncStatus = syncing::status;
    sync_now: OfReader => Nothing = syncing::sync_now;
    network_is_back: Nothing => Nothing = syncing::network_is_back;
    get_sync_settings: OfReader => SyncSettings = syncing::settings;
    set_sync_settings: SetSyncSettings => Nothing = syncing::set_settings;
    model_settings: OfReader => ModelView = models::settings;
    set_model: SetModel => ModelView = models::set;
    model_off: OfReader => ModelView = models::off;
    list_models: ListModels => Vec<String> = models::list;
    test_model: OfReader => ModelTest = models::test;
    model_disclosure: AskDisclosure => ModelDisclosure = models::disclose;
    discard_rewrite: OfChapter => Discarded = models::discard;
    find_model_servers: Nothing => Vec<FoundModelServer> = rewriting::find;
    estimate_rewrite: OfChapter => RewriteEstimate = rewriting::estimate;
    wish_rewrite: WishRewrite => RewritingStatus = rewriting::wish;
    cancel_rewrite: OfChapter => RewritingStatus = rewriting::cancel;
    undo_rewrite: OfChapter => RewritingStatus = rewriting::undo;
    rewriting_status: OfReader => RewritingStatus = rewriting::status;
    rewriting_text: OfChapter => LiveText = rewriting::live_text;
    compare_rewrite: CompareRewrite => Comparison = compare::compare;
    update_status: Nothing => UpdateView = updates::status;
    set_updates: SetUpdates => UpdateView = updates::set;
    look_for_update: Nothing => UpdateView = updates::look;
    install_update: Nothing => UpdateView = updates::install;
    cancel_update: Nothing => UpdateView = updates::cancel;
    open_newer_book: OpenNewerBook => Beginning = books::open_newer;
}

/// What the command line asks for beyond the window's commands.
pub mod direct {
    pub use super::ago::{ago, bytes, span};
    pub use super::backups::{
        cost as backup_cost, list as backups, offer as backup_offer, restore as restore_backup,
    };
    pub use super::books::{list as books, look as look_for_books, publish as publish_book};
    pub use super::breaking::diagnostics;
    pub use super::chapters::{entries, text};
    pub use super::computers::list as computers;
    pub use super::inspect::inspect as inspect_remote;
    pub use super::joining::{export as export_computer, text as joining_text, write as write_joining};
    pub use super::joins::join as join_reader;
    pub use super::models::{
        discard as discard_rewrite, disclose as model_disclosure, list as models, off as model_off,
        set as set_model, settings as model, test as test_model,
    };
    pub use super::readers::{add, all, import_profile, last_used, own_appearance, profile, storage};
    pub use super::remotes::{
        add as add_remote, check as check_remote, list as remotes, pause as pause_remote,
        remove as remove_remote,
    };
    pub use super::rewriting::{
        estimate as rewrite_estimate, status as rewriting_status, undo as undo_rewrite,
    };
    pub use super::syncing::{forget_computer, set_settings, settings, status as sync_status};
    pub use super::updates::{check as check_for_update, publish as publish_update};
}
