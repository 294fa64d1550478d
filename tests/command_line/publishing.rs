//! A teacher publishes from a terminal, and a student's computer gets it.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::remotes::World;
use crate::world::{BookOnDisk, folders, is_sentence};
use crate::{Computer, primer, run};

/// As a teacher does who has no data folder.
fn publish(book: &Path, stick: &Path, more: &[&str]) -> crate::Run {
    let (book, stick) = (book.to_str().unwrap(), stick.to_str().unwrap());
    run(&mut primer(&[&["--json", "book", "publish", book, "folder", stick], more].concat()))
}

#[test]
fn a_teacher_publishes_into_a_folder_and_the_next_command_of_a_student_reads_the_new_edition() {
    let world = World::synced();
    let folder = tempfile::tempdir().unwrap();
    let mut book = BookOnDisk::write(&folder.path().join("book"));
    book.revise(1, 2);
    let dry = publish(&book.folder, world.stick.path(), &["--dry-run"]).json();
    assert_eq!((&dry["edition"], &dry["files"], &dry["sent"]), (&json!(1), &json!(4), &json!(4)));
    assert!(!world.stick.path().join("books").exists());
    let published = publish(&book.folder, world.stick.path(), &[]).json();
    assert_eq!((&published["edition"], &published["unchanged"]), (&json!(1), &json!(false)));

    assert_eq!(world.laptop.json(&["sync"])["requests"], 1, "it was looked for a moment ago");
    let dry = world.laptop.json(&["sync", "--dry-run", "--look-for-book"]);
    assert_eq!((&dry["would_bring_editions"], &dry["would_fetch_book_files"]), (&json!(1), &json!(2)));
    let synced = world.laptop.json(&["sync", "--look-for-book"]);
    assert_eq!((&synced["editions"], &synced["requests"]), (&json!(1), &dry["would_request"]));
    assert_eq!(world.laptop.listed(1), "stale_source");
    let listed = world.laptop.json(&["book", "list"]);
    assert_eq!(listed["open"]["came"], json!({"kind": "published", "edition": 1}));
    assert_eq!(listed["published"][0]["standing"], "same");
    assert_eq!(world.laptop.json(&["sync"])["requests"], 2);

    book.revise(2, 2);
    publish(&book.folder, world.stick.path(), &[]).json();
    let told = world.laptop.run(&["sync"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(told.out.contains("A newer edition of the book is here"), "{told:?}");
    let told = world.laptop.run(&["book", "list"]);
    assert!(told.out.contains("published edition 2") && told.out.contains("the one here"), "{told:?}");
}

#[test]
fn a_reader_publishes_to_a_place_they_sync_with() {
    let world = World::synced();
    let book = world.laptop.book.folder.to_str().unwrap().to_owned();
    let remote = world.laptop.json(&["remote", "list"])[0]["remote_id"].as_str().unwrap().to_owned();
    let published = world.laptop.json(&["book", "publish", &book, "--to", &remote]);
    assert_eq!(published["edition"], 1);
    // The only one need not be named.
    let again = world.laptop.json(&["book", "publish", &book]);
    assert_eq!((&again["unchanged"], &again["sent"]), (&json!(true), &json!(0)));
    let told = world.laptop.run(&["book", "publish", &book]);
    assert!(told.out.contains("is published already"), "{told:?}");
    let error = world.laptop.error(&["book", "publish", &book, "--to", "nowhere"]);
    assert_eq!(error["code"], "remote_not_found");
    let listed = world.laptop.json(&["book", "list", "--look"]);
    assert_eq!(listed["published"][0]["standing"], "same");
}

#[test]
fn objects_of_earlier_editions_are_removed_told_of_or_left_as_the_teacher_says() {
    let stick = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut book = BookOnDisk::write(&folder.path().join("book"));
    let objects = || folders::files(&stick.path().join("books/test-book/objects")).len();
    publish(&book.folder, stick.path(), &[]).json();
    book.revise(1, 2);
    assert_eq!(publish(&book.folder, stick.path(), &[]).json()["removed"], 0);
    book.revise(1, 3);
    for (words, removed, left) in [(&["--dry-run"][..], 2, 6), (&["--keep-old"], 0, 8)] {
        let published = publish(&book.folder, stick.path(), words).json();
        assert_eq!((&published["removed"], objects()), (&json!(removed), left), "{words:?}");
    }
    book.revise(1, 4);
    let (book_path, stick_path) = (book.folder.to_str().unwrap(), stick.path().to_str().unwrap());
    let told = |words: &[&str]| {
        run(&mut primer(&[&["book", "publish", book_path, "folder", stick_path], words].concat())).out
    };
    let dry = told(&["--dry-run"]);
    assert!(dry.contains("It would remove 4 objects of earlier editions"), "{dry}");
    let done = told(&[]);
    assert!(done.contains("Removed 4 objects of earlier editions"), "{done}");
    assert_eq!(objects(), 6);
}

#[test]
fn a_book_with_errors_or_a_text_without_a_new_version_is_refused_by_name() {
    let stick = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut book = BookOnDisk::write(&folder.path().join("book"));
    publish(&book.folder, stick.path(), &[]).json();
    let before = folders::digests(stick.path());
    book.write_chapter(2, 1, "# Seeing\n\nOther words.\n");
    let error = publish(&book.folder, stick.path(), &[]).error();
    assert_eq!(error["code"], "book_invalid");
    assert!(error["message"].as_str().unwrap().contains("chapter 2 (2.md)"), "{error}");
    book.write_chapter(2, 2, "# Seeing\n\n![Nothing](nothing.svg)\n");
    let error = publish(&book.folder, stick.path(), &[]).error();
    assert_eq!(error["code"], "book_invalid");
    let (book_path, stick_path) = (book.folder.to_str().unwrap(), stick.path().to_str().unwrap());
    let told = run(&mut primer(&["book", "publish", book_path, "folder", stick_path]));
    assert!(told.err.contains("nothing.svg") && told.code == Some(1), "{told:?}");
    assert_eq!(folders::digests(stick.path()), before);
    let gone = folder.path().join("gone");
    let error = publish(&book.folder, &gone, &[]).error();
    assert!(is_sentence(error["message"].as_str().unwrap()), "{error}");
}

#[test]
fn what_is_published_is_as_the_documentation_says() {
    let stick = tempfile::tempdir().unwrap();
    let computer = Computer::new();
    publish(&computer.book.folder, stick.path(), &[]).json();
    let documentation = include_str!("../../docs/bucket-format.md");
    let index = fs::read_to_string(stick.path().join("books/test-book/index.json")).unwrap();
    let told: Vec<&str> = documentation.lines().collect();
    for line in index.lines().filter(|line| line.contains("\": ") && !line.contains('{')) {
        let field = line.split(':').next().unwrap();
        assert!(told.iter().any(|line| line.starts_with(field)), "{field} is not in the documentation");
    }
    for file in folders::files(&stick.path().join("books/test-book/objects")) {
        let (name, bytes) = file;
        assert_eq!(name, primer_domain::ids::TextDigest::of(&bytes).to_string());
    }
}
