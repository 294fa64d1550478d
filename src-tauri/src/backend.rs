//! The engine behind the window, or why there is none. What kept it from opening may have been mended meanwhile, so
//! “Try again” opens it again.

use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use primer_engine::Engine;
use primer_engine::api::{ApiError, ErrorCode};
use primer_engine::bookshelf::BookSource;
use primer_engine::env::Env;
use primer_engine::rewriting;
use primer_engine::sync::schedule;
use tauri::AppHandle;

use crate::commands;
use crate::early::{self, Answers};
use crate::start::Page;
use crate::window;

/// The data folder being opened, on a thread of its own, while the toolkit gets ready.
pub struct Opening {
    data: Option<PathBuf>,
    book: BookSource,
    thread: JoinHandle<(Opened, Answers)>,
}

type Opened = Result<Arc<Engine>, ApiError>;

impl Opening {
    /// `page`: where the window will begin. Another window may be open on this data folder, as another program may at any
    /// time; what only one of them is to do waits for `at_work`.
    pub fn begin(data: Option<PathBuf>, book: BookSource, page: Page) -> Opening {
        let (folder, source) = (data.clone(), book.clone());
        let thread = thread::spawn(move || {
            let opened = open(folder.as_deref(), source);
            let answers =
                opened.as_ref().map_or_else(|_| Answers::new(), |engine| early::answers(engine, &page));
            (opened, answers)
        });
        Opening { data, book, thread }
    }

    pub fn finish(self) -> (Backend, Answers) {
        let (opened, answers) = self.thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        (Backend { data: self.data, book: self.book, opened: Mutex::new(opened) }, answers)
    }
}

/// What one window does for its data folder all the while.
pub fn at_work(app: &AppHandle, engine: &Arc<Engine>) {
    window::pass_on_news(app, Arc::clone(engine));
    commands::note_in_background(Arc::clone(engine));
    commands::tidy_in_background(Arc::clone(engine));
    // Without it everything is still there to be read, and synced by hand.
    if let Err(error) = schedule::start(Arc::clone(engine)) {
        eprintln!("primer: nothing is synced by itself: {error}");
    }
    if let Err(error) = rewriting::start(Arc::clone(engine)) {
        eprintln!("primer: nothing is rewritten by itself: {error}");
    }
}

pub struct Backend {
    data: Option<PathBuf>,
    book: BookSource,
    opened: Mutex<Opened>,
}

impl Backend {
    pub fn engine(&self) -> Opened {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The engine, opened now if it could not be opened before.
    pub fn engine_or_open(&self, app: &AppHandle) -> Opened {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.is_err() {
            *opened = open(self.data.as_deref(), self.book.clone());
            if let Ok(engine) = &*opened {
                at_work(app, engine);
            }
        }
        opened.clone()
    }
}

fn open(data: Option<&Path>, book: BookSource) -> Opened {
    let Some(data) = data else {
        return Err(ApiError::new(
            ErrorCode::DiskFailed,
            "This system names no folder for a program's data.",
            "Name one with the variable PRIMER_DATA and start Primer again.",
        ));
    };
    Ok(Arc::new(Engine::open(data, book, Env::of_this_computer())?))
}
