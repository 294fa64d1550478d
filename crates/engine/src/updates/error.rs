//! Why there is no update, or why it is not taken.

use std::io;
use std::path::PathBuf;

use primer_domain::update::{ManifestFault, Refusal, Version};
use thiserror::Error;

use crate::api::ApiError;
use crate::blobs::BlobError;
use crate::remote::RemoteError;
use crate::store::StoreError;

#[derive(Debug, Error)]
pub enum UpdateError {
    #[error("this build of Primer knows no publisher whose updates it could take")]
    NoKey,
    #[error("the publisher's key that this Primer was built with is none")]
    BadKey,
    #[error("your system updates Primer")]
    SystemUpdates,
    #[error("this Primer was not installed from a package that can replace itself")]
    Loose,
    #[error("no updates are published where this computer looks")]
    NothingPublished,
    #[error("there is no newer Primer to install")]
    NothingNewer,
    #[error("what {from} offers is not signed by the publisher of this Primer")]
    NotSigned { from: String },
    #[error("what {from} offers can't be used: {fault}")]
    Manifest { from: String, fault: ManifestFault },
    #[error("{0}")]
    Refused(#[from] Refusal),
    #[error("the package that {from} gave is not the one that its publisher signed: {what}")]
    OtherPackage { from: String, what: &'static str },
    #[error("{from} does not have the package that it offers")]
    NoPackage { from: String },
    /// With a next step of its own.
    #[error("{sentence}")]
    Web { sentence: String, next_step: String },
    #[error(transparent)]
    Remote(#[from] RemoteError),
    #[error("the file {} can't be read", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the file {} is not as the manifest says: {what} differs", path.display())]
    OtherFile { path: PathBuf, what: &'static str },
    #[error("Primer {published} is published there already")]
    PublishedNewer { published: Version },
    #[error(transparent)]
    Disk(#[from] BlobError),
    #[error("the installer {} could not be started", path.display())]
    Start { path: PathBuf, source: io::Error },
    #[error("an update is being installed already")]
    UnderWay,
    #[error("the update was stopped, and nothing of it was kept")]
    Cancelled,
    #[error("the network can't be used: {0}")]
    Network(io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// From where a reader's remotes are kept.
    #[error("{}", .0.message)]
    Api(ApiError),
}

impl UpdateError {
    /// Whether somebody offers what must not be taken, rather than something that is not there or does not work.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            UpdateError::NotSigned { .. }
                | UpdateError::Manifest { .. }
                | UpdateError::Refused(_)
                | UpdateError::OtherPackage { .. }
                | UpdateError::OtherFile { .. }
                | UpdateError::PublishedNewer { .. }
        )
    }

    /// What a person can do about it.
    pub(crate) fn next_step(&self) -> String {
        let step = match self {
            UpdateError::NoKey | UpdateError::Loose => {
                "Install a newer one the way this one came, by your system's packages or from the project's page."
            }
            UpdateError::BadKey => "Build it with the key of its publisher (docs/updates.md).",
            UpdateError::SystemUpdates => "Look for a newer one where your system installs programs.",
            UpdateError::NothingPublished => "Look again another day, or ask whoever gave you Primer.",
            UpdateError::NothingNewer => "Look for updates first.",
            UpdateError::NotSigned { .. } | UpdateError::OtherPackage { .. } => {
                "Nothing of it was kept or run. Try again; if it stays, tell whoever runs that place, for somebody may have changed it."
            }
            UpdateError::Manifest { fault: ManifestFault::OtherFormat { .. }, .. } => {
                "Get the newer Primer by hand from where you got this one."
            }
            UpdateError::Manifest { .. } | UpdateError::NoPackage { .. } => {
                "Nothing was changed; tell whoever runs that place."
            }
            UpdateError::Refused(Refusal::NoPackage { .. }) => {
                "Keep this one, and ask its publisher for a package for this kind of computer."
            }
            UpdateError::Refused(_) => {
                "Primer never goes back to an older version, so nothing was changed; ask whoever runs that place to publish the newer one."
            }
            UpdateError::Web { next_step, .. } => next_step,
            UpdateError::Remote(error) => return error.words().next_step,
            UpdateError::Read { .. } => "Check that it is there and yours to read.",
            UpdateError::OtherFile { .. } => "Make and sign the manifest of the files that are there.",
            UpdateError::PublishedNewer { .. } => "Publish a version that is higher.",
            UpdateError::Disk(_) => {
                "Check that the disk has room and that the folder is yours to write to, then try again; the Primer you have stays."
            }
            UpdateError::Start { path, .. } => return format!("Open {} yourself.", path.display()),
            UpdateError::UnderWay => "Wait until it is done.",
            UpdateError::Cancelled => "Install it whenever you like.",
            UpdateError::Network(_) => "Close other programs and try again.",
            UpdateError::Store(_) => "Try again.",
            UpdateError::Api(error) => &error.hint,
        };
        step.to_owned()
    }
}
