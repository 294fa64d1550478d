//! What somebody who is to help has to know, as a text that can be shown before it is copied: versions, counts, settings and
//! the last troubles of the log.
//!
//! It holds no name, answer, address, path or secret. Every word in it is this program's own or the system's; what a
//! reader typed is only counted, and of a place or a server it says only of what kind it is.

use std::fmt::Display;
use std::fs;

use crate::api::{ApiError, OfReader, direct};
use crate::backups::{Backups, Day};
use crate::bookshelf::BookSource;
use crate::data_folder::DataFolder;
use crate::model::Address;
use crate::remote::Location;
use crate::secrets::SecretPlace;
use crate::store::{DATABASE_FILE, Upgrade, sync_runs, users, wishes};
use crate::{Engine, crashes, log};

/// Of the log.
const TROUBLES: usize = 20;

/// As much of the system's own name as is believed.
const SYSTEM_NAME_MAX: usize = 80;

struct Text(String);

impl Text {
    fn line(&mut self, what: &str, said: impl Display) {
        self.0.push_str(&format!("{what:<14} {said}\n"));
    }
}

pub fn text(folder: &DataFolder<'_>) -> Result<String, ApiError> {
    let now = folder.env.now();
    let mut text = Text(String::new());
    text.line("Primer", format_args!("{} ({})", env!("CARGO_PKG_VERSION"), folder.program));
    text.line("Time", now);
    text.line("System", system());
    text.line("Web engine", folder.web_engine.unwrap_or("none"));
    match folder.opened {
        Ok(engine) => of_engine(engine, &mut text)?,
        Err(error) => {
            let code = serde_json::to_string(&error.code).unwrap_or_default();
            text.line("Database", format_args!("not open: {}", code.trim_matches('"')));
        }
    }
    let length = fs::metadata(folder.path.join(DATABASE_FILE)).map_or(0, |metadata| metadata.len());
    text.line("Database file", direct::bytes(length));
    match Backups::of(folder.path).list(&Day::of(now)) {
        Ok(backups) => {
            let newest =
                backups.first().map_or_else(String::new, |newest| format!(", newest {}", newest.day));
            text.line("Backups", format_args!("{}{newest}", backups.len()));
        }
        Err(_) => text.line("Backups", "can't be listed"),
    }
    text.line("Crash reports", crashes::count(folder.path));
    let free = fs4::available_space(folder.path).map_or_else(|_| "unknown".to_owned(), direct::bytes);
    text.line("Free on disk", free);
    text.0.push_str("\nLast troubles\n");
    let troubles = log::last_troubles(folder.path, TROUBLES);
    if troubles.is_empty() {
        text.0.push_str("none\n");
    }
    for line in troubles {
        text.0.push_str(&line);
        text.0.push('\n');
    }
    Ok(text.0)
}

fn of_engine(engine: &Engine, text: &mut Text) -> Result<(), ApiError> {
    let book = engine.shelf();
    let source = match book.source() {
        BookSource::Bundled => "came with the program",
        BookSource::Folder(_) => "a folder",
        BookSource::Edition(_) => "fetched by a sync",
    };
    let versions: Vec<String> =
        book.versions().iter().map(|(chapter, version)| format!("{chapter}v{version}")).collect();
    text.line("Book", format_args!("{source}, {}", versions.join(" ")));
    let version = engine.store.version()?;
    text.line(
        "Database",
        format_args!("version {version} of {}", Upgrade::of_this_program().known_version()),
    );

    let readers = engine.store.read(users::list)?;
    let (texts, used_bytes) = engine.stored_totals()?;
    let quota = direct::bytes(engine.quota_bytes()?);
    text.line("Readers", readers.len());
    text.line("Texts", format_args!("{texts}, {} of {quota}", direct::bytes(used_bytes)));
    let waiting = engine.store.read(|connection| wishes::list(connection, None, &book.book.id))?;
    text.line("Rewrites", format_args!("{} wished for", waiting.len()));
    let place = match engine.secrets.place() {
        SecretPlace::Keychain => "the keychain",
        SecretPlace::File(_) => "a file",
    };
    text.line("Secrets", place);
    for (number, reader) in (1..).zip(&readers) {
        let name = format!("Reader {number}");
        let answered = engine.current_profile(reader.id)?.answered;
        text.line(&name, if answered { "has answered" } else { "has not answered" });
        if let Some(appearance) = direct::own_appearance(engine, reader.id)? {
            let (theme, percent) = (appearance.theme, appearance.text_size_percent);
            text.line("  appearance", format_args!("{theme:?}, text {percent} %"));
        }
        let settings = engine.sync_settings(reader.id)?;
        let said = [(settings.metered, "metered"), (settings.older_too, "older texts too")];
        let said: Vec<&str> = said.into_iter().filter(|(is_set, _)| *is_set).map(|(_, word)| word).collect();
        text.line("  syncing", if said.is_empty() { "as usual".to_owned() } else { said.join(", ") });
        let status = direct::sync_status(engine, OfReader { user_id: reader.id.to_string() })?;
        text.line("  waiting", format_args!("{} to be synced, {:?}", status.waiting, status.state));
        for remote in engine.remotes(reader.id)? {
            let last = engine.store.read(|connection| sync_runs::last(connection, remote.id, 1))?;
            let last = match last.first() {
                None => "never synced".to_owned(),
                Some(run) => match &run.fault {
                    None => format!("synced {}", run.ended_at),
                    Some((code, _)) => format!("failed {}: {}", run.ended_at, word(code)),
                },
            };
            let paused = if remote.paused { ", paused" } else { "" };
            text.line("  place", format_args!("{}{paused}, {last}", kind_of_place(&remote.location)));
        }
        let model = engine.model_setting(reader.id)?;
        text.line("  model", model.as_ref().map_or("off", |setting| kind_of_server(&setting.base_url)));
    }
    Ok(())
}

fn kind_of_place(location: &Location) -> String {
    match location {
        Location::Folder { .. } => "a folder".to_owned(),
        Location::S3(s3) => {
            let plain = if s3.endpoint.starts_with("http://") { ", without TLS" } else { "" };
            let own_authority = if s3.ca_file.is_some() { ", own certificate authority" } else { "" };
            let proxy = if s3.proxy.is_some() { ", by a proxy" } else { "" };
            format!("a bucket, {:?} style{plain}{own_authority}{proxy}", s3.style)
        }
    }
}

fn kind_of_server(base_url: &str) -> &'static str {
    match Address::parse(base_url) {
        Ok(address) if address.is_this_computer() => "a server on this computer",
        Ok(_) => "a server elsewhere",
        Err(_) => "an address that can't be used",
    }
}

/// A code as the tables keep it, which anybody may have written into them.
fn word(code: &str) -> &str {
    let is_word = code.len() <= 40 && code.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
    if is_word { code } else { "unknown" }
}

/// The kind of processor, and what the system calls itself.
fn system() -> String {
    let kind = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    match name {
        Some(name) => {
            let name: String = name.trim_matches('"').chars().take(SYSTEM_NAME_MAX).collect();
            format!("{kind}, {name}")
        }
        None => kind,
    }
}
