//! What stands in a remote for one reader: which remote it is, what each computer says, what they say
//! together, how that compares with the objects that are there, and which books are published. Looks, and
//! changes nothing, here or there.
//!
//! Asks for one listing of `users/{user}/` and one of `books/`, for `primer.json`, for each replica and for each
//! book's index; no text is read, but that a folder's listing reads every file. What can't be read is named with the reason and keeps nothing else
//! from being told.

mod books;
mod compare;
mod found;

use std::collections::BTreeMap;

use primer_domain::ids::{DeviceId, UserId};
use primer_domain::replica::Replica;

pub use self::books::{BookFound, BookObjects, BooksFound, IndexFound};
pub use self::found::{
    BackgroundFound, ComputerFound, Inspection, MissingFound, ObjectFound, RefusedFound, TextFound,
    TextState, Unreadable, Which,
};
use super::identity::Identity;
use super::session::{IDENTITY_LEN_MAX, REPLICA_LEN_MAX};
use super::{SyncError, keys};
use crate::remote::{Listed, Remote, RemoteError, RemoteFault};
use crate::store::remotes::RemoteRow;

/// All that was asked for, as it was answered.
struct Looked {
    which: Which,
    listed: Vec<Listed>,
    /// Of each computer what it says, or why that can't be read.
    replicas: BTreeMap<DeviceId, Result<Replica, String>>,
    books: BooksFound,
}

/// What this computer knows by itself.
pub struct Here<'a> {
    /// It, as the reader knows it.
    pub own: Option<DeviceId>,
    /// The book that is read here.
    pub book_id: &'a str,
    /// The reader's texts that it does not take.
    pub refused: Vec<RefusedFound>,
}

/// Looks at the space of the remote's reader.
pub async fn look(remote: &Remote, row: &RemoteRow, here: Here<'_>) -> Result<Inspection, SyncError> {
    let user = row.user;
    let listed = remote.list(&format!("users/{user}/")).await?;
    let which = which(remote, row).await?;
    let mut replicas = BTreeMap::new();
    for device in listed.iter().filter_map(|object| keys::device_of(user, &object.key)) {
        if let Some(said) = replica(remote, user, device).await? {
            replicas.insert(device, said);
        }
    }
    let books = books::look(remote, here.book_id).await?;
    Ok(compare::inspection(row, here, Looked { which, listed, replicas, books }))
}

async fn which(remote: &Remote, row: &RemoteRow) -> Result<Which, SyncError> {
    let remembered = row.identity.map(|id| id.to_string());
    let object = match remote.get(keys::IDENTITY, IDENTITY_LEN_MAX).await {
        Ok(object) => object,
        Err(error) if is_of_one_object(&error) => {
            let words = error.words();
            return Ok(Which::Unusable { why: words.sentence, next_step: words.next_step });
        }
        Err(error) => return Err(error.into()),
    };
    let Some(object) = object else { return Ok(Which::Unmarked { remembered }) };
    Ok(match (Identity::parse(&object.bytes), remembered) {
        (Err(fault), _) => {
            let words = SyncError::from(fault).words();
            Which::Unusable { why: words.sentence, next_step: words.next_step }
        }
        (Ok(identity), None) => Which::New { id: identity.id.to_string() },
        (Ok(identity), Some(remembered)) if remembered == identity.id.to_string() => {
            Which::Known { id: remembered }
        }
        (Ok(identity), Some(remembered)) => Which::Another { id: identity.id.to_string(), remembered },
    })
}

/// None if it is gone since it was listed.
async fn replica(
    remote: &Remote,
    user: UserId,
    device: DeviceId,
) -> Result<Option<Result<Replica, String>>, SyncError> {
    match remote.get(&keys::replica(user, device), REPLICA_LEN_MAX).await {
        Ok(None) => Ok(None),
        Ok(Some(object)) => {
            Ok(Some(Replica::parse(&object.bytes, user, device).map_err(|fault| fault.to_string())))
        }
        Err(error) if is_of_one_object(&error) => Ok(Some(Err(error.words().sentence))),
        Err(error) => Err(error.into()),
    }
}

/// Such a failure says nothing of the rest of the remote.
fn is_of_one_object(error: &RemoteError) -> bool {
    matches!(
        error.fault,
        RemoteFault::Damaged
            | RemoteFault::TooLong
            | RemoteFault::NoPermission { .. }
            | RemoteFault::FolderFailed
    )
}
