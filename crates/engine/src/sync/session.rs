//! One sync, without its network: what to ask next, and what follows from an answer.
//!
//! It goes through stages, and a stage begins when all of the one before has been answered: which replicas are there,
//! which remote this is, what the other computers say, which texts are wanted, to be sent or to be removed, the own
//! replica, a computer that is forgotten. A replica is sent only after the texts it mentions.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use primer_domain::ids::{DeviceId, UserId, WriteId};
use primer_domain::replica::{self, Replica};
use primer_domain::storage_path::StoragePath;
use primer_domain::sync::{self, AfterListing, Known, RemoteView, Wanted, Whose};

use super::gather::{Gathered, Outline};
use super::identity::Identity;
use super::take_in::is_as_announced;
use super::{Progress, SyncError, Tally, keys};
use crate::Engine;
use crate::remote::{Listed, Object, RemoteError, RemoteFault};
use crate::store::remote_replicas::{self, KnownReplica};
use crate::store::remotes::{self, RemoteId, RemoteRow};
use crate::store::{StoreError, devices};

/// A replica longer than this is not read. One that mentions 100,000 texts has about 25 MB.
const REPLICA_LEN_MAX: u64 = 64 << 20;

const IDENTITY_LEN_MAX: u64 = 4096;

/// A request, as the network is to make it. Keys are below the remote's prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    List { prefix: String },
    Get { key: String, limit_bytes: u64 },
    Put { key: String, bytes: Vec<u8> },
    Delete { key: String },
}

#[derive(Debug)]
pub enum Answer {
    Listed(Vec<Listed>),
    /// None: there is no such object.
    Got(Option<Object>),
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
    GetReplica(DeviceId),
    GetText(Wanted, Try),
    PutText(StoragePath),
    PutReplica(WriteId, Vec<u8>),
    DeleteReplica(DeviceId),
    DeleteText(StoragePath),
}

/// A text that arrives damaged is asked for once more: most often only its journey was at fault.
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
    Done,
}

/// How a sync is to be done.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// Also the texts for earlier backgrounds and of earlier versions.
    pub older_too: bool,
    /// Find out what would be done, and change nothing here or there.
    pub dry: bool,
    /// A computer that is no more: its replica is taken into the own one and removed.
    pub forget: Option<DeviceId>,
}

/// What a dry run found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outlook {
    pub write: u64,
    pub fetch: u64,
    pub fetch_bytes: u64,
    pub send: u64,
    pub send_bytes: u64,
    pub send_replica: bool,
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
    listed: BTreeMap<DeviceId, String>,
    after_listing: AfterListing,
    /// The usable replicas in the remote, once all have been read.
    replicas: BTreeMap<DeviceId, Replica>,
    restored: BTreeSet<StoragePath>,
    /// The own replica was there and is gone, though it is the same remote.
    own_is_lost: bool,
    gathered_changes: u64,
    failure: Option<RemoteError>,
    tally: Tally,
    progress: Progress,
    outlook: Outlook,
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
            listed: BTreeMap::new(),
            after_listing: AfterListing::default(),
            replicas: BTreeMap::new(),
            restored: BTreeSet::new(),
            own_is_lost: false,
            gathered_changes: 0,
            failure: None,
            tally: Tally::default(),
            progress: Progress::default(),
            outlook: Outlook::default(),
        })
    }

    pub fn tally(&self) -> Tally {
        self.tally
    }

    pub fn progress(&self) -> Progress {
        self.progress
    }

    pub fn outlook(&self) -> Outlook {
        self.outlook
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
            Task::GetReplica(device) => {
                Op::Get { key: keys::replica(user, *device), limit_bytes: REPLICA_LEN_MAX }
            }
            Task::GetText(wanted, _) => {
                Op::Get { key: wanted.path.to_string(), limit_bytes: wanted.entry.len_bytes }
            }
            Task::PutText(path) => match self.engine.text_to_send(path)? {
                Some(bytes) => Op::Put { key: path.to_string(), bytes },
                // Damaged or gone since: the next visit heals it.
                None => return Ok(None),
            },
            Task::PutReplica(write, bytes) => {
                self.engine.store.write(|tx| remote_replicas::note_own_write(tx, self.remote.id, *write))?;
                Op::Put { key: keys::replica(user, self.device()?), bytes: bytes.clone() }
            }
            Task::DeleteReplica(device) => Op::Delete { key: keys::replica(user, *device) },
            Task::DeleteText(path) => Op::Delete { key: path.to_string() },
        }))
    }

    /// Takes in a batch of answers. What they bring is durable when this returns.
    pub fn answers(&mut self, answers: Vec<(Ticket, Result<Answer, RemoteError>)>) -> Result<(), SyncError> {
        let mut texts = Vec::new();
        let mut sent = Vec::new();
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
                (Task::PutText(path), Ok(Answer::Put(_))) => sent.push(path),
                (task, Ok(answer)) => self.answered(task, answer)?,
                // The first failure is the one to tell; those after it follow from it.
                (_, Err(error)) => {
                    self.failure.get_or_insert(error);
                }
            }
        }
        self.note_sent(&sent)?;
        self.take_in_texts(texts)
    }

    fn answered(&mut self, task: Task, answer: Answer) -> Result<(), SyncError> {
        match (task, answer) {
            (Task::List, Answer::Listed(listed)) => {
                let device = |object: Listed| Some((keys::device_of(self.user, &object.key)?, object.etag));
                self.listed = listed.into_iter().filter_map(device).collect();
            }
            (Task::GetIdentity, Answer::Got(object)) => self.identified(object)?,
            // What stands there now is read again: another computer may have written it at the same moment.
            (Task::PutIdentity, Answer::Put(_)) => self.waiting.push_back(Task::GetIdentity),
            (Task::GetReplica(device), Answer::Got(Some(object))) => self.read_replica(device, object)?,
            // It was there a moment ago, when it was listed; the next sync will know.
            (Task::GetReplica(_), Answer::Got(None)) => {}
            (Task::PutReplica(_, bytes), Answer::Put(etag)) => self.wrote_replica(bytes, etag)?,
            (Task::DeleteReplica(device), Answer::Deleted) => {
                let remote = self.remote.id;
                self.engine.store.write(|tx| remote_replicas::remove(tx, remote, device))?;
                self.replicas.remove(&device);
            }
            (Task::DeleteText(_), Answer::Deleted) => {}
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
                    self.stage = Stage::Done;
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
            Stage::Removals => {
                self.stage = Stage::Done;
                self.note_settled()?;
            }
            Stage::Done => {}
        }
        Ok(())
    }

    fn compare_listing(&self) -> Result<AfterListing, SyncError> {
        let own = self.device()?;
        let mut seen =
            self.engine.store.read(|connection| remote_replicas::etags(connection, self.remote.id))?;
        let known = Known {
            own,
            remote_confirmed: self.remote.identity.is_some(),
            own_etag: seen.remove(&own),
            seen,
        };
        Ok(sync::after_listing(&known, &self.listed))
    }

    /// Nothing changed there, and nothing here since a sync found nothing left to do.
    fn is_quiet(&self) -> Result<bool, SyncError> {
        if !self.after_listing.is_quiet() || self.manner.forget.is_some() {
            return Ok(false);
        }
        let device = self.engine.store.read(|connection| devices::find(connection, self.user))?;
        let changes = device.map_or(0, |device| device.changes);
        let settled = self.engine.settled(changes, self.manner.older_too);
        Ok(self.remote.settled.as_ref() == Some(&settled))
    }

    fn identified(&mut self, object: Option<Object>) -> Result<(), SyncError> {
        let Some(object) = object else {
            if !self.manner.dry {
                self.waiting.push_back(Task::PutIdentity);
            }
            return Ok(());
        };
        let identity = Identity::parse(&object.bytes)?;
        if self.remote.identity != Some(identity.id) && !self.manner.dry {
            let remote = self.remote.id;
            self.engine.store.write(|tx| remotes::set_identity(tx, remote, identity.id))?;
            self.remote.settled = None;
        }
        self.remote.identity = Some(identity.id);
        Ok(())
    }

    fn ask_replicas(&mut self) -> Result<(), SyncError> {
        self.stage = Stage::Replicas;
        if !self.manner.dry && !self.after_listing.vanished.is_empty() {
            // It is the same remote, so their computers were forgotten by another one of this reader's.
            let (remote, vanished) = (self.remote.id, &self.after_listing.vanished);
            self.engine.store.write(|tx| {
                vanished.iter().try_for_each(|device| remote_replicas::remove(tx, remote, *device))
            })?;
        }
        let own = self.device()?;
        let etags = self.engine.store.read(|c| remote_replicas::etags(c, self.remote.id))?;
        self.own_is_lost = etags.contains_key(&own) && !self.listed.contains_key(&own);
        let look = self.after_listing.look_at_own.then_some(own);
        self.waiting.extend(look.into_iter().chain(self.after_listing.fetch.clone()).map(Task::GetReplica));
        Ok(())
    }

    fn read_replica(&mut self, device: DeviceId, object: Object) -> Result<(), SyncError> {
        let parsed = Replica::parse(&object.bytes, self.user, device);
        if self.manner.dry {
            if let Ok(replica) = parsed {
                self.replicas.insert(device, replica);
            }
            return Ok(());
        }
        let known = KnownReplica {
            etag: self.listed.get(&device).cloned().unwrap_or(object.etag),
            body: parsed.as_ref().map(|_| object.bytes.clone()).map_err(ToString::to_string),
        };
        let whose = match &parsed {
            Ok(replica) if device == self.device()? => {
                let remote = self.remote.id;
                let writes = self.engine.store.read(|c| remote_replicas::own_writes(c, remote))?;
                sync::own_replica(replica, &writes)
            }
            Ok(_) => Whose::Ours,
            // Under our name and not to be read: whoever wrote it, we are somebody else.
            Err(_) if device == self.device()? => Whose::SomebodyElses,
            Err(_) => Whose::Ours,
        };
        let merged =
            self.engine.take_in_replica(&self.remote, device, &known, parsed.as_ref().ok(), whose)?;
        self.tally.merged += merged;
        Ok(())
    }

    /// Reads all known replicas of the remote into memory, for what is to be planned from them.
    fn load_replicas(&mut self) -> Result<(), SyncError> {
        let known = self.engine.store.read(|connection| remote_replicas::all(connection, self.remote.id))?;
        for (device, known) in known {
            if let Ok(body) = known.body
                && let Ok(replica) = Replica::parse(&body, self.user, device)
            {
                self.replicas.entry(device).or_insert(replica);
            }
        }
        Ok(())
    }

    fn gather(&self) -> Result<Gathered, StoreError> {
        self.engine.store.read(|connection| Gathered::read(connection, self.remote.id, self.user))
    }

    fn plan_texts(&mut self) -> Result<(), SyncError> {
        self.stage = Stage::Texts;
        let mut gathered = self.gather()?;
        for replica in self.replicas.values() {
            gathered.backgrounds.extend(replica.backgrounds.clone());
        }
        let plan = self.engine.plan_texts(&self.remote, &gathered, &self.replicas, &self.manner)?;
        let bytes = |wanted: &[Wanted]| wanted.iter().map(|wanted| wanted.entry.len_bytes).sum::<u64>();
        let sent_bytes: u64 =
            plan.upload.iter().filter_map(|path| gathered.held.get(path)).map(|text| text.len_bytes).sum();
        let to_fetch = if self.manner.dry {
            self.outlook = Outlook {
                write: plan.generate.len() as u64,
                fetch: plan.fetch.len() as u64,
                fetch_bytes: bytes(&plan.fetch),
                send: plan.upload.len() as u64,
                send_bytes: sent_bytes,
                send_replica: false,
            };
            return Ok(());
        } else {
            // What this computer can write itself is not fetched. What comes out otherwise than announced is.
            let (written, unlike) = self.engine.write_announced(&plan.generate, &gathered.backgrounds)?;
            self.tally.written += written;
            let mut fetch = plan.fetch;
            fetch.extend(unlike);
            fetch
        };
        self.restored = plan.upload.iter().filter(|path| self.is_mentioned(path)).copied().collect();
        self.progress = Progress {
            done: 0,
            total: (to_fetch.len() + plan.upload.len()) as u64,
            done_bytes: 0,
            total_bytes: bytes(&to_fetch) + sent_bytes,
        };
        self.waiting.extend(to_fetch.into_iter().map(|wanted| Task::GetText(wanted, Try::First)));
        self.waiting.extend(plan.upload.into_iter().map(Task::PutText));
        self.take_back(&gathered)
    }

    /// Removes here and there what its reader removed everywhere. Before the own replica stops mentioning it: a crash
    /// between the two leaves an object that is mentioned and gone, which is looked for in vain and then let go, never
    /// one that nobody knows of.
    fn take_back(&mut self, gathered: &Gathered) -> Result<(), SyncError> {
        let taken_back = replica::taken_back(&gathered.registers, self.user);
        let here: Vec<StoragePath> =
            taken_back.iter().filter(|path| gathered.held.contains_key(path)).copied().collect();
        self.engine.remove_texts(&here)?;
        let there = taken_back.into_iter().filter(|path| self.is_mentioned(path));
        let removals: Vec<Task> = there.map(Task::DeleteText).collect();
        self.waiting.extend(removals);
        Ok(())
    }

    fn is_mentioned(&self, path: &StoragePath) -> bool {
        self.replicas.values().any(|replica| replica.texts.contains_key(path))
    }

    fn take_in_texts(&mut self, arrived: Vec<(Wanted, Try, Option<Vec<u8>>)>) -> Result<(), SyncError> {
        if arrived.is_empty() {
            return Ok(());
        }
        let mut right = Vec::new();
        let mut missing = Vec::new();
        for (wanted, tried, bytes) in arrived {
            match bytes {
                Some(bytes) if is_as_announced(&wanted, &bytes) => {
                    self.progress.done += 1;
                    self.progress.done_bytes += wanted.entry.len_bytes;
                    right.push((wanted, bytes));
                }
                Some(_) if tried == Try::First => {
                    self.waiting.push_back(Task::GetText(wanted, Try::Second));
                }
                _ => missing.push(wanted.path),
            }
        }
        self.tally.received += right.len() as u64;
        self.engine.take_in_texts(&self.remote, &right, &missing)
    }

    fn note_sent(&mut self, sent: &[StoragePath]) -> Result<(), SyncError> {
        if sent.is_empty() {
            return Ok(());
        }
        let remote = self.remote.id;
        self.engine
            .store
            .write(|tx| sent.iter().try_for_each(|path| remote_replicas::note_upload(tx, remote, path)))?;
        self.tally.sent += sent.len() as u64;
        self.progress.done += sent.len() as u64;
        Ok(())
    }

    fn send_replica(&mut self) -> Result<(), SyncError> {
        self.stage = Stage::OwnReplica;
        let gathered = self.gather()?;
        self.gathered_changes = gathered.changes;
        let own = gathered.device;
        if let Some(forgotten) = self.manner.forget.filter(|forgotten| *forgotten != own)
            && let Some(replica) = self.replicas.get(&forgotten)
        {
            // Its texts are mentioned by this computer from now on.
            self.restored.extend(replica.texts.keys().copied());
        }
        let before = self.replicas.get(&own);
        let replica = gathered.own_replica(Outline {
            user: self.user,
            device_name: self.engine.env.computer_name(),
            before,
            others: &self.replicas,
            write_id: WriteId::new(self.engine.env.new_id()),
            written_at: self.engine.env.now(),
            restored: &self.restored,
        });
        let view = RemoteView::of(self.replicas.values(), own);
        let restored = self.tally.sent > 0 && !self.restored.is_empty();
        let folds = self.manner.forget.is_some();
        if restored || folds || self.own_is_lost || sync::replica_is_needed(&replica, &view) {
            self.outlook.send_replica = true;
            if !self.manner.dry {
                self.waiting.push_back(Task::PutReplica(replica.write_id, replica.to_json()));
            }
        }
        Ok(())
    }

    fn wrote_replica(&mut self, bytes: Vec<u8>, etag: String) -> Result<(), SyncError> {
        let own = self.device()?;
        let remote = self.remote.id;
        if let Ok(replica) = Replica::parse(&bytes, self.user, own) {
            self.replicas.insert(own, replica);
        }
        let known = KnownReplica { etag, body: Ok(bytes) };
        self.engine.store.write(|tx| {
            remote_replicas::save(tx, remote, own, &known)?;
            remote_replicas::forget_uploads(tx, remote)
        })?;
        Ok(())
    }

    fn remove_forgotten(&mut self) {
        self.stage = Stage::Removals;
        if self.manner.dry {
            return;
        }
        if let Some(device) = self.manner.forget {
            self.waiting.push_back(Task::DeleteReplica(device));
        }
    }

    fn note_settled(&mut self) -> Result<(), SyncError> {
        if self.manner.dry {
            return Ok(());
        }
        let settled = self.engine.settled(self.gathered_changes, self.manner.older_too);
        let remote = self.remote.id;
        self.engine.store.write(|tx| remotes::set_settled(tx, remote, Some(&settled)))?;
        Ok(())
    }

    fn device(&self) -> Result<DeviceId, StoreError> {
        let device = self.engine.store.read(|connection| devices::find(connection, self.user))?;
        device
            .map(|device| device.id)
            .ok_or_else(|| StoreError::bad_value("devices", "user_id", self.user.to_string()))
    }
}
