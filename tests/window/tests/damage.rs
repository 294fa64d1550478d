//! What was on the disk is not what it was.

use std::fs;
use std::path::{Path, PathBuf};

use primer_window_tests::{BEGINNER, Home, artifacts, primer, until};

pub async fn a_damaged_chapter_opens_healed_and_says_so() {
    let (home, pictures) = (Home::new(), artifacts());
    let window = home.open().await;
    window.first_start("Hana", &BEGINNER, None).await;
    window.open_chapter(1).await;
    let text = window.text("[data-test=article]").await;
    window.close().await;

    let files = texts_below(&home.data().join("blobs"));
    let [file] = files.as_slice() else { panic!("one stored text was expected: {files:?}") };
    let mut bytes = fs::read(file).expect("the stored text can be read");
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].fill(b'#');
    fs::write(file, &bytes).expect("the stored text can be damaged");

    let window = home.open().await;
    window.open_chapter(1).await;
    let notice = window.text("[data-code=healed]").await;
    assert!(notice.contains("damaged") && notice.contains("written again"), "{notice}");
    assert_eq!(window.text("[data-test=article]").await, text);
    pictures.take(&window, "60-chapter-healed").await;
    window.open_chapter(2).await;
    window.open_chapter(1).await;
    assert!(window.texts("[data-code=healed]").await.is_empty(), "it is healed, and said once");
    window.close().await;
    assert_eq!(primer(&home, &["chapter", "list"])[0]["state"], "fresh");
    assert_eq!(fs::read_dir(home.data().join("quarantine")).map(Iterator::count).ok(), Some(1));
}

fn texts_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder can be listed").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(texts_below(&path));
        } else if path.extension().is_some_and(|ending| ending == "md") {
            found.push(path);
        }
    }
    found
}

pub async fn a_broken_database_is_told_left_as_it_is_and_opened_anew_once_it_is_moved_away() {
    let (home, pictures) = (Home::new(), artifacts());
    let garbage: Vec<u8> = b"this is no database ".repeat(500);
    let file = home.data().join("primer.sqlite3");
    fs::write(&file, &garbage).expect("garbage can be written");
    let window = home.open().await;
    window.see("[data-test=trouble] .trouble").await;
    let what = window.text(".trouble strong").await;
    assert!(what.starts_with("Your data can't be opened") && what.ends_with('.'), "{what}");
    let next = window.text(".trouble p:nth-of-type(2)").await;
    assert!(next.ends_with('.') && next.split_whitespace().count() > 3, "{next}");
    pictures.take(&window, "61-broken-database").await;
    window.click_words(".trouble", "Try again").await;
    window.see("[data-test=trouble] .trouble").await;
    assert_eq!(fs::read(&file).expect("the file is there"), garbage, "untouched");

    fs::remove_file(&file).expect("the garbage can be moved away");
    window.click_words(".trouble", "Try again").await;
    window.first_start("Hana", &BEGINNER, None).await;
    window.close().await;
    assert_eq!(primer(&home, &["user", "list"])[0]["name"], "Hana");
}

pub async fn a_damaged_database_is_exchanged_for_its_backup_and_the_chapter_is_there_again() {
    let (home, pictures) = (Home::new(), artifacts());
    let window = home.open().await;
    window.first_start("Hana", &BEGINNER, None).await;
    window.open_chapter(1).await;
    let text = window.text("[data-test=article]").await;
    // Made by itself once somebody reads.
    let backups = home.data().join("backups");
    let made = || fs::read_dir(&backups).into_iter().flatten().flatten().map(|entry| entry.path());
    until("there is a backup", async || made().find(|file| file.extension().is_some_and(|end| end == "db")))
        .await;
    window.close().await;
    let before = primer(&home, &["profile", "show"]);

    let file = home.data().join("primer.sqlite3");
    let mut bytes = fs::read(&file).expect("the database can be read");
    bytes[4096..].fill(b'#');
    fs::write(&file, &bytes).expect("the database can be damaged");
    let window = home.open().await;
    window.see("[data-test=go-back]").await;
    let lost = window.text("[data-test=backup-lost]").await;
    assert!(lost.contains("lost") && lost.ends_with('.'), "{lost}");
    pictures.take(&window, "62-backup-offered").await;
    window.look_at_large_and_dark(&pictures, "[data-test=restore]", "62-backup-offered").await;
    assert_eq!(fs::read(&file).expect("it is there"), bytes, "nothing is done before somebody says so");
    window.click("[data-test=restore]").await;
    window.see("[data-test=contents]").await;
    window.open_chapter(1).await;
    assert_eq!(window.text("[data-test=article]").await, text);
    window.close().await;
    assert_eq!(primer(&home, &["profile", "show"]), before);
    let aside: Vec<PathBuf> = fs::read_dir(home.data().join("damaged"))
        .expect("what was damaged is kept")
        .map(|entry| entry.expect("a folder can be listed").path().join("primer.sqlite3"))
        .collect();
    assert_eq!(aside.len(), 1);
    assert_eq!(fs::read(&aside[0]).expect("it can be read"), bytes);
}
