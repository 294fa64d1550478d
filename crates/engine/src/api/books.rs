//! The commands about books: publishing one, which editions there are, and opening a newer one that is here.

use std::path::{Path, PathBuf};

use primer_domain::ids::{ChapterId, UserId};
use primer_domain::publish::{Edition, Order, order};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::error::{ApiError, ErrorCode, sentence, with_causes};
use super::network::network_runtime;
use super::remotes::{existing_remote, name};
use crate::Engine;
use crate::bookshelf::BookSource;
use crate::env::Env;
use crate::publishing::{Manuscript, Publication, PublishError, Wish};
use crate::remote::{Credentials, Location, Remote};
use crate::secrets::Secret;
use crate::store::books::{self, Published};
use crate::store::remotes::RemoteRow;
use crate::store::users;
use crate::sync::keys;

/// So many books are read of one remote.
const BOOKS_MAX: usize = 100;

/// Where a book, or an update of the program, is published to.
pub enum Place<'a> {
    /// Of a reader on this computer.
    Known { engine: &'a Engine, remote_id: String },
    /// For this once.
    Named {
        env: &'a Env,
        location: Location,
        secret_access_key: Option<String>,
        session_token: Option<String>,
    },
}

impl Place<'_> {
    /// Makes no request.
    pub(super) fn open(&self) -> Result<(Remote, &Env), ApiError> {
        Ok(match self {
            Place::Known { engine, remote_id } => {
                (engine.connect(&existing_remote(engine, remote_id)?)??, &engine.env)
            }
            Place::Named { env, location, secret_access_key, session_token } => {
                let credentials = secret_access_key.as_ref().map(|secret| Credentials {
                    secret_access_key: Secret::new(secret.clone()),
                    session_token: session_token.clone().map(Secret::new),
                });
                (Remote::connect(location, credentials, env.clock())?, *env)
            }
        })
    }
}

/// `found` is told every error of the book, a line each.
pub fn publish(
    folder: &Path,
    place: &Place<'_>,
    wish: Wish,
    found: impl FnOnce(&[String]),
) -> Result<Publication, ApiError> {
    let failed = |error: PublishError| match error {
        PublishError::Remote(error) => ApiError::from(error),
        error => {
            let message = match &error {
                PublishError::File { .. } => with_causes(&error),
                error => error.to_string(),
            };
            ApiError::new(ErrorCode::BookInvalid, sentence(&message), error.next_step())
        }
    };
    let manuscript = Manuscript::read(folder).map_err(|error| {
        found(&error.findings());
        failed(error)
    })?;
    let (remote, env) = place.open()?;
    network_runtime()?.block_on(manuscript.publish(&remote, env.now(), wish)).map_err(failed)
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BooksView {
    pub open: OpenBook,
    /// An edition that opens at the next start.
    pub waiting: Option<EditionView>,
    pub published: Vec<PublishedView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenBook {
    pub book_id: String,
    pub title: String,
    pub came: Came,
    pub chapters: Vec<ChapterVersionView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Came {
    WithProgram,
    Folder { path: PathBuf },
    Published { edition: u32 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ChapterVersionView {
    pub chapter_id: u32,
    pub version: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EditionView {
    pub title: String,
    pub edition: u32,
    pub published_at: String,
    pub len_bytes: u64,
    pub chapters: Vec<ChapterVersionView>,
}

/// A book that is published in a remote, as far as that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublishedView {
    pub remote_id: String,
    pub remote: String,
    pub book_id: String,
    /// None where it can't be read.
    pub edition: Option<EditionView>,
    pub standing: Standing,
    /// Why it is not installed, in a sentence.
    pub trouble: Option<String>,
}

/// A published edition beside the newest one of the same book that is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Newer,
    Same,
    Older,
    /// Each has a chapter that is newer than the other's.
    Apart,
    /// This computer reads another book.
    OtherBook,
    Unreadable,
}

impl EditionView {
    fn of(edition: &Edition) -> EditionView {
        let chapters = edition.versions();
        EditionView {
            title: edition.title.clone(),
            edition: edition.number,
            published_at: edition.published_at.to_string(),
            len_bytes: edition.len_bytes(),
            chapters: chapters
                .into_iter()
                .map(|(id, version)| ChapterVersionView { chapter_id: id.0, version: version.0 })
                .collect(),
        }
    }
}

/// What a reader is told whose text is from a newer book than the open one.
pub(super) struct NewerBookWords {
    pub detail: &'static str,
    pub hint: &'static str,
}

const IS_HERE: NewerBookWords = NewerBookWords {
    detail: "This text was written from a newer edition of the book. It opens as it is; the newer edition is here and opens when you start Primer again.",
    hint: "The newer edition is here: it opens when you start Primer again.",
};
const CAN_BE_FETCHED: NewerBookWords = NewerBookWords {
    detail: "This text was written from a newer edition of the book than the one installed here. It opens as it is; “Sync now” fetches the newer edition, if it is published where you sync.",
    hint: "“Sync now” fetches the newer edition, if it is published where you sync.",
};
const COMES_WITH_PROGRAM: NewerBookWords = NewerBookWords {
    detail: "This text was written from a newer edition of the book than the one installed here. It opens as it is; the newer edition comes with an update of Primer.",
    hint: "The newer edition comes with an update of Primer, or is published where your course syncs.",
};

impl Engine {
    pub(super) fn newer_book_words(&self, user: UserId) -> Result<NewerBookWords, ApiError> {
        Ok(if self.waiting_edition()?.is_some() {
            IS_HERE
        } else if self.remotes(user)?.is_empty() {
            COMES_WITH_PROGRAM
        } else {
            CAN_BE_FETCHED
        })
    }

    /// What there is to say about the book beside how sync stands.
    pub(super) fn book_words(&self, rows: &[RemoteRow]) -> Result<Option<String>, ApiError> {
        if self.waiting_edition()?.is_some() {
            let words = "A newer edition of the book is here. It opens when you start Primer again.";
            return Ok(Some(words.to_owned()));
        }
        let book_id = &self.shelf.book.id;
        for row in rows {
            let known = self.store.read(|connection| books::published(connection, row.id, book_id))?;
            if let Some(judged) = known.and_then(|known| known.judged) {
                let words = format!(
                    "A newer edition of the book is published and can't be used, so the one you have stays: {}",
                    judged.why
                );
                return Ok(Some(words));
            }
        }
        Ok(self.forgotten.as_ref().map(|edition| {
            let next_step = if rows.is_empty() {
                "Sync with the place where it is published, and it is fetched again."
            } else {
                "A sync fetches it again."
            };
            let number = edition.number;
            format!("Edition {number} of the book is damaged on this computer, so an older one is open. {next_step}")
        }))
    }
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct OpenNewerBook {
    /// That its reader has open; none in any other room.
    pub chapter_id: Option<u32>,
}

/// Where the program is to begin when it is started again.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Beginning {
    pub chapter_id: Option<u32>,
}

/// Says where to begin with the newer edition that is here. Whoever asks starts the program again: a running one keeps the
/// book that it opened, so that no answer is half of one edition and half of another.
pub fn open_newer(engine: &Engine, request: OpenNewerBook) -> Result<Beginning, ApiError> {
    let Some(edition) = engine.waiting_edition()? else {
        return Err(ApiError::new(
            ErrorCode::BookNotNewer,
            "The book that is open is the newest edition here.",
            "Read on; there is nothing to open.",
        ));
    };
    let is_in_it = |id: &u32| edition.chapters.contains_key(&ChapterId(*id));
    Ok(Beginning { chapter_id: request.chapter_id.filter(is_in_it) })
}

/// What is known without asking anybody.
pub fn list(engine: &Engine) -> Result<BooksView, ApiError> {
    let shelf = engine.shelf();
    let mut published = Vec::new();
    for user in engine.store.read(users::list)? {
        for row in engine.remotes(user.id)? {
            for (book_id, known) in engine.store.read(|c| books::published_in(c, row.id))? {
                published.extend(published_view(engine, &book_id, known)?.map(|view| PublishedView {
                    remote_id: row.id.to_string(),
                    remote: name(&row.location),
                    ..view
                }));
            }
        }
    }
    Ok(BooksView {
        open: OpenBook {
            book_id: shelf.book.id.clone(),
            title: shelf.book.title.clone(),
            came: match shelf.source() {
                BookSource::Bundled => Came::WithProgram,
                BookSource::Folder(path) => Came::Folder { path: path.clone() },
                BookSource::Edition(files) => Came::Published { edition: files.edition.number },
            },
            chapters: shelf
                .book
                .chapters
                .iter()
                .map(|chapter| ChapterVersionView { chapter_id: chapter.id.0, version: chapter.version.0 })
                .collect(),
        },
        waiting: engine.waiting_edition()?.as_ref().map(EditionView::of),
        published,
    })
}

/// None where none is there.
fn published_view(
    engine: &Engine,
    book_id: &str,
    known: Published,
) -> Result<Option<PublishedView>, ApiError> {
    if known.etag.is_none() {
        return Ok(None);
    }
    let edition = known.body.and_then(|body| Edition::parse(&body, book_id).ok());
    let standing = match &edition {
        None => Standing::Unreadable,
        Some(_) if book_id != engine.shelf.book.id => Standing::OtherBook,
        Some(edition) => match order(&edition.versions(), &engine.newest_versions()?) {
            Order::Newer => Standing::Newer,
            Order::Same => Standing::Same,
            Order::Older => Standing::Older,
            Order::Apart => Standing::Apart,
        },
    };
    Ok(Some(PublishedView {
        remote_id: String::new(),
        remote: String::new(),
        book_id: book_id.to_owned(),
        edition: edition.as_ref().map(EditionView::of),
        standing,
        trouble: known.judged.map(|judged| judged.why),
    }))
}

/// Asks a remote which books are published there, and remembers it.
pub fn look(engine: &Engine, remote_id: &str) -> Result<(), ApiError> {
    let row = existing_remote(engine, remote_id)?;
    let remote = engine.connect(&row)??;
    let found = network_runtime()?.block_on(async {
        let listed = remote.list(keys::BOOKS).await?;
        let mut found = Vec::new();
        for book_id in listed.iter().filter_map(|object| keys::book_of(&object.key)).take(BOOKS_MAX) {
            let object =
                remote.get(&keys::book_index(book_id), primer_domain::publish::EDITION_LEN_MAX).await?;
            found.extend(object.map(|object| (book_id.to_owned(), object)));
        }
        Ok::<_, crate::remote::RemoteError>(found)
    })?;
    let looked_at = engine.env.now();
    engine.store.write(|tx| {
        for (book_id, object) in found {
            let before = books::published(tx, row.id, &book_id)?;
            // What is known of it already, also why it is not installed, stays.
            if before.is_some_and(|before| before.etag.as_ref() == Some(&object.etag)) {
                continue;
            }
            let body = Edition::parse(&object.bytes, &book_id).is_ok().then_some(object.bytes);
            let published = Published { looked_at, etag: Some(object.etag), body, judged: None };
            books::save_published(tx, row.id, &book_id, &published)?;
        }
        Ok(())
    })?;
    Ok(())
}
