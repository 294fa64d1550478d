//! Syncs whose requests are answered by hand: by a folder, but for those that a test answers as some servers do.

use std::sync::Arc;

use primer_engine::remote::{Place, Remote, RemoteError, RemoteFault, Verb};
use primer_engine::sync::{Answer, Manner, Op, Session, SyncError};

use crate::desk::Desk;

/// How a sync ended, and the keys that it asked for.
pub struct Ended {
    pub failure: Option<SyncError>,
    pub asked: Vec<String>,
}

pub fn failure(fault: RemoteFault) -> RemoteError {
    let place = Place::Server { host: "s3.example.org".to_owned(), bucket: "course".to_owned() };
    RemoteError {
        fault,
        key: None,
        detail: String::new(),
        retry_after: None,
        place: Box::new(place),
        source: None,
    }
}

pub fn no_permission() -> RemoteError {
    failure(RemoteFault::NoPermission { to: Verb::Read })
}

/// Syncs; `instead` may answer a request before the folder does.
pub fn sync(
    desk: &Desk,
    manner: Manner,
    mut instead: impl FnMut(&Op) -> Option<Result<Answer, RemoteError>>,
) -> Ended {
    let row = desk.engine.remotes(desk.user).unwrap().remove(0);
    let remote = Remote::connect(&row.location, None, desk.engine.env().clock()).unwrap();
    let mut session = Session::begin(Arc::clone(&desk.engine), row.id, manner).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut asked = Vec::new();
    while let Some((ticket, op)) = session.next().unwrap() {
        asked.push(name(&op));
        assert!(asked.len() < 100, "it would go on for ever: {asked:?}");
        let answer = instead(&op).unwrap_or_else(|| runtime.block_on(perform(&remote, op)));
        if let Err(failure) = session.answers(vec![(ticket, answer)]) {
            return Ended { failure: Some(failure), asked };
        }
    }
    assert!(session.is_over());
    Ended { failure: session.into_failure().map(SyncError::Remote), asked }
}

fn name(op: &Op) -> String {
    match op {
        Op::List { prefix } => format!("LIST {prefix}"),
        Op::Get { key, .. } | Op::GetUnless { key, .. } => format!("GET {key}"),
        Op::Put { key, .. } => format!("PUT {key}"),
        Op::Delete { key } => format!("DELETE {key}"),
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
