//! The stored texts, and what is on this computer.

use primer_engine::Engine;
use primer_engine::api::{ApiError, ErrorCode, Nothing, OfReader, direct};
use primer_engine::cache::VerifiedEdition;
use serde_json::json;

use crate::arguments::CacheCommand;
use crate::inspect::count;
use crate::output::Output;

pub fn run(engine: &Engine, command: &CacheCommand, output: &Output) -> Result<(), ApiError> {
    match command {
        CacheCommand::List => {
            engine.tidy()?;
            let texts: Vec<_> = engine
                .stored_texts()?
                .into_iter()
                .map(|text| {
                    json!({
                        "storage_path": text.path.to_string(),
                        "user_id": text.path.user_id,
                        "chapter_id": text.path.chapter_id,
                        "profile_hash": text.path.profile_hash.to_string(),
                        "chapter_version": text.path.chapter_version,
                        "sha256": text.digest.to_string(),
                        "len_bytes": text.len_bytes,
                        "generator": text.generator,
                        "created_at": text.created_at.to_string(),
                        "last_opened_at": text.last_opened_at.to_string(),
                    })
                })
                .collect();
            output.print(&texts, |texts| {
                texts
                    .iter()
                    .map(|text| {
                        format!("{:>9}  {}\n", text["len_bytes"], text["storage_path"].as_str().unwrap_or(""))
                    })
                    .collect()
            })
        }
        CacheCommand::Verify => {
            let verified = engine.verify()?;
            output.print(&verified, |verified| {
                let list = |what: &str, paths: &[String]| -> String {
                    paths.iter().map(|path| format!("{what}  {path}\n")).collect()
                };
                format!(
                    "{} checked, {} damaged, {} missing\n{}{}{}",
                    count(verified.checked.into(), "text"),
                    verified.damaged.len(),
                    verified.missing.len(),
                    list("damaged", &verified.damaged),
                    list("missing", &verified.missing),
                    verified.editions.iter().map(edition_words).collect::<String>()
                )
            })?;
            let texts_are_whole = verified.damaged.is_empty() && verified.missing.is_empty();
            let books_are_whole = verified.editions.iter().all(|edition| edition.damaged.is_empty());
            let (found, next_step) = match (texts_are_whole, books_are_whole) {
                (true, true) => return Ok(()),
                (false, true) => (
                    "Some stored texts were damaged or missing; what was damaged has been set aside.",
                    "Open the chapters again: they are written anew. If it happens often, have the disk checked.",
                ),
                (true, false) => (
                    "A fetched edition of a book was damaged; what was damaged has been set aside.",
                    "Sync: what is lacking is fetched again, and until then the book opens as it came with Primer. If it happens often, have the disk checked.",
                ),
                (false, false) => (
                    "Some stored texts and a fetched edition of a book were damaged or missing; what was damaged has been set aside.",
                    "Sync, and open the chapters again: the edition is fetched again, the chapters are written anew. Have the disk checked.",
                ),
            };
            Err(ApiError::new(ErrorCode::DiskFailed, found, next_step))
        }
        CacheCommand::Evict { keep } => {
            let evicted = engine.evict(*keep)?;
            output.print(&evicted, |evicted| {
                format!(
                    "{} removed ({}), {} kept\n",
                    count(evicted.removed.len() as u64, "text"),
                    direct::bytes(evicted.removed_bytes),
                    direct::bytes(evicted.kept_bytes)
                )
            })
        }
    }
}

fn edition_words(verified: &VerifiedEdition) -> String {
    let VerifiedEdition { title, edition, files, damaged, .. } = verified;
    let mut words = format!(
        "edition {edition} of “{title}”: {files} files checked, {} damaged or missing\n",
        damaged.len()
    );
    for name in damaged {
        words.push_str(&format!("damaged  {name}\n"));
    }
    words
}

pub fn status(engine: &Engine, output: &Output) -> Result<(), ApiError> {
    let tidied = engine.tidy()?;
    let storage = direct::storage(engine, Nothing {})?;
    let readers = direct::all(engine)?;
    let last = direct::last_used(engine)?.map(|user| user.to_string());
    let book = &engine.shelf().book;
    let sync = match &last {
        Some(user_id) => Some(direct::sync_status(engine, OfReader { user_id: user_id.clone() })?),
        None => None,
    };
    let value = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "data": storage.folder,
        "book": {"id": book.id, "title": book.title, "chapters": book.chapters.len()},
        "readers": readers,
        "reader": last,
        "used_bytes": storage.used_bytes,
        "quota_bytes": storage.quota_bytes,
        "stored_texts": storage.chapters,
        "tidied": tidied,
        "sync": sync,
    });
    output.print(&value, |_| {
        format!(
            "book      {} ({} chapters)\nreaders   {}\ntexts     {} ({} of {})\ndata      {}\nsync      {}\n{}",
            book.title,
            book.chapters.len(),
            readers.iter().map(|reader| reader.name.as_str()).collect::<Vec<_>>().join(", "),
            storage.chapters,
            direct::bytes(storage.used_bytes),
            direct::bytes(storage.quota_bytes),
            storage.folder,
            sync.as_ref().map_or("Nobody reads here yet.", |sync| sync.sentence.as_str()),
            sync.as_ref().and_then(|sync| sync.hint.as_ref()).map_or_else(String::new, |hint| format!("          {hint}\n"))
        )
    })
}
