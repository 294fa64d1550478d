//! The shell: one window around the engine. It wires, and decides nothing.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod again;
mod backend;
mod commands;
mod early;
mod failure;
mod handed;
mod left;
mod page_process;
mod pictures;
mod platform;
mod start;
mod window;

use std::path::PathBuf;

use again::Again;
use backend::{Backend, Opening};
use primer_engine::bookshelf::BookSource;
use primer_engine::env::Env;
use primer_engine::folders::data_folder;
use primer_engine::{crashes, log};
use start::Start;
use tauri::Manager;

fn main() {
    platform::before_the_webview();
    if !platform::has_display() {
        failure::tell("there is no display");
    }
    let data = std::env::var_os("PRIMER_DATA").map(PathBuf::from).or_else(data_folder);
    if let Some(data) = &data {
        let clock = Env::of_this_computer().clock();
        log::begin(data, clock.clone());
        crashes::watch(data, "primer-desktop", clock);
    }
    let here = std::env::current_dir().unwrap_or_default();
    let Start { page, book } = Start::of(std::env::args_os().skip(1), &here);
    let again = Again::new(book.clone());
    let book = book.or_else(|| std::env::var_os("PRIMER_BOOK").map(PathBuf::from));
    let single_instance = window::single_instance(data.as_deref(), book.as_deref());
    let source = book.map_or(BookSource::Bundled, BookSource::Folder);
    let opening = Opening::begin(data.clone(), source, page.clone());
    let built = tauri::Builder::default()
        .plugin(single_instance)
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
            let opened = backend.engine().is_ok();
            app.manage(backend);
            app.manage(again);
            let reports = data.clone();
            let webview_data = data.as_deref().filter(|_| opened).map(|data| data.join("webview"));
            // What only follows a start must not take its time.
            let handle = app.handle().clone();
            let shown = move || handle.state::<Backend>().begin_work(&handle);
            window::open(app, reports, webview_data, &page, &early::script(&answers), shown)?;
            Ok(())
        })
        .build(tauri::generate_context!());
    match built {
        Ok(app) => app.run(commands::on_event),
        Err(error) => failure::tell(&error.to_string()),
    }
}
