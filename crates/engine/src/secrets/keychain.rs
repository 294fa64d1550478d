//! The system's keychain, asked on a thread of its own.

use std::error::Error;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use keyring_core::api::CredentialStore;
use keyring_core::{Entry, Error as KeyringError};

use super::{Secret, SecretError, in_time};

/// What people see in their keychain's program.
const SERVICE: &str = "Primer";

pub struct Keychain {
    /// Two data folders of one user don't share secrets.
    of_folder: String,
    /// A question that took too long. As long as it is out no second one is asked: that would wait as well,
    /// perhaps behind a window that asks for a password.
    stuck: Mutex<Option<JoinHandle<()>>>,
}

/// Without what a keychain gave: an error of its own may hold the secret.
#[derive(Debug)]
pub enum KeychainFault {
    Absent {
        source: Box<dyn Error + Send + Sync>,
    },
    Locked,
    Silent,
    Failed {
        what: &'static str,
    },
    /// It took the secret and does not have it.
    Forgot,
}

impl From<KeychainFault> for SecretError {
    fn from(fault: KeychainFault) -> SecretError {
        match fault {
            KeychainFault::Locked => SecretError::Locked,
            KeychainFault::Silent => SecretError::Silent,
            KeychainFault::Absent { source } => SecretError::Keychain { source },
            KeychainFault::Failed { what } => SecretError::Keychain { source: what.into() },
            KeychainFault::Forgot => SecretError::Keychain { source: "it did not keep the secret".into() },
        }
    }
}

impl From<KeyringError> for KeychainFault {
    fn from(error: KeyringError) -> KeychainFault {
        match error {
            KeyringError::PlatformFailure(source) => KeychainFault::Absent { source },
            KeyringError::NoStorageAccess(_) => KeychainFault::Locked,
            KeyringError::BadEncoding(_) | KeyringError::BadDataFormat(..) => {
                KeychainFault::Failed { what: "what lies there is no text" }
            }
            KeyringError::TooLong(..) => KeychainFault::Failed { what: "the secret or its name is too long" },
            KeyringError::Ambiguous(_) => KeychainFault::Failed { what: "there are two of that name" },
            _ => KeychainFault::Failed { what: "it refused the request" },
        }
    }
}

impl Keychain {
    pub fn new(data: &Path) -> Keychain {
        let data = std::path::absolute(data).unwrap_or_else(|_| data.to_owned());
        Keychain { of_folder: data.display().to_string(), stuck: Mutex::default() }
    }

    pub fn get(&self, name: &str) -> Result<Option<Secret>, KeychainFault> {
        self.ask(name, |entry| read(&entry))
    }

    pub fn set(&self, name: &str, secret: &Secret) -> Result<(), KeychainFault> {
        let secret = secret.clone();
        self.ask(name, move |entry| {
            entry.set_password(secret.expose())?;
            // Some take everything and keep nothing.
            if read(&entry)?.as_ref() == Some(&secret) { Ok(()) } else { Err(KeychainFault::Forgot) }
        })
    }

    pub fn remove(&self, name: &str) -> Result<(), KeychainFault> {
        self.ask(name, |entry| match entry.delete_credential() {
            Ok(()) | Err(KeyringError::NoEntry) => Ok(()),
            Err(error) => Err(error.into()),
        })
    }

    /// A connection of its own for each question: they are rare, and the daemon may have been started or
    /// ended since.
    fn ask<T: Send + 'static>(
        &self,
        name: &str,
        question: impl FnOnce(Entry) -> Result<T, KeychainFault> + Send + 'static,
    ) -> Result<T, KeychainFault> {
        let mut stuck = self.stuck.lock().unwrap_or_else(PoisonError::into_inner);
        if stuck.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return Err(KeychainFault::Silent);
        }
        let user = format!("{name} ({})", self.of_folder);
        let label = format!("Primer: {name}");
        in_time(move || question(entry(&*of_this_system()?, &user, &label)?)).unwrap_or_else(|thread| {
            *stuck = Some(thread);
            Err(KeychainFault::Silent)
        })
    }
}

fn read(entry: &Entry) -> Result<Option<Secret>, KeychainFault> {
    match entry.get_password() {
        Ok(text) => Ok(Some(Secret::new(text))),
        Err(KeyringError::NoEntry) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
fn entry(store: &CredentialStore, user: &str, label: &str) -> keyring_core::Result<Entry> {
    store.build(SERVICE, user, Some(&[("label", label)].into()))
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn entry(store: &CredentialStore, user: &str, _label: &str) -> keyring_core::Result<Entry> {
    store.build(SERVICE, user, None)
}

#[cfg(all(unix, not(target_os = "macos")))]
fn of_this_system() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(target_os = "macos")]
fn of_this_system() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(windows)]
fn of_this_system() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(windows_native_keyring_store::Store::new()?)
}
