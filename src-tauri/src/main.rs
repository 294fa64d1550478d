//! The shell: one window around the engine. It wires, and decides nothing.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod commands;
mod failure;
mod pictures;
mod platform;
mod window;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use primer_engine::Engine;
use primer_engine::api::{ApiError, ErrorCode};
use primer_engine::bookshelf::BookSource;
use primer_engine::env::Env;
use primer_engine::folders::data_folder;
use tauri::Manager;

fn main() {
    platform::before_the_webview();
    if !platform::has_display() {
        failure::tell("there is no display");
    }
    let data = std::env::var_os("PRIMER_DATA").map(PathBuf::from).or_else(data_folder);
    let chapter = chapter_argument(std::env::args_os().skip(1));
    let built = tauri::Builder::default()
        .plugin(window::single_instance(data.as_deref()))
        .plugin(tauri_plugin_opener::init())
        .plugin(window::remembered())
        .register_uri_scheme_protocol("book", |context, request| {
            pictures::answer(context.app_handle(), &request)
        })
        .invoke_handler(tauri::generate_handler![commands::call])
        .setup(move |app| {
            // Only here is it certain that no other window is open on this data folder.
            let engine = open(data.as_deref());
            let webview_data =
                engine.is_ok().then(|| data.as_deref().map(|data| data.join("webview"))).flatten();
            match engine {
                Ok(engine) => {
                    let engine = Arc::new(engine);
                    app.manage(commands::Backend::Ready(Arc::clone(&engine)));
                    commands::tidy_in_background(engine);
                }
                // The window says what is wrong; a program that vanishes explains nothing.
                Err(error) => {
                    app.manage(commands::Backend::Broken(error));
                }
            }
            window::open(app, webview_data, chapter)?;
            Ok(())
        })
        .build(tauri::generate_context!());
    match built {
        Ok(app) => app.run(commands::on_event),
        Err(error) => failure::tell(&error.to_string()),
    }
}

fn open(data: Option<&std::path::Path>) -> Result<Engine, ApiError> {
    let Some(data) = data else {
        return Err(ApiError::new(
            ErrorCode::DiskFailed,
            "This system names no folder for a program's data.",
            "Name one with the variable PRIMER_DATA and start Primer again.",
        ));
    };
    let book = std::env::var_os("PRIMER_BOOK")
        .map_or(BookSource::Bundled, |folder| BookSource::Folder(folder.into()));
    Ok(Engine::open(data, book, Env::of_this_computer())?)
}

/// `primer-desktop --chapter 2` opens there: for a shortcut on the desktop. What is not understood is ignored, because
/// desktops pass arguments of their own.
fn chapter_argument(arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Option<u32> {
    let mut arguments = arguments.into_iter().map(Into::into);
    arguments.find(|argument| argument == "--chapter")?;
    arguments.next()?.to_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::chapter_argument;

    #[test]
    fn a_shortcut_can_name_a_chapter_and_nonsense_opens_the_contents() {
        assert_eq!(chapter_argument(["--chapter", "2"]), Some(2));
        assert_eq!(chapter_argument(["--chapter"]), None);
        assert_eq!(chapter_argument(["--chapter", "two"]), None);
        assert_eq!(chapter_argument(Vec::<String>::new()), None);
    }
}
