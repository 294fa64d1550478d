//! How a run begins: a reader at one computer, who then brings in others.

use std::path::PathBuf;

use primer_domain::ids::UserId;
use primer_engine::api::dispatch;
use serde_json::{Value, json};

use crate::Violation;
use crate::books::EDITIONS;
use crate::computer::{Computer, folders};
use crate::folders as files;
use crate::run::{At, Change, Run};

/// A folder that is there, as what is added must be, and of which nothing else is asked: requests go to the simulated
/// network.
pub fn place() -> PathBuf {
    std::env::temp_dir()
}

const NAMES: [&str; 5] = ["A", "B", "C", "D", "E"];

impl Run<'_> {
    /// `template`: a data folder without a reader.
    pub fn begins(&mut self, template: &std::path::Path) -> Result<(), Violation> {
        let count = 2 + self.random.below(NAMES.len() - 1);
        let mut joining = String::new();
        for name in &NAMES[..count] {
            let data = self.names.next();
            folders(files::copy(template, &data));
            let mut computer = Computer::new(name, data);
            computer.edition = self.random.below(EDITIONS);
            computer.older_too = self.random.below(3) == 0;
            self.computers.push(computer);
            let at = self.start(self.computers.len() - 1)?;
            if joining.is_empty() {
                joining = self.reader_begins(at)?;
            } else {
                self.reader_joins(at, &joining)?;
            }
            self.check(at.computer, Change::Edited { acknowledged: true })?;
        }
        self.note(format!("{count} computers"));
        Ok(())
    }

    /// Returns what another computer needs to join.
    fn reader_begins(&mut self, at: At) -> Result<String, Violation> {
        let added = self.asks(at, "add_reader", json!({"name": "Amina"}))?;
        let user = added["id"].as_str().and_then(UserId::parse);
        self.user = user.ok_or_else(|| Violation::of("a_command_is_answered", added.to_string()))?;
        let user = self.user.to_string();
        let location = json!({"kind": "folder", "path": place()});
        let added = self.asks(at, "add_remote", json!({"user_id": user, "location": location}))?;
        self.uses_remote(at, &added)?;
        Ok(self.asks(at, "export_computer", json!({"user_id": user}))?.to_string())
    }

    /// Perhaps somebody read here before, and turns out to be the same person.
    fn reader_joins(&mut self, at: At, joining: &str) -> Result<(), Violation> {
        let mut merged = Value::Null;
        if self.random.below(3) == 0 {
            merged = self.asks(at, "add_reader", json!({"name": "Somebody"}))?["id"].take();
            let background = self.random.background();
            self.asks(at, "save_profile", json!({"user_id": merged, "background": background}))?;
        }
        let joined = self.asks(at, "join_reader", json!({"file": joining, "merge_user_id": merged}))?;
        self.uses_remote(at, &joined)
    }

    pub fn uses_remote(&mut self, at: At, answer: &Value) -> Result<(), Violation> {
        let id = answer["remote_id"].as_str().and_then(primer_engine::store::remotes::RemoteId::parse);
        let computer = &mut self.computers[at.computer];
        computer.user = self.user;
        computer.remote = id.ok_or_else(|| Violation::of("a_command_is_answered", answer.to_string()))?;
        Ok(())
    }

    fn asks(&mut self, at: At, command: &str, request: Value) -> Result<Value, Violation> {
        let engine = &self.computers[at.computer].programs[at.program].engine;
        dispatch(engine, command, request)
            .map_err(|error| Violation::of("a_command_is_answered", format!("{command}: {error}")))
    }
}
