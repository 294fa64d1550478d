//! Which place it is. Where nobody has set it up it is set up, as by a sync: a key that may not learns here what a sync
//! would end in.

use uuid::Uuid;

use super::{Finding, Verdict};
use crate::remote::{Object, Remote, RemoteError, RemoteFault};
use crate::sync::session::IDENTITY_LEN_MAX;
use crate::sync::{Identity, keys};

/// `new` is the place's id where it has none yet.
pub(super) async fn identify(remote: &Remote, new: Uuid) -> Finding {
    let (object, was_there) = match read_or_write(remote, new).await {
        Ok(read) => read,
        Err(error) => return Finding::bad(&error),
    };
    let Some(object) = object else {
        return Finding::new(Verdict::Bad, "What was just put there could not be fetched.")
            .with_hint("Try again in a minute; if it stays so, this server can't be used for syncing.");
    };
    match Identity::parse(&object.bytes) {
        Ok(_) if was_there => Finding::new(Verdict::Good, "It has been used by Primer before."),
        Ok(_) => Finding::new(Verdict::Mended, "It is set up for Primer now."),
        Err(fault) => Finding::new(Verdict::Bad, format!("This place can't be used: {fault}."))
            .with_hint("Choose another prefix or folder for Primer, or update Primer."),
    }
}

/// What stands there, and whether it did before.
async fn read_or_write(remote: &Remote, new: Uuid) -> Result<(Option<Object>, bool), RemoteError> {
    let before = remote.get(keys::IDENTITY, IDENTITY_LEN_MAX).await?;
    if before.is_some() {
        return Ok((before, true));
    }
    remote.put(keys::IDENTITY, &Identity::new(new).to_json()).await.map_err(|error| match error.fault {
        RemoteFault::NoPermission { .. } => RemoteError { fault: RemoteFault::NotSetUp, ..error },
        _ => error,
    })?;
    // Another computer may have written it at the same moment.
    Ok((remote.get(keys::IDENTITY, IDENTITY_LEN_MAX).await?, false))
}
