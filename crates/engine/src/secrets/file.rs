//! `<data>/secrets.json`, a JSON object of names and secrets, readable and writable by the user alone.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Secret, SecretError, in_time};

pub struct SecretFile {
    path: PathBuf,
}

impl SecretFile {
    pub fn new(data: &Path) -> SecretFile {
        SecretFile { path: data.join("secrets.json") }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Empty if there is no file.
    pub fn read(&self) -> Result<BTreeMap<String, String>, SecretError> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(failed("read", &self.path)(error)),
        };
        serde_json::from_slice(&bytes).map_err(|error| SecretError::Damaged {
            path: self.path.clone(),
            line: error.line(),
            column: error.column(),
        })
    }

    /// Sets or removes one; no other program on this data folder writes meanwhile. A file that holds none is
    /// none.
    pub fn change(&self, name: &str, secret: Option<&Secret>) -> Result<(), SecretError> {
        if secret.is_none() && !self.path.exists() {
            return Ok(());
        }
        let (own, name) = (SecretFile { path: self.path.clone() }, name.to_owned());
        let secret = secret.cloned();
        in_time(move || own.change_alone(name, secret))
            .unwrap_or_else(|_| Err(SecretError::Busy { path: self.path.clone() }))
    }

    fn change_alone(&self, name: String, secret: Option<Secret>) -> Result<(), SecretError> {
        let folder = self.path.parent().unwrap_or(&self.path);
        fs::create_dir_all(folder).map_err(failed("made", folder))?;
        let lock = self.path.with_extension("lock");
        let held = File::options().create(true).truncate(false).write(true).open(&lock);
        let held = held.and_then(|file| file.lock().map(|()| file)).map_err(failed("locked", &lock))?;
        let mut secrets = self.read()?;
        let before = secrets.clone();
        match secret {
            Some(secret) => drop(secrets.insert(name, secret.expose().to_owned())),
            None => drop(secrets.remove(&name)),
        }
        if secrets != before {
            self.write(&secrets)?;
        }
        drop(held);
        Ok(())
    }

    fn write(&self, secrets: &BTreeMap<String, String>) -> Result<(), SecretError> {
        let folder = self.path.parent().unwrap_or(&self.path);
        if secrets.is_empty() {
            return fs::remove_file(&self.path).map_err(failed("removed", &self.path));
        }
        let mut text = String::from("{");
        for (name, secret) in secrets {
            let comma = if text.len() > 1 { "," } else { "" };
            // A string always has JSON.
            text.push_str(&format!("{comma}\n  {}: {}", serde_json::json!(name), serde_json::json!(secret)));
        }
        text.push_str("\n}\n");
        let temporary = self.path.with_extension("json.tmp");
        // One that was left behind may be readable by others; a new one is not.
        match fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(failed("removed", &temporary)(error));
            }
            _ => {}
        }
        let mut file = for_the_user_alone().open(&temporary).map_err(failed("made", &temporary))?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&temporary, &self.path))
            .and_then(|()| if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) })
            .map_err(failed("written", &self.path))
    }
}

/// For a new file that nobody else can read.
#[cfg(unix)]
pub fn for_the_user_alone() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options
}

/// On Windows the data folder lies in the user's profile, which others may not read, and a file inherits
/// that.
#[cfg(not(unix))]
pub fn for_the_user_alone() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    options
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SecretError {
    let path = path.to_owned();
    move |source| SecretError::Io { what, path, source }
}
