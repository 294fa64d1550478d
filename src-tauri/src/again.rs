//! The program started again by itself, when its reader wants the newer edition of the book that is here: it ends in order,
//! as when its window is closed, and begins where its reader was.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use primer_engine::api::{ApiError, Beginning, ErrorCode};
use primer_engine::log;
use serde_json::Value;
use tauri::{AppHandle, Manager, Runtime};

use crate::left;
use crate::start::{Page, Start};

/// Where the page finds that it is one (`ui/model/again.ts`).
const PLACE: &str = "__PRIMER_AGAIN__";

/// Tells the page that its reader goes on in it where they were.
pub fn script() -> String {
    left::script(PLACE, &Value::Bool(true))
}

/// Whether the end of this program is to be the start of another, and of which.
pub struct Again {
    /// The book that this one was told to read.
    book: Option<PathBuf>,
    wanted: Mutex<Option<Start>>,
}

impl Again {
    pub fn new(book: Option<PathBuf>) -> Again {
        Again { book, wanted: Mutex::default() }
    }

    /// Ends the program so that it starts again. Refuses where it can't be started, for then nobody would have a window.
    pub fn begin<R: Runtime>(&self, app: &AppHandle<R>, beginning: &Beginning) -> Result<(), ApiError> {
        let is_there = tauri::process::current_binary(&app.env()).is_ok_and(|program| program.is_file());
        if !is_there {
            return Err(ApiError::new(
                ErrorCode::Internal,
                "Primer can't start itself again here.",
                "Close Primer and open it again; the newer edition opens then.",
            ));
        }
        let page = beginning.chapter_id.map_or(Page::Contents, Page::ChapterAgain);
        *self.wanted() = Some(Start { page, book: self.book.clone() });
        app.exit(0);
        Ok(())
    }

    /// Once everything is written down: never returns if another start is wanted.
    pub fn follow<R: Runtime>(&self, app: &AppHandle<R>) {
        let Some(start) = self.wanted().take() else { return };
        log::info("started_again").write();
        let mut environment = app.env();
        environment.args_os.truncate(1);
        environment.args_os.extend(start.arguments());
        // The new one would else take this one for the window that is open already.
        app.cleanup_before_exit();
        tauri::process::restart(&environment);
    }

    fn wanted(&self) -> MutexGuard<'_, Option<Start>> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
