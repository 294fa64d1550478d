//! `rewrites`: how the texts were made that a model rewrote here. `refused_texts`: those of other computers that were
//! not believed.

use std::collections::BTreeSet;

use primer_domain::ids::UserId;
use primer_domain::rewrite::KeptSection;
use primer_domain::storage_path::StoragePath;
use primer_domain::timestamp::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::model::Tokens;

/// Whose judgement it was.
const PROGRAM: &str = concat!("primer/", env!("CARGO_PKG_VERSION"));

/// How a text was made, beside its generator and its time in `stored_texts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// As its server calls it.
    pub model: String,
    pub prompt_version: u32,
    /// None where the server did not tell.
    pub tokens: Option<Tokens>,
    pub rewritten_sections: usize,
    pub kept: Vec<KeptSection>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    heading: Option<String>,
    reason: String,
}

pub fn insert(
    connection: &Connection,
    path: &StoragePath,
    rewrite: &Rewrite,
    at: Timestamp,
) -> Result<(), StoreError> {
    let kept: Vec<Kept> = rewrite
        .kept
        .iter()
        .map(|kept| Kept { heading: kept.heading.clone(), reason: kept.reason.clone() })
        .collect();
    let kept = serde_json::to_string(&kept)
        .map_err(|source| StoreError::bad_value("rewrites", "kept_sections", source.to_string()))?;
    connection
        .prepare_cached(
            "INSERT INTO rewrites
                 (storage_path, model, prompt_version, prompt_tokens, completion_tokens, rewritten_sections, kept_sections,
                  created_at)
             VALUES (:path, :model, :prompt_version, :prompt_tokens, :completion_tokens, :rewritten, :kept, :at)
             ON CONFLICT (storage_path) DO NOTHING",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":path": path.to_string(),
                ":model": rewrite.model,
                ":prompt_version": rewrite.prompt_version,
                ":prompt_tokens": rewrite.tokens.map(|tokens| tokens.prompt),
                ":completion_tokens": rewrite.tokens.map(|tokens| tokens.completion),
                ":rewritten": rewrite.rewritten_sections,
                ":kept": kept,
                ":at": at.to_string(),
            })
        })
        .map_err(StoreError::sql("recording a rewriting"))?;
    Ok(())
}

/// None for a text that was not rewritten here.
pub fn find(connection: &Connection, path: &StoragePath) -> Result<Option<Rewrite>, StoreError> {
    connection
        .prepare_cached(
            "SELECT model, prompt_version, prompt_tokens, completion_tokens, rewritten_sections, kept_sections
             FROM rewrites WHERE storage_path = :path",
        )
        .and_then(|mut statement| {
            statement.query_row(named_params! {":path": path.to_string()}, raw).optional()
        })
        .map_err(StoreError::sql("looking up a rewriting"))?
        .map(|(rewrite, kept)| {
            let sections: Vec<Kept> = serde_json::from_str(&kept)
                .map_err(|_| StoreError::bad_value("rewrites", "kept_sections", kept.clone()))?;
            let kept = sections
                .into_iter()
                .map(|kept| KeptSection { heading: kept.heading, reason: kept.reason })
                .collect();
            Ok(Rewrite { kept, ..rewrite })
        })
        .transpose()
}

fn raw(row: &Row<'_>) -> rusqlite::Result<(Rewrite, String)> {
    let prompt: Option<u64> = row.get("prompt_tokens")?;
    let completion: Option<u64> = row.get("completion_tokens")?;
    let rewrite = Rewrite {
        model: row.get("model")?,
        prompt_version: row.get("prompt_version")?,
        tokens: prompt.zip(completion).map(|(prompt, completion)| Tokens { prompt, completion }),
        rewritten_sections: row.get("rewritten_sections")?,
        kept: Vec::new(),
    };
    Ok((rewrite, row.get("kept_sections")?))
}

/// Notes that a text is not to be asked for again.
pub fn refuse(
    connection: &Connection,
    path: &StoragePath,
    reason: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO refused_texts (storage_path, user_id, program, reason, refused_at)
             VALUES (:path, :user_id, :program, :reason, :at)
             ON CONFLICT (storage_path) DO UPDATE SET
                 program = excluded.program, reason = excluded.reason, refused_at = excluded.refused_at",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":path": path.to_string(),
                ":user_id": path.user_id.to_string(),
                ":program": PROGRAM,
                ":reason": reason,
                ":at": at.to_string(),
            })
        })
        .map_err(StoreError::sql("noting a text that is not to be shown"))?;
    Ok(())
}

/// Those that this program refused.
pub fn refused(connection: &Connection, user: UserId) -> Result<BTreeSet<StoragePath>, StoreError> {
    let paths: Vec<String> = connection
        .prepare_cached(
            "SELECT storage_path FROM refused_texts WHERE user_id = :user_id AND program = :program",
        )
        .and_then(|mut statement| {
            let parameters = named_params! {":user_id": user.to_string(), ":program": PROGRAM};
            statement.query_map(parameters, |row| row.get("storage_path"))?.collect()
        })
        .map_err(StoreError::sql("listing the texts that are not to be shown"))?;
    Ok(paths.iter().filter_map(|path| StoragePath::parse(path)).collect())
}

/// A text that is not to be shown, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedText {
    pub path: StoragePath,
    pub why: String,
    pub at: Timestamp,
    /// Another one judged so, and this one may judge otherwise.
    pub by_this_program: bool,
}

/// Those that any program refused, in the order of their paths.
pub fn all_refused(connection: &Connection, user: UserId) -> Result<Vec<RefusedText>, StoreError> {
    let rows: Vec<(String, String, String, String)> = connection
        .prepare_cached(
            "SELECT storage_path, program, reason, refused_at FROM refused_texts WHERE user_id = :user_id
             ORDER BY storage_path",
        )
        .and_then(|mut statement| {
            let row = |row: &Row<'_>| {
                Ok((
                    row.get("storage_path")?,
                    row.get("program")?,
                    row.get("reason")?,
                    row.get("refused_at")?,
                ))
            };
            statement.query_map(named_params! {":user_id": user.to_string()}, row)?.collect()
        })
        .map_err(StoreError::sql("listing why texts are not to be shown"))?;
    let bad = |column, value: &str| StoreError::bad_value("refused_texts", column, value);
    rows.into_iter()
        .map(|(path, program, why, at)| {
            Ok(RefusedText {
                path: StoragePath::parse(&path).ok_or_else(|| bad("storage_path", &path))?,
                why,
                at: Timestamp::parse(&at).ok_or_else(|| bad("refused_at", &at))?,
                by_this_program: program == PROGRAM,
            })
        })
        .collect()
}
