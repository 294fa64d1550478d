//! The network around a [`Session`]: a bounded number of requests at once, others ready to follow, and whatever has
//! arrived taken in together.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::sync::Arc;

use primer_domain::ids::DeviceId;
use primer_domain::timestamp::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, spawn_blocking};

use super::session::{Manner, Outlook, Supposed};
use super::{Answer, Op, Progress, Session, SyncError, Tally, Ticket};
use crate::log;
use crate::remote::{Remote, RemoteError, Traffic};
use crate::store::remotes::RemoteId;
use crate::store::sync_runs::{self, SyncRun};
use crate::{Cancel, Engine};

/// Requests under way at once. More gained nothing on a fast line, and a slow one is full long before.
const AT_ONCE: usize = 32;

/// Requests that are under way or wait for their turn, so that the line is not idle while what has arrived is flushed to
/// the disk, and more of it shares one flush.
const AHEAD: usize = 256;

/// Of texts in memory: to be sent, on their way, or waiting to be taken in.
const BYTES_AT_ONCE: u64 = 12 << 20;

#[derive(Debug)]
pub struct Outcome {
    pub began_at: Timestamp,
    pub ended_at: Timestamp,
    pub traffic: Traffic,
    pub tally: Tally,
    pub outlook: Outlook,
    /// Computers that were to be forgotten and were not, for what they say can't be read.
    pub not_forgotten: BTreeSet<DeviceId>,
    pub supposed: Supposed,
    /// What kept it from its end.
    pub failure: Option<SyncError>,
}

/// Syncs one reader with one remote. `shows` is told how far it is.
pub async fn run(
    engine: Arc<Engine>,
    remote_id: RemoteId,
    remote: Remote,
    manner: Manner,
    cancel: Cancel,
    shows: impl Fn(Progress),
) -> Result<Outcome, SyncError> {
    let _alone = alone(&engine)?;
    let began_at = engine.env().now();
    let before = remote.traffic();
    let dry = manner.dry;
    let session = {
        let engine = Arc::clone(&engine);
        blocking(move || Session::begin(engine, remote_id, manner)).await?
    };
    let perform = |op| {
        let remote = remote.clone();
        async move { perform(&remote, op).await }
    };
    let (session, ended) = drive(session, perform, &cancel, shows).await;
    let outcome = Outcome {
        began_at,
        ended_at: engine.env().now(),
        traffic: since(before, remote.traffic()),
        tally: session.tally(),
        outlook: session.outlook(),
        not_forgotten: session.not_forgotten().clone(),
        supposed: session.supposed(),
        failure: ended.err().or_else(|| session.into_failure().map(SyncError::Remote)),
    };
    if let Some(failure) = &outcome.failure {
        log::warn("sync_failed").with("fault", failure.words().code).cause(failure).write();
    }
    if !dry {
        let run = outcome.as_run();
        let engine = Arc::clone(&engine);
        blocking(move || Ok(engine.store.write(|tx| sync_runs::insert(tx, remote_id, &run))?)).await?;
    }
    Ok(outcome)
}

fn since(before: Traffic, now: Traffic) -> Traffic {
    Traffic {
        requests: now.requests - before.requests,
        sent_bytes: now.sent_bytes - before.sent_bytes,
        received_bytes: now.received_bytes - before.received_bytes,
    }
}

type Answered = (Ticket, Result<Answer, RemoteError>);

async fn drive<F: Future<Output = Result<Answer, RemoteError>> + Send + 'static>(
    mut session: Session,
    perform: impl Fn(Op) -> F,
    cancel: &Cancel,
    shows: impl Fn(Progress),
) -> (Session, Result<(), SyncError>) {
    let mut under_way: JoinSet<(u64, Answered)> = JoinSet::new();
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut bytes_ahead = 0;
    loop {
        if cancel.is_cancelled() {
            return (session, Err(SyncError::Cancelled));
        }
        let room = AHEAD.saturating_sub(under_way.len());
        let room_bytes = BYTES_AT_ONCE.saturating_sub(bytes_ahead);
        let (back, asked) = blocking_with(session, move |session| ask(session, room, room_bytes)).await;
        session = back;
        match asked {
            Ok(ops) => {
                for (ticket, op) in ops {
                    let (turns, bytes) = (Arc::clone(&turns), op.text_bytes());
                    bytes_ahead += bytes;
                    let performed = perform(op);
                    under_way.spawn(async move {
                        // Never closed, so there is always a turn.
                        let _turn = turns.acquire().await;
                        (bytes, (ticket, performed.await))
                    });
                }
            }
            Err(error) => return (session, Err(error)),
        }
        let first = tokio::select! {
            first = under_way.join_next() => first,
            // Whoever waits for it to stop must not wait for a server that does not answer.
            () = cancel.cancelled() => continue,
        };
        let Some(first) = first else {
            let ended = if session.is_over() { Ok(()) } else { Err(SyncError::Stalled) };
            return (session, ended);
        };
        let mut answers = Vec::new();
        let mut arrived = Some(first);
        while let Some(joined) = arrived {
            match joined {
                Ok((bytes, answer)) => {
                    bytes_ahead -= bytes;
                    answers.push(answer);
                }
                Err(error) => return (session, Err(SyncError::BrokeOff(error))),
            }
            arrived = under_way.try_join_next();
        }
        let (back, taken) = blocking_with(session, move |session| session.answers(answers)).await;
        session = back;
        shows(session.progress());
        if let Err(error) = taken {
            return (session, Err(error));
        }
    }
}

fn ask(session: &mut Session, room: usize, room_bytes: u64) -> Result<Vec<(Ticket, Op)>, SyncError> {
    let mut ops = Vec::new();
    let mut bytes = 0;
    while ops.len() < room && bytes < room_bytes {
        let Some((ticket, op)) = session.next()? else { break };
        bytes += op.text_bytes();
        ops.push((ticket, op));
    }
    Ok(ops)
}

impl Op {
    /// What it may hold in memory until it is taken in.
    fn text_bytes(&self) -> u64 {
        match self {
            Op::Put { bytes, .. } => bytes.len() as u64,
            // Of a text that is its length. A replica is hardly ever as long as it may be; a few at once are enough.
            Op::Get { limit_bytes, .. } | Op::GetUnless { limit_bytes, .. } => {
                (*limit_bytes).min(BYTES_AT_ONCE / 4)
            }
            Op::List { .. } | Op::Delete { .. } => 0,
        }
    }
}

async fn perform(remote: &Remote, op: Op) -> Result<Answer, RemoteError> {
    Ok(match op {
        Op::List { prefix } => Answer::Listed(remote.list(&prefix).await?),
        Op::Get { key, limit_bytes } => Answer::Got(remote.get(&key, limit_bytes).await?),
        Op::GetUnless { key, etag, limit_bytes } => {
            Answer::GotUnless(remote.get_unless(&key, &etag, limit_bytes).await?)
        }
        Op::Put { key, bytes } => Answer::Put(remote.put(&key, &bytes).await?),
        Op::Delete { key } => {
            remote.delete(&key).await?;
            Answer::Deleted
        }
    })
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SyncError> + Send + 'static,
) -> Result<T, SyncError> {
    match spawn_blocking(work).await {
        Ok(result) => result,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

/// Lends the session to a thread that may wait for the disk.
async fn blocking_with<T: Send + 'static>(
    mut session: Session,
    work: impl FnOnce(&mut Session) -> T + Send + 'static,
) -> (Session, T) {
    let lent = spawn_blocking(move || {
        let result = work(&mut session);
        (session, result)
    });
    match lent.await {
        Ok(back) => back,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

/// One sync at a time for each data folder, whichever program does it.
fn alone(engine: &Engine) -> Result<File, SyncError> {
    let path = engine.data.join("sync.lock");
    let io =
        |source| crate::blobs::BlobError::Io { what: "locked", path: engine.data.join("sync.lock"), source };
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(SyncError::UnderWay),
        Err(fs::TryLockError::Error(source)) => Err(io(source).into()),
    }
}

impl Outcome {
    fn as_run(&self) -> SyncRun {
        SyncRun {
            began_at: self.began_at,
            ended_at: self.ended_at,
            requests: self.traffic.requests,
            sent_bytes: self.traffic.sent_bytes,
            received_bytes: self.traffic.received_bytes,
            sent: self.tally.sent,
            received: self.tally.received,
            told: self.tally.told,
            merged: self.tally.merged,
            fault: self.failure.as_ref().map(|error| {
                let words = error.words();
                (words.code.to_owned(), format!("{} {}", words.sentence, words.next_step))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use serde_json::json;

    use super::{Cancel, Session, drive};
    use crate::Engine;
    use crate::api::dispatch;
    use crate::bookshelf::BookSource;
    use crate::env::Env;
    use crate::remote::RemoteError;
    use crate::store::remotes::RemoteId;
    use crate::sync::{Answer, Manner, Op, SyncError};

    #[tokio::test]
    async fn a_request_that_breaks_off_by_a_fault_of_the_program_is_no_sync_that_went_well() {
        let folder = tempfile::tempdir().unwrap();
        let drawn = AtomicU64::new(1);
        let random = move || u128::from(drawn.fetch_add(1, Ordering::Relaxed)).to_be_bytes();
        let clock = Env::of_this_computer().clock();
        let env = Env::new(move || clock(), random);
        let engine = Engine::open(&folder.path().join("data"), BookSource::Bundled, env).unwrap();
        let user = dispatch(&engine, "add_reader", json!({"name": "Amina"})).unwrap()["id"].clone();
        let location = json!({"kind": "folder", "path": folder.path()});
        let added = dispatch(&engine, "add_remote", json!({"user_id": user, "location": location})).unwrap();
        let remote = RemoteId::parse(added["remote_id"].as_str().unwrap()).unwrap();
        let session = Session::begin(Arc::new(engine), remote, Manner::default()).unwrap();

        let breaks_off = |_: Op| async { panic!("a fault that a test makes") };
        let (session, ended) = drive::<
            std::pin::Pin<Box<dyn Future<Output = Result<Answer, RemoteError>> + Send>>,
        >(
            session, move |op| Box::pin(breaks_off(op)), &Cancel::default(), |_| {}
        )
        .await;
        let failure = ended.unwrap_err();
        assert!(matches!(failure, SyncError::BrokeOff(_)) && !session.is_over());
        assert_eq!((failure.words().code, failure.is_transient()), ("broke_off", false));
    }
}
