//! Bringing a reader's computers together through a remote.
//!
//! [`Session`] is one sync without its network: it says what to ask next and is told the answers, in whatever order they
//! come. Everything it is told is durable before it goes on, so a sync can end between any two steps and lose nothing.
//! [`driver`] is the network around it.

mod announced;
mod desk;
pub mod doctor;
pub mod driver;
mod gather;
mod identity;
pub mod inspect;
pub(crate) mod keys;
pub mod schedule;
mod session;
mod take_in;
mod waiting;

pub use desk::Desk;
pub use identity::{Identity, IdentityFault};
pub use keys::IDENTITY;
pub use session::{Answer, Bounds, Manner, Op, Outlook, Session, Supposed, Ticket};
pub(crate) use take_in::name_best;

use serde::Serialize;
use thiserror::Error;
use ts_rs::TS;

use crate::blobs::BlobError;
use crate::reading::ReadError;
use crate::remote::{RemoteError, Words};
use crate::store::StoreError;

#[derive(Debug, Error)]
pub enum SyncError {
    #[error(transparent)]
    Remote(#[from] RemoteError),
    #[error("the remote can't be used: {0}")]
    Identity(#[from] IdentityFault),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Blobs(#[from] BlobError),
    #[error(transparent)]
    Read(#[from] ReadError),
    /// What was written there a moment ago is told to be absent, as by a cache in between.
    #[error("the remote does not show the primer.json that was just written there")]
    NotMarked,
    #[error("{computers} computers of this reader are listed in the remote")]
    Crowded { computers: usize },
    /// A request ended in a fault of the program.
    #[error("a request of the sync broke off")]
    BrokeOff(#[source] tokio::task::JoinError),
    #[error("the sync stood still before its end")]
    Stalled,
    /// Another sync of this data folder is under way.
    #[error("another Primer is syncing this data folder")]
    UnderWay,
    #[error("there is no such remote")]
    NoSuchRemote,
    #[error("the sync was stopped")]
    Cancelled,
}

impl SyncError {
    /// What a person is told about it.
    pub fn words(&self) -> Words {
        match self {
            SyncError::Remote(error) => error.words(),
            SyncError::Identity(fault) => Words {
                code: "identity",
                sentence: format!("This place can't be used: {fault}."),
                next_step: "Choose another prefix or folder for Primer, or update Primer, and sync again."
                    .to_owned(),
            },
            SyncError::NotMarked => Words {
                code: "not_marked",
                sentence: "This place took Primer's mark and does not show it yet.".to_owned(),
                next_step: "Nothing needs to be done: Primer tries again by itself; if it stays, tell who runs the server \
                            that it goes on giving old answers."
                    .to_owned(),
            },
            SyncError::Crowded { computers } => Words {
                code: "crowded",
                sentence: format!("{computers} computers of this reader are listed there, more than any reader has."),
                next_step: "Nothing was read of them; ask whoever runs the place who else writes under this reader's replicas, and to remove what is not yours."
                    .to_owned(),
            },
            SyncError::BrokeOff(_) | SyncError::Stalled => Words {
                code: "broke_off",
                sentence: "The sync broke off by a fault of Primer's own.".to_owned(),
                next_step: "What it did is kept; sync again, and report it if this comes again.".to_owned(),
            },
            SyncError::UnderWay => Words {
                code: "under_way",
                sentence: "Another Primer is syncing this data folder just now.".to_owned(),
                next_step: "Wait until it is done; it does the same work.".to_owned(),
            },
            SyncError::NoSuchRemote => Words {
                code: "remote_not_found",
                sentence: "This computer knows no such remote.".to_owned(),
                next_step: "List them with “primer remote list”, or add one.".to_owned(),
            },
            SyncError::Cancelled => Words {
                code: "cancelled",
                sentence: "The sync was stopped.".to_owned(),
                next_step: "What it did is kept; the next one goes on from there.".to_owned(),
            },
            SyncError::Store(_) | SyncError::Blobs(_) | SyncError::Read(_) => Words {
                code: "here",
                sentence: format!("This computer could not keep what it was to: {}.", causes(self)),
                next_step: "Check that the disk has room and is yours to write to, and sync again."
                    .to_owned(),
            },
        }
    }

    /// Worth trying again by itself, without telling anybody to do something.
    pub fn is_transient(&self) -> bool {
        match self {
            SyncError::Remote(error) => error.is_transient(),
            SyncError::NotMarked | SyncError::UnderWay | SyncError::Cancelled => true,
            _ => false,
        }
    }
}

/// An error with its causes, “a: b: c”.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    text
}

/// What a sync did, as far as it came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, TS)]
pub struct Tally {
    /// Texts put into the remote.
    pub sent: u64,
    /// Texts fetched from it.
    pub received: u64,
    /// Announced texts that were written here instead of fetched.
    pub written: u64,
    /// Changes made here that were new there.
    pub told: u64,
    /// Changes of other computers that were new here.
    pub merged: u64,
    /// Newer editions of the book that are here now.
    pub editions: u64,
}

impl Tally {
    pub(crate) fn and(self, other: Tally) -> Tally {
        Tally {
            sent: self.sent + other.sent,
            received: self.received + other.received,
            written: self.written + other.written,
            told: self.told + other.told,
            merged: self.merged + other.merged,
            editions: self.editions + other.editions,
        }
    }
}

/// What wrote a replica or published a book, or judged one.
pub(crate) fn program() -> &'static str {
    concat!("primer/", env!("CARGO_PKG_VERSION"))
}

/// How far a sync is, in texts and bytes of texts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, TS)]
pub struct Progress {
    pub done: u64,
    pub total: u64,
    pub done_bytes: u64,
    pub total_bytes: u64,
}
