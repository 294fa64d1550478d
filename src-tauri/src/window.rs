//! The one window: its size and place, and how a second start raises it.

use std::path::Path;

use tauri::plugin::TauriPlugin;
use tauri::{App, AppHandle, Manager, Runtime, WebviewUrl, WebviewWindowBuilder};
use tauri_plugin_window_state::StateFlags;

const LABEL: &str = "main";

/// Set by `cargo xtask bench`, which times a start by the title that says what is on the screen.
const TRACE_TITLE: &str = "PRIMER_TRACE_TITLE";

/// Logical pixels.
const SIZE: (f64, f64) = (1280.0, 860.0);
const SIZE_MIN: (f64, f64) = (360.0, 420.0);

/// `chapter`: open there, not at the contents.
pub fn open(app: &mut App, data: Option<&Path>, chapter: Option<u32>) -> tauri::Result<()> {
    let page = match chapter {
        Some(number) => WebviewUrl::App(format!("index.html#/chapter/{number}").into()),
        None => WebviewUrl::default(),
    };
    let traced = std::env::var_os(TRACE_TITLE).is_some();
    let mut builder = WebviewWindowBuilder::new(app, LABEL, page)
        .title("Primer")
        // The page names what it shows, once it shows it.
        .on_document_title_changed(move |window, title| {
            if traced {
                println!("title: {title}");
            }
            if let Err(error) = window.set_title(&title) {
                eprintln!("The window could not be named: {error}.");
            }
        })
        .inner_size(SIZE.0, SIZE.1)
        .min_inner_size(SIZE_MIN.0, SIZE_MIN.1)
        // The book is text and pictures of this program only; nothing navigates the window away.
        .on_navigation(|url| matches!(url.scheme(), "tauri") || is_own_host(url));
    if let Some(data) = data {
        builder = builder.data_directory(data.join("webview"));
    }
    builder.build()?;
    Ok(())
}

/// Where Windows and the development server serve the window from.
fn is_own_host(url: &tauri::Url) -> bool {
    let host = url.host_str();
    host == Some("tauri.localhost") || (cfg!(debug_assertions) && host == Some("localhost"))
}

pub fn raise<R: Runtime>(app: &AppHandle<R>) {
    if let Some(window) = app.get_webview_window(LABEL) {
        for step in [window.unminimize(), window.show(), window.set_focus()] {
            if let Err(error) = step {
                eprintln!("The window could not be raised: {error}.");
            }
        }
    }
}

/// Keeps size, place and whether the window was maximised from one start to the next.
pub fn remembered<R: Runtime>() -> TauriPlugin<R> {
    let flags = StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED;
    tauri_plugin_window_state::Builder::default().with_state_flags(flags).build()
}
