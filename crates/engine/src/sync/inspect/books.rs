//! The books that are published in a remote, for all its readers: what their indexes tell, and whether what those name is there.

use std::collections::{BTreeMap, BTreeSet};

use primer_domain::publish::{EDITION_LEN_MAX, Edition};
use serde::Serialize;

use super::is_of_one_object;
use crate::remote::{Listed, Remote, RemoteFault};
use crate::sync::{SyncError, keys};

/// So many are looked at.
const BOOKS_MAX: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BooksFound {
    /// Whether these keys may list what is published. Where they may not, only the book that is read here was asked for.
    pub listed: bool,
    /// By their ids.
    pub books: Vec<BookFound>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BookFound {
    pub book_id: String,
    pub index: IndexFound,
    /// None where they may not be listed.
    pub objects: Option<BookObjects>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum IndexFound {
    There {
        title: String,
        edition: u32,
        published_at: String,
        program: String,
        chapters: u64,
        files: u64,
        len_bytes: u64,
    },
    Unusable {
        why: String,
    },
    /// There are objects, and nothing says what they are.
    Gone,
}

/// What stands beside an index.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BookObjects {
    pub objects: u64,
    pub len_bytes: u64,
    /// Files that the index names and that are not there, or not as long as it says.
    pub missing: Vec<String>,
    /// Objects that the index does not name, such as those of earlier editions.
    pub unnamed: u64,
    pub unnamed_bytes: u64,
}

/// `open_book`: the one that is read here.
pub(super) async fn look(remote: &Remote, open_book: &str) -> Result<BooksFound, SyncError> {
    let listed = match remote.list(keys::BOOKS).await {
        Ok(listed) => Some(listed),
        Err(error) if matches!(error.fault, RemoteFault::NoPermission { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let mut books = Vec::new();
    match &listed {
        None => books.extend(book(remote, open_book, None).await?),
        Some(listed) => {
            let mut below: BTreeMap<&str, Vec<&Listed>> = BTreeMap::new();
            for object in listed {
                if let Some(book_id) = keys::book_below(&object.key) {
                    below.entry(book_id).or_default().push(object);
                }
            }
            for (book_id, objects) in below.into_iter().take(BOOKS_MAX) {
                books.extend(book(remote, book_id, Some(&objects)).await?);
            }
        }
    }
    Ok(BooksFound { listed: listed.is_some(), books })
}

/// None where nothing is to be told of.
async fn book(
    remote: &Remote,
    book_id: &str,
    listed: Option<&[&Listed]>,
) -> Result<Option<BookFound>, SyncError> {
    let parsed = match remote.get(&keys::book_index(book_id), EDITION_LEN_MAX).await {
        Ok(None) => None,
        Ok(Some(object)) => Some(Edition::parse(&object.bytes, book_id).map_err(|fault| fault.to_string())),
        // Of a book that can't be listed nobody says that it is there.
        Err(error) if listed.is_none() && matches!(error.fault, RemoteFault::NoPermission { .. }) => None,
        Err(error) if is_of_one_object(&error) => Some(Err(error.words().sentence)),
        Err(error) => return Err(error.into()),
    };
    if parsed.is_none() && listed.is_none() {
        return Ok(None);
    }
    let edition = parsed.as_ref().and_then(|parsed| parsed.as_ref().ok());
    let objects = listed.map(|listed| objects(book_id, edition, listed));
    let index = match parsed {
        None => IndexFound::Gone,
        Some(Err(why)) => IndexFound::Unusable { why },
        Some(Ok(edition)) => IndexFound::There {
            edition: edition.number,
            published_at: edition.published_at.to_string(),
            chapters: edition.chapters.len() as u64,
            files: edition.files.len() as u64,
            len_bytes: edition.len_bytes(),
            title: edition.title,
            program: edition.program,
        },
    };
    Ok(Some(BookFound { book_id: book_id.to_owned(), index, objects }))
}

fn objects(book_id: &str, edition: Option<&Edition>, listed: &[&Listed]) -> BookObjects {
    let index = keys::book_index(book_id);
    let mut there: BTreeMap<&str, u64> =
        listed.iter().map(|object| (object.key.as_str(), object.len_bytes)).collect();
    there.remove(index.as_str());
    let mut found = BookObjects {
        objects: there.len() as u64,
        len_bytes: there.values().sum(),
        ..BookObjects::default()
    };
    let Some(edition) = edition else { return found };
    let mut named = BTreeSet::new();
    for (name, entry) in &edition.files {
        let key = keys::book_object(book_id, &entry.digest);
        if there.get(key.as_str()) != Some(&entry.len_bytes) {
            found.missing.push(name.to_string());
        }
        named.insert(key);
    }
    let unnamed = there.iter().filter(|(key, _)| !named.contains(**key));
    (found.unnamed, found.unnamed_bytes) =
        unnamed.fold((0, 0), |(count, bytes), (_, len_bytes)| (count + 1, bytes + len_bytes));
    found
}
