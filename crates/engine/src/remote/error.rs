use std::error::Error;
use std::time::Duration;

use thiserror::Error;

use super::faults::{RemoteFault, Words};
use super::location::Place;

type Source = Box<dyn Error + Send + Sync>;

/// Why an operation on a remote failed. Its text is a sentence for people; neither it nor its source holds a
/// secret or a signed address.
#[derive(Debug, Error)]
#[error("{}", self.words().sentence)]
pub struct RemoteError {
    pub fault: RemoteFault,
    /// Which object, or which prefix, without the configured one.
    pub key: Option<String>,
    /// What the other side said, in its own words; for a log, and for whoever runs the server. May be empty.
    pub detail: String,
    /// The server asked for at least so much time before the next request.
    pub retry_after: Option<Duration>,
    pub place: Box<Place>,
    pub source: Option<Source>,
}

impl RemoteError {
    pub(super) fn new(fault: RemoteFault, place: &Place, detail: impl Into<String>) -> RemoteError {
        RemoteError {
            fault,
            key: None,
            detail: detail.into(),
            retry_after: None,
            place: Box::new(place.clone()),
            source: None,
        }
    }

    pub(super) fn about(mut self, key: &str) -> RemoteError {
        self.key = Some(key.to_owned());
        self
    }

    pub(super) fn because(mut self, source: impl Into<Source>) -> RemoteError {
        self.source = Some(source.into());
        self
    }

    /// What a person is told about it.
    pub fn words(&self) -> Words {
        self.fault.words(&self.place, &self.detail)
    }

    /// Worth trying again without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        self.fault.is_transient()
    }
}
