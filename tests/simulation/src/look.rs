//! A data folder looked at from outside, through a connection of the simulation's own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use primer_domain::ids::{ChapterId, DeviceId, TextDigest, UserId, WriteId};
use primer_domain::profile::Background;
use primer_domain::publish::Edition;
use primer_domain::replica::{self, Register, RegisterKey, Registers, Stamp};
use primer_domain::storage_path::StoragePath;
use rusqlite::{Connection, OpenFlags, OptionalExtension, named_params};
use serde_json::{Value, json};

use crate::Violation;

pub struct Look {
    connection: Connection,
    user: String,
}

impl Look {
    pub fn into(data: &Path, user: UserId) -> rusqlite::Result<Look> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(data.join("primer.sqlite3"), flags)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(Look { connection, user: user.to_string() })
    }

    pub fn registers(&self) -> rusqlite::Result<Registers> {
        let mut statement = self.connection.prepare_cached(
            "SELECT collection, key, value, removed, stamp FROM registers WHERE user_id = :user",
        )?;
        let rows = statement.query_map(named_params! {":user": self.user}, |row| {
            let (value, stamp): (String, String) = (row.get("value")?, row.get("stamp")?);
            let key = RegisterKey::new(row.get::<_, String>("collection")?, row.get::<_, String>("key")?);
            let value = serde_json::from_str(&value).unwrap_or(Value::Null);
            let stamp = Stamp::parse(&stamp).expect("the database holds stamps");
            Ok((key, Register { value, removed: row.get("removed")?, stamp }))
        })?;
        rows.collect()
    }

    pub fn device(&self) -> rusqlite::Result<DeviceId> {
        let sql = "SELECT device_id FROM devices WHERE user_id = :user";
        let id: String = self
            .connection
            .prepare_cached(sql)?
            .query_row(named_params! {":user": self.user}, |row| row.get("device_id"))?;
        Ok(DeviceId::parse(&id).expect("the database holds the names of computers"))
    }

    /// Another number whenever something was written since.
    pub fn version(&self) -> rusqlite::Result<i64> {
        self.connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
    }

    /// The computers whose replicas were read here, with which writing of each it was.
    pub fn replicas_read(&self) -> rusqlite::Result<BTreeMap<DeviceId, Option<WriteId>>> {
        let mut statement = self.connection.prepare_cached("SELECT device_id, body FROM remote_replicas")?;
        let rows = statement.query_map([], |row| {
            Ok((row.get::<_, String>("device_id")?, row.get::<_, Option<Vec<u8>>>("body")?))
        })?;
        let mut read = BTreeMap::new();
        for row in rows {
            let (device, body) = row?;
            if let Some(device) = DeviceId::parse(&device) {
                read.insert(device, body.and_then(|body| write_id(&body)));
            }
        }
        Ok(read)
    }

    /// The name and the profile are the view of the registers.
    pub fn the_profile_is_the_view_of_the_registers(
        &self,
        who: &str,
        registers: &Registers,
    ) -> Result<(), Violation> {
        let violation = |what: String| Violation::of("the_profile_is_the_view_of_the_registers", what);
        let sql_failed = |error: rusqlite::Error| violation(format!("{who}: {error}"));
        if let Some(name) = replica::name(registers) {
            let shown = self.name().map_err(sql_failed)?;
            if shown.as_deref() != Some(name.as_str()) {
                return Err(violation(format!("{who} is called {shown:?} and agreed on {name:?}")));
            }
        }
        let Some(background) = replica::background(registers) else { return Ok(()) };
        match self.profile().map_err(sql_failed)? {
            Some(profile) if profile == view_of(&background) => Ok(()),
            profile => Err(violation(format!("{who} shows {profile:?} and agreed on {background:?}"))),
        }
    }

    fn name(&self) -> rusqlite::Result<Option<String>> {
        self.connection
            .prepare_cached("SELECT name FROM \"user\" WHERE id = :user")?
            .query_row(named_params! {":user": self.user}, |row| row.get("name"))
            .optional()
    }

    fn profile(&self) -> rusqlite::Result<Option<Value>> {
        let sql =
            "SELECT software_experience, robotics_experience, hardware_access, learning_goals, profile_hash
                   FROM user_profiles WHERE user_id = :user";
        self.connection
            .prepare_cached(sql)?
            .query_row(named_params! {":user": self.user}, |row| {
                let parsed = |column: &str| -> rusqlite::Result<Value> {
                    Ok(serde_json::from_str(&row.get::<_, String>(column)?).unwrap_or(Value::Null))
                };
                Ok(json!({
                    "software_experience": parsed("software_experience")?,
                    "robotics_experience": row.get::<_, String>("robotics_experience")?,
                    "hardware_access": parsed("hardware_access")?,
                    "learning_goals": parsed("learning_goals")?,
                    "hash": row.get::<_, String>("profile_hash")?,
                }))
            })
            .optional()
    }

    /// Every text that a row accounts for is there, whole; a row of a chapter names such a text.
    pub fn every_row_has_its_file(&self, who: &str, data: &Path) -> Result<(), Violation> {
        let violation = |what: String| Violation::of("every_row_has_its_file", format!("{who}: {what}"));
        let sql_failed = |error: rusqlite::Error| violation(error.to_string());
        for (path, digest) in self.stored().map_err(sql_failed)? {
            let bytes = std::fs::read(data.join("blobs").join(&path)).unwrap_or_default();
            if TextDigest::of(&bytes).to_string() != digest {
                return Err(violation(format!("{path} is not what was written there")));
            }
        }
        let sql = "SELECT c.storage_path FROM personalized_chapters c
                   LEFT JOIN stored_texts t ON t.storage_path = c.storage_path WHERE t.storage_path IS NULL";
        let lone: Option<String> =
            self.connection.query_row(sql, [], |row| row.get(0)).optional().map_err(sql_failed)?;
        lone.map_or(Ok(()), |path| Err(violation(format!("the row of {path} has no file"))))
    }

    fn stored(&self) -> rusqlite::Result<Vec<(String, String)>> {
        let mut statement =
            self.connection.prepare_cached("SELECT storage_path, sha256 FROM stored_texts")?;
        let rows = statement.query_map([], |row| Ok((row.get("storage_path")?, row.get("sha256")?)))?;
        rows.collect()
    }

    /// The texts of this reader that it is known of what they are.
    pub fn texts(&self) -> rusqlite::Result<Vec<StoragePath>> {
        let sql = "SELECT storage_path FROM stored_texts WHERE user_id = :user AND generator <> 'adopted'";
        let mut statement = self.connection.prepare_cached(sql)?;
        let paths: Vec<String> = statement
            .query_map(named_params! {":user": self.user}, |row| row.get("storage_path"))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(paths.iter().filter_map(|path| StoragePath::parse(path)).collect())
    }

    pub fn put_away(&self) -> rusqlite::Result<BTreeSet<ChapterId>> {
        let sql = "SELECT chapter_id FROM chapters_put_away WHERE user_id = :user";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement
            .query_map(named_params! {":user": self.user}, |row| Ok(ChapterId(row.get("chapter_id")?)))?;
        rows.collect()
    }

    /// Until its reader opens it again, which writes it here.
    pub fn a_chapter_that_was_put_away_stays_away(&self, who: &str) -> Result<(), Violation> {
        let violation =
            |what: String| Violation::of("a_chapter_that_was_put_away_stays_away", format!("{who}: {what}"));
        let put_away = self.put_away().map_err(|error| violation(error.to_string()))?;
        if put_away.is_empty() {
            return Ok(());
        }
        let held = self.texts().map_err(|error| violation(error.to_string()))?;
        match held.iter().find(|path| put_away.contains(&path.chapter_id)) {
            Some(path) => Err(violation(format!("{path} is here"))),
            None => Ok(()),
        }
    }

    pub fn installed_book(&self, who: &str) -> Result<Option<Edition>, Violation> {
        let violation = |what: String| Violation::of("an_installed_book_is_whole", format!("{who}: {what}"));
        let sql = "SELECT book_id, body FROM installed_books";
        let found: Option<(String, Vec<u8>)> = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement.query_row([], |row| Ok((row.get("book_id")?, row.get("body")?))).optional()
            })
            .map_err(|error| violation(error.to_string()))?;
        let parsed = found.map(|(book_id, body)| Edition::parse(&body, &book_id));
        parsed.transpose().map_err(|fault| violation(fault.to_string()))
    }

    pub fn the_database_is_whole(&self, who: &str) -> Result<(), Violation> {
        let answer = self.connection.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
        match answer {
            Ok(answer) if answer == "ok" => Ok(()),
            other => Err(Violation::of("the_database_is_whole", format!("{who}: {other:?}"))),
        }
    }
}

/// What is recorded as installed can be opened from then on.
pub fn every_file_of_a_book_is_there(who: &str, data: &Path, edition: &Edition) -> Result<(), Violation> {
    let digest = TextDigest::of(&edition.to_json()).prefix();
    let folder = data.join("books").join(&edition.book_id).join(format!("{}-{digest}", edition.number));
    for (name, entry) in &edition.files {
        let bytes = std::fs::read(folder.join(entry.digest.to_string())).unwrap_or_default();
        if TextDigest::of(&bytes) != entry.digest {
            return Err(Violation::of("an_installed_book_is_whole", format!("{who} lacks {name}")));
        }
    }
    Ok(())
}

/// Of a replica that was read once: without reading all of it again.
fn write_id(replica: &[u8]) -> Option<WriteId> {
    let text = std::str::from_utf8(replica).ok()?;
    let (_, rest) = text.split_once("\"write_id\": \"")?;
    WriteId::parse(rest.split_once('"')?.0)
}

fn view_of(background: &Background) -> Value {
    json!({
        "software_experience": background.software_experience,
        "robotics_experience": background.robotics_experience,
        "hardware_access": background.hardware_access,
        "learning_goals": background.learning_goals,
        "hash": background.hash().to_string(),
    })
}
