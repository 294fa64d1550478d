//! The one window: its size and place, and how a second start raises it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use primer_engine::{Engine, log};
use tauri::async_runtime;
use tauri::plugin::TauriPlugin;
use tauri::{App, AppHandle, Manager, Runtime, WebviewUrl, WebviewWindowBuilder};
use tauri_plugin_window_state::StateFlags;

use crate::again;
use crate::handed;
use crate::page_process;
use crate::start::{Page, Start};

const LABEL: &str = "main";

/// What the window is called before its page says what it shows (`ui/index.html`).
const UNNAMED: &str = "Primer";

/// Set by `cargo xtask bench`, which times a start by the title that says what is on the screen.
const TRACE_TITLE: &str = "PRIMER_TRACE_TITLE";

/// Heard by `ui/watch.svelte.ts`.
const TELL_NEWS: &str = "window.dispatchEvent(new Event('primer:news'))";

/// Logical pixels.
const SIZE: (f64, f64) = (1280.0, 860.0);
const SIZE_MIN: (f64, f64) = (360.0, 420.0);

/// `data`: where a report goes if the page's process ends. `webview_data`: where the webview keeps its own things; none keeps
/// nothing. `script` runs before any of the page's own; `shown` is called once, when the page first names the window after
/// what is on the screen.
pub fn open(
    app: &mut App,
    data: Option<PathBuf>,
    webview_data: Option<PathBuf>,
    page: &Page,
    script: &str,
    shown: impl FnOnce() + Send + 'static,
) -> tauri::Result<()> {
    let address = match page {
        Page::Contents => WebviewUrl::default(),
        elsewhere => WebviewUrl::App(format!("index.html{}", elsewhere.hash()).into()),
    };
    let mut script = script.to_owned();
    match page {
        Page::Joining(file) => script.push_str(&handed::script(file)),
        Page::ChapterAgain(_) => script.push_str(&again::script()),
        Page::Contents | Page::Chapter(_) => {}
    }
    let traced = std::env::var_os(TRACE_TITLE).is_some();
    let shown = Mutex::new(Some(shown));
    let mut builder = WebviewWindowBuilder::new(app, LABEL, address)
        .title(UNNAMED)
        .initialization_script(script)
        // The page names what it shows, once it shows it.
        .on_document_title_changed(move |window, title| {
            if traced {
                println!("title: {title}");
            }
            if let Err(error) = window.set_title(&title) {
                log::warn("window_not_named").cause(&error).write();
            }
            // The page has a title of its own before it shows anything.
            if title != UNNAMED
                && let Some(shown) = shown.lock().unwrap_or_else(PoisonError::into_inner).take()
            {
                shown();
            }
        })
        .inner_size(SIZE.0, SIZE.1)
        .min_inner_size(SIZE_MIN.0, SIZE_MIN.1)
        // The book is text and pictures of this program only; nothing navigates the window away.
        .on_navigation(|url| matches!(url.scheme(), "tauri") || is_own_host(url));
    builder = match webview_data {
        Some(folder) => builder.data_directory(folder),
        // WebKit lets no test drive a window that keeps nothing.
        None => builder.incognito(std::env::var_os("TAURI_WEBVIEW_AUTOMATION").is_none()),
    };
    let window = builder.build()?;
    if let Some(data) = data {
        page_process::watch(&window, data)?;
    }
    Ok(())
}

/// Where Windows and the development server serve the window from.
fn is_own_host(url: &tauri::Url) -> bool {
    let host = url.host_str();
    host == Some("tauri.localhost") || (cfg!(debug_assertions) && host == Some("localhost"))
}

/// A second start on the same data folder and book raises the first window, and shows there what it was asked for.
pub fn single_instance<R: Runtime>(data: Option<&Path>, book: Option<&Path>) -> TauriPlugin<R> {
    // Other data is another reader's desk, another book another one on it: a window on it is no second instance.
    let mut hasher = DefaultHasher::new();
    for folder in [data, book] {
        folder
            .map(|folder| std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()))
            .hash(&mut hasher);
    }
    tauri_plugin_single_instance::Builder::new()
        .callback(|app, arguments, folder| {
            raise(app);
            show(app, &Start::of(arguments.into_iter().skip(1), Path::new(&folder)).page);
        })
        .dbus_id(format!("org.primer.desktop.data{:016x}", hasher.finish()))
        .build()
}

fn show<R: Runtime>(app: &AppHandle<R>, page: &Page) {
    let script = match page {
        // Whoever only starts Primer again wants it where it is.
        Page::Contents => return,
        Page::Chapter(_) | Page::ChapterAgain(_) => format!("location.hash = '{}'", page.hash()),
        Page::Joining(file) => handed::script_now(file),
    };
    if let Some(window) = app.get_webview_window(LABEL)
        && let Err(error) = window.eval(script)
    {
        log::warn("page_not_shown").cause(&error).write();
    }
}

/// Tells the page whenever how things stand has changed. What has, it asks for itself.
pub fn pass_on_news(app: &AppHandle, engine: Arc<Engine>) {
    let app = app.clone();
    async_runtime::spawn(async move {
        loop {
            engine.news().next().await;
            if let Some(window) = app.get_webview_window(LABEL)
                && let Err(error) = window.eval(TELL_NEWS)
            {
                log::warn("news_not_told").cause(&error).write();
            }
        }
    });
}

fn raise<R: Runtime>(app: &AppHandle<R>) {
    if let Some(window) = app.get_webview_window(LABEL) {
        for step in [window.unminimize(), window.show(), window.set_focus()] {
            if let Err(error) = step {
                log::warn("window_not_raised").cause(&error).write();
            }
        }
    }
}

/// Keeps size, place and whether the window was maximised from one start to the next.
pub fn remembered<R: Runtime>() -> TauriPlugin<R> {
    let flags = StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED;
    tauri_plugin_window_state::Builder::default().with_state_flags(flags).build()
}
