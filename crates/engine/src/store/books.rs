//! `published_books` and `installed_books`: what remotes offer, and what was fetched of it.

use primer_domain::publish::{Edition, Judgement, Verdict};
use primer_domain::timestamp::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::StoreError;
use super::remotes::RemoteId;

/// How a remote was found when it was last asked for a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    pub looked_at: Timestamp,
    /// Of the index; none where none was there, empty where none was told.
    pub etag: Option<String>,
    /// The index; none where it can't be read.
    pub body: Option<Vec<u8>>,
    pub judged: Option<Judgement>,
}

pub fn published(
    connection: &Connection,
    remote: RemoteId,
    book_id: &str,
) -> Result<Option<Published>, StoreError> {
    connection
        .prepare_cached(
            "SELECT book_id, looked_at, etag, body, fault, verdict, judged_by, judged_at FROM published_books
             WHERE remote_id = :remote_id AND book_id = :book_id",
        )
        .and_then(|mut statement| {
            let parameters = named_params! {":remote_id": remote.to_string(), ":book_id": book_id};
            statement.query_row(parameters, raw).optional()
        })
        .map_err(StoreError::sql("looking up a published book"))?
        .map(|raw| published_row(raw).map(|(_, published)| published))
        .transpose()
}

/// All that was looked for in a remote, in the order of the books' ids.
pub fn published_in(
    connection: &Connection,
    remote: RemoteId,
) -> Result<Vec<(String, Published)>, StoreError> {
    connection
        .prepare_cached(
            "SELECT book_id, looked_at, etag, body, fault, verdict, judged_by, judged_at FROM published_books
             WHERE remote_id = :remote_id ORDER BY book_id",
        )
        .and_then(|mut statement| {
            let rows = statement.query_map(named_params! {":remote_id": remote.to_string()}, raw)?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(StoreError::sql("listing the published books"))?
        .into_iter()
        .map(published_row)
        .collect()
}

pub fn save_published(
    connection: &Connection,
    remote: RemoteId,
    book_id: &str,
    published: &Published,
) -> Result<(), StoreError> {
    let judged = published.judged.as_ref();
    connection
        .prepare_cached(
            "INSERT INTO published_books (remote_id, book_id, looked_at, etag, body, fault, verdict, judged_by, judged_at)
             VALUES (:remote_id, :book_id, :looked_at, :etag, :body, :fault, :verdict, :judged_by, :judged_at)
             ON CONFLICT (remote_id, book_id) DO UPDATE SET looked_at = excluded.looked_at, etag = excluded.etag,
                 body = excluded.body, fault = excluded.fault, verdict = excluded.verdict,
                 judged_by = excluded.judged_by, judged_at = excluded.judged_at",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":remote_id": remote.to_string(),
                ":book_id": book_id,
                ":looked_at": published.looked_at.to_string(),
                ":etag": published.etag,
                ":body": published.body,
                ":fault": judged.map(|judged| &judged.why),
                ":verdict": judged.map(|judged| verdict_text(judged.verdict)),
                ":judged_by": judged.map(|judged| &judged.program),
                ":judged_at": judged.map(|judged| judged.at.to_string()),
            })
        })
        .map_err(StoreError::sql("noting a published book"))?;
    Ok(())
}

/// Every index that can be read, of all remotes.
pub fn all_published(connection: &Connection) -> Result<Vec<Edition>, StoreError> {
    editions(
        connection,
        "SELECT book_id, body FROM published_books WHERE body IS NOT NULL ORDER BY remote_id, book_id",
    )
}

pub fn all_installed(connection: &Connection) -> Result<Vec<Edition>, StoreError> {
    editions(connection, "SELECT book_id, body FROM installed_books ORDER BY book_id")
}

fn editions(connection: &Connection, sql: &str) -> Result<Vec<Edition>, StoreError> {
    let rows: Vec<(String, Vec<u8>)> = connection
        .prepare_cached(sql)
        .and_then(|mut statement| {
            let rows = statement.query_map([], |row| Ok((row.get("book_id")?, row.get("body")?)))?;
            rows.collect::<rusqlite::Result<_>>()
        })
        .map_err(StoreError::sql("listing the editions of books"))?;
    // What this program can't read an older one has written, or a newer one will.
    Ok(rows.into_iter().filter_map(|(book_id, body)| Edition::parse(&body, &book_id).ok()).collect())
}

/// None also where what is recorded can't be read: it is fetched again.
pub fn installed(connection: &Connection, book_id: &str) -> Result<Option<Edition>, StoreError> {
    let body: Option<Vec<u8>> = connection
        .prepare_cached("SELECT body FROM installed_books WHERE book_id = :book_id")
        .and_then(|mut statement| {
            statement.query_row(named_params! {":book_id": book_id}, |row| row.get("body")).optional()
        })
        .map_err(StoreError::sql("looking up an installed book"))?;
    Ok(body.and_then(|body| Edition::parse(&body, book_id).ok()))
}

pub fn set_installed(connection: &Connection, edition: &Edition, at: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO installed_books (book_id, body, installed_at) VALUES (:book_id, :body, :at)
             ON CONFLICT (book_id) DO UPDATE SET body = excluded.body, installed_at = excluded.installed_at",
        )
        .and_then(|mut statement| {
            statement.execute(named_params! {
                ":book_id": edition.book_id, ":body": edition.to_json(), ":at": at.to_string(),
            })
        })
        .map_err(StoreError::sql("recording an installed book"))?;
    Ok(())
}

pub fn remove_installed(connection: &Connection, book_id: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM installed_books WHERE book_id = :book_id")
        .and_then(|mut statement| statement.execute(named_params! {":book_id": book_id}))
        .map_err(StoreError::sql("forgetting an installed book"))?;
    Ok(())
}

fn verdict_text(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Refused => "refused",
        Verdict::Lacking => "lacking",
    }
}

struct Raw {
    book_id: String,
    looked_at: String,
    etag: Option<String>,
    body: Option<Vec<u8>>,
    fault: Option<String>,
    verdict: Option<String>,
    judged_by: Option<String>,
    judged_at: Option<String>,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        book_id: row.get("book_id")?,
        looked_at: row.get("looked_at")?,
        etag: row.get("etag")?,
        body: row.get("body")?,
        fault: row.get("fault")?,
        verdict: row.get("verdict")?,
        judged_by: row.get("judged_by")?,
        judged_at: row.get("judged_at")?,
    })
}

fn published_row(raw: Raw) -> Result<(String, Published), StoreError> {
    let bad = |column, value: &str| StoreError::bad_value("published_books", column, value);
    let time = |column, text: &str| Timestamp::parse(text).ok_or_else(|| bad(column, text));
    let judged = match (raw.fault, raw.verdict, raw.judged_by, raw.judged_at) {
        (Some(why), Some(verdict), Some(program), Some(at)) => Some(Judgement {
            verdict: match verdict.as_str() {
                "refused" => Verdict::Refused,
                "lacking" => Verdict::Lacking,
                _ => return Err(bad("verdict", &verdict)),
            },
            program,
            at: time("judged_at", &at)?,
            why,
        }),
        _ => None,
    };
    let looked_at = time("looked_at", &raw.looked_at)?;
    Ok((raw.book_id, Published { looked_at, etag: raw.etag, body: raw.body, judged }))
}
