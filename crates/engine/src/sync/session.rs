//! One sync, without its network: what to ask next, and what follows from an answer.
//!
//! It goes through stages, and a stage begins when all of the one before has been answered: which replicas are there,
//! which remote this is, what the other computers say, which texts are wanted, to be sent or to be removed, the own
//! replica, a computer that is forgotten, now and then the texts that nobody knows of, and the published book. A replica is
//! sent only after the texts it mentions.

mod book;
mod dry;
mod own;
mod replicas;
mod stages;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use primer_domain::ids::{DeviceId, TextDigest, UserId};
use primer_domain::replica::Replica;
use primer_domain::storage_path::StoragePath;
use primer_domain::sync::{AfterListing, Wanted};

use self::book::{BookFile, BookWork};
use self::dry::SupposedThere;
pub use self::dry::{Outlook, Supposed};
use super::gather::LookedFor;
use super::identity::Identity;
use super::{Progress, SyncError, Tally, keys};
use crate::Engine;
use crate::remote::{Listed, Object, RemoteError, RemoteFault, Unless};
use crate::store::remote_replicas;
use crate::store::remotes::{self, RemoteId, RemoteRow};

/// A replica longer than this is not read. One that mentions 100,000 texts has about 25 MB.
pub(super) const REPLICA_LEN_MAX: u64 = 64 << 20;

/// No chapter is as long. What somebody announces as longer is not fetched into memory.
const TEXT_LEN_MAX: u64 = 16 << 20;

/// Noting each text by itself would cost a flush of the disk for each.
const SENT_UNNOTED_MAX: usize = 128;

pub(super) const IDENTITY_LEN_MAX: u64 = 4096;

/// A request, as the network is to make it. Keys are below the remote's prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    List {
        prefix: String,
    },
    Get {
        key: String,
        limit_bytes: u64,
    },
    /// Unless it has this ETag.
    GetUnless {
        key: String,
        etag: String,
        limit_bytes: u64,
    },
    Put {
        key: String,
        bytes: Vec<u8>,
    },
    Delete {
        key: String,
    },
}

#[derive(Debug)]
pub enum Answer {
    Listed(Vec<Listed>),
    /// None: there is no such object.
    Got(Option<Object>),
    GotUnless(Unless),
    /// With its ETag.
    Put(String),
    Deleted,
}

/// Which request an answer is to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

/// What a request is for.
#[derive(Debug, Clone)]
enum Task {
    List,
    GetIdentity,
    PutIdentity,
    GetReplica(DeviceId, Try),
    GetText(Wanted, Try),
    /// With its length in bytes.
    PutText(StoragePath, u64),
    PutReplica(Box<Replica>),
    DeleteReplica(DeviceId),
    DeleteText(StoragePath),
    ListTexts,
    /// Of a text that nobody mentions.
    SweepText(StoragePath),
    /// With the ETag that is known.
    GetBookIndex(String, Try),
    GetBookFile(BookFile, Try),
}

/// A text or a replica that arrives damaged is asked for once more: most often only its journey was at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Try {
    First,
    Second,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Listing,
    Identity,
    Replicas,
    Texts,
    OwnReplica,
    Removals,
    Sweep,
    BookIndex,
    BookFiles,
    Done,
}

/// How a sync is to be done.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// Also the texts for earlier backgrounds and of earlier versions.
    pub older_too: bool,
    /// Find out what would be done, and change nothing here or there.
    pub dry: bool,
    /// Computers that are no more: their replicas are taken into the own one and removed.
    pub forget: BTreeSet<DeviceId>,
    /// See whether a book is published, though none was there a moment ago.
    pub look_for_book: bool,
    /// What a dry run begins with, beside what is so.
    pub supposed: Supposed,
    pub bounds: Bounds,
}

/// What is taken of a remote at most, so that whoever writes there can fill neither memory nor disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Of one reader.
    pub computers: usize,
    /// Of the replicas of all of them together.
    pub replicas_bytes: u64,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { computers: 1_000, replicas_bytes: 256 << 20 }
    }
}

pub struct Session {
    engine: Arc<Engine>,
    remote: RemoteRow,
    user: UserId,
    manner: Manner,
    stage: Stage,
    waiting: VecDeque<Task>,
    under_way: BTreeMap<Ticket, Task>,
    tickets: u64,
    /// Whether this sync wrote which remote it is.
    has_marked: bool,
    listed: BTreeMap<DeviceId, String>,
    after_listing: AfterListing,
    /// The usable replicas in the remote, once all have been read.
    replicas: BTreeMap<DeviceId, Replica>,
    /// Whose replicas were read in this sync.
    read: BTreeSet<DeviceId>,
    /// What came of a replica that arrived damaged.
    damaged: BTreeMap<DeviceId, TextDigest>,
    /// Whose replica is damaged where it stands: there is nothing in it to be joined.
    rubbish: BTreeSet<DeviceId>,
    /// Computers that were to be forgotten and were not: what they say can't be read.
    not_forgotten: BTreeSet<DeviceId>,
    restored: BTreeSet<StoragePath>,
    /// Texts that were taken back and that this sync has asked to be deleted.
    removed: BTreeSet<StoragePath>,
    /// Whether anything came that is not to be shown.
    refused: bool,
    /// What was looked for in vain before this sync, and whether it found that of anything else.
    known_missing: BTreeSet<StoragePath>,
    lacks_anew: bool,
    /// Texts that are in the remote, which is not noted yet.
    sent: Vec<StoragePath>,
    /// Changes that the own replica, which is being sent, is the first to tell.
    to_tell: u64,
    /// The own replica was there and is gone, though it is the same remote.
    own_is_lost: bool,
    /// Once texts were planned: how much had changed here by then, and by what this sync kept since; and what was looked for.
    gathered_changes: u64,
    looked_for: Option<LookedFor>,
    book: BookWork,
    failure: Option<RemoteError>,
    tally: Tally,
    progress: Progress,
    outlook: Outlook,
    there: SupposedThere,
}

/// Such a failure says nothing of the rest of the remote.
fn is_of_one_object(error: &RemoteError) -> bool {
    matches!(error.fault, RemoteFault::Damaged | RemoteFault::TooLong)
}

impl Session {
    pub fn begin(engine: Arc<Engine>, remote: RemoteId, manner: Manner) -> Result<Session, SyncError> {
        let found = engine.store.read(|connection| remotes::find(connection, remote))?;
        let remote = found.ok_or(SyncError::NoSuchRemote)?;
        Ok(Session {
            engine,
            user: remote.user,
            remote,
            manner,
            stage: Stage::Listing,
            waiting: VecDeque::from([Task::List]),
            under_way: BTreeMap::new(),
            tickets: 0,
            has_marked: false,
            listed: BTreeMap::new(),
            after_listing: AfterListing::default(),
            replicas: BTreeMap::new(),
            read: BTreeSet::new(),
            damaged: BTreeMap::new(),
            rubbish: BTreeSet::new(),
            not_forgotten: BTreeSet::new(),
            restored: BTreeSet::new(),
            removed: BTreeSet::new(),
            refused: false,
            lacks_anew: false,
            known_missing: BTreeSet::new(),
            sent: Vec::new(),
            to_tell: 0,
            own_is_lost: false,
            gathered_changes: 0,
            looked_for: None,
            book: BookWork::default(),
            failure: None,
            tally: Tally::default(),
            progress: Progress::default(),
            outlook: Outlook::default(),
            there: SupposedThere::default(),
        })
    }

    /// What was done.
    pub fn tally(&self) -> Tally {
        if self.manner.dry { Tally::default() } else { self.tally }
    }

    /// Of what is being done.
    pub fn progress(&self) -> Progress {
        if self.manner.dry { Progress::default() } else { self.progress }
    }

    /// What a dry run found.
    pub fn outlook(&self) -> Outlook {
        if self.manner.dry { Outlook { tally: self.tally, ..self.outlook } } else { self.outlook }
    }

    /// What another dry run may go on from.
    pub fn supposed(&self) -> Supposed {
        self.manner.supposed.clone()
    }

    /// Computers that were to be forgotten and were not.
    pub fn not_forgotten(&self) -> &BTreeSet<DeviceId> {
        &self.not_forgotten
    }

    /// Whether nothing is left to ask and nothing to be answered.
    pub fn is_over(&self) -> bool {
        self.under_way.is_empty() && (self.stage == Stage::Done || self.failure.is_some())
    }

    /// What kept the sync from its end.
    pub fn into_failure(self) -> Option<RemoteError> {
        self.failure
    }

    #[allow(clippy::should_implement_trait, reason = "it can fail, and None is not the end")]
    /// The next request; None while nothing can be asked before something is answered, or at the end.
    pub fn next(&mut self) -> Result<Option<(Ticket, Op)>, SyncError> {
        if self.failure.is_some() {
            return Ok(None);
        }
        loop {
            while let Some(task) = self.waiting.pop_front() {
                if self.is_supposed(&task) {
                    self.suppose(task)?;
                    continue;
                }
                if let Some(op) = self.op(&task)? {
                    let ticket = Ticket(self.tickets);
                    self.tickets += 1;
                    self.under_way.insert(ticket, task);
                    return Ok(Some((ticket, op)));
                }
            }
            if !self.under_way.is_empty() || self.stage == Stage::Done {
                return Ok(None);
            }
            self.advance()?;
        }
    }

    /// None where there is nothing to ask after all.
    fn op(&mut self, task: &Task) -> Result<Option<Op>, SyncError> {
        let user = self.user;
        Ok(Some(match task {
            Task::List => Op::List { prefix: keys::replicas(user) },
            Task::GetIdentity => Op::Get { key: keys::IDENTITY.to_owned(), limit_bytes: IDENTITY_LEN_MAX },
            Task::PutIdentity => Op::Put {
                key: keys::IDENTITY.to_owned(),
                bytes: Identity::new(self.engine.env.new_id()).to_json(),
            },
            Task::GetReplica(device, _) => {
                Op::Get { key: keys::replica(user, *device), limit_bytes: REPLICA_LEN_MAX }
            }
            Task::GetText(wanted, _) => {
                let limit_bytes = wanted.entry.len_bytes.min(TEXT_LEN_MAX);
                Op::Get { key: wanted.path.to_string(), limit_bytes }
            }
            Task::PutText(path, _) => match self.engine.text_to_send(path)? {
                Some(bytes) => Op::Put { key: path.to_string(), bytes },
                // The next visit heals it.
                None => return Ok(None),
            },
            Task::PutReplica(replica) => {
                let write = replica.write_id;
                self.engine.store.write(|tx| remote_replicas::note_own_write(tx, user, write))?;
                Op::Put { key: keys::replica(user, self.device()?), bytes: replica.to_json() }
            }
            Task::DeleteReplica(device) => Op::Delete { key: keys::replica(user, *device) },
            Task::DeleteText(path) | Task::SweepText(path) => Op::Delete { key: path.to_string() },
            Task::ListTexts => Op::List { prefix: keys::texts(user) },
            Task::GetBookIndex(etag, _) => self.op_of_index(etag),
            Task::GetBookFile(file, _) => self.op_of_book_file(*file),
        }))
    }

    /// Takes in a batch of answers. What they bring is durable when this returns; that something was sent may be forgotten
    /// by a crash, and is then sent again.
    pub fn answers(&mut self, answers: Vec<(Ticket, Result<Answer, RemoteError>)>) -> Result<(), SyncError> {
        let mut texts = Vec::new();
        for (ticket, answer) in answers {
            let Some(task) = self.under_way.remove(&ticket) else { continue };
            match (task, answer) {
                (Task::GetText(wanted, tried), Ok(Answer::Got(object))) => {
                    texts.push((wanted, tried, object.map(|object| object.bytes)));
                }
                // One text that is not what it should be must not keep the others.
                (Task::GetText(wanted, tried), Err(error)) if is_of_one_object(&error) => {
                    texts.push((wanted, tried, Some(Vec::new())));
                }
                // So some servers answer for what is absent. Keys that may not read at all came no farther than the replicas.
                (Task::GetText(wanted, _), Err(error))
                    if matches!(error.fault, RemoteFault::NoPermission { .. }) =>
                {
                    texts.push((wanted, Try::Second, None));
                }
                (Task::GetReplica(device, _), Err(error)) if error.fault == RemoteFault::TooLong => {
                    self.refuse_replica(device, &error)?;
                }
                // All that a sync is for is done by then, and what could not be swept is swept another time.
                (Task::ListTexts | Task::SweepText(_), Err(_)) => {}
                (Task::GetBookIndex(etag, tried), answer) => self.index_answered(etag, tried, answer)?,
                (Task::GetBookFile(file, tried), answer) => self.book_file_answered(file, tried, answer)?,
                // Only whoever runs a course's bucket may write there which remote it is.
                (Task::PutIdentity, Err(error))
                    if matches!(error.fault, RemoteFault::NoPermission { .. }) =>
                {
                    self.failure.get_or_insert(RemoteError { fault: RemoteFault::NotSetUp, ..error });
                }
                (Task::PutText(path, len_bytes), Ok(Answer::Put(_))) => {
                    self.sent.push(path);
                    self.tally.sent += 1;
                    self.progress.done += 1;
                    self.progress.done_bytes += len_bytes;
                }
                (task, Ok(answer)) => self.answered(task, answer)?,
                // The first failure is the one to tell; those after it follow from it.
                (_, Err(error)) => {
                    self.failure.get_or_insert(error);
                }
            }
        }
        if self.sent.len() >= SENT_UNNOTED_MAX || self.failure.is_some() || self.under_way.is_empty() {
            self.note_sent()?;
        }
        self.take_in_texts(texts)
    }

    fn answered(&mut self, task: Task, answer: Answer) -> Result<(), SyncError> {
        match (task, answer) {
            (Task::List, Answer::Listed(listed)) => {
                let device = |object: Listed| Some((keys::device_of(self.user, &object.key)?, object.etag));
                self.listed = listed.into_iter().filter_map(device).collect();
                if self.listed.len() > self.manner.bounds.computers {
                    return Err(SyncError::Crowded { computers: self.listed.len() });
                }
            }
            (Task::GetIdentity, Answer::Got(object)) => self.identified(object)?,
            // What stands there now is read again: another computer may have written it at the same moment.
            (Task::PutIdentity, Answer::Put(_)) => self.waiting.push_back(Task::GetIdentity),
            (Task::GetReplica(device, tried), Answer::Got(Some(object))) => {
                self.read_replica(device, tried, object)?;
            }
            // It was there a moment ago, when it was listed; the next sync will know.
            (Task::GetReplica(..), Answer::Got(None)) => {}
            (Task::PutReplica(replica), Answer::Put(etag)) => self.wrote_replica(*replica, etag)?,
            (Task::DeleteReplica(device), Answer::Deleted) => {
                let remote = self.remote.id;
                self.engine.store.write(|tx| remote_replicas::remove(tx, remote, device))?;
                self.replicas.remove(&device);
            }
            (Task::DeleteText(path), Answer::Deleted) => self.removed_text(&path)?,
            (Task::SweepText(_), Answer::Deleted) => {}
            (Task::ListTexts, Answer::Listed(listed)) => self.sweep(&listed)?,
            (task, answer) => unreachable!("{answer:?} is no answer to {task:?}"),
        }
        Ok(())
    }

    /// All of a stage has been answered: what the next one asks.
    fn advance(&mut self) -> Result<(), SyncError> {
        match self.stage {
            Stage::Listing => {
                self.after_listing = self.compare_listing()?;
                if self.is_quiet()? {
                    self.ask_for_book()?;
                } else if self.after_listing.check_identity {
                    self.stage = Stage::Identity;
                    self.waiting.push_back(Task::GetIdentity);
                } else {
                    self.ask_replicas()?;
                }
            }
            Stage::Identity => {
                // Of a remote that turned out to be another one nothing is known any more.
                self.after_listing = self.compare_listing()?;
                self.ask_replicas()?;
            }
            Stage::Replicas => {
                self.load_replicas()?;
                self.plan_texts()?;
            }
            Stage::Texts => self.send_replica()?,
            Stage::OwnReplica => self.remove_forgotten(),
            Stage::Removals => self.look_for_leftovers()?,
            Stage::Sweep => {
                self.note_settled()?;
                self.ask_for_book()?;
            }
            Stage::BookIndex => self.plan_book()?,
            Stage::BookFiles => self.install_book()?,
            Stage::Done => {}
        }
        Ok(())
    }
}
