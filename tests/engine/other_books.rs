//! Two books number their chapters alike; their texts never mix.

use primer_domain::freshness::Freshness;

use crate::world::{BookOnDisk, database, folders, python};
use crate::{Computer, assert_visit, listed, reader};

#[test]
fn a_chapter_of_another_book_is_another_chapter_although_its_number_is_the_same() {
    let computer = Computer::new();
    let other = BookOnDisk::another(&computer.folder.path().join("other"), "other-book");
    let engine = computer.start();
    let user = reader(&engine, "Bo", python("beginner"));
    let own = assert_visit(&engine, user, 1, Freshness::Missing, true);
    drop(engine);

    let engine = computer.start_with(&other.folder);
    assert_eq!(listed(&engine, user, 1), "missing");
    let others = assert_visit(&engine, user, 1, Freshness::Missing, true);
    assert!(others.markdown.contains("This is the other book."));
    assert_visit(&engine, user, 1, Freshness::Fresh, false);
    drop(engine);

    let engine = computer.start();
    let back = crate::visit(&engine, user, 1);
    assert_eq!(back.markdown, own.markdown);
    assert_eq!(folders::stored(&computer.data()).len(), 2);
    assert_eq!(database::integrity(&computer.data()), "ok");
}

#[test]
fn a_folder_that_is_no_book_is_refused_with_its_faults_and_the_data_stay() {
    let computer = Computer::new();
    drop(computer.start());
    let empty = tempfile::tempdir().unwrap();
    let source = primer_engine::bookshelf::BookSource::Folder(empty.path().to_owned());
    let error = primer_engine::Engine::open(&computer.data(), source, computer.env()).err().unwrap();
    let error = primer_engine::api::ApiError::from(error);
    assert!(error.message.contains("book.toml"), "{error}");
    drop(computer.start());
}
