//! A store of objects that a reader's computers share: a bucket of any S3-compatible server, or a folder on a
//! stick or a share. One interface for both, and exactly what a sync needs: list, get, put, delete.
//!
//! What it guarantees:
//! - **A missing object is `None`, a missing store is an error.** An empty listing means that the store was
//!   reached and holds nothing under that prefix; a bucket that does not exist, a stick that is not plugged
//!   in, a sign-in page that answers in its place, a listing that ends too early are errors. Nobody may take
//!   them for “everything is gone”.
//! - **A listing is whole or an error**, in the order of its keys whatever order the server has, without what
//!   others put there: names that are no keys of ours are left out.
//! - **An object is whole or an error**: shorter than announced is `Damaged`, longer than the limit is
//!   `TooLong` before the memory is used. Whether it is the right one is for the digests above to say; over
//!   http, and on a stick, anybody may have changed it.
//! - **An ETag changes whenever the content does**, and `put` returns the one that `list` will show. Never
//!   compare ETags of two remotes, and take none for a digest. A server that tells none with a PUT gives an
//!   empty one, equal to no other.
//! - **Every operation may be repeated.** None relies on conditions (If-Match and its like), which some
//!   servers accept and ignore; there is one writer per mutable object instead. `get_unless` says which ETag
//!   is known, so that a server need not send the same again; one that does is as right.
//! - **Nothing waits for ever**: connecting, the next sign of life and a whole answer each have a limit.
//! - **No secret leaves it**: not in `Debug`, not in an error or its source, not in an address that is shown.
//!
//! What it refuses: keys that are not plain (`key`), redirects to other hosts, unverified certificates.
//!
//! It does not retry, but twice: once when the server's clock explains why it refused (later requests are
//! then signed with the server's time, and `clock_offset` tells how wrong this computer's is), and once when
//! a connection that was kept open was closed before any answer. Waiting and trying again is for the driver
//! above: `is_transient` and `retry_after` tell it when.
//!
//! - `location`: where, and how to get in. `faults`: the one table from what went wrong to what a person is
//!   told.
//! - `s3`: signing with rusty-s3, HTTP/1.1 with reqwest and rustls, XML with quick-xml.
//! - `folder`: files written aside and renamed, read without following links.
//!
//! ```text
//! let remote = Remote::connect(&location, Some(credentials), clock)?;       // no request yet
//! for listed in remote.list("users/7f…/replicas/").await? { … }             // one request per 1,000 keys
//! let replica = remote.get(&listed.key, 4 << 20).await?;                    // None if it is gone
//! let etag = remote.put("users/7f…/replicas/0e….json", &bytes).await?;
//! ```

mod error;
pub mod faults;
mod folder;
mod key;
pub mod location;
mod s3;
mod traffic;

use std::fmt;
use std::sync::Arc;

use primer_domain::timestamp::Timestamp;

pub use self::error::RemoteError;
pub use self::faults::{ClockOffset, RemoteFault, Verb, Words};
use self::folder::Folder;
pub use self::location::{Credentials, Location, Patience, Place, S3Location, Style};
use self::s3::S3;
pub use self::traffic::Traffic;

/// What time this computer thinks it is: Env's.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// One object, as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub key: String,
    pub etag: String,
    pub len_bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub bytes: Vec<u8>,
    pub etag: String,
}

/// What stands there, as far as it is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unless {
    /// The object has the ETag that was named.
    Known,
    /// None: there is no such object.
    Got(Option<Object>),
}

/// A connection to one store. Clones share it, with its open connections, its counters and what it learnt of
/// the clock.
#[derive(Clone)]
pub struct Remote {
    store: Arc<Store>,
}

enum Store {
    S3(Box<S3>),
    Folder(Folder),
}

impl Remote {
    /// Makes no request; for https it reads the system's certificates, which takes some 10 ms. A folder needs
    /// no credentials.
    pub fn connect(
        location: &Location,
        credentials: Option<Credentials>,
        clock: Clock,
    ) -> Result<Remote, RemoteError> {
        Remote::connect_with(location, credentials, clock, Patience::default())
    }

    pub fn connect_with(
        location: &Location,
        credentials: Option<Credentials>,
        clock: Clock,
        patience: Patience,
    ) -> Result<Remote, RemoteError> {
        let place = location.place();
        let store = match location {
            Location::S3(s3) => Store::S3(Box::new(S3::connect(s3, credentials, clock, patience, place)?)),
            Location::Folder { path, prefix } => {
                Store::Folder(Folder::connect(path, prefix, clock, patience, place)?)
            }
        };
        Ok(Remote { store: Arc::new(store) })
    }

    /// A store that is known to hold this object. A folder without it is not the one that was meant, and every
    /// operation says so; a bucket is always the one that its address names.
    pub fn known_by(self, key: &'static str) -> Remote {
        match &*self.store {
            Store::S3(_) => self,
            Store::Folder(folder) => Remote { store: Arc::new(Store::Folder(folder.known_by(key))) },
        }
    }

    /// Everything whose key begins with `prefix`, sorted by key.
    pub async fn list(&self, prefix: &str) -> Result<Vec<Listed>, RemoteError> {
        self.list_some(prefix, usize::MAX).await
    }

    /// At most so many; which ones is the server's choice.
    pub async fn list_some(&self, prefix: &str, at_most: usize) -> Result<Vec<Listed>, RemoteError> {
        if !key::is_key_prefix(prefix) {
            return Err(self.not_a_key(prefix));
        }
        match &*self.store {
            Store::S3(s3) => s3.list(prefix, at_most).await,
            Store::Folder(folder) => folder.list(prefix, at_most).await,
        }
    }

    /// None if there is no such object.
    pub async fn get(&self, key: &str, limit_bytes: u64) -> Result<Option<Object>, RemoteError> {
        self.check(key)?;
        match &*self.store {
            Store::S3(s3) => s3.get(key, limit_bytes).await,
            Store::Folder(folder) => folder.get(key, limit_bytes).await,
        }
    }

    /// Like [`Remote::get`], unless the object has this ETag. An empty one is that of no object.
    pub async fn get_unless(&self, key: &str, etag: &str, limit_bytes: u64) -> Result<Unless, RemoteError> {
        self.check(key)?;
        match &*self.store {
            Store::S3(s3) => s3.get_unless(key, etag, limit_bytes).await,
            // What is asked for again and again is small, and a file's time tells too little.
            Store::Folder(folder) => Ok(match folder.get(key, limit_bytes).await? {
                Some(object) if object.etag == etag => Unless::Known,
                object => Unless::Got(object),
            }),
        }
    }

    /// Stores the object in place of the one that may be there, whole or not at all. Returns its ETag.
    pub async fn put(&self, key: &str, bytes: &[u8]) -> Result<String, RemoteError> {
        self.check(key)?;
        match &*self.store {
            Store::S3(s3) => s3.put(key, bytes).await,
            Store::Folder(folder) => folder.put(key, bytes).await,
        }
    }

    /// An object that is not there is deleted already.
    pub async fn delete(&self, key: &str) -> Result<(), RemoteError> {
        self.check(key)?;
        match &*self.store {
            Store::S3(s3) => s3.delete(key).await,
            Store::Folder(folder) => folder.delete(key).await,
        }
    }

    pub fn traffic(&self) -> Traffic {
        match &*self.store {
            Store::S3(s3) => s3.traffic().read(),
            Store::Folder(folder) => folder.traffic().read(),
        }
    }

    /// How wrong this computer's clock is by the server's, as of the last answer, whether or not the server
    /// minds. None while it is right to a minute, and for a folder.
    pub fn clock_offset(&self) -> Option<ClockOffset> {
        match &*self.store {
            Store::S3(s3) => s3.clock_offset(),
            Store::Folder(_) => None,
        }
    }

    pub fn place(&self) -> &Place {
        match &*self.store {
            Store::S3(s3) => s3.place(),
            Store::Folder(folder) => folder.place(),
        }
    }

    fn check(&self, key: &str) -> Result<(), RemoteError> {
        if key::is_key(key) { Ok(()) } else { Err(self.not_a_key(key)) }
    }

    /// Never by a reader's doing: keys are made of typed parts.
    fn not_a_key(&self, key: &str) -> RemoteError {
        RemoteError::new(RemoteFault::Unexpected, self.place(), "a name that no object can have").about(key)
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("place", self.place()).finish_non_exhaustive()
    }
}
