//! The window's one command, handed to the engine on a thread that may wait.

use std::sync::Arc;

use primer_engine::Engine;
use primer_engine::api::{ApiError, ErrorCode, dispatch};
use serde_json::Value;
use tauri::{AppHandle, Manager, RunEvent, Runtime, State};

/// The engine, or why there is none: then every command answers with that.
pub enum Backend {
    Ready(Arc<Engine>),
    Broken(ApiError),
}

#[tauri::command]
pub async fn call(backend: State<'_, Backend>, name: String, request: Value) -> Result<Value, ApiError> {
    let engine = match backend.inner() {
        Backend::Ready(engine) => Arc::clone(engine),
        Backend::Broken(error) => return Err(error.clone()),
    };
    let opens = name == "open_chapter";
    let task_engine = Arc::clone(&engine);
    let answer = tauri::async_runtime::spawn_blocking(move || dispatch(&task_engine, &name, request)).await;
    if opens {
        // After the answer, so that reading never waits for a note of when it was read.
        in_background(engine, Engine::write_down_notes);
    }
    answer.unwrap_or_else(|error| {
        Err(ApiError::new(
            ErrorCode::Internal,
            format!("Primer stumbled over this: {error}."),
            "Try again; if it stays, start Primer again and report this sentence.",
        ))
    })
}

/// Compares the stored texts with their rows once at the start, in nobody's way.
pub fn tidy_in_background(engine: Arc<Engine>) {
    in_background(engine, |engine| engine.tidy().map(|_| ()));
}

fn in_background<E: std::fmt::Display>(
    engine: Arc<Engine>,
    work: impl FnOnce(&Engine) -> Result<(), E> + Send + 'static,
) {
    tauri::async_runtime::spawn_blocking(move || {
        if let Err(error) = work(&engine) {
            eprintln!("primer: {error}");
        }
    });
}

pub fn on_event<R: Runtime>(app: &AppHandle<R>, event: RunEvent) {
    if let RunEvent::Exit = event
        && let Backend::Ready(engine) = app.state::<Backend>().inner()
        && let Err(error) = engine.write_down_notes()
    {
        eprintln!("primer: {error}");
    }
}
