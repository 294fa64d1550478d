//! The engine behind the window, or why there is none. What kept it from opening may have been mended meanwhile, so
//! “Try again” opens it again.

use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};

use primer_engine::Engine;
use primer_engine::api::{ApiError, ErrorCode, dispatch, dispatch_closed};
use primer_engine::bookshelf::BookSource;
use primer_engine::data_folder::DataFolder;
use primer_engine::env::Env;
use primer_engine::log;
use primer_engine::rewriting;
use primer_engine::sync::schedule;
use serde_json::Value;
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
    /// time; what only one of them is to do waits for `begin_work`.
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
        let standing = Mutex::new(Standing { opened, at_work: false });
        let backend = Backend {
            data: self.data,
            book: self.book,
            env: Env::of_this_computer(),
            web_engine: OnceLock::new(),
            standing,
        };
        (backend, answers)
    }
}

/// What one window does for its data folder all the while.
fn work(app: &AppHandle, engine: &Arc<Engine>) {
    window::pass_on_news(app, Arc::clone(engine));
    commands::note_in_background(Arc::clone(engine));
    commands::tidy_in_background(Arc::clone(engine));
    commands::back_up_in_background(Arc::clone(engine));
    commands::look_for_update_in_background(Arc::clone(engine));
    // Without it everything is still there to be read, and synced by hand.
    if let Err(error) = schedule::start(Arc::clone(engine)) {
        log::error("syncing_not_started").cause(&error).write();
    }
    if let Err(error) = rewriting::start(Arc::clone(engine)) {
        log::error("rewriting_not_started").cause(&error).write();
    }
}

pub struct Backend {
    data: Option<PathBuf>,
    book: BookSource,
    env: Env,
    web_engine: OnceLock<String>,
    standing: Mutex<Standing>,
}

struct Standing {
    opened: Opened,
    /// It syncs, rewrites and tidies, and so can't be closed before the program ends.
    at_work: bool,
}

impl Backend {
    pub fn engine(&self) -> Opened {
        self.standing().opened.clone()
    }

    /// Answers the first command of a page, with an engine that is opened now if it could not be opened before.
    pub fn answer_startup(&self, app: &AppHandle, request: Value) -> Result<Value, ApiError> {
        let mut standing = self.standing();
        let reopened = standing.opened.is_err();
        if reopened {
            standing.opened = open(self.data.as_deref(), self.book.clone());
        }
        let answer = dispatch(&*standing.opened.clone()?, "startup", request);
        match &answer {
            Ok(_) if reopened => standing.begin_work(app),
            // Closed again, so that its database can be exchanged.
            Err(error) if error.code == ErrorCode::DatabaseDamaged && !standing.at_work => {
                standing.opened = Err(error.clone());
            }
            _ => {}
        }
        answer
    }

    /// Begins what a window does all the while, if there is an engine that has not begun.
    pub fn begin_work(&self, app: &AppHandle) {
        self.standing().begin_work(app);
    }

    /// What is asked for when there may be no engine.
    pub fn answer_closed(&self, name: &str, request: Value) -> Result<Value, ApiError> {
        let opened = self.engine();
        let path = self.data.as_deref().ok_or_else(no_folder)?;
        let web_engine = self.web_engine.get_or_init(web_engine);
        let folder = DataFolder {
            path,
            env: &self.env,
            program: "the window",
            web_engine: Some(web_engine),
            opened: opened.as_deref(),
        };
        dispatch_closed(&folder, name, request)
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Standing {
    fn begin_work(&mut self, app: &AppHandle) {
        if let Ok(engine) = &self.opened
            && !self.at_work
        {
            self.at_work = true;
            log::info("window_opened").with("version", env!("CARGO_PKG_VERSION")).write();
            work(app, engine);
        }
    }
}

fn open(data: Option<&Path>, book: BookSource) -> Opened {
    let data = data.ok_or_else(no_folder)?;
    let opened = Engine::open(data, book, Env::of_this_computer()).map_err(|error| {
        log::error("not_opened").cause(&error).write();
        ApiError::from(error)
    });
    opened.inspect_err(|error| error.log("open")).map(Arc::new)
}

fn web_engine() -> String {
    let name = if cfg!(target_os = "linux") { "WebKitGTK" } else { "the system's" };
    tauri::webview_version().map_or_else(|_| "unknown".to_owned(), |version| format!("{name} {version}"))
}

fn no_folder() -> ApiError {
    ApiError::new(
        ErrorCode::DiskFailed,
        "This system names no folder for a program's data.",
        "Name one with the variable PRIMER_DATA and start Primer again.",
    )
}
