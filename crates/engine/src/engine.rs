//! A data folder and a book, opened.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use primer_domain::publish::Edition;
use primer_domain::timestamp::Timestamp;
use thiserror::Error;

use crate::backups::Backups;
use crate::blobs::{BlobError, Blobs};
use crate::bookshelf::{BookError, BookSource, Bookshelf};
use crate::cache::Notes;
use crate::editions::Editions;
use crate::env::Env;
use crate::installed::{Opened, open_newest};
use crate::news::News;
use crate::reading::Flights;
use crate::rendered::RenderedPages;
use crate::rewriting::{self, Claims};
use crate::secrets::Secrets;
use crate::store::{Store, StoreError};
use crate::sync::Desk;
use crate::updates;

#[derive(Debug, Error)]
pub enum OpenError {
    #[error("the data folder {} can't be made", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Blobs(#[from] BlobError),
    #[error(transparent)]
    Book(#[from] BookError),
}

pub struct Engine {
    pub(crate) env: Env,
    pub(crate) data: PathBuf,
    pub(crate) store: Store,
    pub(crate) blobs: Blobs,
    pub(crate) shelf: Bookshelf,
    /// An edition that this program found damaged when it opened the book.
    pub(crate) forgotten: Option<Edition>,
    pub(crate) editions: Editions,
    pub(crate) pages: RenderedPages,
    pub(crate) flights: Flights,
    /// Apart from the visits: reading does not wait for a model.
    pub(crate) claims: Claims,
    pub(crate) notes: Mutex<Notes>,
    pub(crate) secrets: Secrets,
    pub(crate) desk: Desk,
    pub(crate) rewriting_desk: rewriting::Desk,
    pub(crate) updates: updates::Desk,
    /// The daily one, when it was last tried.
    pub(crate) backup_failed_at: Mutex<Option<Timestamp>>,
    pub(crate) news: News,
}

impl Engine {
    /// `book`: the one that came with the program, or a folder that somebody names. A newer edition of it that a sync has
    /// fetched opens in its place.
    pub fn open(data: &Path, book: BookSource, env: Env) -> Result<Engine, OpenError> {
        fs::create_dir_all(data).map_err(|source| OpenError::Folder { path: data.to_owned(), source })?;
        Backups::of(data).refuse_emptied()?;
        let store = Store::open(data)?.with_mishaps(env.mishaps());
        let blobs = Blobs::open(data)?.with_mishaps(env.mishaps());
        let editions = Editions::in_folder(data, env.mishaps());
        let Opened { shelf, forgotten } = open_newest(&store, &editions, book)?;
        let secrets = Secrets::open(data, env.uses_keychain());
        let news = News::default();
        Ok(Engine {
            env,
            data: data.to_owned(),
            store,
            blobs,
            shelf,
            forgotten,
            editions,
            pages: RenderedPages::new(data),
            flights: Flights::default(),
            claims: Claims::in_folder(data),
            notes: Mutex::new(Notes::default()),
            secrets,
            desk: Desk::telling(news.clone()),
            rewriting_desk: rewriting::Desk::telling(news.clone()),
            updates: updates::Desk::telling(news.clone()),
            backup_failed_at: Mutex::default(),
            news,
        })
    }

    pub fn shelf(&self) -> &Bookshelf {
        &self.shelf
    }

    /// What is being synced, and the bell that starts a sync.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// That how things stand has changed, for the window.
    pub fn news(&self) -> &News {
        &self.news
    }

    pub fn env(&self) -> &Env {
        &self.env
    }
}
