//! The shell: one window around the engine. It wires, and decides nothing.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod backend;
mod commands;
mod early;
mod failure;
mod pictures;
mod platform;
mod window;

use std::ffi::OsString;
use std::path::PathBuf;

use backend::Opening;
use primer_engine::folders::data_folder;
use tauri::Manager;

fn main() {
    platform::before_the_webview();
    if !platform::has_display() {
        failure::tell("there is no display");
    }
    let data = std::env::var_os("PRIMER_DATA").map(PathBuf::from).or_else(data_folder);
    let chapter = chapter_argument(std::env::args_os().skip(1));
    let opening = Opening::begin(data.clone(), chapter);
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
            let (backend, answers) = opening.finish();
            // Where there is no engine, the window says why; a program that vanishes explains nothing.
            let engine = backend.engine();
            app.manage(backend);
            let webview_data = data.as_deref().filter(|_| engine.is_ok()).map(|data| data.join("webview"));
            // What only follows a start must not take its time.
            let shown = move || {
                if let Ok(engine) = &engine {
                    backend::at_work(engine);
                }
            };
            window::open(app, webview_data, chapter, &early::script(&answers), shown)?;
            Ok(())
        })
        .build(tauri::generate_context!());
    match built {
        Ok(app) => app.run(commands::on_event),
        Err(error) => failure::tell(&error.to_string()),
    }
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
