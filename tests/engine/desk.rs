//! Two computers of one reader and a folder between them, with the real driver.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use primer_domain::ids::{TextDigest, UserId};
use primer_engine::Engine;
use primer_engine::api::{SyncReport, SyncWish};
use primer_engine::sync::Progress;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world::{folders, is_sentence};
use crate::{Computer, answer, call, reader};

/// A reader with one computer, and a folder that both of theirs will know.
pub struct World {
    pub stick: TempDir,
    pub laptop: Computer,
}

/// A computer that is switched on.
pub struct Desk {
    pub computer: Computer,
    pub engine: Arc<Engine>,
    pub user: UserId,
}

impl World {
    pub fn new() -> World {
        World { stick: tempfile::tempdir().unwrap(), laptop: Computer::numbered(1) }
    }

    /// The computer on which the reader begins.
    pub fn begin(self, background: Value) -> (TempDir, Desk) {
        let engine = Arc::new(self.laptop.start());
        let user = reader(&engine, "Amina", background);
        let location = json!({"kind": "folder", "path": self.stick.path()});
        call(
            &engine,
            "add_remote",
            json!({"user_id": user, "location": location, "secret_access_key": null, "session_token": null}),
        );
        (self.stick, Desk { computer: self.laptop, engine, user })
    }
}

impl Desk {
    /// Another computer, which has joined and not synced yet.
    pub fn joined(&self, number: u64) -> Desk {
        let computer = Computer::numbered(number);
        let engine = Arc::new(computer.start());
        let file = call(&self.engine, "export_computer", json!({"user_id": self.user})).to_string();
        call(&engine, "join_reader", json!({"file": file, "merge_user_id": null}));
        Desk { computer, engine, user: self.user }
    }

    pub fn try_sync(&self) -> Result<SyncReport, String> {
        self.try_sync_with(0)
    }

    /// With the remote that was added first, second, …
    pub fn try_sync_with(&self, which: usize) -> Result<SyncReport, String> {
        self.try_sync_as(which, SyncWish::default())
    }

    pub fn try_sync_as(&self, which: usize, wish: SyncWish) -> Result<SyncReport, String> {
        self.try_sync_meanwhile(which, wish, |_| {})
    }

    /// While its reader does something whenever the sync has come farther.
    pub fn try_sync_meanwhile(
        &self,
        which: usize,
        wish: SyncWish,
        meanwhile: impl Fn(Progress),
    ) -> Result<SyncReport, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let row = self.engine.remotes(self.user).unwrap().remove(which);
        let synced = runtime.block_on(self.engine.sync_once(&row, wish, meanwhile)).unwrap();
        match synced.failure {
            None => Ok(synced.report),
            Some(failure) => {
                let words = failure.words();
                assert!(is_sentence(&words.sentence) && is_sentence(&words.next_step), "{words:?}");
                Err(words.sentence)
            }
        }
    }

    /// As when somebody asks for a sync: with a look for a book, though none was there a moment ago.
    pub fn sync_looking(&self) -> SyncReport {
        self.try_sync_as(0, SyncWish { look_for_book: true, ..SyncWish::default() }).unwrap()
    }

    pub fn sync(&self) -> SyncReport {
        self.try_sync().unwrap()
    }

    pub fn background(&self) -> Value {
        call(&self.engine, "get_profile", json!({"user_id": self.user}))["background"].clone()
    }

    pub fn hash(&self) -> String {
        let profile = call(&self.engine, "get_profile", json!({"user_id": self.user}));
        profile["profile_hash"].as_str().unwrap().to_owned()
    }

    pub fn answer(&self, background: Value) {
        answer(&self.engine, self.user, background);
    }

    /// Switched off and on again.
    pub fn restarted(self) -> Desk {
        let Desk { computer, engine, user } = self;
        drop(engine);
        let engine = Arc::new(computer.start());
        Desk { computer, engine, user }
    }

    /// A second computer that begins with a copy of this one's data folder.
    pub fn copied(&self) -> Desk {
        let mut computer = Computer::numbered(9);
        folders::copy(&self.computer.data(), &computer.data());
        computer.book.revise(1, 1);
        Desk { engine: Arc::new(computer.start()), computer, user: self.user }
    }

    pub fn status(&self) -> Value {
        call(&self.engine, "sync_status", json!({"user_id": self.user}))
    }

    pub fn set(&self, older_too: bool) {
        let settings = json!({"older_too": older_too, "metered": false});
        call(&self.engine, "set_sync_settings", json!({"user_id": self.user, "settings": settings}));
    }

    pub fn stored(&self) -> usize {
        self.engine.stored_texts().unwrap().len()
    }
}

pub fn skills(of: &[(&str, &str)]) -> Value {
    let skills: BTreeMap<_, _> = of.iter().copied().collect();
    json!({
        "software_experience": skills,
        "robotics_experience": "none",
        "hardware_access": [],
        "learning_goals": [],
    })
}

/// All files below, by their names.
pub fn objects(stick: &Path) -> Vec<String> {
    folders::digests(stick).into_keys().collect()
}

pub fn replicas(stick: &Path) -> Vec<PathBuf> {
    let names = objects(stick).into_iter().filter(|name| name.contains("/replicas/"));
    names.map(|name| stick.join(name)).collect()
}

pub fn chapters(stick: &Path) -> Vec<PathBuf> {
    let names = objects(stick).into_iter().filter(|name| name.ends_with(".md"));
    names.map(|name| stick.join(name)).collect()
}

/// Puts other bytes where the one replica announces this text, under a name and with a seal that are right.
pub fn forge(stick: &Path, file: &Path, change: impl Fn(&str) -> String) {
    let [replica] = &replicas(stick)[..] else { panic!("one replica") };
    let text = fs::read_to_string(replica).unwrap();
    let before = fs::read_to_string(file).unwrap();
    let after = change(&before);
    let (old, new) = (TextDigest::of(before.as_bytes()), TextDigest::of(after.as_bytes()));
    let name = file
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .replace(&old.prefix().to_string(), &new.prefix().to_string());
    fs::write(file.with_file_name(name), &after).unwrap();
    let text = text
        .replace(&old.to_string(), &new.to_string())
        .replace(&old.prefix().to_string(), &new.prefix().to_string())
        .replace(&format!("\"len_bytes\": {}, ", before.len()), &format!("\"len_bytes\": {}, ", after.len()));
    let (body, _) = text.split_once("  \"sha256\": ").unwrap();
    let seal = TextDigest::of(body.as_bytes());
    fs::write(replica, format!("{body}  \"sha256\": \"{seal}\"\n}}\n")).unwrap();
}
