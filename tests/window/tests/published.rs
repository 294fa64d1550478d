//! A teacher publishes a second edition of the book while a window stands open on the first.

use std::fs;
use std::path::{Path, PathBuf};

use primer_window_tests::{BEGINNER, Home, Window, artifacts, primer};
use serde_json::Value;

const TEXT: &str = "[data-test=article]";
const OFFER: &str = "[data-test=newer-book]";

/// What the teacher puts before everything else in the chapter.
const ADDED: &str = "A paragraph that only the second edition has.";

pub async fn a_newer_edition_that_a_sync_brought_is_opened_at_once_when_its_reader_says_so_and_not_before() {
    let (home, teacher, pictures) = (Home::new(), Home::new(), artifacts());
    let (stick, book) = (teacher.data().join("stick"), teacher.data().join("book"));
    fs::create_dir(&stick).expect("a folder can be made");
    let mut window = home.open().await;
    window.first_start("Noor", &BEGINNER, None).await;
    primer(&home, &["remote", "add", "folder", text(&stick)]);
    primer(&home, &["sync"]);
    for chapter in [3, 2] {
        window.open_chapter(chapter).await;
    }

    revise(&book, &[2, 3]);
    let published = primer(&teacher, &["book", "publish", text(&book), "folder", text(&stick)]);
    assert_eq!(published["edition"], 1, "{published}");
    window.you().await;
    window.click("[data-test=sync-now]").await;
    window.see(OFFER).await;
    let hint = window.text("[data-test=sync-section] .hint").await;
    assert!(hint.contains("A newer edition of the book is here"), "{hint}");
    window.bring_to_middle(OFFER).await;
    pictures.take(&window, "90-newer-book-you").await;
    window.look_at_large_and_dark(&pictures, OFFER, "90-newer-book-you").await;
    window.contents().await;
    window.see(OFFER).await;
    pictures.take(&window, "91-newer-book-contents").await;
    window.look_at_large_and_dark(&pictures, OFFER, "91-newer-book-contents").await;

    // Nothing changes by itself: the chapter is as it was, and is read on.
    window.open_chapter(2).await;
    assert!(!window.text(TEXT).await.contains(ADDED));
    window.scroll_to(0.6).await;
    let place = place(&window).await;
    assert!(place.as_str().is_some_and(|id| !id.is_empty()), "{place}");
    window.see(OFFER).await;
    pictures.take(&window, "92-newer-book-chapter").await;
    window.look_at_large_and_dark(&pictures, OFFER, "92-newer-book-chapter").await;
    window.scroll_to(0.6).await;
    // The command line opens the newest edition that is here.
    for chapter in [1, 2] {
        assert_eq!(primer(&home, &["chapter", "list"])[chapter]["state"], "stale_source");
    }

    window.started_again_by(async |window: &Window| window.click("[data-test=open-newer-book]").await).await;
    window.chapter_stands(2).await;
    assert!(window.text(TEXT).await.contains(ADDED), "the chapter of the second edition");
    window.come_true("its reader is where they were", &format!("return ({PLACE})() === {place}")).await;
    window.see_no_more(OFFER).await;
    pictures.take(&window, "93-newer-book-opened").await;
    window.contents().await;
    assert_eq!(window.states().await[..3], ["missing", "fresh", "stale_source"]);
    window.see_no_more(OFFER).await;

    // It was an end in order, not a crash, and so is this.
    window.see_no_more("[data-test=crash-offer]").await;
    window.close().await;
    let window = home.open().await;
    window.contents().await;
    window.see_no_more(OFFER).await;
    window.close().await;
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path that is text")
}

/// The book that comes with Primer, with another text and the next version in each of these chapters.
fn revise(book: &Path, chapters: &[u32]) {
    // Where what is installed is tried there is no source.
    let named = std::env::var_os("PRIMER_WINDOW_BOOK").map(PathBuf::from);
    copy(&named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book")), book);
    let manifest = book.join("book.toml");
    let mut words = fs::read_to_string(&manifest).expect("the book has a manifest");
    for chapter in chapters {
        let (before, of) = words.split_at(words.find(&format!("\nid = {chapter}\n")).expect("it is there"));
        let version = of.lines().find(|line| line.starts_with("version = ")).expect("it has a version");
        let number: u32 = version["version = ".len()..].parse().expect("a version is a number");
        let file = of.lines().find_map(|line| line.strip_prefix("file = ")).expect("it has a file");
        let file = book.join(file.trim_matches('"'));
        let next = of.replacen(version, &format!("version = {}", number + 1), 1);
        words = format!("{before}{next}");
        let text = fs::read_to_string(&file).expect("the chapter is there");
        let (title, rest) = text.split_once("\n\n").expect("a chapter has a title and a text");
        fs::write(&file, format!("{title}\n\n{ADDED}\n\n{rest}")).expect("a file can be written");
    }
    fs::write(manifest, words).expect("a file can be written");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("the folder is there") {
        let entry = entry.expect("the folder can be read");
        let (own, copied) = (entry.path(), to.join(entry.file_name()));
        if own.is_dir() {
            copy(&own, &copied);
        } else {
            fs::copy(own, copied).expect("a file can be copied");
        }
    }
}

/// The id of the last heading above the upper fifth of the window.
const PLACE: &str = "() => [...document.querySelectorAll('[data-test=article] :is(h1, h2, h3, h4)[id]')]
    .filter((one) => one.getBoundingClientRect().top <= innerHeight / 5).at(-1)?.id ?? ''";

async fn place(window: &Window) -> Value {
    window.script(&format!("return ({PLACE})()")).await
}
