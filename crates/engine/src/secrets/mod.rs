//! Passwords and keys that other places must not hold: the secret key of a bucket, the token of a model
//! server.
//!
//! They are kept in the system's keychain (Secret Service on Linux, Keychain on macOS, Credential Manager on
//! Windows). Where there is none, or it is locked or fails, they go to `<data>/secrets.json`, which nobody
//! but the user may read, and `place` says so for the screen. What was once written to the file is found
//! there for good, before the keychain is asked; it leaves the file when a newer value reached the keychain,
//! or when it is removed.
//!
//! Nothing here waits longer than three seconds, whatever the keychain's daemon does; so a caller may be
//! refused what a reader could still unlock. No secret is in a `Debug`, in an error or in an error's source.
//!
//! Synchronous; a caller that must not wait enters it on a thread of its own.

mod file;
mod keychain;

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde::Serialize;
use thiserror::Error;
use ts_rs::TS;

use self::file::SecretFile;
pub(crate) use self::file::for_the_user_alone;
use self::keychain::{Keychain, KeychainFault};

const PATIENCE: Duration = Duration::from_secs(3);

/// A password or a key. Its text leaves it only for the asking.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where the secrets are, for the screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "place", content = "path", rename_all = "snake_case")]
pub enum SecretPlace {
    Keychain,
    File(PathBuf),
}

#[derive(Debug, Error)]
pub enum SecretError {
    #[error("the keychain is locked")]
    Locked,
    #[error("the keychain did not answer within {} seconds", PATIENCE.as_secs())]
    Silent,
    #[error("the keychain failed")]
    Keychain { source: Box<dyn Error + Send + Sync> },
    #[error("another Primer is writing {}", path.display())]
    Busy { path: PathBuf },
    #[error("the file {} could not be {what}", path.display())]
    Io { what: &'static str, path: PathBuf, source: io::Error },
    /// Without serde's own words: they quote what they find.
    #[error("the file {} is not as Primer wrote it (line {line}, column {column})", path.display())]
    Damaged { path: PathBuf, line: usize, column: usize },
}

pub struct Secrets {
    file: SecretFile,
    keychain: Keychain,
    may_use_keychain: bool,
    /// Whether the keychain took or gave the last time it was asked; None before.
    works: Mutex<Option<bool>>,
}

impl Secrets {
    /// Neither reads the file nor asks the keychain. Without the keychain everything goes to the file: for
    /// tests, and for computers whose keychain belongs to somebody else (`PRIMER_SECRETS=file`, which the
    /// caller reads).
    pub fn open(data: &Path, may_use_keychain: bool) -> Secrets {
        Secrets {
            file: SecretFile::new(data),
            keychain: Keychain::new(data),
            may_use_keychain,
            works: Mutex::new(None),
        }
    }

    /// None if it was never set, or was set in a keychain that is not there now.
    pub fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        if let Some(secret) = self.file.read()?.remove(name) {
            return Ok(Some(Secret::new(secret)));
        }
        if !self.may_use_keychain {
            return Ok(None);
        }
        match self.asked(self.keychain.get(name)) {
            Ok(found) => Ok(found),
            Err(KeychainFault::Absent { .. }) => Ok(None),
            Err(fault) => Err(fault.into()),
        }
    }

    /// Says where it went.
    pub fn set(&self, name: &str, secret: &str) -> Result<SecretPlace, SecretError> {
        let secret = &Secret::new(secret);
        if self.may_use_keychain && self.asked(self.keychain.set(name, secret)).is_ok() {
            // An older value there would be found first.
            self.file.change(name, None)?;
            return Ok(SecretPlace::Keychain);
        }
        self.file.change(name, Some(secret))?;
        Ok(SecretPlace::File(self.file.path().to_owned()))
    }

    /// What was never set is removed already. An error where it may still lie in a keychain that can't be
    /// opened now.
    pub fn remove(&self, name: &str) -> Result<(), SecretError> {
        self.file.change(name, None)?;
        if !self.may_use_keychain {
            return Ok(());
        }
        match self.asked(self.keychain.remove(name)) {
            Ok(()) | Err(KeychainFault::Absent { .. }) => Ok(()),
            Err(fault) => Err(fault.into()),
        }
    }

    /// The file as soon as one secret lies there or would go there.
    pub fn place(&self) -> SecretPlace {
        let in_file = || SecretPlace::File(self.file.path().to_owned());
        if !self.may_use_keychain || self.file.read().map_or(true, |secrets| !secrets.is_empty()) {
            return in_file();
        }
        let known = *self.works.lock().unwrap_or_else(PoisonError::into_inner);
        let works = known.unwrap_or_else(|| self.asked(self.keychain.get("")).is_ok());
        if works { SecretPlace::Keychain } else { in_file() }
    }

    fn asked<T>(&self, answer: Result<T, KeychainFault>) -> Result<T, KeychainFault> {
        *self.works.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer.is_ok());
        answer
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("file", &self.file.path()).finish_non_exhaustive()
    }
}

/// Does the work on a thread of its own and waits for it, but not for ever; the thread, if that was too long.
fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, JoinHandle<()>> {
    let (sender, receiver) = mpsc::channel();
    // Where nobody waits any more, what was found is dropped with the message.
    let thread = thread::spawn(move || drop(sender.send(work())));
    receiver.recv_timeout(PATIENCE).map_err(|_| thread)
}
