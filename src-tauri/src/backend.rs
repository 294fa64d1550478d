//! The engine behind the window, or why there is none. What kept it from opening may have been mended meanwhile, so
//! “Try again” opens it again.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use primer_engine::Engine;
use primer_engine::api::{ApiError, ErrorCode};
use primer_engine::bookshelf::BookSource;
use primer_engine::env::Env;
use primer_engine::sync::schedule;

use crate::commands;

pub struct Backend {
    data: Option<PathBuf>,
    opened: Mutex<Result<Arc<Engine>, ApiError>>,
}

impl Backend {
    /// Opens the data folder. Only for a program that is certain to be the only window on it.
    pub fn open(data: Option<PathBuf>) -> Backend {
        let opened = Mutex::new(open(data.as_deref()));
        Backend { data, opened }
    }

    pub fn engine(&self) -> Result<Arc<Engine>, ApiError> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The engine, opened now if it could not be opened before.
    pub fn engine_or_open(&self) -> Result<Arc<Engine>, ApiError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.is_err() {
            *opened = open(self.data.as_deref());
        }
        opened.clone()
    }
}

fn open(data: Option<&Path>) -> Result<Arc<Engine>, ApiError> {
    let Some(data) = data else {
        return Err(ApiError::new(
            ErrorCode::DiskFailed,
            "This system names no folder for a program's data.",
            "Name one with the variable PRIMER_DATA and start Primer again.",
        ));
    };
    let book = std::env::var_os("PRIMER_BOOK")
        .map_or(BookSource::Bundled, |folder| BookSource::Folder(folder.into()));
    let engine = Arc::new(Engine::open(data, book, Env::of_this_computer())?);
    commands::tidy_in_background(Arc::clone(&engine));
    // Without it everything is still there to be read, and synced by hand.
    if let Err(error) = schedule::start(Arc::clone(&engine)) {
        eprintln!("primer: nothing is synced by itself: {error}");
    }
    Ok(engine)
}
