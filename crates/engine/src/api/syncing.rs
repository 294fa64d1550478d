//! The commands about syncing: how it stands, and doing it now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use primer_domain::ids::{DeviceId, UserId};
use primer_domain::timestamp::Timestamp;

use super::ago::{ago, bytes};
use super::error::{ApiError, ErrorCode};
use super::readers::existing;
use super::sync_types::*;
use super::types::*;
use crate::log;
use crate::remote::RemoteError;
use crate::store::StoreError;
use crate::store::remotes::RemoteRow;
use crate::store::settings::{self, Key};
use crate::store::sync_runs::{self, SyncRun};
use crate::sync::driver;
use crate::sync::{Manner, Outlook, Progress, Supposed, SyncError};
use crate::{Cancel, Engine};

pub(super) const SETTINGS: Key<SyncSettings> = Key::new("sync");

/// Computers that are to be forgotten at the next sync with a remote: each remote has a replica of its own of them.
const FORGET: Key<BTreeMap<String, BTreeSet<String>>> = Key::new("forget_computers_in");

pub fn settings(engine: &Engine, request: OfReader) -> Result<SyncSettings, ApiError> {
    let user = existing(engine, &request.user_id)?;
    engine.sync_settings(user)
}

pub fn set_settings(engine: &Engine, request: SetSyncSettings) -> Result<Nothing, ApiError> {
    let user = existing(engine, &request.user_id)?;
    engine.store.write(|transaction| settings::set(transaction, Some(user), &SETTINGS, &request.settings))?;
    engine.desk.bell.notify_one();
    Ok(Nothing {})
}

/// Rings the bell of whoever syncs in the background.
pub fn sync_now(engine: &Engine, request: OfReader) -> Result<Nothing, ApiError> {
    let user = existing(engine, &request.user_id)?;
    engine.desk.ask_for(user);
    Ok(Nothing {})
}

/// What failed for want of a network is worth trying now.
pub fn network_is_back(engine: &Engine, _: Nothing) -> Result<Nothing, ApiError> {
    engine.desk.hurry();
    engine.rewriting_desk.hurry();
    Ok(Nothing {})
}

pub fn forget_computer(engine: &Engine, request: ForgetComputer) -> Result<Nothing, ApiError> {
    let user = existing(engine, &request.user_id)?;
    let device = DeviceId::parse(&request.device_id)
        .ok_or_else(|| ApiError::computer_not_found(&request.device_id))?;
    let computers = engine.computers(user)?;
    let Some(computer) = computers.iter().find(|computer| computer.device_id == request.device_id) else {
        return Err(ApiError::computer_not_found(&request.device_id));
    };
    if computer.this_one {
        return Err(ApiError::new(
            ErrorCode::InvalidRequest,
            "This is the computer you are at; it can't forget itself.",
            "To stop syncing here, forget the place; to leave, remove the reader from this computer.",
        ));
    }
    let remotes = engine.remotes(user)?;
    engine.store.write(|transaction| {
        let mut wanted = settings::get(transaction, Some(user), &FORGET)?.unwrap_or_default();
        for remote in &remotes {
            wanted.entry(remote.id.to_string()).or_default().insert(device.to_string());
        }
        settings::set(transaction, Some(user), &FORGET, &wanted)
    })?;
    engine.desk.ask_for(user);
    Ok(Nothing {})
}

/// How it stands, in a sentence.
pub fn status(engine: &Engine, request: OfReader) -> Result<SyncStatus, ApiError> {
    let user = existing(engine, &request.user_id)?;
    let remotes = engine.remotes(user)?;
    let arrived = engine.desk.arrived();
    let newer_book = engine.waiting_edition()?.is_some();
    let hint = engine.book_words(&remotes)?;
    let status = |state, sentence: String, waiting, progress| SyncStatus {
        state,
        sentence,
        hint: hint.clone(),
        newer_book,
        waiting,
        progress,
        arrived,
    };
    if remotes.is_empty() {
        let sentence = "Everything is on this computer, and only here.".to_owned();
        return Ok(status(SyncState::Alone, sentence, 0, None));
    }
    let older_too = engine.sync_settings(user)?.older_too;
    let mut waiting = 0;
    for remote in &remotes {
        waiting = waiting.max(engine.waiting(remote, older_too)?);
    }
    if let Some(progress) = remotes.iter().find_map(|remote| engine.desk.progress(remote.id)) {
        return Ok(status(SyncState::Syncing, syncing_words(progress), waiting, Some(progress)));
    }
    let active: Vec<&RemoteRow> = remotes.iter().filter(|remote| !remote.paused).collect();
    if active.is_empty() {
        let sentence = format!("Paused{}.", waiting_words(waiting, "; "));
        return Ok(status(SyncState::Paused, sentence, waiting, None));
    }
    let mut last: Option<SyncRun> = None;
    for remote in active {
        let run = engine.store.read(|connection| sync_runs::last(connection, remote.id, 1))?.pop();
        // What needs somebody is told before what is well.
        let worse = |run: &SyncRun, than: &SyncRun| run.fault.is_some() && than.fault.is_none();
        match (&last, run) {
            (None, run) => last = run,
            (Some(so_far), Some(run)) if worse(&run, so_far) => last = Some(run),
            _ => {}
        }
    }
    Ok(match last {
        None => {
            let sentence = format!("Not synced yet{}.", waiting_words(waiting, "; "));
            status(SyncState::Offline, sentence, waiting, None)
        }
        Some(SyncRun { fault: Some((code, message)), .. }) if !passes_by_itself(&code) => {
            status(SyncState::NeedsYou, format!("Needs you: {message}"), waiting, None)
        }
        Some(SyncRun { fault: Some(_), .. }) => {
            let sentence = format!("Offline: everything you need is here{}.", waiting_words(waiting, ", "));
            status(SyncState::Offline, sentence, waiting, None)
        }
        Some(run) if waiting > 0 => {
            let waits = waiting_words(waiting, "");
            let sentence = format!("{waits}; synced {}.", ago(run.ended_at, engine.env.now()));
            status(SyncState::Waiting, sentence, waiting, None)
        }
        Some(run) => {
            let mut sentence = format!("Up to date, {}", ago(run.ended_at, engine.env.now()));
            let mut others = engine.computers(user)?.into_iter().filter(|computer| !computer.this_one);
            if let Some(other) = others.rfind(|computer| computer.last_here.is_some()) {
                sentence += &format!("; {} was here {}", other.name, other.last_here.unwrap_or_default());
            }
            status(SyncState::UpToDate, format!("{sentence}."), waiting, None)
        }
    })
}

/// Of the codes of `sync_runs`: nobody has to do anything about it.
fn passes_by_itself(code: &str) -> bool {
    let passing = [
        "offline",
        "timed_out",
        "too_many_requests",
        "server_failed",
        "damaged",
        "folder_missing",
        "folder_strange",
        "folder_failed",
        "not_marked",
        "under_way",
        "cancelled",
    ];
    passing.contains(&code)
}

fn syncing_words(progress: Progress) -> String {
    match progress.total {
        0 => "Syncing …".to_owned(),
        _ => format!(
            "Syncing {} of {}, {} of {}.",
            progress.done,
            progress.total,
            bytes(progress.done_bytes),
            bytes(progress.total_bytes)
        ),
    }
}

fn waiting_words(waiting: u64, before: &str) -> String {
    match waiting {
        0 => String::new(),
        1 => format!("{before}1 change waits"),
        many => format!("{before}{many} changes wait"),
    }
}

/// How somebody wants a sync.
#[derive(Debug, Clone, Copy, Default)]
pub struct SyncWish {
    /// Only to be told what would be done.
    pub dry: bool,
    /// Also a look whether a book is published by now.
    pub look_for_book: bool,
}

/// What one sync with one remote did, or would do.
#[derive(Debug)]
pub struct Synced {
    pub report: SyncReport,
    /// What it would do, where it was only to tell.
    pub outlook: Outlook,
    /// What would be so after it.
    pub supposed: Supposed,
    pub failure: Option<SyncError>,
}

impl Synced {
    /// For this it was not even begun.
    fn not(failure: SyncError) -> Synced {
        Synced {
            report: SyncReport::default(),
            outlook: Outlook::default(),
            supposed: Supposed::default(),
            failure: Some(failure),
        }
    }

    /// Something went from one computer to another. How many requests that took says nothing: a replica that can't be
    /// read is asked for each time.
    pub(crate) fn had_something_to_do(&self) -> bool {
        let SyncReport { sent, received, merged, .. } = self.report;
        self.outlook.send_replica || sent + received + merged > 0
    }
}

impl Engine {
    pub fn sync_settings(&self, user: UserId) -> Result<SyncSettings, ApiError> {
        let set = self.store.read(|connection| settings::get(connection, Some(user), &SETTINGS))?;
        Ok(set.unwrap_or(SyncSettings { older_too: false, metered: false }))
    }

    /// Syncs with one remote, forgetting the computers that are to be forgotten there. Progress is shown at the desk.
    pub async fn sync_once(
        self: &Arc<Self>,
        row: &RemoteRow,
        wish: SyncWish,
        shows: impl Fn(Progress),
    ) -> Result<Synced, ApiError> {
        self.sync_supposing(row, wish, Supposed::default(), shows).await
    }

    /// Of several dry runs each goes on from what the one before it would have done.
    pub async fn sync_supposing(
        self: &Arc<Self>,
        row: &RemoteRow,
        wish: SyncWish,
        supposed: Supposed,
        shows: impl Fn(Progress),
    ) -> Result<Synced, ApiError> {
        let (began_at, dry) = (self.env.now(), wish.dry);
        let synced = self.sync_with(row, wish, supposed, shows).await;
        if let Err(error) = &synced
            && !dry
        {
            self.note_not_begun(row, began_at, error);
        }
        synced
    }

    async fn sync_with(
        self: &Arc<Self>,
        row: &RemoteRow,
        wish: SyncWish,
        supposed: Supposed,
        shows: impl Fn(Progress),
    ) -> Result<Synced, ApiError> {
        let forget = self.to_forget(row)?;
        let older_too = self.sync_settings(row.user)?.older_too;
        let SyncWish { dry, look_for_book } = wish;
        let forget_now = forget.clone();
        let manner =
            Manner { older_too, dry, forget: forget_now, look_for_book, supposed, ..Manner::default() };
        let cancel = Cancel::default();
        let seat = self.desk.take_seat(row.id, cancel.clone());
        let began = self.env.now();
        let remote = match self.connect(row)? {
            Ok(remote) => remote,
            Err(error) => return self.could_not_begin(row, dry, began, error),
        };
        let show = |progress| {
            seat.show(progress);
            shows(progress);
        };
        let outcome = match driver::run(Arc::clone(self), row.id, remote, manner, cancel, show).await {
            Ok(outcome) => outcome,
            Err(error @ SyncError::UnderWay) => return Ok(Synced::not(error)),
            Err(error) => return Err(ApiError::sync(&error)),
        };
        if outcome.failure.is_none() && !dry {
            self.forgot(row, &forget.difference(&outcome.not_forgotten).copied().collect())?;
        }
        let brought_a_book = outcome.tally.editions > 0;
        if brought_a_book
            || outcome.tally.merged > 0
            || outcome.tally.received > 0
            || outcome.tally.written > 0
        {
            self.desk.note_arrival();
            // What is being rewritten for other answers than those that came is of no use.
            if let Ok(profile) = self.current_profile(row.user) {
                self.rewriting_desk.background_is(row.user, profile.hash);
            }
            // It may be what somebody wished for.
            self.rewriting_desk.bell.notify_one();
        }
        Ok(Synced {
            report: SyncReport {
                requests: outcome.traffic.requests,
                sent_bytes: outcome.traffic.sent_bytes,
                received_bytes: outcome.traffic.received_bytes,
                sent: outcome.tally.sent,
                received: outcome.tally.received,
                written: outcome.tally.written,
                told: outcome.tally.told,
                merged: outcome.tally.merged,
                editions: outcome.tally.editions,
                duration_ms: u64::try_from(outcome.ended_at.unix_ms() - began.unix_ms()).unwrap_or(0),
            },
            outlook: outcome.outlook,
            supposed: outcome.supposed,
            failure: outcome.failure,
        })
    }

    /// Settings or a secret with which no request can even be made.
    fn could_not_begin(
        &self,
        row: &RemoteRow,
        dry: bool,
        began: Timestamp,
        error: RemoteError,
    ) -> Result<Synced, ApiError> {
        let failure = SyncError::Remote(error);
        let words = failure.words();
        if !dry {
            self.note_failed(row, began, words.code, format!("{} {}", words.sentence, words.next_step))?;
        }
        Ok(Synced::not(failure))
    }

    /// Whatever else kept a sync from being done, such as a locked keychain. Where the database does not take it, the log has.
    fn note_not_begun(&self, row: &RemoteRow, began: Timestamp, error: &ApiError) {
        let told = format!("{} {}", error.message, error.hint);
        if let Err(error) = self.note_failed(row, began, "not_begun", told) {
            log::error("sync_not_noted").cause(&error).write();
        }
    }

    fn note_failed(
        &self,
        row: &RemoteRow,
        began: Timestamp,
        code: &str,
        told: String,
    ) -> Result<(), StoreError> {
        let run = SyncRun {
            began_at: began,
            ended_at: self.env.now(),
            requests: 0,
            sent_bytes: 0,
            received_bytes: 0,
            sent: 0,
            received: 0,
            told: 0,
            merged: 0,
            fault: Some((code.to_owned(), told)),
        };
        self.store.write(|transaction| sync_runs::insert(transaction, row.id, &run))
    }

    fn to_forget(&self, row: &RemoteRow) -> Result<BTreeSet<DeviceId>, ApiError> {
        let wanted = self.store.read(|connection| settings::get(connection, Some(row.user), &FORGET))?;
        let here = wanted.unwrap_or_default().remove(&row.id.to_string()).unwrap_or_default();
        Ok(here.iter().filter_map(|id| DeviceId::parse(id)).collect())
    }

    /// Computers that are to be forgotten in any place, by their ids.
    pub(super) fn wished_forgotten(&self, user: UserId) -> Result<BTreeSet<String>, StoreError> {
        let wanted = self.store.read(|connection| settings::get(connection, Some(user), &FORGET))?;
        Ok(wanted.unwrap_or_default().into_values().flatten().collect())
    }

    fn forgot(&self, row: &RemoteRow, devices: &BTreeSet<DeviceId>) -> Result<(), ApiError> {
        if devices.is_empty() {
            return Ok(());
        }
        self.store.write(|transaction| {
            let mut wanted = settings::get(transaction, Some(row.user), &FORGET)?.unwrap_or_default();
            // More may have been asked for while this sync ran.
            wanted
                .entry(row.id.to_string())
                .or_default()
                .retain(|id| !DeviceId::parse(id).is_some_and(|device| devices.contains(&device)));
            wanted.retain(|_, devices| !devices.is_empty());
            settings::set(transaction, Some(row.user), &FORGET, &wanted)
        })?;
        Ok(())
    }
}
