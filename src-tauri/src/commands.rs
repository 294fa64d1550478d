//! The window's one command, handed to the engine on a thread that may wait.

use std::sync::Arc;

use primer_engine::Engine;
use primer_engine::api::{ApiError, Beginning, ErrorCode, dispatch, needs_no_engine};
use primer_engine::log;
use serde_json::Value;
use tauri::{AppHandle, Manager, RunEvent, Runtime};

use crate::again::Again;
use crate::backend::Backend;

#[tauri::command]
pub async fn call(app: AppHandle, name: String, request: Value) -> Result<Value, ApiError> {
    let opens = name == "open_chapter";
    let begins_again = name == "open_newer_book";
    let task_app = app.clone();
    let answer = tauri::async_runtime::spawn_blocking(move || {
        let backend = task_app.state::<Backend>();
        if needs_no_engine(&name) {
            return backend.answer_closed(&name, request);
        }
        // A page that begins anew may find mended what was wrong.
        if name == "startup" {
            return backend.answer_startup(&task_app, request);
        }
        dispatch(&*backend.engine()?, &name, request)
    });
    let answer = answer.await;
    // After the answer, so that reading never waits for a note of when it was read.
    if opens && let Ok(engine) = app.state::<Backend>().engine() {
        note_in_background(Arc::clone(&engine));
        back_up_in_background(engine);
    }
    if begins_again
        && let Ok(Ok(beginning)) = &answer
        && let Ok(beginning) = serde_json::from_value::<Beginning>(beginning.clone())
    {
        app.state::<Again>().begin(&app, &beginning)?;
    }
    answer.unwrap_or_else(|error| {
        log::error("command_stumbled").write();
        Err(ApiError::new(
            ErrorCode::Internal,
            format!("Primer stumbled over this: {error}."),
            "Try again; if it stays, start Primer again and report this sentence.",
        ))
    })
}

/// Writes down when chapters were last opened.
pub fn note_in_background(engine: Arc<Engine>) {
    in_background(engine, "notes_not_written", Engine::write_down_notes);
}

/// Makes the backup of the day. A window may stand open for many days, so every chapter that is opened asks for it.
pub fn back_up_in_background(engine: Arc<Engine>) {
    // What goes wrong is in the log already.
    tauri::async_runtime::spawn_blocking(move || engine.back_up_daily());
}

/// Compares the stored texts with their rows after the start, in nobody's way, if there may be something to put in order.
pub fn tidy_in_background(engine: Arc<Engine>) {
    in_background(engine, "not_tidied", |engine| engine.tidy_if_due().map(|_| ()));
}

/// Removes installers that have done their work, and looks for a newer Primer if somebody wished that.
pub fn look_for_update_in_background(engine: Arc<Engine>) {
    in_background(Arc::clone(&engine), "installers_not_removed", Engine::tidy_updates);
    in_background(engine, "no_look_for_update", Engine::look_for_update_if_due);
}

fn in_background<E: std::error::Error + 'static>(
    engine: Arc<Engine>,
    failed: &'static str,
    work: impl FnOnce(&Engine) -> Result<(), E> + Send + 'static,
) {
    tauri::async_runtime::spawn_blocking(move || {
        if let Err(error) = work(&engine) {
            log::warn(failed).cause(&error).write();
        }
    });
}

pub fn on_event<R: Runtime>(app: &AppHandle<R>, event: RunEvent) {
    if let RunEvent::Exit = event {
        if let Ok(engine) = app.state::<Backend>().engine()
            && let Err(error) = engine.write_down_notes().and_then(|()| engine.note_good_end())
        {
            log::warn("notes_not_written").cause(&error).write();
        }
        app.state::<Again>().follow(app);
    }
}
