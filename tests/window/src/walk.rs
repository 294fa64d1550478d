//! Walks the app through first start and the first chapter, leaving numbered pictures in the folder that is named.

use std::path::PathBuf;
use std::process::ExitCode;

use primer_window_tests::{BEGINNER, Home, Pictures};

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("Name the folder for the pictures.");
        return ExitCode::FAILURE;
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(walk(&Pictures::in_folder(&folder), &folder)),
        Err(error) => {
            eprintln!("The walk could not begin: {error}.");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

async fn walk(pictures: &Pictures, folder: &std::path::Path) {
    let home = Home::with_book_of_environment();
    let window = home.open().await;
    window.first_start("Amina", &BEGINNER, Some(pictures)).await;
    pictures.take(&window, "05-contents").await;
    window.click("[data-test=chapter-1]").await;
    window.chapter_stands(1).await;
    pictures.take(&window, "06-chapter").await;
    window.scroll_to(0.4).await;
    pictures.take(&window, "07-chapter-further").await;
    window.close().await;
    for name in [
        "01-title-page",
        "02-skills",
        "03-robots",
        "04-goals",
        "05-contents",
        "06-chapter",
        "07-chapter-further",
    ] {
        println!("{}", folder.join(format!("{name}.png")).display());
    }
}
