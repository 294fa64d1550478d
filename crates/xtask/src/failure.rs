//! Why a step did not succeed, as a sentence that names the thing.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

#[derive(Debug)]
pub enum Failure {
    Start {
        program: String,
        source: io::Error,
    },
    Ended {
        command: String,
        status: ExitStatus,
    },
    TooLong {
        command: String,
        deadline: Duration,
    },
    File {
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    Json {
        of: &'static str,
        source: serde_json::Error,
    },
    /// A rule of the repository is broken; the text says which, where, and what to do.
    Refused(String),
}

impl Failure {
    pub fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Failure {
        let path = path.to_owned();
        move |source| Failure::File { what, path, source }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Start { program, source } => write!(f, "{program} could not be started: {source}."),
            Failure::Ended { command, status } => write!(f, "“{command}” failed ({status})."),
            Failure::TooLong { command, deadline } => {
                write!(f, "“{command}” was ended because it took longer than {} s.", deadline.as_secs())
            }
            Failure::File { what, path, source } => {
                write!(f, "{} could not be {what}: {source}.", path.display())
            }
            Failure::Json { of, source } => write!(f, "{of} printed JSON that was not understood: {source}."),
            Failure::Refused(sentence) => f.write_str(sentence),
        }
    }
}

impl std::error::Error for Failure {}
